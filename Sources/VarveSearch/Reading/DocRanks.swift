// The place of a document among the members of a set: counts before each word of bits, then the
// bits before it.
// G. Jacobson, "Space-efficient static trees and graphs", 1989, with one level.

/// Numbers the members of a set from 0 in ascending order.
struct DocRanks: Sendable {
  private let words: [UInt64]
  private let before: [UInt32]

  init(_ set: DocSet) {
    words = set.words
    var before: [UInt32] = []
    before.reserveCapacity(words.count)
    var total: UInt32 = 0
    for word in words {
      before.append(total)
      total += UInt32(word.nonzeroBitCount)
    }
    self.before = before
  }

  /// The number of a document; nil if it is no member.
  @inline(__always)
  func find(_ doc: Int) -> Int? {
    let word = words[doc >> 6]
    let bit: UInt64 = 1 << UInt64(doc & 63)
    guard word & bit != 0 else { return nil }
    return Int(before[doc >> 6]) + (word & (bit - 1)).nonzeroBitCount
  }
}
