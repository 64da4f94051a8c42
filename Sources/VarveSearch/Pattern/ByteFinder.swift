// Looks for bytes in bytes, by the vector instructions of the processor.

import CVarve

/// A text that is looked for.
struct ByteFinder: Sendable {
  private let needle: [UInt8]
  private let foldsCase: Bool

  /// - Parameter foldsCase: ASCII letters of either case match; `needle` has small ones.
  init(_ needle: [UInt8], foldsCase: Bool) {
    self.needle = needle
    self.foldsCase = foldsCase
  }

  /// The first place of the text in a range.
  func first(in text: RawSpan, _ range: Range<Int>) -> Int? {
    // SAFETY: `extracting` checks the range, and the function reads nothing outside of both.
    let place = unsafe text.extracting(range).withUnsafeBytes { bytes in
      unsafe needle.withUnsafeBufferPointer { needle in
        guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
          let wanted = needle.baseAddress
        else { return -1 }
        return unsafe cvarve_find(start, bytes.count, wanted, needle.count, foldsCase ? 1 : 0)
      }
    }
    return place < 0 ? nil : range.lowerBound + place
  }
}
