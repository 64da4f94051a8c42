// A bounds-checked cursor over bytes that never traps on hostile input. Hot: see HouseTests for the
// list of types whose members must inline across modules.

/// A forward cursor over a span; every read checks what is left and throws instead of trapping.
@usableFromInline
package struct ByteReader: ~Escapable {
  @usableFromInline package let bytes: RawSpan
  /// Offset of the next byte.
  @usableFromInline package var offset: Int

  @inlinable
  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan, at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  /// Bytes not read yet.
  @inlinable package var remaining: Int { bytes.byteCount - offset }

  @inlinable
  package mutating func read<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type = T.self
  ) throws(FormatError) -> T {
    guard remaining >= MemoryLayout<T>.size else { throw FormatError(.truncated, at: offset) }
    let value = bytes.load(type, at: offset)
    offset += MemoryLayout<T>.size
    return value
  }

  /// Reads an unsigned LEB128 integer; a longer form than needed is an error (ENV-3).
  @inlinable
  package mutating func readVarint() throws(FormatError) -> UInt64 {
    let start = offset
    guard offset < bytes.byteCount else { throw FormatError(.truncated, at: start) }
    let first = bytes.load(UInt8.self, at: offset)
    offset += 1
    if first < 0x80 { return UInt64(first) }
    var value = UInt64(first & 0x7F)
    var shift: UInt64 = 7
    while true {
      guard offset < bytes.byteCount else { throw FormatError(.truncated, at: start) }
      let byte = bytes.load(UInt8.self, at: offset)
      offset += 1
      if shift == 63 && byte > 1 { throw FormatError(.nonCanonicalVarint, at: start) }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 {
        if byte == 0 { throw FormatError(.nonCanonicalVarint, at: start) }
        return value
      }
      shift += 7
      if shift > 63 { throw FormatError(.nonCanonicalVarint, at: start) }
    }
  }

  /// Reads a varint that counts bytes or items and must not exceed a limit.
  @inlinable
  package mutating func readCount(max: Int) throws(FormatError) -> Int {
    let start = offset
    let value = try readVarint()
    guard value <= UInt64(max) else { throw FormatError(.outOfBounds, at: start) }
    return Int(value)
  }

  /// Reads a zigzag-coded signed integer.
  @inlinable
  package mutating func readZigzag() throws(FormatError) -> Int64 {
    let value = try readVarint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// Skips bytes and returns their range.
  @inlinable
  package mutating func readRange(_ count: Int) throws(FormatError) -> Range<Int> {
    guard count >= 0, remaining >= count else { throw FormatError(.truncated, at: offset) }
    let range = offset..<(offset + count)
    offset += count
    return range
  }

  /// Reads that many bytes into an array.
  @inlinable
  package mutating func readBytes(_ count: Int) throws(FormatError) -> [UInt8] {
    bytes.array(try readRange(count))
  }

  /// Throws unless everything was read.
  @inlinable
  package func expectEnd() throws(FormatError) {
    guard remaining == 0 else { throw FormatError(.trailingBytes, at: offset) }
  }
}
