// What a pruning will delete, published before anything goes. Chapter 7, SHP-20 to SHP-23.

import Varve
import VarveFormat
import VarveStorage

/// A published list of what will be deleted.
struct PruneList {
  /// Keys of records, segments and indexes.
  var keys: [String]

  static let byteCountMax = 256 << 20
  private static let keyByteCountMax = 256

  func encode(time: Int64) -> [UInt8] {
    var writer = ByteWriter(reserving: 64 + keys.count * 80)
    FileHeader(
      kind: .pruneList, number: UInt64(bitPattern: time), storeID: StoreID(high: 0, low: 0)
    ).write(to: &writer)
    writer.write(UInt32(keys.count))
    for key in keys.sorted() {
      writer.write(UInt16(key.utf8.count))
      writer.write(Array(key.utf8))
    }
    writer.write(Checksum.crc32c(writer.bytes.rawSpan))
    return writer.bytes
  }

  init(keys: [String]) { self.keys = keys }

  /// Reads a whole list.
  init(_ bytes: [UInt8]) throws(FormatError) {
    _ = try FileHeader(bytes.rawSpan, expecting: .pruneList)
    let end = bytes.count - 4
    guard end >= FileHeader.byteCount else { throw FormatError(.truncated, at: bytes.count) }
    guard
      Checksum.crc32c(bytes.rawSpan.extracting(0..<end))
        == bytes.rawSpan.load(UInt32.self, at: end)
    else { throw FormatError(.checksumMismatch, at: end) }
    var reader = ByteReader(bytes.rawSpan.extracting(0..<end), at: FileHeader.byteCount)
    let count = try reader.read(UInt32.self)
    keys = []
    for _ in 0..<count {
      let at = reader.offset
      let length = Int(try reader.read(UInt16.self))
      guard length <= Self.keyByteCountMax else { throw FormatError(.outOfBounds, at: at) }
      let key = String(decoding: try reader.readBytes(length), as: UTF8.self)
      guard TargetKey.isBackup(key) || TargetKey.fileID(key) != nil else {
        throw FormatError(.unknownTag, at: at)
      }
      keys.append(key)
    }
    try reader.expectEnd()
  }

  /// A list of a target.
  init(_ key: String, in objects: ObjectStore) throws {
    let bytes = try objects.bytes(key, .prune, limit: Self.byteCountMax)
    let id = objects.id(.prune, Digest.hash(bytes))
    guard key.contains("-" + "\(id)".prefix(16)) else {
      throw StoreError(.damaged, path: key, detail: "the list is not the one that its name says")
    }
    self = try engine { () throws(StorageError) in
      try inFile(key, "read a list of what will be deleted") { () throws(FormatError) in
        try PruneList(bytes)
      }
    }
  }

  /// A list of a target; nil if it was carried out while we looked.
  static func present(_ key: String, in objects: ObjectStore) throws -> PruneList? {
    do {
      return try PruneList(key, in: objects)
    } catch let error as StoreError where error.code == .notFound {
      return nil
    }
  }

  /// Everything that some list of a target names.
  static func doomed(in objects: ObjectStore) throws -> Set<String> {
    var doomed: Set<String> = []
    for object in try objects.target.list(TargetKey.prunes) {
      doomed.formUnion(try present(object.key, in: objects)?.keys ?? [])
    }
    return doomed
  }
}
