// Taking old backups away in two phases, so that a backup made at the same moment never loses what
// it relies on: a list of what will go is published; a later run, after a grace period by the clock
// of the target, deletes what is on it and still needed by nobody. After the idea of Kopia's two
// cycles of maintenance. Chapter 7, SHP-20 to SHP-23.

public import Varve
import VarveFormat

/// What a pruning did, or would do.
public struct PruneResult: Sendable, Equatable {
  /// Backups that are kept.
  public var kept = 0
  /// Backups that go: now, or once the grace period is over.
  public var removed = 0
  /// Records and files newly put on a list.
  public var listed = 0
  /// Bytes of the files newly put on a list.
  public var listedByteCount: UInt64 = 0
  /// Records and files deleted.
  public var deleted = 0
  /// Bytes of the files deleted.
  public var deletedByteCount: UInt64 = 0
  /// Records and files that would go, but are locked.
  public var locked: Int { lockedKeys.count }
  var lockedKeys: Set<String> = []
  /// When the last of those locks ends that say when, milliseconds since 1970 UTC.
  public var lockedUntil: Int64?
  /// When the oldest list that is not due yet will be, milliseconds since 1970 UTC.
  public var nextDue: Int64?
}

/// Prunes a target.
public struct Pruning: Sendable {
  /// A day: longer than any backup takes between looking at the lists and writing its record.
  public static let graceDefault: Int64 = 86_400_000

  /// The shortest grace period, an hour: longer than a backup takes to write its record after it
  /// looked at the lists.
  public static let graceMin: Int64 = 3_600_000

  private let objects: ObjectStore
  private let policy: RetentionPolicy
  private let grace: Int64

  /// - Parameters:
  ///   - policy: what is kept of each store.
  ///   - grace: milliseconds between the publication of a list and the first deletion.
  /// - Throws: ``StoreError``: `request` if the policy is empty or the grace period too short.
  public init(
    _ objects: ObjectStore, keeping policy: RetentionPolicy, grace: Int64 = Self.graceDefault
  ) throws(StoreError) {
    guard !policy.isEmpty else {
      throw StoreError(
        .request("empty_policy"), path: objects.name,
        detail: "say what to keep, as in --keep-daily 7; an empty policy would keep one backup")
    }
    guard grace >= Self.graceMin else {
      throw StoreError(
        .request("short_grace"), path: objects.name,
        detail: "a grace period is an hour at least: longer than any backup takes")
    }
    self.objects = objects
    self.policy = policy
    self.grace = grace
  }

  /// Deletes what earlier runs listed and is due, then lists what may go next.
  ///
  /// Safe at any interruption and beside running backups and other prunings.
  ///
  /// - Parameters:
  ///   - isDry: nothing is written or deleted.
  ///   - localDay: the day of a time where the backups are kept, counted from 1970-01-01.
  /// - Throws: ``StoreError``: `damaged` if a record cannot be read: what it needs is not known
  ///   then, so nothing goes.
  public func run(isDry: Bool = false, localDay: (Int64) -> Int64) throws -> PruneResult {
    var result = PruneResult()
    let now = try objects.target.now()
    if !isDry {
      let age = max(grace, Self.graceDefault)
      try objects.target.removeLeftovers(olderThan: now.addingClamped(-age))
    }
    // Lists before records: a backup that saw no list has written its record by now.
    let lists = try objects.target.list(TargetKey.prunes)
    var backups = try self.backups()
    let kept = keptKeys(backups, localDay)
    try requireWhole(newest(of: backups))
    result.kept = kept.count
    result.removed = backups.count - kept.count
    var listed: Set<String> = []
    for list in lists {
      guard let keys = try PruneList.present(list.key, in: objects)?.keys else { continue }
      let due = list.modified.addingClamped(grace)
      guard due <= now else {
        listed.formUnion(keys)
        result.nextDue = min(result.nextDue ?? .max, due)
        continue
      }
      if isDry {
        try count(keys, kept, backups, now: now, &result)
        listed.formUnion(keys)
      } else {
        try carryOut(keys, kept, &backups, now: now, &result)
        try objects.target.delete(list.key)
      }
    }
    try publish(backups, kept, without: listed, now: now, isDry: isDry, &result)
    return result
  }

  /// All backups. Any record that cannot be read may need any segment.
  private func backups() throws -> [BackupInfo] {
    try BackupReader(objects).backups { problem in
      throw StoreError(
        .damaged, path: problem.file,
        detail: "\(problem.kind); nothing is pruned while a record cannot be read")
    }
  }

  /// Of each store the newest backup, by its time and by its generation.
  private func newest(of backups: [BackupInfo]) -> [BackupInfo] {
    Dictionary(grouping: backups, by: \.store).values.flatMap { own in
      [
        own.max {
          ($0.time, $0.generation, $0.forgettingCount)
            < ($1.time, $1.generation, $1.forgettingCount)
        },
        own.max {
          ($0.generation, $0.time, $0.forgettingCount)
            < ($1.generation, $1.time, $1.forgettingCount)
        },
      ].compactMap { $0 }
    }
  }

  /// Older backups must not go while the newest one is not whole.
  private func requireWhole(_ newest: [BackupInfo]) throws {
    let list = try objects.files()
    for backup in newest {
      for object in backup.record.files where objects.copies(of: object, in: list).isEmpty {
        throw StoreError(
          .damaged, path: backup.key,
          detail:
            "the target lacks \(object.kind) \(object.id) of the newest backup; back up again, "
            + "nothing is pruned before")
      }
    }
  }

  private func keptKeys(_ backups: [BackupInfo], _ localDay: (Int64) -> Int64) -> Set<String> {
    var kept: Set<String> = []
    for (_, own) in Dictionary(grouping: Self.withoutReplaced(backups), by: \.store) {
      kept.formUnion(policy.kept(own, localDay: localDay))
    }
    return kept
  }

  /// The backups that no other one took the place of, without what was forgotten since. SHP-26.
  private static func withoutReplaced(_ backups: [BackupInfo]) -> [BackupInfo] {
    struct Moment: Hashable {
      var store: StoreID
      var generation: UInt64
      var time: Int64
    }
    let moments = Dictionary(grouping: backups) {
      Moment(store: $0.store, generation: $0.generation, time: $0.time)
    }
    return moments.values.compactMap { $0.max { $0.forgettingCount < $1.forgettingCount } }
  }

  /// The keys of the backups that another one took the place of.
  public static func replaced(among backups: [BackupInfo]) -> Set<String> {
    Set(backups.map(\.key)).subtracting(withoutReplaced(backups).map(\.key))
  }

  /// The backups that the policy keeps, oldest first, each with the day from which on it does not,
  /// as long as others follow; nil where a number of newer ones says it.
  public func kept(
    localDay: (Int64) -> Int64
  ) throws -> [(backup: BackupInfo, untilDay: Int64?)] {
    let backups = try self.backups()
    let now = try objects.target.now()
    let kept = keptKeys(backups, localDay)
    return try backups.filter { kept.contains($0.key) }.map { backup in
      let own = Self.withoutReplaced(backups).filter { $0.store == backup.store }
      let day = policy.lastDay(of: backup, among: own, today: localDay(now), localDay: localDay)
      // A lock may hold it for longer, one that says no end for nobody knows how long.
      guard let end = try lockedUntil(backup, now) else { return (backup, day) }
      return (backup, end == .max ? nil : day.map { max($0, localDay(end)) })
    }
  }

  /// When the lock of a backup's record ends; nil if it has none.
  public func lockedUntil(_ backup: BackupInfo, _ now: Int64) throws -> Int64? {
    guard let kept = try objects.target.protection(of: backup.key), kept.isLocked(at: now) else {
      return nil
    }
    return kept.lockedUntil ?? .max
  }

  /// The files that some backups need.
  private func needed(by backups: some Sequence<BackupInfo>) -> Set<FileID> {
    Set(backups.flatMap { $0.record.files.map(objects.id) })
  }

  /// Deletes what a list names and nobody needs: records first, so that no record is ever without
  /// its segments.
  private func carryOut(
    _ keys: [String], _ kept: Set<String>, _ backups: inout [BackupInfo], now: Int64,
    _ result: inout PruneResult
  ) throws {
    for key in keys where TargetKey.isBackup(key) && !kept.contains(key) {
      if try isLocked(key, now, &result) { continue }
      try objects.target.delete(key)
      backups.removeAll { $0.key == key }
      result.deleted += 1
    }
    // Once more from the target: it may have got backups since.
    let needed = needed(by: try self.backups())
    let sizes = try sizes()
    for key in keys {
      guard let id = TargetKey.fileID(key), !needed.contains(id), let size = sizes[key],
        try !isLocked(key, now, &result)
      else { continue }
      try objects.target.delete(key)
      result.deleted += 1
      result.deletedByteCount = result.deletedByteCount.addingClamped(size)
    }
  }

  /// Whether an object must not be deleted yet. A server with versions would hide it and keep it.
  private func isLocked(
    _ key: String, _ now: Int64, _ result: inout PruneResult
  ) throws -> Bool {
    guard let kept = try objects.target.protection(of: key), kept.isLocked(at: now) else {
      return false
    }
    result.lockedKeys.insert(key)
    if let end = kept.lockedUntil { result.lockedUntil = max(result.lockedUntil ?? end, end) }
    return true
  }

  private func sizes() throws -> [String: UInt64] {
    var sizes: [String: UInt64] = [:]
    for object in try objects.files().all { sizes[object.key] = object.byteCount }
    return sizes
  }

  /// What carrying out a list would delete.
  private func count(
    _ keys: [String], _ kept: Set<String>, _ backups: [BackupInfo], now: Int64,
    _ result: inout PruneResult
  ) throws {
    var going: Set<String> = []
    for key in keys where TargetKey.isBackup(key) && !kept.contains(key) {
      if try !isLocked(key, now, &result) { going.insert(key) }
    }
    let needed = needed(by: backups.filter { !going.contains($0.key) })
    let sizes = try sizes()
    result.deleted += going.count
    for key in keys {
      guard let id = TargetKey.fileID(key), !needed.contains(id), let size = sizes[key],
        try !isLocked(key, now, &result)
      else { continue }
      result.deleted += 1
      result.deletedByteCount = result.deletedByteCount.addingClamped(size)
    }
  }

  /// Publishes what may go and is on no list yet.
  private func publish(
    _ backups: [BackupInfo], _ kept: Set<String>, without listed: Set<String>, now: Int64,
    isDry: Bool, _ result: inout PruneResult
  ) throws {
    let needed = needed(by: backups.filter { kept.contains($0.key) })
    // What is locked is on no list: for years backups would not rely on it.
    var keys: [String] = []
    for backup in backups where !kept.contains(backup.key) && !listed.contains(backup.key) {
      if try !isLocked(backup.key, now, &result) { keys.append(backup.key) }
    }
    for object in try objects.files().all where !listed.contains(object.key) {
      // What is young may be of a backup that has no record yet.
      guard let id = TargetKey.fileID(object.key), !needed.contains(id),
        object.modified.addingClamped(grace) <= now, try !isLocked(object.key, now, &result)
      else { continue }
      keys.append(object.key)
      result.listedByteCount = result.listedByteCount.addingClamped(object.byteCount)
    }
    result.listed = keys.count
    guard !keys.isEmpty, !isDry else { return }
    let bytes = PruneList(keys: keys).encode(time: now)
    try objects.put(
      TargetKey.prune(time: now, id: objects.id(.prune, ContentDigest.hash(bytes))), .prune, bytes)
    result.nextDue = min(result.nextDue ?? .max, now.addingClamped(grace))
  }
}
