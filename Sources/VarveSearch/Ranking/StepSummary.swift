// What single documents need to know of a step whose neighbours do not matter: the best place and a
// few counts. Summing them up in passing costs half of writing the places out.

import VarveFormat

/// The places of a step in one document, summed up in one word: a window of them stays in the
/// nearest cache.
struct StepSummary: Sendable {
  /// Attributes that fit into the bits.
  static let attributeCountMax = 8

  /// Attributes with a word, with a phrase, with the word itself at its place in the query: 8 bits
  /// each. Whether the word itself is there: 1. How near the nearest place is to the one in the
  /// query, up to `PositionCost.farthest`: 11. The number of places: 28.
  private var bits: UInt64 = 0

  private static let phrases: UInt64 = 8
  private static let exactFirst: UInt64 = 16
  private static let exactBit: UInt64 = 1 << 24
  private static let nearness: UInt64 = 25
  private static let nearnessMask: UInt64 = 0x7FF << nearness
  private static let placeCount: UInt64 = 36

  init() {}

  /// Adds a place.
  ///
  /// - Parameter first: the place in the query.
  @inline(__always)
  mutating func note(_ key: UInt32, first: Int, isExact: Bool, isPhrase: Bool) {
    let attribute = UInt64(key >> 16 & 7)
    let distance = min(abs(Int(key & 0xFFFF) - first), PositionCost.farthest)
    let near = UInt64(PositionCost.farthest - distance) << Self.nearness
    var next = bits | 1 << (isPhrase ? attribute + Self.phrases : attribute)
    if near > next & Self.nearnessMask { next = next & ~Self.nearnessMask | near }
    if isExact {
      next |= Self.exactBit
      if distance == 0 { next |= 1 << (attribute + Self.exactFirst) }
    }
    bits = next
    note(count: 1)
  }

  /// Adds places of which no more matters than their number.
  @inline(__always)
  mutating func note(count: Int) {
    // No document has so many words.
    let sum = min(UInt64(placeCount) + UInt64(count), 0xFFF_FFFF)
    bits = bits & (1 << Self.placeCount - 1) | sum << Self.placeCount
  }

  /// Whether the word itself is there.
  @inline(__always) var hasExact: Bool { bits & Self.exactBit != 0 }

  /// The least distance of a place from the one in the query, up to `PositionCost.farthest`.
  @inline(__always) var distance: Int {
    PositionCost.farthest - Int((bits & Self.nearnessMask) >> Self.nearness)
  }

  @inline(__always) var placeCount: Int { Int(bits >> Self.placeCount) }

  /// Attributes with the word itself at its place in the query.
  @inline(__always) var exactFirst: UInt32 {
    UInt32(truncatingIfNeeded: bits >> Self.exactFirst & 0xFF)
  }

  /// The weight of the best attribute.
  func attributeCost(_ weights: borrowing StepWeights) -> Int32 {
    var best = weights.worst
    var left = UInt8(truncatingIfNeeded: bits)
    while left != 0 {
      best = min(best, weights.ofWords[left.trailingZeroBitCount])
      left &= left - 1
    }
    left = UInt8(truncatingIfNeeded: bits >> Self.phrases)
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
