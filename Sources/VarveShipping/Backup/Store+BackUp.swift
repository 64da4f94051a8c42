// Making a backup: the log is sealed, what the target lacks is shipped, then one record says what
// belongs together. Every backup is a whole one at the cost of what is new.

public import Varve
import VarveFormat
import VarveStorage

/// What a backup shipped.
public struct BackupResult: Sendable, Equatable {
  /// Key of its record.
  public var key = ""
  /// Generation of the store.
  public var generation: UInt64 = 0
  /// When it was made, milliseconds since 1970 UTC.
  public var time: Int64 = 0
  /// The store that it is of.
  public var store = ""
  /// Segments that were shipped.
  public var segmentsShipped = 0
  /// Segments that the target had already.
  public var segmentsKnown = 0
  /// Indexes and full-text files that were shipped.
  public var indexesShipped = 0
  /// Bytes shipped, the record's among them, before they were encrypted.
  public var bytesShipped: UInt64 = 0
}

extension Store {
  /// Ships a backup of everything that is committed.
  ///
  /// The active segment is ended. Where the newest small segments are many, they are written as one
  /// before: what is new is shipped again once for each factor of eight that it grows by.
  ///
  /// The segments that a backup takes over from earlier ones are looked for before its record is
  /// written and after, and what a pruning is about to delete is shipped again under another name,
  /// so that a backup that is acknowledged is whole and stays so. SHP-22.
  ///
  /// - Parameters:
  ///   - objects: where to.
  ///   - withIndexes: also ships indexes and full text, so that the target can be read as it is,
  ///     and a restore has nothing to build. The text of the tail is indexed first.
  ///   - transfers: threads that ship files; each takes the memory of a few parts, 24 MiB.
  ///   - onProgress: called with the bytes shipped and those there are to ship.
  ///   - isCancelled: asked between pieces.
  /// - Throws: ``StoreError``: `damaged` if a segment is not what the manifest says: nothing of it
  ///   is shipped then; `cancelled`; what the target throws.
  public func backUp(
    to objects: ObjectStore, withIndexes: Bool = false, transfers: Concurrency = .none,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> BackupResult {
    let source = try backupSource(withIndexes: withIndexes, isCancelled)
    let manifests = try self.manifests(upTo: source.version)
    return try ship(
      source, to: objects, as: (source.version.manifest.generation, fileSystem.now()), manifests,
      transfers, onProgress, isCancelled)
  }

  /// Ships what this store, which was restored from a backup, became since, in the place of that
  /// backup: of its generation and time.
  ///
  /// - Throws: ``StoreError``, as any backup.
  public func backUp(
    replacing backup: BackupInfo, to objects: ObjectStore, transfers: Concurrency = .none,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> BackupResult {
    let source = try backupSource(withIndexes: backup.hasIndexes, mayFold: false, isCancelled)
    var manifest = source.version.manifest
    (manifest.generation, manifest.previous) = (backup.generation, backup.manifest.previous)
    return try ship(
      source, to: objects, as: (backup.generation, backup.time),
      backup.record.manifests.dropLast() + [manifest.encode()], transfers, onProgress, isCancelled)
  }

  private func ship(
    _ source: BackupSource, to objects: ObjectStore, as moment: (generation: UInt64, time: Int64),
    _ manifests: [[UInt8]], _ transfers: Concurrency,
    _ onProgress: @escaping @Sendable (UInt64, UInt64) -> Void,
    _ isCancelled: @escaping @Sendable () -> Bool
  ) throws -> BackupResult {
    let snapshot = Snapshot(StoreView(indexesOf: source.version))
    let (segments, indexes) = (try source.segments(), try source.indexes())
    let begun = Shipment(
      objects, source: source, files: segments + indexes, transfers: transfers,
      onProgress: onProgress, isCancelled: isCancelled)
    // While others wait for the target, one reads what the store's digest is made of.
    let parts = try transfers.map(2) { number in
      guard number == 0 else { return Part.contentDigest(try snapshot.digest()) }
      var shipment = begun
      try shipment.shipAll()
      return .shipment(shipment)
    }
    var shipment = begun
    var contentDigest = ContentHash.zero
    for part in parts {
      switch part {
      case .shipment(let shipped): shipment = shipped
      case .contentDigest(let digest): contentDigest = digest
      }
    }
    let storeID = source.version.manifest.storeID
    let record = BackupRecord(
      storeID: storeID, generation: moment.generation, time: moment.time,
      contentDigest: contentDigest, manifests: manifests, segments: segments, indexes: indexes,
      forgettingCount: try snapshot.forgettingCount())
    let bytes = record.encode()
    let key = TargetKey.backup(
      generation: record.generation, time: record.time,
      id: objects.id(.backup, Digest.hash(bytes)))
    try objects.put(key, .backup, bytes)
    // From here on every pruning sees the record; what an earlier one took or will take of what was
    // relied on until now is shipped again.
    try shipment.shipAll()
    var result = shipment.result
    result.bytesShipped += UInt64(bytes.count)
    (result.key, result.store) = (key, "\(storeID)")
    (result.generation, result.time) = moment
    return result
  }

  /// What is done at a time.
  private enum Part: Sendable {
    case shipment(Shipment)
    case contentDigest(ContentHash)
  }

  /// How often it is tried to open the indexes of a generation before others replace one.
  private static let sourceTriesMax = 5

  /// Everything that is committed, in files that never change any more.
  private func backupSource(
    withIndexes: Bool, mayFold: Bool = true, _ isCancelled: @escaping @Sendable () -> Bool
  ) throws -> BackupSource {
    var version = mayFold ? try foldedVersion(isCancelled) : try sealedVersion()
    guard withIndexes else { return try BackupSource(version, of: self, withIndexes: false) }
    for _ in 0..<Self.sourceTriesMax {
      try indexText(isCancelled: isCancelled)
      version = try sealedVersion()
      do {
        return try BackupSource(version, of: self, withIndexes: true)
      } catch let error as StoreError where error.code == .notFound {
        continue
      }
    }
    throw StoreError(.busy, path: path, detail: "indexes are replaced all the time; try again")
  }

  /// Everything in segments that never change any more. Each backup ends one: where there are many
  /// small ones they become one first.
  private func foldedVersion(_ isCancelled: @escaping @Sendable () -> Bool) throws -> Version {
    _ = try sealedVersion()
    do throws(StoreError) {
      try foldSegments(isCancelled: isCancelled)
    } catch {
      // Without room for it, or beside others who merge, it is done another time.
      guard error.code == .busy || error.code == .system(28) else { throw error }
    }
    return try sealedVersion()
  }

  /// The same to a target that is not encrypted.
  public func backUp(
    to target: any BackupTarget, withIndexes: Bool = false, transfers: Concurrency = .none,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> BackupResult {
    try backUp(
      to: ObjectStore(target), withIndexes: withIndexes, transfers: transfers,
      onProgress: onProgress, isCancelled: isCancelled)
  }

  /// The files of the manifests that are kept, up to that of a version.
  private func manifests(upTo version: Version) throws -> [[UInt8]] {
    var files = [version.manifest.encode()]
    var previous = version.manifest.previous
    var generation = version.manifest.generation
    while generation > 1, files.count < Limits.manifestsKept {
      generation -= 1
      guard let bytes = try? fileSystem.open(paths.manifest(generation)).readAll(limit: 64 << 20),
        Digest.hash(bytes) == previous,
        let manifest = try? Manifest(bytes.rawSpan)
      else { break }
      files.insert(bytes, at: 0)
      previous = manifest.previous
    }
    return files
  }
}
