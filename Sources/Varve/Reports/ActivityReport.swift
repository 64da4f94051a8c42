// What was done where: one row a project.

import VarveFormat

struct ActivityReport {
  let columns: ReportColumns
  let query: ReportQuery
  let concurrency: Concurrency

  func report(_ selected: [UInt32]) -> Report {
    let groups = columns.projects.groups(selected)
    let (counter, (days, seconds)) = concurrency.both(rowCount: selected.count) {
      ReportCounter(columns, query, groups)
    } _: {
      (ReportCounter.days(columns, query, groups), ActiveTime(columns, groups).seconds)
    }
    var rows: [[Report.Value]] = []
    for (group, tally) in counter.tallies.enumerated() where tally.occurrences > 0 {
      rows.append([
        columns.projects.value(UInt32(group)), .number(tally.sessions),
        .number(tally.count(query.count)), .number(tally.errors),
        tally.hasTime ? .time(tally.first) : .null, tally.hasTime ? .time(tally.last) : .null,
        tally.hasTime ? .number(tally.span / ReportBucket.dayLength) : .null,
        .number(days[group]), .number(seconds[group]),
      ])
    }
    var report = Report(
      query, counter,
      columns: [
        ("project", .text), ("sessions", .number), ("messages", .number), ("errors", .number),
        ("first", .time), ("last", .time), ("daysSpan", .number), ("daysActive", .number),
        ("activeSeconds", .number),
      ], rows: rows)
    report.rule = ActiveTime.rule
    report.sortRows([.init("messages", isDescending: true), .init("project", isDescending: false)])
    return report
  }
}

/// Time in which somebody worked: the gaps between neighbouring occurrences of a session, as far as
/// they are short.
struct ActiveTime {
  /// The rule in words.
  static let rule =
    "active: gaps of at most 5 minutes between neighbouring occurrences of a session"
  /// Longest gap that counts, in milliseconds.
  static let gapMax: Int64 = 5 * 60_000

  /// Seconds of each group.
  private(set) var seconds: [Int64]

  /// One pass: times of a session mostly ascend. Those that do not are sorted in another one.
  init(_ columns: ReportColumns, _ groups: ReportGroups) {
    var pairs = PairTable()
    var owners: [UInt32] = []
    var lasts: [Int64] = []
    var sums: [Int64] = []
    var falls: [Bool] = []
    let (sessions, times) = (columns.sessions.places, columns.times)
    // The pair at hand: neighbours in a log are mostly of one session.
    var current = (pair: -1, group: UInt32.max, session: UInt32.max)
    var (last, sum): (Int64, Int64) = (0, 0)
    do {
      let rows = groups.rows.span
      let numbers = groups.groups.span
      let sessions = sessions.span
      let times = times.span
      for i in rows.indices {
        let row = Int(rows[i])
        let (session, time) = (sessions[row], times[row])
        guard session != 0, time != OccurrenceFields.noTime else { continue }
        if session != current.session || numbers[i] != current.group {
          if current.pair >= 0 { (lasts[current.pair], sums[current.pair]) = (last, sum) }
          let (pair, isNew) = pairs.number(numbers[i], session)
          current = (pair, numbers[i], session)
          if isNew {
            owners.append(numbers[i])
            lasts.append(time)
            sums.append(0)
            falls.append(false)
          }
          (last, sum) = (lasts[pair], sums[pair])
        }
        if time >= last {
          sum += Self.worked(last, time)
          last = time
        } else {
          falls[current.pair] = true
        }
      }
    }
    if current.pair >= 0 { (lasts[current.pair], sums[current.pair]) = (last, sum) }
    let unsorted = falls.indices.filter { falls[$0] }
    if !unsorted.isEmpty { Self.sort(unsorted, &pairs, columns, groups, &sums) }
    seconds = [Int64](repeating: 0, count: groups.groupCount)
    for (pair, owner) in owners.enumerated() { seconds[Int(owner)] += sums[pair] }
    for group in seconds.indices { seconds[group] /= 1000 }
  }

  /// The sums of pairs whose times do not ascend.
  private static func sort(
    _ falls: [Int], _ pairs: inout PairTable, _ columns: ReportColumns,
    _ groups: ReportGroups, _ sums: inout [Int64]
  ) {
    var lists = [Int32](repeating: -1, count: sums.count)
    for (number, pair) in falls.enumerated() { lists[pair] = Int32(number) }
    var times = [[Int64]](repeating: [], count: falls.count)
    for i in groups.rows.indices {
      let row = Int(groups.rows[i])
      let (session, time) = (columns.sessions.places[row], columns.times[row])
      guard session != 0, time != OccurrenceFields.noTime else { continue }
      let list = Int(lists[pairs.number(groups.groups[i], session).number])
      if list >= 0 { times[list].append(time) }
    }
    for pair in falls {
      let list = Int(lists[pair])
      times[list].sort()
      sums[pair] = 0
      for i in times[list].indices.dropFirst() {
        sums[pair] += worked(times[list][i - 1], times[list][i])
      }
    }
  }

  /// The gap between two times if it is short, else 0.
  @inline(__always)
  private static func worked(_ from: Int64, _ to: Int64) -> Int64 {
    let (gap, isOverflow) = to.subtractingReportingOverflow(from)
    return !isOverflow && gap <= gapMax ? gap : 0
  }
}
