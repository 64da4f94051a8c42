// Finding a byte eight at a time: the "has zero byte" trick of H. S. Warren, "Hacker's Delight",
// section 6-1.

extension RawSpan {
  /// Index of the first byte with a value in a range; nil if there is none.
  @inlinable
  package func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
    var i = range.lowerBound
    while i + 32 <= range.upperBound {
      let a = Self.zeros(load(UInt64.self, at: i) ^ pattern)
      let b = Self.zeros(load(UInt64.self, at: i + 8) ^ pattern)
      let c = Self.zeros(load(UInt64.self, at: i + 16) ^ pattern)
      let d = Self.zeros(load(UInt64.self, at: i + 24) ^ pattern)
      if a | b | c | d != 0 { break }
      i += 32
    }
    while i + 8 <= range.upperBound {
      let zeros = Self.zeros(load(UInt64.self, at: i) ^ pattern)
      if zeros != 0 { return i + zeros.trailingZeroBitCount >> 3 }
      i += 8
    }
    while i < range.upperBound {
      if load(UInt8.self, at: i) == byte { return i }
      i += 1
    }
    return nil
  }

  /// The high bit of each byte that is zero; bits above the first of them may be set wrongly.
  @inlinable @inline(__always)
  static func zeros(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }
}
