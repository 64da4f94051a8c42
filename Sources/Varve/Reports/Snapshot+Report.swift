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
  /// columns, later ones share them: 25 bytes of memory an occurrence, for `disk` 16 more. `errors`
  /// also reads the contents of the errors, `usage` what responses say of tokens, `disk` the
  /// headers of all blocks, each once.
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
    let columns = try searching.reportColumns(view, concurrently: concurrency)
    let scan = ReportScan(
      columns, query, among: try filteredRows(query.filters), concurrently: concurrency)
    var report: Report
    switch query.name {
    case .activity: report = ActivityReport(scan: scan, query: query).report()
    case .timeline: report = try TimelineReport(scan: scan, query: query).report()
    case .components: report = ComponentReport(scan: scan, query: query).report()
    case .errors:
      report = try ErrorsReport(
        scan: scan, query: query, snapshot: self, redaction: redaction
      ).report()
    case .session: report = SessionReport(scan: scan, query: query).report()
    case .usage: report = try UsageReport(scan: scan, query: query, view: view).report()
    case .disk: report = try DiskReport(scan: scan, query: query, view: view).report()
    }
    if query.since != nil || query.until != nil || query.name == .timeline {
      report.leftOutCount = scan.untimedCount(query.name)
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
