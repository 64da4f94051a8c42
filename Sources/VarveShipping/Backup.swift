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
  /// Segments that were shipped.
  public var segmentsShipped = 0
  /// Segments that the target had already.
  public var segmentsKnown = 0
  /// Bytes shipped, the record's among them.
  public var bytesShipped: UInt64 = 0
}

extension Store {
  /// Ships a backup of everything that is committed.
  ///
  /// The segments that a backup takes over from earlier ones are looked for before its record is
  /// written and after, so that a backup that is acknowledged was whole.
  ///
  /// - Parameters:
  ///   - target: where to.
  ///   - onProgress: called with the bytes shipped and those there are to ship.
  ///   - isCancelled: asked between pieces of 1 MiB.
  /// - Throws: ``StoreError``: `damaged` if a segment is not what the manifest says: nothing of it
  ///   is shipped then; `cancelled`; what the target throws.
  public func backUp(
    to target: any BackupTarget, onProgress: (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: () -> Bool = { false }
  ) throws -> BackupResult {
    let version = try sealedVersion()
    var result = BackupResult()
    result.generation = version.manifest.generation
    let objects = try objects(of: version)
    let known = try target.segmentSizes()
    let missing = objects.filter { known[TargetKey.segment($0.digest)] != $0.byteCount }
    let total = missing.reduce(0) { $0 + $1.byteCount }
    for object in missing {
      guard let segment = version.segments[object.id] else { continue }
      var at: UInt64 = 0
      try target.put(TargetKey.segment(object.digest), digest: object.digest) {
        if isCancelled() {
          throw StoreError(.cancelled, path: target.name, detail: "the backup was stopped")
        }
        let count = min(UInt64(pieceByteCount), object.byteCount - at)
        let bytes = try engine { () throws(StorageError) in
          try segment.file.read(at: at, count: Int(count))
        }
        at += UInt64(bytes.count)
        onProgress(result.bytesShipped + at, total)
        return bytes
      }
      result.bytesShipped += object.byteCount
      result.segmentsShipped += 1
    }
    result.segmentsKnown = objects.count - missing.count
    try Self.requireAll(objects, in: target)
    let record = BackupRecord(
      storeID: version.manifest.storeID, generation: version.manifest.generation,
      time: fileSystem.now(), contentDigest: try Snapshot(StoreView(indexesOf: version)).digest(),
      manifests: try manifests(upTo: version), segments: objects)
    let bytes = record.encode()
    let digest = Digest.hash(bytes)
    result.key = TargetKey.backup(
      generation: record.generation, time: record.time, digest: digest)
    var rest = [bytes]
    try target.put(result.key, digest: digest) { rest.popLast() ?? [] }
    result.bytesShipped += UInt64(bytes.count)
    // Somebody may have taken away meanwhile what seemed to be of no use.
    try Self.requireAll(objects, in: target)
    return result
  }

  private static func requireAll(
    _ objects: [BackupObject], in target: any BackupTarget
  ) throws {
    let sizes = try target.segmentSizes()
    for object in objects where sizes[TargetKey.segment(object.digest)] != object.byteCount {
      throw StoreError(
        .damaged, path: target.name,
        detail: "segment \(object.id) went from the target while it was used; back up again")
    }
  }

  /// The segments of a version as objects; the active one is empty.
  private func objects(of version: Version) throws -> [BackupObject] {
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
      let count = Int(min(UInt64(pieceByteCount), byteCount - at))
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
