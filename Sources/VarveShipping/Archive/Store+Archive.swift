// A backup that nobody can take away for years: its objects are locked on the server, and so are
// those that it takes over from earlier archives.

public import Varve
import VarveFormat

/// What an archive shipped, and how the server keeps it.
public struct ArchiveResult: Sendable, Equatable {
  /// The backup.
  public var backup: BackupResult
  /// Objects that it needs: segments, indexes, its record, the slots of keys.
  public var objects = 0
  /// Those of them whose lock was made longer.
  public var extended = 0
  /// When the first of their locks ends, as the server says, milliseconds since 1970 UTC; nil if
  /// some object has none.
  public var lockedUntil: Int64?
  /// What the server does not say that it keeps to, of at least one object.
  public var ignored: [Protection.Part] = []
}

extension Store {
  /// Ships a backup to a target with a protection, makes the locks of what it takes over longer,
  /// and asks the server how it keeps every object.
  ///
  /// - Parameter objects: over an ``S3Target`` with a protection.
  /// - Throws: ``StoreError``, as a backup does;
  ///   `request` if the target is none that keeps objects from being deleted.
  public func archive(
    to objects: ObjectStore, withIndexes: Bool = false, transfers: Concurrency = .none,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> ArchiveResult {
    guard let target = objects.target as? S3Target else {
      throw StoreError(
        .request("invalid_target"), path: objects.name,
        detail: "an archive needs an s3:// target: a directory keeps nothing from being deleted")
    }
    let before = Set(try target.list("").map(\.key))
    var result = ArchiveResult(
      backup: try backUp(
        to: objects, withIndexes: withIndexes, transfers: transfers, onProgress: onProgress,
        isCancelled: isCancelled))
    guard
      let backup = try BackupReader(objects).backups().last(where: { $0.key == result.backup.key })
    else {
      throw StoreError(.notFound, path: objects.name, detail: "the record of the archive is gone")
    }
    var ignored: Set<Protection.Part> = []
    var ends: [Int64?] = []
    for keys in try needed(by: backup, objects, target) {
      var isThere = false
      // Another copy may go while it is looked at.
      for key in keys {
        guard let kept = try protect(key, on: target, &result) else { continue }
        isThere = true
        ends.append(kept.lockedUntil)
        ignored.formUnion(missing(in: kept, key, isNew: !before.contains(key), target.protection))
      }
      guard isThere else {
        throw StoreError(
          .notFound, path: target.name,
          detail: "something that the archive needs went while it was looked at; archive again")
      }
    }
    result.objects = ends.count
    if !ends.contains(nil) { result.lockedUntil = ends.compactMap { $0 }.min() }
    result.ignored = Protection.Part.allCases.filter { ignored.contains($0) }
    return result
  }

  /// The keys of what an archive needs, the copies of each thing together: without those that a
  /// pruning is about to delete.
  private func needed(
    by backup: BackupInfo, _ objects: ObjectStore, _ target: S3Target
  ) throws -> [[String]] {
    let doomed = try PruneList.doomed(in: objects)
    let list = try objects.files()
    var needed = [[backup.key]] + (try target.list(TargetKey.keys).map { [$0.key] })
    var seen: Set<ContentHash> = []
    for object in backup.record.files where seen.insert(object.digest).inserted {
      needed.append(
        objects.copies(of: object, in: list).map(\.key).filter { !doomed.contains($0) })
    }
    return needed
  }

  /// What the server does not keep to. Class and key of what was there before are what an earlier
  /// archive asked for.
  private func missing(
    in kept: Protection, _ key: String, isNew: Bool, _ asked: Protection
  ) -> [Protection.Part] {
    asked.missing(in: kept).filter { part in
      switch part {
      case .lock: true
      case .storageClass: isNew && TargetKey.fileID(key) != nil
      case .serverKey: isNew
      }
    }
  }

  /// Makes the lock of an object as long as it should be; how the server keeps it then, nil if it
  /// is gone.
  private func protect(
    _ key: String, on target: S3Target, _ result: inout ArchiveResult
  ) throws -> Protection? {
    guard let kept = try target.protection(of: key) else { return nil }
    guard let until = target.protection.lockedUntil,
      target.protection.missing(in: kept).contains(.lock)
    else { return kept }
    try target.lock(key, until: until)
    let after = try target.protection(of: key)
    if let after, !target.protection.missing(in: after).contains(.lock) { result.extended += 1 }
    return after
  }
}
