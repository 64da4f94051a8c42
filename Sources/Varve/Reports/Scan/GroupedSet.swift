// What is distinct within the groups of a report.

/// For each group the set of the numbers that it has: bits where they are few, else pairs.
struct GroupedSet: Sendable {
  /// Words of bits for each group; 0 where there are pairs.
  private let wordCount: Int
  private var bits: [UInt64] = []
  private var pairs = PairTable()
  /// The number that each group had last: neighbours in a log are mostly alike.
  private var lasts: [UInt32] = []

  /// Words of a group that are taken although nobody knows how many groups there will be.
  private static let openWordCountMax = 4
  /// Words of all groups at most: 1 MiB, which stays in a second-level cache.
  private static let wordCountMax = 1 << 17

  /// - Parameters:
  ///   - valueCount: the numbers are at most it; nil if nobody knows.
  ///   - groupCount: likewise of groups.
  init(valueCount: Int? = nil, groupCount: Int? = nil) {
    let words = valueCount.map { $0 / 64 + 1 } ?? 0
    let isSmall =
      words <= Self.openWordCountMax
      || groupCount.map { words * $0 <= Self.wordCountMax } ?? false
    wordCount = isSmall ? words : 0
  }

  /// Adds a number to the group of each row; 0 stands for none and is left out.
  mutating func add(_ groups: Span<UInt32>, _ values: Span<UInt32>) {
    guard groups.count > 0 else { return }
    var highest: UInt32 = 0
    for i in groups.indices { highest = max(highest, groups[i]) }
    if wordCount > 0 {
      grow(to: Int(highest) + 1)
      addBits(groups, values)
    } else {
      lasts.grow(to: Int(highest) + 1)
      addPairs(groups, values)
    }
  }

  /// A word is written when another one's turn comes: neighbours mostly share it.
  private mutating func addBits(_ groups: Span<UInt32>, _ values: Span<UInt32>) {
    let wordCount = wordCount
    var words = bits.mutableSpan
    var place = 0
    var word = words[0]
    for i in groups.indices where values[i] != 0 {
      let next = Int(groups[i]) &* wordCount &+ Int(values[i] >> 6)
      if next != place {
        words[place] = word
        place = next
        word = words[place]
      }
      word |= 1 << UInt64(values[i] & 63)
    }
    words[place] = word
  }

  private mutating func addPairs(_ groups: Span<UInt32>, _ values: Span<UInt32>) {
    var (lastGroup, lastValue): (UInt32, UInt32) = (0, 0)
    for i in groups.indices {
      let (group, value) = (groups[i], values[i])
      if value == lastValue && group == lastGroup || value == 0 { continue }
      (lastGroup, lastValue) = (group, value)
      if lasts[Int(group)] == value { continue }
      lasts[Int(group)] = value
      _ = pairs.number(group, value)
    }
  }

  private mutating func grow(to groupCount: Int) {
    let count = groupCount * wordCount
    if bits.count < count { bits += [UInt64](repeating: 0, count: count - bits.count) }
  }

  /// Adds what another set has, which was made alike.
  ///
  /// - Parameters:
  ///   - groups: the group here of each group there; nil if they are the same.
  ///   - values: likewise of its numbers.
  mutating func add(_ other: GroupedSet, groups: [UInt32]? = nil, values: [UInt32]? = nil) {
    other.forEach { group, value in
      let (group, value) = (
        groups.map { $0[Int(group)] } ?? group, values.map { $0[Int(value)] } ?? value
      )
      if wordCount > 0 {
        grow(to: Int(group) + 1)
        bits[Int(group) * wordCount + Int(value >> 6)] |= 1 << UInt64(value & 63)
      } else {
        _ = pairs.number(group, value)
      }
    }
  }

  /// Calls a closure with each group and number, once.
  private func forEach(_ body: (UInt32, UInt32) -> Void) {
    for key in pairs.keys { body(UInt32(key >> 32), UInt32(truncatingIfNeeded: key)) }
    for (place, held) in bits.enumerated() where held != 0 {
      let (group, first) = (UInt32(place / wordCount), UInt32(place % wordCount * 64))
      var word = held
      while word != 0 {
        body(group, first + UInt32(word.trailingZeroBitCount))
        word &= word - 1
      }
    }
  }

  /// How many numbers each group has.
  func counts(_ groupCount: Int) -> [Int64] {
    var counts = [Int64](repeating: 0, count: groupCount)
    for key in pairs.keys { counts[Int(key >> 32)] += 1 }
    for (place, word) in bits.enumerated() where word != 0 {
      counts[place / wordCount] += Int64(word.nonzeroBitCount)
    }
    return counts
  }

  /// The numbers of each group, in no order.
  func values(_ groupCount: Int) -> [[UInt32]] {
    var values = counts(groupCount).map { count in
      var list: [UInt32] = []
      list.reserveCapacity(Int(count))
      return list
    }
    forEach { group, value in values[Int(group)].append(value) }
    return values
  }
}
