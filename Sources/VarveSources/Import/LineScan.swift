// Finding line ends eight bytes at a time: the "has zero byte" trick of H. S. Warren, "Hacker's
// Delight", section 6-1.

import VarveFormat

enum LineScan {
  /// Index of the first byte with a value in a range.
  static func find(_ byte: UInt8, in bytes: RawSpan, _ range: Range<Int>) -> Int? {
    let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
    var i = range.lowerBound
    while i + 8 <= range.upperBound {
      let word = bytes.load(UInt64.self, at: i) ^ pattern
      let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
      if zeros != 0 { return i + zeros.trailingZeroBitCount >> 3 }
      i += 8
    }
    while i < range.upperBound {
      if bytes.load(UInt8.self, at: i) == byte { return i }
      i += 1
    }
    return nil
  }
}

extension Array<UInt8> {
  /// Moves bytes to the front of the array, whose size stays. A slice would copy the whole array.
  mutating func moveToFront(_ range: Range<Int>) {
    precondition(range.upperBound <= count)
    guard range.lowerBound > 0, !range.isEmpty else { return }
    // SAFETY: both ranges lie inside the buffer; memmove allows them to overlap.
    unsafe withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe base.copyMemory(from: base + range.lowerBound, byteCount: range.count)
    }
  }
}
