// Which parts of the tools were at work: one row a component.

struct ComponentReport {
  let scan: ReportScan
  let query: ReportQuery

  /// Sums by component: the group of a row is the place of its component.
  private struct Sums: ReportSums {
    let columns: ReportColumns
    let groupCount: Int
    var counter: ReportCounter
    var buckets: BucketNumbers
    /// Days of each component.
    var days = GroupedSet()
    private var rowsWithOne: [UInt32] = []
    private var components: [UInt32] = []
    private var sessions: [UInt32] = []
    private var daysOfRows: [UInt32] = []

    init(_ columns: ReportColumns, _ query: ReportQuery) {
      self.columns = columns
      groupCount = columns.components.texts.count + 1
      counter = ReportCounter(columns, query, groupCount: groupCount)
      buckets = BucketNumbers(.day, query.zone)
    }

    mutating func add(_ rows: Span<UInt32>) {
      let count = rowsWithOne.keep(rows, where: columns.components.places, isNot: 0)
      let chunkRows = rowsWithOne
      let rows = chunkRows.span.extracting(0..<count)
      components.gather(columns.components.places, at: rows)
      sessions.gather(columns.sessions.places, at: rows)
      buckets.number(rows, columns.times, into: &daysOfRows)
      let (chunkComponents, chunkSessions, chunkDays) = (components, sessions, daysOfRows)
      let groups = chunkComponents.span.extracting(0..<count)
      counter.add(rows, groups, sessions: chunkSessions.span)
      days.add(groups, chunkDays.span)
    }

    mutating func add(_ later: Sums) {
      counter.add(later.counter)
      days.add(later.days, values: buckets.numbers(of: later.buckets))
    }
  }

  func report() -> Report {
    let sums = scan.sum(Sums(scan.columns, query))
    let counts = sums.counter.counts
    let sessions = sums.counter.sessionCounts
    let days = sums.days.counts(sums.groupCount)
    var rows: [[Report.Value]] = []
    for (group, tally) in sums.counter.tallies.enumerated() where tally.occurrences > 0 {
      rows.append([
        scan.columns.components.value(UInt32(group)), .number(counts[group]),
        .number(sessions[group]), .number(days[group]), .number(tally.errors),
        .percent(Self.hundredths(tally.errors, of: counts[group])),
      ])
    }
    var report = Report(
      query, sums.counter,
      columns: [
        ("component", .text), ("occurrences", .number), ("sessions", .number),
        ("activeDays", .number), ("errors", .number), ("errorRatePct", .percent),
      ], rows: rows)
    report.sortRows([
      .init("occurrences", isDescending: true), .init("component", isDescending: false),
    ])
    return report
  }

  /// A share in hundredths of a percent, halves rounded up, as SQLite's `ROUND(100.0 * a / b, 2)`
  /// does. In whole numbers: the nearest binary fraction of 23 in 4,000 lies below its half.
  private static func hundredths(_ part: Int64, of whole: Int64) -> Int64 {
    whole > 0 ? (20_000 * part + whole) / (2 * whole) : 0
  }
}
