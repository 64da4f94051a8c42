// The one unaligned load of the format layer. Every fixed-width integer on disk is read here.

extension RawSpan {
  /// Reads a little-endian integer; traps outside the span, so callers check lengths first.
  @inlinable @inline(__always)
  package func load<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type = T.self, at offset: Int
  ) -> T {
    // SAFETY: `unsafeLoadUnaligned` checks the bounds; any bit pattern is a valid integer.
    T(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// Reads a big-endian integer, as keys of trees use; traps outside the span.
  @inlinable @inline(__always)
  package func loadBigEndian<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type = T.self, at offset: Int
  ) -> T {
    // SAFETY: as above.
    T(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// Copies a range into an array.
  @inlinable
  package func array(_ range: Range<Int>) -> [UInt8] {
    let part = extracting(range)
    // SAFETY: the pointer is used only inside the closure.
    return unsafe part.withUnsafeBytes { unsafe Array($0) }
  }

  /// Compares the bytes with another span as unsigned bytes, shorter first.
  @inlinable
  package func lexicographicallyPrecedes(_ other: RawSpan) -> Bool {
    let shared = Swift.min(byteCount, other.byteCount)
    var i = 0
    while i < shared {
      let a = load(UInt8.self, at: i)
      let b = other.load(UInt8.self, at: i)
      if a != b { return a < b }
      i += 1
    }
    return byteCount < other.byteCount
  }

  /// Whether both spans hold the same bytes.
  @inlinable
  package func isEqual(to other: RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    var i = 0
    while i + 8 <= byteCount {
      if load(UInt64.self, at: i) != other.load(UInt64.self, at: i) { return false }
      i += 8
    }
    while i < byteCount {
      if load(UInt8.self, at: i) != other.load(UInt8.self, at: i) { return false }
      i += 1
    }
    return true
  }
}
