// What is distinct within the groups of a report.

/// For each group the set of the numbers that it has: bits where they fit, else pairs.
struct GroupedSet {
  private(set) var counts: [Int64]
  private let wordCount: Int
  private var bits: [UInt64]
  private var pairs: PairTable?
  /// The numbers of each group, where there are pairs.
  private var lists: [[UInt32]] = []

  /// Bits that are taken at most: 32 MiB.
  private static let bitCountMax = 1 << 28

  /// - Parameter valueCount: the numbers are below it; 0 is none.
  init(groupCount: Int, valueCount: Int) {
    counts = [Int64](repeating: 0, count: groupCount)
    wordCount = (valueCount + 63) / 64
    let (total, isOverflow) = groupCount.multipliedReportingOverflow(by: wordCount * 64)
    if isOverflow || total > Self.bitCountMax {
      bits = []
      pairs = PairTable()
      lists = [[UInt32]](repeating: [], count: groupCount)
    } else {
      bits = [UInt64](repeating: 0, count: groupCount * wordCount)
    }
  }

  /// Adds a number to a group, pair by pair.
  mutating func insert(_ groups: [UInt32], _ values: [UInt32]) {
    if var pairs {
      self.pairs = nil
      for (group, value) in zip(groups, values)
      where value != 0 && pairs.number(group, value).isNew {
        counts[Int(group)] += 1
        lists[Int(group)].append(value)
      }
      self.pairs = pairs
      return
    }
    let (wordCount, groupCount) = (wordCount, counts.count)
    let groups = groups.span
    let values = values.span
    var words = bits.mutableSpan
    for i in groups.indices where values[i] != 0 {
      let place = Int(groups[i]) * wordCount + Int(values[i] >> 6)
      words[place] |= 1 << UInt64(values[i] & 63)
    }
    var sums: [Int64] = []
    for group in 0..<groupCount {
      var count = 0
      for i in 0..<wordCount { count += words[group * wordCount + i].nonzeroBitCount }
      sums.append(Int64(count))
    }
    counts = sums
  }

  /// The numbers of a group.
  func values(of group: Int) -> [UInt32] {
    if pairs != nil { return lists[group] }
    var found: [UInt32] = []
    for i in 0..<wordCount {
      var word = bits[group * wordCount + i]
      while word != 0 {
        found.append(UInt32(i * 64 + word.trailingZeroBitCount))
        word &= word - 1
      }
    }
    return found
  }
}
