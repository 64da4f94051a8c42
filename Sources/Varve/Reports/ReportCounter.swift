// Sums by group, one column after another: a pass over a column of a million numbers is a
// millisecond. After P. Boncz, M. Zukowski and N. Nes, "MonetDB/X100: Hyper-Pipelining Query
// Execution", CIDR 2005.

import VarveFormat

/// Sums of one group.
struct ReportTally {
  var occurrences: Int64 = 0
  var messages: Int64 = 0
  var errors: Int64 = 0
  var sessions: Int64 = 0
  var days: Int64 = 0
  var first: Int64 = .max
  var last: Int64 = .min

  var hasTime: Bool { first <= last }

  /// Milliseconds between first and last.
  var span: Int64 {
    let (span, isOverflow) = last.subtractingReportingOverflow(first)
    return isOverflow ? .max : span
  }

  func count(_ count: ReportQuery.Count) -> Int64 {
    count == .messages ? messages : occurrences
  }
}

/// The rows of a report and the group of each.
struct ReportGroups {
  /// Rows, ascending.
  let rows: [UInt32]
  /// The group of each of them.
  let groups: [UInt32]
  let groupCount: Int
}

/// Adds rows up by group.
struct ReportCounter {
  private(set) var tallies: [ReportTally]
  private(set) var withoutTimeCount = 0
  let occurrenceCount: Int
  private let columns: ReportColumns
  private let groups: ReportGroups

  /// - Parameter countsDays: whether the days of a group are wanted.
  init(
    _ columns: ReportColumns, _ query: ReportQuery, _ groups: ReportGroups, countsDays: Bool
  ) {
    self.columns = columns
    self.groups = groups
    occurrenceCount = groups.rows.count
    tallies = [ReportTally](repeating: ReportTally(), count: groups.groupCount)
    addUp()
    let sessions = distinct(columns.sessions.places, valueCount: columns.sessions.texts.count + 1)
    for group in tallies.indices { tallies[group].sessions = sessions.counts[group] }
    if query.count == .messages {
      for (group, count) in messages().enumerated() { tallies[group].messages = count }
    }
    guard countsDays else { return }
    let days = BucketColumn(columns.times, groups.rows, .day, query.zone)
    var found = GroupedSet(groupCount: groups.groupCount, valueCount: days.buckets.count + 1)
    found.insert(groups.groups, days.numbers)
    for group in tallies.indices { tallies[group].days = found.counts[group] }
  }

  private mutating func addUp() {
    var sums = tallies
    var missing = 0
    let (allFlags, allTimes) = (columns.flags, columns.times)
    do {
      var output = sums.mutableSpan
      let rows = groups.rows.span
      let numbers = groups.groups.span
      let flags = allFlags.span
      let times = allTimes.span
      for i in rows.indices {
        let row = Int(rows[i])
        let group = Int(numbers[i])
        let time = times[row]
        output[group].occurrences += 1
        output[group].errors += Int64(flags[row] & 1)
        if time == OccurrenceFields.noTime {
          missing += 1
        } else {
          if time < output[group].first { output[group].first = time }
          if time > output[group].last { output[group].last = time }
        }
      }
    }
    tallies = sums
    withoutTimeCount = missing
  }

  /// The distinct numbers of a column by group; 0 counts for none.
  func distinct(_ column: [UInt32], valueCount: Int) -> GroupedSet {
    var values = [UInt32](repeating: 0, count: groups.rows.count)
    do {
      var output = values.mutableSpan
      let rows = groups.rows.span
      let column = column.span
      for i in rows.indices { output[i] = column[Int(rows[i])] }
    }
    var found = GroupedSet(groupCount: groups.groupCount, valueCount: valueCount)
    found.insert(groups.groups, values)
    return found
  }

  /// Distinct messages by group. Most are seen once: only the others need a set.
  private func messages() -> [Int64] {
    var seen = [UInt8](repeating: 0, count: columns.messages.count)
    for row in groups.rows {
      let message = Int(columns.messages[Int(row)])
      if seen[message] < 2 { seen[message] += 1 }
    }
    var counts = [Int64](repeating: 0, count: groups.groupCount)
    var pairs = PairTable()
    for (i, row) in groups.rows.enumerated() {
      let message = columns.messages[Int(row)]
      let group = groups.groups[i]
      if seen[Int(message)] == 1 || pairs.number(group, message).isNew { counts[Int(group)] += 1 }
    }
    return counts
  }
}

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

/// The stretch of time of each row, as a small number: 0 for none, else its place in `buckets`
/// plus 1.
struct BucketColumn {
  private(set) var numbers: [UInt32]
  private(set) var buckets: [Int64] = []

  init(_ times: [Int64], _ rows: [UInt32], _ bucket: ReportBucket, _ zone: ZoneOffsets) {
    numbers = [UInt32](repeating: 0, count: rows.count)
    var known: [Int64: UInt32] = [:]
    var clock = ZoneOffsets.Clock(zone)
    // The day of the last row: neighbours mostly share it.
    var start: Int64 = 1
    var end: Int64 = 0
    var number: UInt32 = 0
    for (i, row) in rows.enumerated() {
      let time = times[Int(row)]
      if time == OccurrenceFields.noTime { continue }
      if time < start || time >= end {
        (start, end) = clock.stretch(around: time, bucket == .hour ? 3_600_000 : 86_400_000)
        let found = bucket.number(ofLocal: clock.local(time))
        number = known[found] ?? UInt32(buckets.count + 1)
        if Int(number) > buckets.count {
          buckets.append(found)
          known[found] = number
        }
      }
      numbers[i] = number
    }
  }
}
