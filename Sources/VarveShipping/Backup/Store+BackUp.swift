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
  ///   - transfers: threads that ship segments; each takes the memory of a few parts, 24 MiB.
  ///   - onProgress: called with the bytes shipped and those there are to ship.
  ///   - isCancelled: asked between pieces.
  /// - Throws: ``StoreError``: `damaged` if a segment is not what the manifest says: nothing of it
  ///   is shipped then; `cancelled`; what the target throws.
  public func backUp(
    to objects: ObjectStore, transfers: Concurrency = .none,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> BackupResult {
    let version = try foldedVersion(isCancelled)
    var shipment = Shipment(
      objects, version: version, segments: try segments(of: version), transfers: transfers,
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
      manifests: try manifests(upTo: version), segments: shipment.segments)
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
    return result
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
    to target: any BackupTarget, transfers: Concurrency = .none,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> BackupResult {
    try backUp(
      to: ObjectStore(target), transfers: transfers, onProgress: onProgress,
      isCancelled: isCancelled)
  }

  /// The segments of a version as objects; the active one is empty.
  private func segments(of version: Version) throws -> [BackupObject] {
    try version.manifest.segments.filter { $0.state != .active }.map { entry in
      var digest = entry.digest
      if entry.state == .cut, let segment = version.segments[entry.id] {
        digest = try hash(segment, byteCount: entry.byteCount)
      }
      return BackupObject(id: entry.id, byteCount: entry.byteCount, digest: digest)
    }
  }

  private func hash(_ segment: SegmentFile, byteCount: UInt64) throws -> ContentHash {
    var digest = Digest()
    var at: UInt64 = 0
    while at < byteCount {
      let count = Int(min(UInt64(Shipment.pieceByteCount), byteCount - at))
      let bytes = try engine { () throws(StorageError) in
        try segment.file.readExactly(at: at, count: count, "hash a segment")
      }
      digest.update(bytes)
      at += UInt64(bytes.count)
    }
    return digest.finish()
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
