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

/// Adds rows up by group.
struct ReportCounter {
  private(set) var tallies: [ReportTally]
  private(set) var withoutTimeCount = 0
  let occurrenceCount: Int
  private let columns: ReportColumns
  private let groups: ReportGroups

  init(_ columns: ReportColumns, _ query: ReportQuery, _ groups: ReportGroups) {
    self.columns = columns
    self.groups = groups
    occurrenceCount = groups.rows.count
    tallies = [ReportTally](repeating: ReportTally(), count: groups.groupCount)
    addUp()
    let sessions = GroupedSet(columns.sessions, groups)
    for group in tallies.indices { tallies[group].sessions = sessions.counts[group] }
    if query.count == .messages {
      for (group, count) in messages().enumerated() { tallies[group].messages = count }
    }
  }

  /// Days of each group: they need the time zone, and not every report wants them.
  static func days(
    _ columns: ReportColumns, _ query: ReportQuery, _ groups: ReportGroups
  ) -> [Int64] {
    let days = BucketColumn(columns.times, groups.rows, .day, query.zone)
    var found = GroupedSet(groupCount: groups.groupCount, valueCount: days.buckets.count + 1)
    found.insert(groups.groups, days.numbers)
    return found.counts
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
