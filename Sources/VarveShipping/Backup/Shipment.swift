// The files of one backup on their way: which the target has, which are shipped.

import Varve
import VarveFormat
import VarveStorage

/// Ships what a target lacks of some files.
struct Shipment {
  let objects: ObjectStore
  let source: BackupSource
  let files: [BackupObject]
  private let transfers: Concurrency
  private let onProgress: @Sendable (UInt64, UInt64) -> Void
  private let isCancelled: @Sendable () -> Bool
  /// What was done so far.
  private(set) var result = BackupResult()

  /// What is read at a time.
  static let pieceByteCount = 1 << 20
  /// How often it is tried to rely on nothing that is doomed meanwhile.
  static let roundsMax = 4

  init(
    _ objects: ObjectStore, source: BackupSource, files: [BackupObject], transfers: Concurrency,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) {
    self.objects = objects
    self.source = source
    self.files = files
    self.transfers = transfers
    self.onProgress = onProgress
    self.isCancelled = isCancelled
  }

  /// Ships what is missing, or doomed by the lists that there are now, until a look at lists and
  /// objects finds everything there: the last look is after the last upload, however long it took.
  mutating func shipAll() throws {
    for _ in 0..<Self.roundsMax {
      if try !ship() { return }
    }
    throw StoreError(
      .busy, path: objects.name, detail: "prunings go on beside the backup; try again later")
  }

  /// Ships the files that the target has no copy of that stays.
  ///
  /// - Returns: whether there were any.
  private mutating func ship() throws -> Bool {
    // Lists before objects: what a list names may be gone a moment later.
    let doomed = try PruneList.doomed(in: objects)
    let list = try objects.files()
    var missing: [BackupObject] = []
    var ids: Set<FileID> = []
    for object in files {
      let isThere = objects.copies(of: object, in: list).contains { !doomed.contains($0.key) }
      if !isThere, ids.insert(objects.id(object)).inserted { missing.append(object) }
    }
    let total = missing.reduce(0) { $0 &+ $1.byteCount }
    let shipment = self
    try Transfers(transfers, total: total, onProgress).each(missing) { object, move in
      // A key of its own for every upload: whatever somebody still deletes, it is another.
      let key = TargetKey.file(
        shipment.objects.id(object), copy: Hex.encode(Ciphers.random(8)))
      try shipment.put(object, key, move)
    }
    result.bytesShipped += total
    let segmentCount = files.count { $0.kind == .segment }
    result.segmentsShipped += missing.count { $0.kind == .segment }
    result.segmentsKnown = segmentCount - min(segmentCount, result.segmentsShipped)
    result.indexesShipped += missing.count { $0.kind == .index }
    return !missing.isEmpty
  }

  private func put(
    _ object: BackupObject, _ key: String, _ onMove: (UInt64) -> Void
  ) throws {
    let file = try source.file(of: object)
    var at: UInt64 = 0
    try objects.put(key, .init(object.kind), digest: object.digest, byteCount: object.byteCount) {
      if isCancelled() {
        throw StoreError(.cancelled, path: objects.name, detail: "the backup was stopped")
      }
      let count = min(UInt64(Self.pieceByteCount), object.byteCount - at)
      let bytes = try engine { () throws(StorageError) in
        try file.read(at: at, count: Int(count))
      }
      at += UInt64(bytes.count)
      onMove(UInt64(bytes.count))
      return bytes
    }
  }
}
