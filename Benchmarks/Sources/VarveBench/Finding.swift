// Loading with full text, and finding: beside SQLite FTS5 through its C API and tantivy.

import Varve
import VarveBenchRivals
import VarveSources

enum Finding {
  static let queryCount = 100
  static let pageCount = 20

  /// Indexes the text of the store that `ingest` made.
  static func text(_ arguments: Arguments) throws -> [Figure] {
    if System.fileSize(arguments.storePath + "/CURRENT") == 0 {
      _ = try Workloads.ingest(arguments)
    }
    let start = System.now()
    let store = try Store.open(at: arguments.storePath, options: StoreOptions(access: .write))
    try store.flush()
    var peak = 0.0
    try store.indexText(
      concurrently: .dispatch,
      onProgress: { _, _ in peak = max(peak, System.anonymousMemory()) })
    let seconds = Double(System.now() - start) / 1e9
    let sums = try store.snapshot().statistics()
    return [
      Figure("seconds", seconds, "s"), Figure("textBytes", Double(sums.textBytes), "bytes"),
      Figure("storeBytes", Double(sums.storeBytes), "bytes"), Figure("rssAnon", peak, "MiB"),
    ]
  }

  static func find(_ arguments: Arguments) throws -> [Figure] {
    let store = try Store.open(at: arguments.storePath, options: StoreOptions(access: .read))
    let snapshot = try store.snapshot()
    let queries = try FindingQuery.draw(snapshot, count: queryCount, seed: arguments.seed)
    let start = System.now()
    _ = try snapshot.search(request("warm"))
    var figures = [Figure("firstSearch", Double(System.now() - start) / 1e6, "ms")]
    for kind in FindingQuery.Kind.allCases {
      var times: [UInt64] = []
      var found = 0
      for query in queries where query.kind == kind {
        let start = System.now()
        let results = try snapshot.search(request(query.text))
        times.append(System.now() - start)
        if results.hits.contains(where: { $0.message.sequence == query.message }) { found += 1 }
        if arguments.json { continue }
        let milliseconds = Double(times[times.count - 1]) / 1e6
        if milliseconds > 20 { print("  slow: \(query.text) \(milliseconds) ms, \(results.total)") }
      }
      times.sort()
      figures += [
        Figure("\(kind.rawValue).p50", Percentiles.microseconds(times, 0.5) / 1000, "ms"),
        Figure("\(kind.rawValue).p95", Percentiles.microseconds(times, 0.95) / 1000, "ms"),
        Figure("\(kind.rawValue).found20", Double(found), ""),
      ]
    }
    try write(queries, snapshot, to: arguments.directory + "/queries-\(arguments.messages).tsv")
    return figures
  }

  private static func request(_ text: String) -> SearchQuery {
    var query = SearchQuery(text)
    query.limit = pageCount
    query.attributesToSearchOn = ["content"]
    return query
  }

  /// The queries for rivals: kind, hash of the message, text.
  private static func write(
    _ queries: [FindingQuery], _ snapshot: Snapshot, to path: String
  ) throws {
    var lines = ""
    for query in queries {
      let hash = try snapshot.message(at: query.message).hash
      lines += "\(query.kind.rawValue)\t\(hash)\t\(query.text)\n"
    }
    let bytes = Array(lines.utf8)
    System.writeFile(path) { write in unsafe bytes.withUnsafeBytes { unsafe write($0) } }
  }
}
