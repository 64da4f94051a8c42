// Documents that ranking leaves out before it reads their places: those that are ranked in full are
// the measure.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveTestSupport

@Suite("Screening")
struct ScreeningTests {
  /// Most documents have the words far behind, some of them near the beginning and some twice; some
  /// are nothing but words.
  private static func content(_ random: inout SplitMix64) -> String {
    // Some of them are rare.
    let words = ["query", "planner", "queries", "cache", "quer\(random.below(40))"]
    if random.below(25) == 0 {
      let texts = ["query", "planner", "query planner", "planner cache", "queries planner"]
      return texts[random.below(texts.count)] + String(repeating: "!", count: random.below(40))
    }
    let filler = ["lorem", "ipsum", "dolor", "amet", "elit"]
    var text: [String] = []
    let lead = random.below(12) == 0 ? random.below(4) : 4 + random.below(60)
    for _ in 0..<lead { text.append(filler[random.below(filler.count)]) }
    for _ in 0...random.below(3) {
      text.append(words[random.below(words.count)])
      text.append(words[random.below(words.count)])
      for _ in 0..<random.below(9) { text.append(filler[random.below(filler.count)]) }
    }
    return text.joined(separator: " ")
  }

  /// How the documents of a case lie and are ranked.
  enum Layout: CaseIterable {
    case plain
    /// A declared field has a place in front of that in the content, or none.
    case withFields
    /// Two indexes and a tail.
    case inParts
    /// Rules in other orders, with conversation and without.
    case exactnessLast, positionAlone
  }

  @Test(
    "The best documents are those that a ranking of all puts first", arguments: 1...3,
    Layout.allCases)
  func screening(seed: Int, layout: Layout) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let folder = StoreSearchTests.Folder()
    // Each search has to be made.
    let store = try StoreSearchTests.store(folder, keepsResults: false)
    if let settings = Self.settings(layout) { try store.setSearchSettings(settings) }
    let contents = (0..<4000).map { _ in Self.content(&random) }
    // In the first one nobody said anything, in the last one everybody.
    let kinds: [[Kind]] = [
      [.log, .toolInput, .toolOutput], [.prompt, .toolInput, .log, .log, .log],
    ]
    let own = kinds[min(seed, 2) - 1]
    let ends = layout == .inParts ? [1500, 3600, 4000] : [4000]
    var start = 0
    for end in ends {
      try StoreSearchTests.add(Array(contents[start..<end]), to: store, from: start) {
        i, occurrence in
        occurrence.kind = seed == 3 ? .prompt : own[random.below(own.count)]
        occurrence.project = ["/w/engine", "/w/query"][random.below(20) / 19]
        if layout == .withFields, i % 5 == 0 {
          occurrence.metadata = .object([
            .init("title", .string(Array((i % 2 == 0 ? "ipsum query" : "planner cache").utf8)))
          ])
        }
      }
      start = end
      if ends.count == 1 || end < 4000 {
        try store.flush()
        try store.indexText()
      }
    }
    let snapshot = try store.snapshot()
    for text in Self.texts {
      for filter in ["", "kind = log", "project = \"/w/engine\""] {
        var query = SearchQuery(text)
        if !filter.isEmpty { query.filters = [filter] }
        for attributes in layout == .withFields ? [["content"], nil] : [["content"]] {
          query.attributesToSearchOn = attributes
          try Self.check(query, snapshot)
        }
        if filter.isEmpty, layout == .plain {
          query.attributesToSearchOn = nil
          try Self.check(query, snapshot)
        }
      }
    }
  }

  private static let texts = [
    "query", "planner", "query planner", "planner cache", "cache query planner", "quer", "que",
    "\"query planner\"", "queyr planner", "queryplanner", "query cache -planner", "quer1",
    "cache quer2",
  ]

  private static func settings(_ layout: Layout) -> MetadataValue? {
    func list(_ name: String, _ values: [String]) -> MetadataValue {
      .object([.init(name, .array(values.map { .string(Array($0.utf8)) }))])
    }
    switch layout {
    case .plain, .inParts: return nil
    case .withFields: return list("searchableAttributes", ["content", "title"])
    case .exactnessLast:
      return list("rankingRules", ["words", "typo", "wordPosition", "proximity", "exactness"])
    case .positionAlone: return list("rankingRules", ["words", "wordPosition"])
    }
  }

  /// Compares pages with those of a ranking that leaves nothing out, for windows of all sizes.
  private static func check(_ query: SearchQuery, _ snapshot: Snapshot) throws {
    for limit in [1, 20] {
      var part = query
      part.limit = limit
      var whole = part
      whole.rankingScoreThreshold = 0
      let wanted = try snapshot.search(whole).hits.map(\.message.sequence)
      for threads in [Concurrency.eager(width: 1), .eager(width: 3), .eager(width: 2, at: 300)] {
        let found = try snapshot.search(part, concurrently: threads)
        #expect(
          found.hits.map(\.message.sequence) == wanted,
          "\(query.text ?? ""), \(query.filters), \(query.attributesToSearchOn ?? []), \(limit)")
      }
    }
  }
}
