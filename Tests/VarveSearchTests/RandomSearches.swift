// Random documents, settings and requests over a small vocabulary, so that the median query matches
// many documents and nearly every rule has ties to break.

import Varve
import VarveTestSupport

struct RandomSearches {
  private var random: SplitMix64
  private let words: [String]

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    words = [
      "sun", "flower", "sunflower", "flowers", "sunflowers", "sunflawer", "the", "The", "tall",
      "tell", "connection", "conection", "connections", "refused", "refuse", "error", "errors",
      "eror", "terror", "parser", "parse", "parsing", "is", "a", "of", "32", "1984", "node", "js",
      "caf\u{E9}", "cafe", "authentication", "autentication", "authenticate", "index", "indexes",
      "indexing", "under", "water", "underwater", "xy", "z",
    ]
  }

  /// The first words come more often.
  private mutating func word() -> String {
    words[min(random.below(words.count), random.below(words.count))]
  }

  private mutating func text(_ count: Int) -> String {
    var text = word()
    for _ in 1..<max(1, count) {
      text += [" ", " ", " ", " ", ", ", ". ", "-", "_", "\n"][random.below(9)] + word()
    }
    return text
  }

  mutating func documents(_ count: Int) -> [MetadataValue] {
    (0..<count).map { _ in document() }
  }

  private mutating func document() -> MetadataValue {
    var members: [MetadataValue.Member] = [
      .init("text", .text(text(3 + random.below(12)))),
      .init("title", .text(text(1 + random.below(3)))),
    ]
    if random.below(3) > 0 { members.append(.init("num", .int(Int64(random.below(12))))) }
    if random.below(8) == 0 { members.append(.init("num2", .null)) }
    if random.below(3) > 0 { members.append(.init("cat", .text(word()))) }
    if random.below(3) == 0 {
      let tags = (0..<random.below(4)).map { _ in MetadataValue.text(word()) }
      members.append(.init("tags", .array(tags)))
    }
    if random.below(4) == 0 {
      members.append(.init("nested", .object([.init("name", .text(word()))])))
    }
    return .object(members)
  }

  mutating func settings() -> MetadataValue {
    var members: [MetadataValue.Member] = [
      .init("filterableAttributes", list(["num", "num2", "cat", "tags", "nested.name"])),
      .init("sortableAttributes", list(["num", "cat", "tags"])),
    ]
    switch random.below(3) {
    case 0: members.append(.init("searchableAttributes", list(["title", "text"])))
    case 1: members.append(.init("searchableAttributes", list(["text", "title", "tags"])))
    default: break
    }
    var rules = [
      "words", "typo", "proximity", "attributeRank", "sort", "wordPosition", "exactness",
    ]
    switch random.below(4) {
    case 0: rules = ["words", "typo", "proximity", "attribute", "sort", "exactness"]
    case 1: rules.shuffle(using: &random)
    case 2: rules = Array(rules.prefix(2 + random.below(5))) + ["num:desc"]
    default: break
    }
    members.append(.init("rankingRules", list(rules)))
    if random.below(3) == 0 { members.append(.init("stopWords", list(["the", "of", "is"]))) }
    if random.below(3) == 0 {
      members.append(
        .init(
          "synonyms",
          .object([
            .init("error", list(["refused", "terror"])), .init("sun flower", list(["tall"])),
            .init("node", list(["parser index"])),
          ])))
    }
    if random.below(4) == 0 {
      members.append(
        .init(
          "typoTolerance",
          .object([
            .init("disableOnWords", list(["error", "parser"])),
            .init("disableOnAttributes", list(["title"])),
          ])))
    }
    if random.below(6) == 0 {
      members.append(.init("proximityPrecision", .text("byAttribute")))
    }
    if random.below(6) == 0 { members.append(.init("prefixSearch", .text("disabled"))) }
    return .object(members)
  }

  mutating func request() -> MetadataValue {
    var members: [MetadataValue.Member] = [.init("q", .text(query()))]
    if random.below(3) == 0 { members.append(.init("filter", .text(filter()))) }
    if random.below(4) == 0 {
      let keys = ["num:asc", "num:desc", "cat:asc", "tags:desc"]
      members.append(.init("sort", list([keys[random.below(4)]])))
    }
    if random.below(3) == 0 { members.append(.init("facets", list(["cat", "num", "tags"]))) }
    if random.below(8) == 0 { members.append(.init("distinct", .text("cat"))) }
    let strategies = ["last", "last", "all", "frequency"]
    members.append(.init("matchingStrategy", .text(strategies[random.below(4)])))
    members.append(.init("limit", .int(Int64(1 + random.below(60)))))
    if random.below(4) == 0 { members.append(.init("offset", .int(Int64(random.below(10))))) }
    if random.below(3) == 0 { members.append(.init("showRankingScore", .bool(true))) }
    return .object(members)
  }

  private mutating func query() -> String {
    let count = [0, 1, 1, 2, 2, 2, 3, 3, 4, 5][random.below(10)]
    var parts: [String] = []
    for i in 0..<count {
      var part = word()
      switch random.below(12) {
      case 0: part = "\"" + part + " " + word() + "\""
      case 1 where i > 0: part = "-" + part
      case 2: part = misspelled(part)
      case 3: part = String(part.prefix(1 + random.below(part.count)))
      default: break
      }
      parts.append(part)
    }
    var text = parts.joined(separator: random.below(8) == 0 ? ", " : " ")
    if random.below(5) == 0 { text += " " }
    return text
  }

  private mutating func misspelled(_ word: String) -> String {
    var letters = Array(word)
    guard letters.count > 2 else { return word }
    let place = random.below(letters.count - 1)
    switch random.below(4) {
    case 0: letters[place] = "q"
    case 1: letters.remove(at: place)
    case 2: letters.insert("e", at: place)
    default: letters.swapAt(place, place + 1)
    }
    return String(letters)
  }

  private mutating func filter() -> String {
    func one(_ random: inout SplitMix64, _ word: String) -> String {
      switch random.below(9) {
      case 0: "num > \(random.below(12))"
      case 1: "num \(random.below(6)) TO \(6 + random.below(6))"
      case 2: "cat = '\(word)'"
      case 3: "tags IN ['\(word)', sun, flower]"
      case 4: "num2 IS NULL"
      case 5: "tags EXISTS"
      case 6: "cat != '\(word)'"
      case 7: "tags IS EMPTY"
      default: "nested.name STARTS WITH s"
      }
    }
    let first = one(&random, word())
    switch random.below(4) {
    case 0: return "\(first) OR \(one(&random, word()))"
    case 1: return "NOT (\(first) AND \(one(&random, word())))"
    default: return first
    }
  }

  private func list(_ texts: [String]) -> MetadataValue { .array(texts.map { .text($0) }) }
}
