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
    let words = ["query", "planner", "queries", "cache"]
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

  @Test(
    "The best documents are those that a ranking of all puts first", arguments: 1...3,
    [false, true])
  func screening(seed: Int, hasFields: Bool) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let folder = StoreSearchTests.Folder()
    let store = try StoreSearchTests.store(folder)
    if hasFields {
      // A declared field has a place in front of that in the content, or none.
      try store.setSearchSettings(
        .object([
          .init(
            "searchableAttributes",
            .array([.string(Array("content".utf8)), .string(Array("title".utf8))]))
        ]))
    }
    let contents = (0..<4000).map { _ in Self.content(&random) }
    // In the first one nobody said anything, in the last one everybody.
    let kinds: [[Kind]] = [
      [.log, .toolInput, .toolOutput], [.prompt, .toolInput, .log, .log, .log],
    ]
    let own = kinds[min(seed, 2) - 1]
    try StoreSearchTests.add(contents, to: store) { i, occurrence in
      occurrence.kind = seed == 3 ? .prompt : own[random.below(own.count)]
      if hasFields, i % 5 == 0 {
        occurrence.metadata = .object([
          .init("title", .string(Array((i % 2 == 0 ? "ipsum query" : "planner cache").utf8)))
        ])
      }
    }
    try store.flush()
    try store.indexText()
    let snapshot = try store.snapshot()
    for text in [
      "query", "planner", "query planner", "planner cache", "cache query planner", "quer",
      "\"query planner\"", "queyr planner",
    ] {
      for attributes in hasFields ? [["content"], ["content", "title"]] : [["content"]] {
        for limit in [1, 7, 30] {
          var query = SearchQuery(text)
          query.limit = limit
          query.attributesToSearchOn = attributes
          var whole = query
          whole.rankingScoreThreshold = 0
          let wanted = try snapshot.search(whole).hits.map(\.message.sequence)
          for width in [1, 2, 3] {
            let found = try snapshot.search(query, concurrently: .eager(width: width))
            #expect(
              found.hits.map(\.message.sequence) == wanted, "\(text), \(attributes), \(limit)")
          }
        }
      }
    }
  }
}
