// A checksummed, compressed unit of a segment. Chapter 3, SEG-1 to SEG-8.

/// What the payload of a block holds.
package enum BlockKind: UInt8, Sendable {
  /// Occurrences.
  case records = 1
  /// Facts: keyed values such as runs, watermarks, settings and source chunks.
  case facts = 2
  /// The end of one commit.
  case commit = 3
  /// The index of blocks that closes a sealed segment.
  case footer = 4
}

/// The 36 bytes before each payload.
package struct BlockHeader: Equatable, Sendable {
  @inlinable package static var byteCount: Int { 36 }
  /// "VBLK" read as a little-endian integer.
  @inlinable package static var magic: UInt32 { 0x4B4C_4256 }

  package var kind: BlockKind
  package var compression: CompressionKind
  package var storedByteCount: Int
  package var rawByteCount: Int
  /// Sequence of the first record; 0 in blocks without records.
  package var firstSequence: UInt64
  /// Number of records or facts.
  package var itemCount: Int
  /// CRC-32C of the stored payload.
  package var payloadChecksum: UInt32

  /// Reads the header at an offset. Its own checksum is checked, the payload's is not.
  package init(_ bytes: RawSpan, at start: Int = 0) throws(FormatError) {
    guard bytes.byteCount - start >= Self.byteCount else {
      throw FormatError(.truncated, at: bytes.byteCount)
    }
    guard bytes.load(UInt32.self, at: start) == Self.magic else {
      throw FormatError(.badMagic, at: start)
    }
    let checksum = Checksum.crc32c(bytes.extracting(start..<(start + 32)))
    guard bytes.load(UInt32.self, at: start + 32) == checksum else {
      throw FormatError(.checksumMismatch, at: start + 32)
    }
    guard let kind = BlockKind(rawValue: bytes.load(UInt8.self, at: start + 4)) else {
      throw FormatError(.unknownTag, at: start + 4)
    }
    guard let compression = CompressionKind(rawValue: bytes.load(UInt8.self, at: start + 5)) else {
      throw FormatError(.unknownTag, at: start + 5)
    }
    guard bytes.load(UInt16.self, at: start + 6) == 0 else {
      throw FormatError(.reservedNotZero, at: start + 6)
    }
    self.kind = kind
    self.compression = compression
    storedByteCount = Int(bytes.load(UInt32.self, at: start + 8))
    rawByteCount = Int(bytes.load(UInt32.self, at: start + 12))
    firstSequence = bytes.load(at: start + 16)
    itemCount = Int(bytes.load(UInt32.self, at: start + 24))
    payloadChecksum = bytes.load(at: start + 28)
    guard storedByteCount <= rawByteCount, rawByteCount <= Limits.blockByteCount else {
      throw FormatError(.outOfBounds, at: start + 8)
    }
    guard itemCount <= Limits.blockRecordCount else {
      throw FormatError(.outOfBounds, at: start + 24)
    }
  }

  /// Checks a stored payload and decompresses it.
  package func payload(_ stored: RawSpan) throws(FormatError) -> [UInt8] {
    guard stored.byteCount == storedByteCount else { throw FormatError(.truncated, at: 0) }
    guard Checksum.crc32c(stored) == payloadChecksum else {
      throw FormatError(.checksumMismatch, at: 28)
    }
    return try Compression.decompress(stored, kind: compression, byteCount: rawByteCount)
  }

  /// Appends header and payload of one block; returns the bytes that it takes.
  @discardableResult
  package static func append(
    kind: BlockKind, payload: RawSpan, firstSequence: UInt64, itemCount: Int,
    compression wanted: CompressionKind, to writer: inout ByteWriter
  ) -> Int {
    let start = writer.count
    writer.bytes.append(contentsOf: repeatElement(0, count: byteCount))
    let used = Compression.compress(payload, kind: wanted, appendingTo: &writer.bytes)
    let stored = writer.count - start - byteCount
    let end = writer.count
    let checksum = Checksum.crc32c(writer.bytes.rawSpan.extracting((start + byteCount)..<end))
    var header = ByteWriter(reserving: byteCount)
    header.append(upTo: byteCount) { output in
      output.write(magic)
      output.write(kind.rawValue)
      output.write(used.rawValue)
      output.write(UInt16(0))
      output.write(UInt32(stored))
      output.write(UInt32(payload.byteCount))
      output.write(firstSequence)
      output.write(UInt32(itemCount))
      output.write(checksum)
    }
    header.write(Checksum.crc32c(header.bytes.rawSpan))
    writer.bytes.replaceSubrange(start..<(start + byteCount), with: header.bytes)
    return writer.count - start
  }
}
