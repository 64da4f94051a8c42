// Finding a byte eight at a time: the "has zero byte" trick of H. S. Warren, "Hacker's Delight",
// section 6-1.

extension RawSpan {
  /// Index of the first byte with a value in a range; nil if there is none.
  @inlinable
  package func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
    var i = range.lowerBound
    while i + 8 <= range.upperBound {
      let word = load(UInt64.self, at: i) ^ pattern
      let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
      if zeros != 0 { return i + zeros.trailingZeroBitCount >> 3 }
      i += 8
    }
    while i < range.upperBound {
      if load(UInt8.self, at: i) == byte { return i }
      i += 1
    }
    return nil
  }
}
