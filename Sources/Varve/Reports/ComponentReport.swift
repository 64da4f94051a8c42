// Which parts of the tools were at work: one row a component.

struct ComponentReport {
  let columns: ReportColumns
  let query: ReportQuery
  let concurrency: Concurrency

  func report(_ selected: [UInt32]) -> Report {
    let components = columns.components.places
    let rowsOfComponents = selected.kept { components[$0] != 0 }
    let groups = columns.components.groups(rowsOfComponents)
    let (counter, days) = concurrency.both(rowCount: rowsOfComponents.count) {
      ReportCounter(columns, query, groups)
    } _: {
      ReportCounter.days(columns, query, groups)
    }
    var rows: [[Report.Value]] = []
    for (group, tally) in counter.tallies.enumerated() where tally.occurrences > 0 {
      let count = tally.count(query.count)
      rows.append([
        columns.components.value(UInt32(group)), .number(count), .number(tally.sessions),
        .number(days[group]), .number(tally.errors),
        .percent(Self.hundredths(tally.errors, of: count)),
      ])
    }
    var report = Report(
      query, counter,
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
