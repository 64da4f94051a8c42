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

  /// The distinct texts of a column by group.
  init(_ column: TextColumn, _ groups: ReportGroups) {
    self.init(groupCount: groups.groupCount, valueCount: column.texts.count + 1)
    let rows = groups.rows
    let places = column.places
    insert(groups.groups) { places[Int(rows[$0])] }
  }

  /// Adds a number to a group, pair by pair.
  mutating func insert(_ groups: [UInt32], _ values: [UInt32]) {
    insert(groups) { values[$0] }
  }

  @inline(__always)
  private mutating func insert(_ groups: [UInt32], _ value: (Int) -> UInt32) {
    if var pairs {
      self.pairs = nil
      for (i, group) in groups.enumerated() {
        let value = value(i)
        guard value != 0, pairs.number(group, value).isNew else { continue }
        counts[Int(group)] += 1
        lists[Int(group)].append(value)
      }
      self.pairs = pairs
      return
    }
    let (wordCount, groupCount) = (wordCount, counts.count)
    let groups = groups.span
    var words = bits.mutableSpan
    // Neighbours in a log are mostly alike.
    var last: (group: UInt32, value: UInt32) = (0, 0)
    for i in groups.indices {
      let (group, value) = (groups[i], value(i))
      if value == last.value, group == last.group || value == 0 { continue }
      last = (group, value)
      guard value != 0 else { continue }
      words[Int(group) * wordCount + Int(value >> 6)] |= 1 << UInt64(value & 63)
    }
    var sums: [Int64] = []
    for group in 0..<groupCount {
      var count = 0
      // Most words are empty, and looking is cheaper than counting.
      for i in 0..<wordCount where words[group * wordCount + i] != 0 {
        count += words[group * wordCount + i].nonzeroBitCount
      }
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
