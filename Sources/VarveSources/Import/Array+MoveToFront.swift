// Moving what is left of a buffer to its front.

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
