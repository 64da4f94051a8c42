// Requests that are made to be expensive: an answer or a clear error, in bounded time and memory.

import Varve

enum Bounded {
  static func run(_ arguments: Arguments) throws -> [Figure] {
    var options = StoreOptions(access: .read)
    options.resultCacheCount = 0
    let store = try Store.open(at: arguments.storePath, options: options)
    let snapshot = try store.snapshot()
    _ = try snapshot.search(SearchQuery("warm"))
    let words = ["debug", "home", "dev", "work", "path", "file", "for", "src", "api", "check"]
    let nested =
      String(repeating: "(", count: 1000) + "level = ERROR" + String(repeating: ")", count: 1000)
    var far = SearchQuery("debug")
    far.offset = 1_000_000_000
    var deep = SearchQuery("debug")
    deep.filters = [nested]
    var wide = SearchQuery("debug")
    wide.filters = [(0..<1000).map { "level = L\($0)" }.joined(separator: " OR ")]
    var all = SearchQuery("")
    all.facets = ["project", "session", "level", "component", "kind"]
    let many = (0..<1000).map { "\(words[$0 % words.count])\($0)" }.joined(separator: " ")
    let megabyte = String(repeating: "debug home ", count: 95_400)
    let cases: [(String, SearchQuery)] = [
      ("oneLetter", SearchQuery("a")), ("oneLetterCommon", SearchQuery("d")),
      ("tenCommonWords", SearchQuery(words.joined(separator: " "))),
      ("tenCommonWordsAll", strict(words.joined(separator: " "))),
      ("thousandWords", SearchQuery(many)), ("megabyte", SearchQuery(megabyte)),
      ("phrase", SearchQuery("\"home dev work\"")), ("nestedFilter", deep), ("wideFilter", wide),
      ("farOffset", far), ("everyFacet", all),
    ]
    var figures: [Figure] = []
    var peak = 0.0
    for (name, query) in cases {
      let start = System.now()
      var failed = 0.0
      do {
        _ = try snapshot.search(query)
      } catch {
        failed = 1
      }
      figures.append(Figure(name, Double(System.now() - start) / 1e6, "ms"))
      if failed > 0 { figures.append(Figure(name + ".refused", failed, "")) }
      peak = max(peak, System.anonymousMemory())
    }
    figures.append(Figure("rssAnon", peak, "MiB"))
    return figures
  }

  private static func strict(_ text: String) -> SearchQuery {
    var query = SearchQuery(text)
    query.strategy = .all
    return query
  }
}
