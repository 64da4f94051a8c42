// The places of a term in its documents, as varints. Chapter 6, INV-28.

/// Positions of a term in a document: attribute and position as one number, in ascending order.
/// Chapter 6, INV-28.
@usableFromInline
package enum PositionList {
  /// Appends the positions of one document.
  package static func append(_ keys: ArraySlice<UInt32>, to writer: inout ByteWriter) {
    var previous: UInt32 = 0
    for key in keys {
      writer.writeVarint(UInt64(key &- previous))
      previous = key
    }
  }

  /// Reads the positions of one document.
  @inlinable
  package static func read(
    _ count: Int, from reader: inout ByteReader, _ body: (UInt32) -> Void
  ) throws(FormatError) {
    var key: UInt32 = 0
    for _ in 0..<count {
      key = key &+ UInt32(truncatingIfNeeded: try reader.readVarint())
      body(key)
    }
  }
}

/// Reads the positions of one document after another. Chapter 6, INV-28.
@usableFromInline
package struct PositionReader: ~Escapable {
  @usableFromInline let bytes: RawSpan
  @usableFromInline var at: Int

  /// Where the positions of the next document begin.
  package var offset: Int { at }

  /// - Parameter offset: where the positions of a document begin.
  @inlinable
  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan, at offset: Int) {
    self.bytes = bytes
    at = min(offset, bytes.byteCount)
  }

  /// Reads the positions of a document.
  @inlinable @inline(__always)
  package mutating func read(_ count: Int, _ body: (UInt32) -> Void) throws(FormatError) {
    _ = try read(upTo: count) { key in
      body(key)
      return true
    }
  }

  /// Reads the positions of a document as long as a closure wants to go on.
  ///
  /// - Returns: how many were read; the next one is that behind them.
  @inlinable @inline(__always)
  package mutating func read(
    upTo count: Int, _ body: (UInt32) -> Bool
  ) throws(FormatError) -> Int {
    var key: UInt32 = 0
    let end = bytes.byteCount
    var offset = at
    var read = 0
    // The first key is as often one byte as two, and a jump that nobody can foresee costs more than
    // to look at both.
    if count > 0, offset + 8 <= end {
      let word = bytes.load(UInt64.self, at: offset)
      let ends = ~word & 0x8080_8080
      if ends & 0x80_8080 != 0 {
        let bits = UInt64(ends.trailingZeroBitCount) + 1
        let number = word & (1 << bits - 1)
        offset += Int(bits >> 3)
        key = UInt32(
          truncatingIfNeeded: number & 0x7F | number >> 1 & 0x3F80 | number >> 2 & 0x1F_C000)
        read = 1
        guard body(key) else {
          at = offset
          return read
        }
      }
    }
    while read < count {
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
      read += 1
      guard body(key) else { break }
    }
    at = offset
    return read
  }

  /// Passes over the positions of a document: eight bytes at a time, as each number ends with the
  /// one byte of it that is below 0x80.
  @inlinable
  package mutating func skip(_ count: Int) throws(FormatError) {
    var left = count
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
