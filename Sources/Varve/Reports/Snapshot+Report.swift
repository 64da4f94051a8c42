// Reports of a snapshot.

import VarveFormat
import VarveSearch
import VarveStorage

/// Replaces in bytes what must not be shown.
public typealias Redaction = @Sendable ([UInt8]) -> [UInt8]

extension Snapshot {
  /// Answers a report over all occurrences that are no echoes and that the filters let through.
  ///
  /// Cost: linear in the occurrences of the snapshot; the first report of a snapshot reads six
  /// columns, later ones share them. `errors` also reads the contents of the errors, `usage` what
  /// responses say of tokens.
  ///
  /// - Parameters:
  ///   - query: which report, of what.
  ///   - redaction: hides what must not be shown in contents, before samples are cut from them.
  ///   - concurrency: threads that share the work of a long history.
  /// - Throws: ``StoreError``: `request` if filters or order are not valid, `limit` if a timeline
  ///   has too many rows, `damaged`, `system`.
  public func report(
    _ query: ReportQuery, redaction: Redaction? = nil,
    concurrently concurrency: Concurrency = .none
  ) throws(StoreError) -> Report {
    let columns = try searching.reportColumns(view)
    let rows = columns.selected(by: query, among: try filteredRows(query.filters))
    var report: Report
    switch query.name {
    case .activity:
      report = ActivityReport(columns: columns, query: query, concurrency: concurrency).report(rows)
    case .timeline:
      report = try TimelineReport(columns: columns, query: query, concurrency: concurrency).report(
        rows)
    case .components:
      report = ComponentReport(columns: columns, query: query, concurrency: concurrency).report(
        rows)
    case .errors:
      report = try ErrorsReport(
        columns: columns, query: query, snapshot: self, redaction: redaction
      ).report(rows)
    case .session:
      report = SessionReport(columns: columns, query: query, concurrency: concurrency).report(rows)
    case .usage:
      report = try UsageReport(columns: columns, query: query, view: view).report(rows)
    case .disk: report = try DiskReport(columns: columns, query: query, view: view).report(rows)
    }
    if let redaction {
      report.mapTexts { String(decoding: redaction(Array($0.utf8)), as: UTF8.self) }
    }
    try report.sort(by: query.order)
    report.rowCount = report.rows.count
    if let limit = query.limit { report.rows = Array(report.rows.prefix(max(0, limit))) }
    return report
  }

  /// The occurrences that satisfy filters, as a set of their numbers; nil for all.
  func filteredRows(_ filters: [String]) throws(StoreError) -> DocSet? {
    guard !filters.isEmpty else { return nil }
    var conditions = SearchQuery("")
    conditions.filters = filters
    guard let filter = try conditions.request().filter else { return nil }
    let settings = try effectiveSettings()
    let corpus = try searching.corpus(view, settings)
    return try searchErrors { try Searcher(corpus, settings.search).rows(filter) }
  }
}
