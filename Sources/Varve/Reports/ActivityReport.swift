// What was done where: one row a project.

import VarveFormat

struct ActivityReport {
  let scan: ReportScan
  let query: ReportQuery

  /// Sums by project: the group of a row is the place of its project.
  private struct Sums: ReportSums {
    let columns: ReportColumns
    let groupCount: Int
    var counter: ReportCounter
    var active: ActiveTime
    var buckets: BucketNumbers
    /// Days of each project.
    var days = GroupedSet()
    private var projects: [UInt32] = []
    private var sessions: [UInt32] = []
    private var daysOfRows: [UInt32] = []

    init(_ columns: ReportColumns, _ query: ReportQuery) {
      self.columns = columns
      groupCount = columns.projects.texts.count + 1
      counter = ReportCounter(columns, query, groupCount: groupCount)
      active = ActiveTime(columns)
      buckets = BucketNumbers(.day, query.zone)
    }

    mutating func add(_ rows: Span<UInt32>) {
      projects.gather(columns.projects.places, at: rows)
      sessions.gather(columns.sessions.places, at: rows)
      buckets.number(rows, columns.times, into: &daysOfRows)
      let (chunkProjects, chunkSessions, chunkDays) = (projects, sessions, daysOfRows)
      let groups = chunkProjects.span.extracting(0..<rows.count)
      counter.add(rows, groups, sessions: chunkSessions.span)
      active.add(rows, projects: groups, sessions: chunkSessions.span)
      days.add(groups, chunkDays.span)
    }

    mutating func add(_ later: Sums) {
      counter.add(later.counter)
      active.add(later.active)
      days.add(later.days, values: buckets.numbers(of: later.buckets))
    }
  }

  func report() -> Report {
    let projects = scan.columns.projects
    let sums = scan.sum(Sums(scan.columns, query))
    let counts = sums.counter.counts
    let sessions = sums.counter.sessionCounts
    let days = sums.days.counts(sums.groupCount)
    let active = sums.active.seconds(sums.groupCount, scan)
    var rows: [[Report.Value]] = []
    for (group, tally) in sums.counter.tallies.enumerated() where tally.occurrences > 0 {
      rows.append([
        projects.value(UInt32(group)), .number(sessions[group]), .number(counts[group]),
        .number(tally.errors), tally.hasTime ? .time(tally.first) : .null,
        tally.hasTime ? .time(tally.last) : .null,
        tally.hasTime ? .number(tally.span / ReportBucket.dayLength) : .null,
        .number(days[group]), .number(active[group]),
      ])
    }
    var report = Report(
      query, sums.counter,
      columns: [
        ("project", .text), ("sessions", .number), ("messages", .number), ("errors", .number),
        ("first", .time), ("last", .time), ("daysSpan", .number), ("daysActive", .number),
        ("activeSeconds", .number),
      ], rows: rows)
    report.rule = sums.active.rule
    report.sortRows([.init("messages", isDescending: true), .init("project", isDescending: false)])
    return report
  }
}
