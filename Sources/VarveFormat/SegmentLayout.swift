// The footer of a sealed segment: an index of its blocks. Chapter 3, SEG-32 to SEG-36.

/// One block in a segment's footer.
package struct BlockEntry: Equatable, Sendable {
  @inlinable package static var byteCount: Int { 32 }

  package var offset: UInt64
  package var firstSequence: UInt64
  package var itemCount: UInt32
  package var kind: BlockKind
  package var storedByteCount: UInt32
  package var rawByteCount: UInt32

  package init(
    offset: UInt64, firstSequence: UInt64, itemCount: UInt32, kind: BlockKind,
    storedByteCount: UInt32, rawByteCount: UInt32
  ) {
    self.offset = offset
    self.firstSequence = firstSequence
    self.itemCount = itemCount
    self.kind = kind
    self.storedByteCount = storedByteCount
    self.rawByteCount = rawByteCount
  }
}

package enum SegmentLayout {
  /// Bytes after the footer block.
  @inlinable package static var trailerByteCount: Int { 16 }
  /// "VEND" read as a little-endian integer.
  @inlinable package static var trailerMagic: UInt32 { 0x444E_4556 }

  /// Appends footer block and trailer to a segment that is `offset` bytes long.
  package static func appendFooter(
    _ entries: [BlockEntry], at offset: UInt64, to writer: inout ByteWriter
  ) {
    var payload = ByteWriter(reserving: entries.count * BlockEntry.byteCount)
    for entry in entries {
      payload.write(entry.offset)
      payload.write(entry.firstSequence)
      payload.write(entry.itemCount)
      payload.write(entry.kind.rawValue)
      payload.write(UInt8(0))
      payload.write(UInt16(0))
      payload.write(entry.storedByteCount)
      payload.write(entry.rawByteCount)
    }
    BlockHeader.append(
      kind: .footer, payload: payload.bytes.rawSpan, firstSequence: 0, itemCount: entries.count,
      compression: .lz4, to: &writer)
    var trailer = ByteWriter(reserving: trailerByteCount)
    trailer.write(offset)
    trailer.write(trailerMagic)
    trailer.write(Checksum.crc32c(trailer.bytes.rawSpan))
    writer.write(trailer.bytes)
  }

  /// Reads the last 16 bytes of a segment: where its footer block starts.
  package static func footerOffset(_ trailer: RawSpan) throws(FormatError) -> UInt64 {
    guard trailer.byteCount == trailerByteCount else { throw FormatError(.truncated, at: 0) }
    guard trailer.load(UInt32.self, at: 8) == trailerMagic else {
      throw FormatError(.badMagic, at: 8)
    }
    guard Checksum.crc32c(trailer.extracting(0..<12)) == trailer.load(UInt32.self, at: 12) else {
      throw FormatError(.checksumMismatch, at: 12)
    }
    return trailer.load(at: 0)
  }

  /// Decodes the payload of a footer block and checks that offsets and sequences ascend.
  package static func footer(
    _ payload: RawSpan, itemCount: Int
  ) throws(FormatError) -> [BlockEntry] {
    guard payload.byteCount == itemCount * BlockEntry.byteCount else {
      throw FormatError(.inconsistent, at: 0)
    }
    var entries: [BlockEntry] = []
    entries.reserveCapacity(itemCount)
    var lastOffset: UInt64 = 0
    for i in 0..<itemCount {
      let at = i * BlockEntry.byteCount
      guard let kind = BlockKind(rawValue: payload.load(UInt8.self, at: at + 20)) else {
        throw FormatError(.unknownTag, at: at + 20)
      }
      guard payload.load(UInt8.self, at: at + 21) == 0, payload.load(UInt16.self, at: at + 22) == 0
      else { throw FormatError(.reservedNotZero, at: at + 21) }
      let entry = BlockEntry(
        offset: payload.load(at: at), firstSequence: payload.load(at: at + 8),
        itemCount: payload.load(at: at + 16), kind: kind,
        storedByteCount: payload.load(at: at + 24), rawByteCount: payload.load(at: at + 28))
      guard entry.offset > lastOffset else { throw FormatError(.outOfOrder, at: at) }
      lastOffset = entry.offset
      entries.append(entry)
    }
    return entries
  }
}
