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
    let version = source.version
    let (segments, indexes) = (try source.segments(), try source.indexes())
    var shipment = Shipment(
      objects, source: source, files: segments + indexes, transfers: transfers,
      onProgress: onProgress, isCancelled: isCancelled)
    let contentDigest = try Snapshot(StoreView(indexesOf: version)).digest()
    try shipment.shipAll()
    var result = shipment.result
    result.generation = version.manifest.generation
    result.store = "\(version.manifest.storeID)"
    result.time = fileSystem.now()
    let record = BackupRecord(
      storeID: version.manifest.storeID, generation: version.manifest.generation,
      time: result.time, contentDigest: contentDigest,
      manifests: try manifests(upTo: version), segments: segments, indexes: indexes)
    let bytes = record.encode()
    result.key = TargetKey.backup(
      generation: record.generation, time: record.time,
      id: objects.id(.backup, Digest.hash(bytes)))
    try objects.put(result.key, .backup, bytes)
    result.bytesShipped += UInt64(bytes.count)
    // From here on every pruning sees the record; what an earlier one took or will take of what was
    // relied on until now is shipped again.
    try shipment.shipAll()
    result.segmentsShipped = shipment.result.segmentsShipped
    result.indexesShipped = shipment.result.indexesShipped
    return result
  }

  /// How often it is tried to open the indexes of a generation before others replace one.
  private static let sourceTriesMax = 5

  /// Everything that is committed, in files that never change any more.
  private func backupSource(
    withIndexes: Bool, _ isCancelled: @escaping @Sendable () -> Bool
  ) throws -> BackupSource {
    var version = try foldedVersion(isCancelled)
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
