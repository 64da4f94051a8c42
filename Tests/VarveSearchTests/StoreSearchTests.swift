// Searches of a store with Varve's own settings: code words, value attributes, occurrences, settings
// that change.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveTestSupport

@Suite("Searching a store")
struct StoreSearchTests {
  /// A store that is gone with the test.
  final class Folder {
    let path = NSTemporaryDirectory() + "varve-search-\(UUID())"
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  static func store(_ folder: Folder, keepsResults: Bool = true) throws -> Store {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    if !keepsResults { options.resultCacheCount = 0 }
    return try Store.open(at: folder.path, options: options)
  }

  static func add(
    _ contents: [String], to store: Store, from offset: Int = 0,
    _ change: (Int, inout Occurrence) -> Void = { _, _ in }
  ) throws {
    var batch = WriteBatch()
    for (i, content) in contents.enumerated() {
      var occurrence = Occurrence(
        kind: .prompt, place: SourcePlace(path: "f", offset: UInt64(offset + i)))
      occurrence.time = Int64(1_700_000_000_000 + (offset + i) * 1000)
      change(i, &occurrence)
      try batch.append(occurrence, content: Array(content.utf8))
    }
    try store.commit(batch)
  }

  static func found(_ text: String, _ store: Store) throws -> [String] {
    try store.snapshot().search(SearchQuery(text)).hits.map {
      String(decoding: $0.message.content, as: UTF8.self)
    }
  }

  @Test("What is excluded is excluded wherever it stands, words in a row as well as one")
  func negatives() throws {
    let folder = Folder()
    let store = try Self.store(folder)
    try Self.add(["first note", "second note"], to: store) { i, occurrence in
      occurrence.project = i == 0 ? "varve engine" : "orchard"
    }
    for isIndexed in [false, true] {
      if isIndexed {
        try store.flush()
        try store.indexText()
      }
      for text in ["note -engine", "note -\"varve engine\""] {
        var query = SearchQuery(text)
        query.attributesToSearchOn = ["content"]
        let found = try store.snapshot().search(query).hits.map { $0.message.content }
        #expect(found == [Array("second note".utf8)], "\(text)")
      }
    }
  }

  @Test(
    "Identifiers and their parts are found, behind the word itself",
    .requirement("INV-44", "INV-45", "INV-46", "INV-30"), arguments: [false, true])
  func codeWords(isIndexed: Bool) throws {
    let folder = Folder()
    let store = try Self.store(folder)
    try Self.add(
      [
        "call fooBarHandler now", "call foobarhandler now", "a handler alone",
        "see parser_state.node here", "see node parser state here", "deadbeef0123 is a hash",
      ], to: store)
    if isIndexed {
      try store.flush()
      try store.indexText()
    }
    let handlers = try Self.found("handler", store)
    #expect(handlers.first == "a handler alone")
    #expect(handlers.contains("call fooBarHandler now"))
    #expect(try Self.found("parser_state.node", store).first == "see parser_state.node here")
    #expect(try Self.found("deadbeef01 ", store).isEmpty)
    #expect(try Self.found("deadbeef01", store) == ["deadbeef0123 is a hash"])
  }

  @Test(
    "Long words and far ones are left out, and lose nothing else",
    .requirement("INV-40", "INV-41"))
  func limits() throws {
    let folder = Folder()
    let store = try Self.store(folder)
    let long = String(repeating: "x", count: 251)
    let fits = String(repeating: "y", count: 250)
    let far = String(repeating: "w ", count: 65_536) + "beyond"
    try Self.add(["\(long) near", "\(fits) close", far], to: store)
    #expect(try Self.found(long, store).isEmpty)
    #expect(try Self.found("near", store).count == 1)
    #expect(try Self.found(fits, store).count == 1)
    #expect(try Self.found("beyond ", store).isEmpty)
  }

  @Test("A filter holds for one occurrence, and the hit shows it")
  func occurrences() throws {
    let folder = Folder()
    let store = try Self.store(folder)
    try Self.add(["pwd", "pwd", "pwd", "ls"], to: store) { i, occurrence in
      occurrence.session = "s\(i)"
      occurrence.level = i == 1 ? "ERROR" : "DEBUG"
      occurrence.project = i == 2 ? "/home/sam/lighthouse" : "/home/sam/other"
    }
    var query = SearchQuery("pwd")
    let all = try store.snapshot().search(query)
    #expect(all.total == 1 && all.hits[0].occurrenceCount == 3)
    #expect(all.hits[0].occurrence.session == "s2", "the newest is shown")
    query.filters = ["level = ERROR"]
    query.facets = ["session", "level"]
    let errors = try store.snapshot().search(query)
    #expect(errors.total == 1 && errors.hits[0].occurrenceCount == 1)
    #expect(errors.hits[0].occurrence.session == "s1")
    #expect(errors.facets.map(\.name) == ["level", "session"])
    #expect(errors.facets.flatMap(\.values).map(\.value) == ["ERROR", "s1"])
    #expect(errors.facets.flatMap(\.values).map(\.count) == [1, 1])
    query.filters = ["level = ERROR AND session = s0"]
    #expect(try store.snapshot().search(query).total == 0)
    query = SearchQuery("pwd")
    query.countsOccurrences = true
    #expect(try store.snapshot().search(query).total == 3)
    #expect(
      try Self.found("lihgthouse", store) == ["pwd"], "by the name of its project, misspelled")
  }

  @Test("Settings change what is found, once text is indexed by them", .requirement("INV-5"))
  func settings() throws {
    let folder = Folder()
    let store = try Self.store(folder)
    try Self.add(["the colour is red", "the color is blue"], to: store)
    try store.flush()
    try store.indexText()
    #expect(try Self.found("colour ", store).count == 2, "one letter away")
    let off = MetadataValue.object([
      .init("typoTolerance", .object([.init("enabled", .bool(false))])),
      .init("stopWords", .array([.text("is")])),
    ])
    try store.setSearchSettings(off)
    #expect(try Self.found("colour ", store).count == 2, "text is still indexed by the old ones")
    try store.indexText()
    #expect(try Self.found("colour ", store).count == 1)
    #expect(throws: StoreError.self) {
      try store.setSearchSettings(.object([.init("rankingRules", .array([.text("luck")]))]))
    }
    try store.resetSearchSettings()
    try store.indexText()
    #expect(try Self.found("colour ", store).count == 2)
    #expect(
      try store.snapshot().searchSettings()["stopWords"]
        == .array(["the", "a", "an"].map { .text($0) }))
  }

  @Test("An answer is never stale: a commit is found by the next search")
  func fresh() throws {
    let folder = Folder()
    let store = try Self.store(folder)
    for i in 0..<20 {
      try Self.add(["message number \(i) about walrus"], to: store, from: i)
      if i == 7 {
        try store.flush()
        try store.indexText()
      }
      #expect(try store.snapshot().search(SearchQuery("walrus")).total == i + 1)
      #expect(try store.snapshot().search(SearchQuery("walrus")).total == i + 1, "from memory")
      let other = try Store.open(at: folder.path, options: StoreOptions(access: .read))
      #expect(try other.snapshot().search(SearchQuery("walrus")).total == i + 1)
    }
  }

  @Test("A question that comes again is answered from memory, for as long as it may be")
  func cache() throws {
    let folder = Folder()
    let store = try Self.store(folder)
    try Self.add(["walrus", "seal"], to: store)
    for _ in 0..<10 { _ = try store.snapshot().search(SearchQuery("walrus")) }
    #expect(store.searchCacheStatistics == .init(hits: 9, misses: 1))
    #expect(store.searchCacheStatistics.hitRate == 0.9)
    try Self.add(["another walrus"], to: store, from: 10)
    #expect(try store.snapshot().search(SearchQuery("walrus")).total == 2)
    #expect(store.searchCacheStatistics.misses == 2)
    var options = StoreOptions(access: .read)
    options.resultCacheSeconds = 0
    let reader = try Store.open(at: folder.path, options: options)
    for _ in 0..<3 { _ = try reader.snapshot().search(SearchQuery("walrus")) }
    #expect(reader.searchCacheStatistics == .init(hits: 0, misses: 3))
  }

  @Test("Large and odd requests are answered or refused in bounded time")
  func bounded() throws {
    let folder = Folder()
    let store = try Self.store(folder)
    try Self.add((0..<500).map { "word\($0) common text of message \($0 % 7)" }, to: store)
    let snapshot = try store.snapshot()
    var query = SearchQuery(String(repeating: "common ", count: 150_000))
    #expect(try snapshot.search(query).total == 500)
    query = SearchQuery("w")
    #expect(try snapshot.search(query).total == 500)
    query = SearchQuery("common")
    query.offset = 1_000_000_000
    #expect(try snapshot.search(query).hits.isEmpty)
    query.offset = 0
    query.filters = [
      String(repeating: "(", count: 1000) + "level = x" + String(repeating: ")", count: 1000)
    ]
    #expect(throws: StoreError.self) { try snapshot.search(query) }
    query.filters = ["kind IN [" + (0..<10_000).map { "k\($0)" }.joined(separator: ",") + "]"]
    #expect(try snapshot.search(query).total == 0)
  }

  @Test("Threads that share a search find the same order, also behind a rule that turns it round")
  func sharedOrder() throws {
    let folder = Folder()
    let store = try Self.store(folder)
    try store.setSearchSettings(
      .object([
        .init(
          "rankingRules",
          .array(
            ["words", "newest", "proximity", "wordPosition", "exactness"].map { .text($0) }))
      ]))
    // Three ages; within one the rules after it decide, over documents in falling order.
    let contents = (0..<90).map { number in
      let gap = String(repeating: "filler ", count: number * 7 % 5)
      let start = String(repeating: "before ", count: number * 3 % 4)
      return start + "walrus " + gap + "harbour number\(number)"
    }
    try Self.add(contents, to: store) { i, occurrence in
      occurrence.time = Int64(1_700_000_000_000 + i % 3 * 1000)
    }
    var query = SearchQuery("walrus harbour")
    query.limit = 90
    let snapshot = try store.snapshot()
    let alone = try snapshot.search(query).hits.map(\.message.sequence)
    #expect(alone.count == 90 && alone != alone.sorted() && alone != alone.sorted().reversed())
    for width in [2, 3, 7] {
      // Another limit, so that the answer does not come from memory.
      query.limit = 90 + width
      let shared = try snapshot.search(query, concurrently: .eager(width: width)).hits.map(
        \.message.sequence)
      #expect(shared == alone, "\(width) threads")
    }
  }
  @Test("Filters on the hash, the id and the content of messages")
  func messageFields() throws {
    let folder = Folder()
    let store = try Self.store(folder)
    try Self.add(["walrus One", "walrus two", "", "walrus three"], to: store)
    try store.flush()
    try store.indexText()
    // One message again, and one that no index has yet.
    try Self.add(["walrus two", "walrus four"], to: store, from: 10)
    let snapshot = try store.snapshot()
    func total(_ filter: String) throws -> Int {
      var query = SearchQuery("")
      query.filters = [filter]
      query.countsOccurrences = true
      return try snapshot.search(query).total
    }
    let hash = try snapshot.message(at: 2).hash
    let other = try snapshot.message(at: 6).hash
    #expect(try total("hash = \(hash)") == 2)
    #expect(try total("hash = \("\(hash)".uppercased())") == 2)
    #expect(try total("hash != \(hash)") == 4)
    #expect(try total("hash IN [\(hash), \(other), nonsense]") == 3)
    #expect(try total("hash STARTS WITH \("\(other)".prefix(9))") == 1)
    #expect(try total("id = \(hash.messageID)") == 2)
    #expect(try total("message_id = \(other.messageID)") == 1)
    #expect(try total("id = \(hash.messageID.dropLast())") == 0)
    #expect(try total("id EXISTS") == 6)
    #expect(try total("content = 'WALRUS one'") == 1)
    #expect(try total("content IS EMPTY") == 1)
    #expect(try total("NOT content STARTS WITH walrus AND hash != \(hash)") == 1)
    #expect(try total("content IN ['walrus two', 'walrus four']") == 3)
    try store.setSearchSettings(
      .object([
        .init("filterableAttributes", .array(["session_id", "log_level"].map { .text($0) })),
        .init("sortableAttributes", .array([.text("extracted_at")])),
      ]))
    let named = try store.snapshot()
    for name in ["session_id", "session"] {
      var query = SearchQuery("walrus")
      query.filters = ["\(name) NOT EXISTS"]
      query.sort = ["extracted_at:desc", "extractedAt:asc"]
      #expect(try named.search(query).total == 4, "\(name)")
    }
    #expect(try total("log_level NOT EXISTS AND project_id NOT EXISTS") == 6)
    var query = SearchQuery("walrus")
    query.facets = ["session_id", "*"]
    let facets = try snapshot.search(query).facets.map(\.name)
    #expect(facets.contains("session_id") && facets.contains("kind"))
    #expect(!facets.contains("hash") && !facets.contains("content"))
  }

  @Test("Ranking all documents rule by rule and keeping the best of them in passing agree")
  func rankingInPassing() throws {
    let folder = Folder()
    let store = try Self.store(folder)
    var random = SplitMix64(seed: 11)
    let words = [
      "file", "fileHistory", "history", "file_path", "path", "error", "errors", "eror", "server",
      "language", "debug", "debugger", "the", "hook", "12", "parse", "parser",
    ]
    func text(_ most: Int, _ words: [String]) -> String {
      (0...random.below(most)).map { _ in words[random.below(words.count)] }
        .joined(separator: " ")
    }
    func text(_ most: Int) -> String { text(most, words) }
    // Words that stand in paths alone: of one message in any order.
    let folders = ["alpha", "beta", "gamma", "delta", "omega"]
    let kinds: [Kind] = [.prompt, .answer, .toolOutput, .log, .raw]
    // One in four is seen again, in another project and file.
    var contents: [String] = []
    for number in 0..<1500 {
      contents.append(number % 4 == 3 ? contents[random.below(number)] : text(12))
    }
    try Self.add(contents, to: store) { i, occurrence in
      occurrence.kind = kinds[random.below(kinds.count)]
      occurrence.project = text(3)
      occurrence.place.path = text(12, folders)
      occurrence.time = i % 9 == 0 ? nil : Int64(1_700_000_000_000 + random.below(40) * 60_000)
    }
    try store.flush()
    try store.indexText()
    try Self.add((0..<200).map { _ in text(12) }, to: store, from: 1500)
    let snapshot = try store.snapshot()
    var longest = 0
    for number in 0..<120 {
      var query = SearchQuery(text(2) + (number % 3 == 0 ? " fi" : ""))
      query.limit = 1 + random.below(40)
      query.offset = number % 4 == 0 ? random.below(30) : 0
      if number % 5 == 0 { query.filters = ["kind IN [prompt, log, toolOutput]"] }
      if number % 7 == 0 { query.attributesToSearchOn = ["content", "project"] }
      if number % 3 == 1 { query.text = text(2, folders) }
      let best = try snapshot.search(query).hits.map(\.message.sequence)
      longest = max(longest, best.count)
      let shared = try snapshot.search(query, concurrently: .eager(width: 3))
      // Whoever wants a least score has all documents ranked.
      query.rankingScoreThreshold = 0
      let all = try snapshot.search(query).hits.map(\.message.sequence)
      #expect(best == all, "\(query.text ?? "")")
      query.rankingScoreThreshold = nil
      query.limit += 1
      let longer = try snapshot.search(query, concurrently: .eager(width: 3))
      #expect(longer.hits.map(\.message.sequence).starts(with: all), "\(query.text ?? "")")
      #expect(shared.total == longer.total)
    }
    #expect(longest == 40)
  }
}
