// The same questions asked of SQLite over the same occurrences: what it takes, and whether the
// answers are equal.

import Varve
import VarveBenchRivals

enum ReportRivals {
  /// SQL of the definition of each report, its cells in the order of `keys`.
  private static let questions: [(name: ReportQuery.Name, keys: [String], sql: String)] = [
    (
      .activity, ["project", "sessions", "messages", "errors", "first", "last", "daysActive"],
      """
      SELECT project, COUNT(DISTINCT session), COUNT(*), SUM(error), MIN(ts), MAX(ts),
      COUNT(DISTINCT day) FROM o GROUP BY project
      """
    ),
    (
      .timeline, ["date", "project", "messages", "sessions", "errors", "components"],
      """
      SELECT date(day * 86400, 'unixepoch'), project, COUNT(*), COUNT(DISTINCT session), SUM(error),
      group_concat(DISTINCT component) FROM o WHERE ts IS NOT NULL GROUP BY day, project
      """
    ),
    (
      .components,
      ["component", "occurrences", "sessions", "activeDays", "errors", "errorRatePct"],
      """
      SELECT component, COUNT(*), COUNT(DISTINCT session), COUNT(DISTINCT day), SUM(error),
      CAST(ROUND(10000.0 * SUM(error) / COUNT(*)) AS INTEGER) FROM o
      WHERE component IS NOT NULL GROUP BY component
      """
    ),
    (
      .errors, ["component", "project", "errors", "sessions", "days"],
      """
      SELECT component, project, COUNT(*), COUNT(DISTINCT session), COUNT(DISTINCT day) FROM o
      WHERE error GROUP BY component, project
      """
    ),
  ]

  /// Loads the table and asks each question five times.
  static func figures(_ snapshot: Snapshot, _ concurrency: Concurrency) throws -> [Figure] {
    let rival = try SQLiteReports()
    for sequence in 1..<snapshot.nextSequence {
      let occurrence = try snapshot.occurrence(sequence)
      if occurrence.isEcho { continue }
      let day = occurrence.time.map { ($0 - (($0 % 86_400_000) + 86_400_000) % 86_400_000) }
      try rival.add(
        texts: [
          String(occurrence.message), occurrence.project, occurrence.session,
          occurrence.component,
        ],
        numbers: [occurrence.time, day.map { $0 / 86_400_000 }, occurrence.isError ? 1 : 0])
    }
    try rival.execute("COMMIT")
    var figures: [Figure] = []
    for question in questions {
      var times: [UInt64] = []
      var rows: [[String]] = []
      for _ in 0..<5 {
        let start = System.now()
        rows = try rival.rows(question.sql)
        times.append(System.now() - start)
      }
      times.sort()
      let label = "sqlite" + question.name.rawValue.prefix(1).uppercased()
      figures.append(
        Figure(
          label + question.name.rawValue.dropFirst() + "P50",
          Percentiles.microseconds(times, 0.5) / 1000, "ms"))
      let report = try snapshot.report(ReportQuery(question.name), concurrently: concurrency)
      let mine = cells(report.columns(question.keys))
      let isEqual = Set(mine) == Set(rows.map { sorted($0) }) && mine.count == rows.count
      figures.append(Figure(question.name.rawValue + "IsEqual", isEqual ? 1 : 0, ""))
    }
    return figures
  }

  /// The rows of a report in which anything happened, as the SQL gives them.
  private static func cells(_ report: Varve.Report) -> [[String]] {
    report.rows.compactMap { row in
      if row.contains(.number(0)), row.last == .texts([]), row[2] == .number(0) { return nil }
      return row.map { value in
        switch value {
        case .null: ""
        case .text(let text): text
        case .number(let number), .time(let number), .percent(let number): String(number)
        case .texts(let texts): texts.joined(separator: ",")
        default: "?"
        }
      }
    }
  }

  /// With the members of a list in order: SQL gives them in none.
  private static func sorted(_ row: [String]) -> [String] {
    row.map { $0.split(separator: ",").sorted().joined(separator: ",") }
  }
}
