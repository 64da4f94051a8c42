// The places of a term in its documents behind the first one of each, as varints. Chapter 6,
// INV-25.

/// Positions of a term in a document: attribute and position as one number, in ascending order.
/// Chapter 6, INV-25, INV-26.
package enum PositionList {
  /// Appends the positions of one document behind its first one, which stands in the list.
  package static func append(_ keys: ArraySlice<UInt32>, to writer: inout ByteWriter) {
    guard var previous = keys.first else { return }
    for key in keys.dropFirst() {
      writer.writeVarint(UInt64(key &- previous))
      previous = key
    }
  }
}

/// Reads the positions of one document after another. Chapter 6, INV-25.
@usableFromInline
package struct PositionReader: ~Escapable {
  @usableFromInline let bytes: RawSpan
  @usableFromInline var at: Int
  /// Positions that were passed over, but not yet looked for: mostly nobody asks for those behind.
  @usableFromInline var pending = 0

  /// Behind the positions that were read or taken last.
  package var offset: Int { at }

  /// - Parameter offset: where the positions of a document begin.
  @inlinable
  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan, at offset: Int) {
    self.bytes = bytes
    at = min(offset, bytes.byteCount)
  }

  /// Passes over positions.
  @inlinable @inline(__always)
  package mutating func skip(_ count: Int) { pending &+= count }

  /// Reads positions of a document behind a known one.
  @inlinable @inline(__always)
  package mutating func read(
    _ count: Int, behind first: UInt32, _ body: (UInt32) -> Void
  ) throws(FormatError) {
    if pending > 0 { try passOver() }
    var key = first
    let end = bytes.byteCount
    var offset = at
    for _ in 0..<count {
      guard offset < end else { throw FormatError(.truncated, at: offset) }
      var byte = bytes.load(UInt8.self, at: offset)
      offset += 1
      var delta = UInt32(byte & 0x7F)
      var shift: UInt32 = 7
      while byte >= 0x80 {
        guard offset < end else { throw FormatError(.truncated, at: offset) }
        byte = bytes.load(UInt8.self, at: offset)
        offset += 1
        delta |= UInt32(byte & 0x7F) << shift
        shift += 7
      }
      key = key &+ delta
      body(key)
    }
    at = offset
  }

  /// The bytes of the positions of a document behind its first one.
  @_lifetime(copy self)
  package mutating func take(_ count: Int) throws(FormatError) -> RawSpan {
    if pending > 0 { try passOver() }
    let start = at
    pending = count
    try passOver()
    return bytes.extracting(start..<at)
  }

  /// Passes over what is pending: eight bytes at a time, as each number ends with the one byte of
  /// it that is below 0x80.
  @usableFromInline
  package mutating func passOver() throws(FormatError) {
    var left = pending
    pending = 0
    while left > 0 {
      if at + 8 <= bytes.byteCount {
        var ends = ~bytes.load(UInt64.self, at: at) & 0x8080_8080_8080_8080
        // The sum of its bytes, of which each is 0 or 1.
        let found = Int((ends >> 7 &* 0x0101_0101_0101_0101) >> 56)
        if found < left {
          left -= found
          at += 8
          continue
        }
        for _ in 1..<left { ends &= ends - 1 }
        at += ends.trailingZeroBitCount / 8 + 1
        return
      }
      guard at < bytes.byteCount else { throw FormatError(.truncated, at: at) }
      if bytes.load(UInt8.self, at: at) < 0x80 { left -= 1 }
      at += 1
    }
  }
}
