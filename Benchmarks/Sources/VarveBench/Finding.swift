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
    if let query = arguments.query { return try again(query, snapshot, arguments) }
    let queries = try FindingQuery.draw(snapshot, count: queryCount, seed: arguments.seed)
    let start = System.now()
    _ = try snapshot.search(request("warm"))
    var figures = [Figure("firstSearch", Double(System.now() - start) / 1e6, "ms")]
    for kind in FindingQuery.Kind.allCases {
      var times: [UInt64] = []
      var found = 0
      for query in queries where query.kind == kind {
        let start = System.now()
        let results = try snapshot.search(request(query.text), concurrently: arguments.concurrency)
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

  /// One query as often as a profile needs it.
  private static func again(
    _ query: String, _ snapshot: Snapshot, _ arguments: Arguments
  ) throws -> [Figure] {
    var total = try snapshot.search(request("warm")).total
    var times: [UInt64] = []
    for _ in 0..<80 {
      let start = System.now()
      total = try snapshot.search(request(query), concurrently: arguments.concurrency).total
      times.append(System.now() - start)
    }
    times.sort()
    return [
      Figure("least", Double(times[0]) / 1e6, "ms"),
      Figure("p50", Percentiles.microseconds(times, 0.5) / 1000, "ms"),
      Figure("total", Double(total), ""),
    ]
  }

  /// The same messages and queries in SQLite FTS5.
  static func sqlite(_ arguments: Arguments) throws -> [Figure] {
    let store = try Store.open(at: arguments.storePath, options: StoreOptions(access: .read))
    let snapshot = try store.snapshot()
    let path = arguments.directory + "/rival-text.sqlite"
    for end in ["", "-wal", "-shm"] { System.removeTree(path + end) }
    let rival = try SQLiteFullText(path: path)
    var reading: UInt64 = 0
    let begin = System.now()
    try rival.execute("BEGIN")
    for sequence in 1..<snapshot.nextSequence {
      let start = System.now()
      let occurrence = try snapshot.occurrence(sequence)
      let message = try snapshot.message(at: occurrence.message)
      reading += System.now() - start
      try rival.insert(
        hash: message.hash.bytes, project: occurrence.project, session: occurrence.session,
        time: occurrence.time, level: occurrence.level, component: occurrence.component,
        content: message.content)
    }
    try rival.execute("COMMIT")
    var figures = [
      // What it took to get the messages from the store does not count.
      Figure("loadSeconds", Double(System.now() - begin - reading) / 1e9, "s"),
      Figure("bytes", System.fileSize(path), "bytes"),
    ]
    let queries = try FindingQuery.draw(snapshot, count: queryCount, seed: arguments.seed)
    for kind in FindingQuery.Kind.allCases {
      var times: [UInt64] = []
      var found = 0
      for query in queries where query.kind == kind {
        let words = query.text.split(separator: " ").map { "\"\($0)\"" }
        let text = words.joined(separator: " ") + (kind == .twoWordsLastPrefix ? "*" : "")
        let start = System.now()
        let hashes = rival.search(text)
        times.append(System.now() - start)
        let wanted = try snapshot.message(at: query.message).hash.bytes
        if hashes.contains(wanted) { found += 1 }
      }
      times.sort()
      figures += [
        Figure("\(kind.rawValue).p50", Percentiles.microseconds(times, 0.5) / 1000, "ms"),
        Figure("\(kind.rawValue).p95", Percentiles.microseconds(times, 0.95) / 1000, "ms"),
        Figure("\(kind.rawValue).found20", Double(found), ""),
      ]
    }
    return figures
  }

  /// Queries as people ask them: some again and again (Zipf), answered with the result cache on.
  static func repeated(_ arguments: Arguments) throws -> [Figure] {
    let store = try Store.open(at: arguments.storePath, options: StoreOptions(access: .read))
    let snapshot = try store.snapshot()
    let queries = try FindingQuery.draw(snapshot, count: 25, seed: arguments.seed)
    var random = SplitMix64(seed: arguments.seed)
    // The n-th query is asked with a weight of 1/n.
    var sums: [Double] = []
    for n in 1...queries.count { sums.append((sums.last ?? 0) + 1 / Double(n)) }
    var times: [UInt64] = []
    for _ in 0..<2000 {
      let share = Double(random.next() >> 11) / Double(1 << 53) * (sums.last ?? 1)
      let rank = sums.firstIndex { $0 >= share } ?? 0
      let start = System.now()
      _ = try snapshot.search(request(queries[rank].text), concurrently: arguments.concurrency)
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
        _ = try snapshot.search(part, concurrently: arguments.concurrency)
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
