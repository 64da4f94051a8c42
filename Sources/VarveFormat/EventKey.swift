// The `uuid` under which a client writes an event, shortened. Chapter 10, CON-41.

/// Recognises copies of one event: a hash of the `uuid` that metadata of a transcript starts with.
package enum EventKey {
  /// "uuid" as a little-endian integer.
  private static let name: UInt32 = 0x6469_7575

  /// Key of a record's metadata; 0 if it does not start with a string `uuid`.
  package static func key(_ tree: RawSpan) -> UInt64 {
    guard let text = try? uuid(tree), !text.isEmpty else { return 0 }
    // FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo): content and part have to agree as well.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for at in text { hash = (hash ^ UInt64(tree.load(UInt8.self, at: at))) &* 0x100_0000_01B3 }
    return hash == 0 ? 1 : hash
  }

  private static func uuid(_ tree: RawSpan) throws(FormatError) -> Range<Int>? {
    guard tree.byteCount > 0 else { return nil }
    var reader = ByteReader(tree)
    guard try reader.read(UInt8.self) == MetadataTree.Tag.object.rawValue else { return nil }
    guard try reader.readCount(max: Limits.metadataByteCount) > 0 else { return nil }
    let keyCount = try reader.readCount(max: Limits.metadataByteCount)
    guard keyCount == 4, try reader.read(UInt32.self) == name else { return nil }
    guard try reader.read(UInt8.self) == MetadataTree.Tag.string.rawValue else { return nil }
    let count = try reader.readCount(max: Limits.metadataByteCount)
    guard reader.offset + count <= tree.byteCount else { return nil }
    return reader.offset..<(reader.offset + count)
  }
}
