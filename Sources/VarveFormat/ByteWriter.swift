// Appends values in the byte order of the format. Hot: see HouseTests.

/// A growing buffer with the encoders of the format.
@usableFromInline
package struct ByteWriter: Sendable {
  /// What was written so far.
  @usableFromInline package var bytes: [UInt8]

  @inlinable
  package init(reserving capacity: Int = 0) {
    bytes = []
    if capacity > 0 { bytes.reserveCapacity(capacity) }
  }

  @inlinable package var count: Int { bytes.count }

  @inlinable
  package mutating func write<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    let little = value.littleEndian
    // SAFETY: the pointer to the local value is used only inside the closure.
    unsafe withUnsafeBytes(of: little) { unsafe bytes.append(contentsOf: $0) }
  }

  @inlinable
  package mutating func writeBigEndian<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
    let big = value.bigEndian
    // SAFETY: as above.
    unsafe withUnsafeBytes(of: big) { unsafe bytes.append(contentsOf: $0) }
  }

  /// Writes the first bytes of five words that follow each other.
  @inlinable
  package mutating func writeBigEndian(
    _ words: (UInt64, UInt64, UInt64, UInt64, UInt64), byteCount: Int
  ) {
    let big = (
      words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian,
      words.4.bigEndian
    )
    // SAFETY: as above; the slice is checked against the five words.
    unsafe withUnsafeBytes(of: big) { unsafe bytes.append(contentsOf: $0[..<byteCount]) }
  }

  /// Writes an unsigned LEB128 integer in its shortest form.
  @inlinable
  package mutating func writeVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  @inlinable
  package mutating func writeVarint(_ value: Int) { writeVarint(UInt64(value)) }

  @inlinable
  package mutating func writeZigzag(_ value: Int64) {
    writeVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  @inlinable
  package mutating func write(_ span: RawSpan) {
    // SAFETY: the pointer is used only inside the closure.
    unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  @inlinable
  package mutating func write(_ array: [UInt8]) { bytes.append(contentsOf: array) }

  /// Writes a length as a varint, then the bytes.
  @inlinable
  package mutating func writeCounted(_ span: RawSpan) {
    writeVarint(span.byteCount)
    write(span)
  }

  /// Replaces four bytes that were written before, used for checksums.
  @inlinable
  package mutating func patch(_ value: UInt32, at offset: Int) {
    for i in 0..<4 { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(i))) }
  }

  /// Number of bytes that a varint of this value takes.
  @inlinable
  package static func varintByteCount(_ value: UInt64) -> Int {
    (64 - (value | 1).leadingZeroBitCount + 6) / 7
  }
}

extension Array where Element == UInt8 {
  /// The bytes as a span.
  @inlinable
  package var rawSpan: RawSpan {
    @_lifetime(borrow self)
    // SAFETY: every byte of an array of bytes is initialised.
    get { unsafe span.bytes }
  }
}
