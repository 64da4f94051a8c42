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
    var options = StoreOptions(access: .read)
    options.resultCacheCount = 0
    let store = try Store.open(at: arguments.storePath, options: options)
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

  /// Queries as people ask them: some again and again (Zipf), answered with the result cache on.
  static func repeated(_ arguments: Arguments) throws -> [Figure] {
    let store = try Store.open(at: arguments.storePath, options: StoreOptions(access: .read))
    let snapshot = try store.snapshot()
    let queries = try FindingQuery.draw(snapshot, count: 25, seed: arguments.seed)
    var random = SplitMix64(seed: arguments.seed)
    var times: [UInt64] = []
    for _ in 0..<2000 {
      // The n-th query is asked with a weight of 1/n.
      let share = Double(random.next() >> 11) / Double(1 << 53)
      let rank = Int(Double(queries.count).squareRoot() * share * share * 10) % queries.count
      let start = System.now()
      _ = try snapshot.search(request(queries[rank].text))
      times.append(System.now() - start)
    }
    times.sort()
    return [
      Figure("hitRate", store.searchCacheStatistics.hitRate, ""),
      Figure("p50", Percentiles.microseconds(times, 0.5) / 1000, "ms"),
    ]
  }

  /// The last word as somebody types it: one letter more each time.
  static func complete(_ arguments: Arguments) throws -> [Figure] {
    var options = StoreOptions(access: .read)
    options.resultCacheCount = 0
    let store = try Store.open(at: arguments.storePath, options: options)
    let snapshot = try store.snapshot()
    _ = try snapshot.search(request("warm"))
    var times: [UInt64] = []
    for query in try FindingQuery.draw(snapshot, count: 20, seed: arguments.seed)
    where query.kind == .oneWord {
      for count in 1...query.text.count {
        var part = request(String(query.text.prefix(count)))
        part.limit = 8
        let start = System.now()
        _ = try snapshot.search(part)
        times.append(System.now() - start)
      }
    }
    times.sort()
    return [
      Figure("p50", Percentiles.microseconds(times, 0.5) / 1000, "ms"),
      Figure("p95", Percentiles.microseconds(times, 0.95) / 1000, "ms"),
    ]
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
