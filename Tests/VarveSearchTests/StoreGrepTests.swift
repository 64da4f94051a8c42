// `grep` against a plain scan of what a store holds, from the tail, from several full-text files,
// merged and rebuilt ones.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveTestSupport

@Suite("Grep in a store") struct StoreGrepTests {
  private static let patterns = [
    "error", "Error", "request 4[0-9]{2}", "^\\[DEBUG\\]", "time(d )?out", "foo.*bar", "(a+)+$",
    "x",
    "deadbeef", "\\w+@\\w+", "no such text",
  ]

  private static func contents(_ generator: inout SplitMix64, count: Int) -> [String] {
    let words = [
      "error", "Error", "request", "404", "500", "[DEBUG]", "timed out", "timeout", "foo", "bar",
      "aaaa", "deadbeef", "me@home", "x", "caf\u{E9}", "line",
    ]
    return (0..<count).map { number in
      var text = "\(number) "
      for _ in 0..<(3 + generator.below(120)) {
        text += words[generator.below(words.count)] + (generator.below(9) == 0 ? "\n" : " ")
      }
      return text
    }
  }

  /// The lines of all contents that match, found by reading each of them.
  private static func expected(
    _ contents: [String], _ query: GrepQuery
  ) throws -> [String] {
    // The matcher itself has a model of its own; here it is asked about one line at a time.
    let folder = StoreSearchTests.Folder()
    let store = try StoreSearchTests.store(folder)
    var lines: [String] = []
    var seen: Set<String> = []
    for content in contents where seen.insert(content).inserted {
      var own = content.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      if own.last == "" { own.removeLast() }
      lines += own
    }
    var distinct: [String] = []
    var known: Set<String> = []
    for line in lines where known.insert(line).inserted { distinct.append(line) }
    try StoreSearchTests.add(distinct, to: store)
    var matching: Set<String> = []
    try store.snapshot().grep(query) { hit in
      matching.insert(String(decoding: hit.content, as: UTF8.self))
      return true
    }
    return lines.filter { matching.contains($0) != query.isInverted }
  }

  private static func found(_ store: Store, _ query: GrepQuery) throws -> [String] {
    var lines: [String] = []
    try store.snapshot().grep(query, concurrently: .none) { hit in
      for line in hit.lines {
        lines.append(String(decoding: hit.content[line.range], as: UTF8.self))
        let before = hit.content[..<line.range.lowerBound].filter { $0 == 0x0A }.count
        #expect(line.number == before + 1)
      }
      return true
    }
    return lines
  }

  @Test("The same lines from everywhere", .requirement("INV-55", "INV-58"))
  func layouts() throws {
    var generator = SplitMix64(seed: 7)
    var contents = Self.contents(&generator, count: 400)
    contents += contents.prefix(20)
    let folder = StoreSearchTests.Folder()
    let store = try StoreSearchTests.store(folder)
    for part in 0..<6 {
      let first = part * 70
      try StoreSearchTests.add(
        Array(contents[first..<(first + 70)]), to: store, from: first)
      // One part after another; the last stays in the tail.
      if part < 5 {
        try store.flush()
        try store.indexText()
      }
    }
    let queries = Self.patterns.flatMap { pattern -> [GrepQuery] in
      let plain = GrepQuery(pattern)
      var folded = plain
      folded.ignoresCase = true
      var words = plain
      words.matchesWords = true
      return [plain, folded, words]
    }
    for query in queries {
      let expected = try Self.expected(contents, query)
      #expect(try Self.found(store, query) == expected, "\(query.pattern)")
    }
    try store.flush()
    try store.indexText()
    #expect(try store.snapshot().verify().isSound)
    for query in queries.prefix(9) {
      #expect(try Self.found(store, query) == (try Self.expected(contents, query)))
    }
  }

  @Test("Inverted, filtered, counted and stopped")
  func options() throws {
    let folder = StoreSearchTests.Folder()
    let store = try StoreSearchTests.store(folder)
    try StoreSearchTests.add(["one\ntwo\n", "two", "three\n\nfour"], to: store) { i, occurrence in
      occurrence.project = i == 1 ? "/b" : "/a"
    }
    // The second is seen again in the other project.
    try StoreSearchTests.add(["two"], to: store, from: 9) { $1.project = "/a" }
    var inverted = GrepQuery("t")
    inverted.isInverted = true
    #expect(try Self.found(store, inverted) == ["one", "", "four"])
    var filtered = GrepQuery("two")
    filtered.filters = ["project = '/a'"]
    var places: [[UInt64]] = []
    try store.snapshot().grep(filtered) { hit in
      places.append([hit.message, hit.occurrence])
      return true
    }
    #expect(places == [[1, 1], [2, 4]])
    var counted = GrepQuery("o")
    counted.detail = .lines
    var counts: [Int] = []
    try store.snapshot().grep(counted) { hit in
      #expect(hit.content.isEmpty)
      counts.append(hit.lines.count)
      return counts.count < 2
    }
    #expect(counts == [2, 1])
    let error = #expect(throws: StoreError.self) {
      try store.snapshot().grep(GrepQuery("(")) { _ in true }
    }
    #expect(error?.code == .request("invalid_grep_pattern"))
  }
}
