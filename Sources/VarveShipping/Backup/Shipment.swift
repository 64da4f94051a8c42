// The segments of one backup on their way: which the target has, which are shipped, and under which
// key each is relied on.

import Varve
import VarveFormat
import VarveStorage

/// Ships what a target lacks of some segments.
struct Shipment {
  let objects: ObjectStore
  let version: Version
  let segments: [BackupObject]
  /// What was done so far.
  private(set) var result = BackupResult()
  /// The key of each segment that is relied on, by its digest.
  private var relied: [ContentHash: String] = [:]

  /// What is read at a time.
  static let pieceByteCount = 1 << 20
  /// How often it is tried to rely on nothing that is doomed meanwhile.
  static let roundsMax = 4

  init(_ objects: ObjectStore, version: Version, segments: [BackupObject]) {
    self.objects = objects
    self.version = version
    self.segments = segments
  }

  /// Ships what is missing, or doomed by the lists that there are now, until everything is there.
  mutating func shipAll(
    _ onProgress: (UInt64, UInt64) -> Void, isCancelled: () -> Bool
  ) throws {
    for _ in 0..<Self.roundsMax {
      try ship(onProgress, isCancelled: isCancelled)
      if try hasAll() { return }
    }
    throw StoreError(
      .busy, path: objects.name, detail: "prunings go on beside the backup; try again later")
  }

  /// Ships the segments that the target has no copy of that stays.
  private mutating func ship(
    _ onProgress: (UInt64, UInt64) -> Void, isCancelled: () -> Bool
  ) throws {
    // Lists before objects: what a list names may be gone a moment later.
    let doomed = try PruneList.doomed(in: objects)
    let list = try objects.segments()
    var missing: [BackupObject] = []
    for object in segments {
      if let copy = objects.copy(of: object, in: list, without: doomed) {
        relied[object.digest] = copy.key
      } else {
        relied[object.digest] = nil
        missing.append(object)
      }
    }
    let total = missing.reduce(0) { $0 + $1.byteCount }
    var done: UInt64 = 0
    for object in missing where relied[object.digest] == nil {
      let id = objects.id(.segment, object.digest)
      var key = TargetKey.segment(id)
      if doomed.contains(key) {
        key = TargetKey.segment(id, copy: Hex.encode(Ciphers.random(8)))
      }
      try put(object, key, isCancelled) { onProgress(done + $0, total) }
      relied[object.digest] = key
      done += object.byteCount
      result.bytesShipped += object.byteCount
      result.segmentsShipped += 1
    }
    result.segmentsKnown = segments.count - min(segments.count, result.segmentsShipped)
  }

  private func put(
    _ object: BackupObject, _ key: String, _ isCancelled: () -> Bool,
    _ onProgress: (UInt64) -> Void
  ) throws {
    guard let segment = version.segments[object.id] else {
      throw StoreError(
        .damaged, path: objects.name, detail: "the store has no segment \(object.id)")
    }
    var at: UInt64 = 0
    try objects.put(key, .segment, digest: object.digest, byteCount: object.byteCount) {
      if isCancelled() {
        throw StoreError(.cancelled, path: objects.name, detail: "the backup was stopped")
      }
      let count = min(UInt64(Self.pieceByteCount), object.byteCount - at)
      let bytes = try engine { () throws(StorageError) in
        try segment.file.read(at: at, count: Int(count))
      }
      at += UInt64(bytes.count)
      onProgress(at)
      return bytes
    }
  }

  /// Whether everything that is relied on is there.
  private func hasAll() throws -> Bool {
    let list = try objects.segments()
    var sizes: [String: UInt64] = [:]
    for object in list.all { sizes[object.key] = object.byteCount }
    return segments.allSatisfy { object in
      relied[object.digest].map { sizes[$0] == objects.storedByteCount(object.byteCount) } ?? false
    }
  }
}
