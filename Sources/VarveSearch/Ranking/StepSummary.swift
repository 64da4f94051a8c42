// What single documents need to know of a step whose neighbours do not matter: the best place and a
// few counts. Summing them up in passing costs half of writing the places out.

import VarveFormat

/// The places of a step in one document, summed up.
struct StepSummary: Sendable {
  /// Attributes that fit into the bits.
  static let attributeCountMax = 32

  /// Whether the word itself is there.
  private(set) var hasExact = false
  /// The least distance of a place from the one in the query, up to `PositionCost.farthest`.
  private(set) var distance = UInt16(PositionCost.farthest)
  private(set) var placeCount: UInt32 = 0
  /// Attributes with a word.
  private var words: UInt32 = 0
  /// Attributes with a phrase.
  private var phrases: UInt32 = 0
  /// Attributes with the word itself at its place in the query.
  private(set) var exactFirst: UInt32 = 0

  init() {}

  /// Adds a place.
  ///
  /// - Parameter first: the place in the query.
  @inline(__always)
  mutating func note(_ key: UInt32, first: Int, isExact: Bool, isPhrase: Bool) {
    let bit: UInt32 = 1 << (key >> 16 & 31)
    let distance = UInt16(min(abs(Int(key & 0xFFFF) - first), PositionCost.farthest))
    if distance < self.distance { self.distance = distance }
    if isPhrase { phrases |= bit } else { words |= bit }
    if isExact {
      hasExact = true
      if distance == 0 { exactFirst |= bit }
    }
    placeCount &+= 1
  }

  /// Adds places of which no more matters than their number.
  @inline(__always)
  mutating func note(count: Int) { placeCount &+= UInt32(truncatingIfNeeded: count) }

  /// The weight of the best attribute.
  func attributeCost(_ weights: borrowing StepWeights) -> Int32 {
    var best = weights.worst
    var left = words
    while left != 0 {
      best = min(best, weights.ofWords[left.trailingZeroBitCount])
      left &= left - 1
    }
    left = phrases
    while left != 0 {
      best = min(best, weights.ofPhrases[left.trailingZeroBitCount])
      left &= left - 1
    }
    return best * weights.wordCount
  }

  /// 0 where an attribute is the word, 1 where it starts with it, 2 for the rest.
  func exactAttributeCost(
    wordCount: Int, length: (_ attribute: UInt32) throws(FormatError) -> Int?
  ) throws(FormatError) -> Int {
    var left = exactFirst
    while left != 0 {
      if try length(UInt32(left.trailingZeroBitCount)) == wordCount { return 0 }
      left &= left - 1
    }
    return exactFirst == 0 ? 2 : 1
  }
}
