// Reports over the store that `ingest` made, beside SQLite; rivals/sql_reports.py asks DuckDB, too.

import Varve

enum Reporting {
  static func reports(_ arguments: Arguments) throws -> [Figure] {
    let snapshot = try openReadOnly(arguments).snapshot()
    var figures: [Figure] = []
    let start = System.now()
    _ = try snapshot.report(ReportQuery(.components))
    // What the first report of a snapshot pays: six columns are read.
    figures.append(Figure("firstOfSnapshot", Double(System.now() - start) / 1e6, "ms"))
    for name in ReportQuery.Name.allCases
    where arguments.query == nil || arguments.query == name.rawValue {
      for count in ReportQuery.Count.allCases {
        var query = ReportQuery(name)
        query.count = count
        var times: [UInt64] = []
        var rowCount = 0
        for _ in 0..<15 {
          let start = System.now()
          rowCount = try snapshot.report(query, concurrently: arguments.concurrency).rowCount
          times.append(System.now() - start)
        }
        times.sort()
        let label = name.rawValue + (count == .messages ? "OfMessages" : "")
        figures.append(Figure(label + "P50", Percentiles.microseconds(times, 0.5) / 1000, "ms"))
        figures.append(Figure(label + "Rows", Double(rowCount), ""))
      }
    }
    // The table takes a kilobyte an occurrence, near enough.
    guard arguments.query == nil, snapshot.nextSequence < 2_000_000 else { return figures }
    return figures + (try ReportRivals.figures(snapshot, arguments.concurrency))
  }

  private static func openReadOnly(_ arguments: Arguments) throws -> Store {
    try Store.open(at: arguments.storePath, options: StoreOptions(access: .read))
  }
}
