// What was done where: one row a project.

import VarveFormat

struct ActivityReport {
  let columns: ReportColumns
  let query: ReportQuery
  let concurrency: Concurrency

  func report(_ selected: [UInt32]) -> Report {
    let groups = columns.projects.groups(selected)
    let (counter, (days, active)) = concurrency.both(rowCount: selected.count) {
      ReportCounter(columns, query, groups)
    } _: {
      (ReportCounter.days(columns, query, groups), ActiveTime(columns, groups))
    }
    var rows: [[Report.Value]] = []
    for (group, tally) in counter.tallies.enumerated() where tally.occurrences > 0 {
      rows.append([
        columns.projects.value(UInt32(group)), .number(tally.sessions),
        .number(tally.count(query.count)), .number(tally.errors),
        tally.hasTime ? .time(tally.first) : .null, tally.hasTime ? .time(tally.last) : .null,
        tally.hasTime ? .number(tally.span / ReportBucket.dayLength) : .null,
        .number(days[group]), .number(active.seconds[group]),
      ])
    }
    var report = Report(
      query, counter,
      columns: [
        ("project", .text), ("sessions", .number), ("messages", .number), ("errors", .number),
        ("first", .time), ("last", .time), ("daysSpan", .number), ("daysActive", .number),
        ("activeSeconds", .number),
      ], rows: rows)
    report.rule = active.rule
    report.sortRows([.init("messages", isDescending: true), .init("project", isDescending: false)])
    return report
  }
}
