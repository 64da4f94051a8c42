// What was done where: one row a project.

import VarveFormat

struct ActivityReport {
  let columns: ReportColumns
  let query: ReportQuery

  func report(_ selected: [UInt32]) -> Report {
    let groups = columns.projects.groups(selected)
    let counter = ReportCounter(columns, query, groups, countsDays: true)
    let seconds = ActiveTime(columns, groups).seconds
    var rows: [[Report.Value]] = []
    for (group, tally) in counter.tallies.enumerated() where tally.occurrences > 0 {
      rows.append([
        columns.projects.value(UInt32(group)), .number(tally.sessions),
        .number(tally.count(query.count)), .number(tally.errors),
        tally.hasTime ? .time(tally.first) : .null, tally.hasTime ? .time(tally.last) : .null,
        tally.hasTime ? .number(tally.span / ReportBucket.dayLength) : .null,
        .number(tally.days), .number(seconds[group]),
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

  /// A counting sort by group and session; within one, times mostly ascend already.
  init(_ columns: ReportColumns, _ groups: ReportGroups) {
    var pairs = PairTable()
    var owners: [UInt32] = []
    var ends: [Int] = [0]
    // The pair of each row; -1 without session or time.
    var numbers = [Int32](repeating: -1, count: groups.rows.count)
    for (i, row) in groups.rows.enumerated() {
      let session = columns.sessions.places[Int(row)]
      guard session != 0, columns.times[Int(row)] != OccurrenceFields.noTime else { continue }
      let (pair, isNew) = pairs.number(groups.groups[i], session)
      if isNew {
        owners.append(groups.groups[i])
        ends.append(0)
      }
      numbers[i] = Int32(pair)
      ends[pair + 1] += 1
    }
    for i in ends.indices.dropFirst() { ends[i] += ends[i - 1] }
    let starts = ends
    var times = [Int64](repeating: 0, count: starts[owners.count])
    for (i, row) in groups.rows.enumerated() where numbers[i] >= 0 {
      let pair = Int(numbers[i])
      times[ends[pair]] = columns.times[Int(row)]
      ends[pair] += 1
    }
    seconds = [Int64](repeating: 0, count: groups.groupCount)
    for (pair, owner) in owners.enumerated() {
      seconds[Int(owner)] += Self.milliseconds(&times, starts[pair]..<starts[pair + 1])
    }
    for group in seconds.indices { seconds[group] /= 1000 }
  }

  private static func milliseconds(_ times: inout [Int64], _ range: Range<Int>) -> Int64 {
    for i in range.dropFirst() where times[i] < times[i - 1] {
      times[range].sort()
      break
    }
    var sum: Int64 = 0
    for i in range.dropFirst() {
      let (gap, isOverflow) = times[i].subtractingReportingOverflow(times[i - 1])
      if !isOverflow, gap <= gapMax { sum += gap }
    }
    return sum
  }
}
