// Search settings in the shape of Meilisearch's settings object. JSON stays at the edges: this
// reads and makes metadata trees.

package import VarveFormat

extension RankingRule {
  init?(name: String) {
    switch name {
    case "words": self = .words
    case "typo": self = .typo
    case "proximity": self = .proximity
    case "attributeRank": self = .attributeRank
    case "wordPosition": self = .wordPosition
    case "sort": self = .sort
    case "exactness": self = .exactness
    case "conversation": self = .conversation
    case "relevance": self = .relevance
    case "newest": self = .newest
    default:
      if name.hasSuffix(":asc") {
        self = .ascending(String(name.dropLast(4)))
      } else if name.hasSuffix(":desc") {
        self = .descending(String(name.dropLast(5)))
      } else {
        return nil
      }
    }
  }

  var name: String {
    switch self {
    case .words: "words"
    case .typo: "typo"
    case .proximity: "proximity"
    case .attributeRank: "attributeRank"
    case .wordPosition: "wordPosition"
    case .sort: "sort"
    case .exactness: "exactness"
    case .conversation: "conversation"
    case .relevance: "relevance"
    case .newest: "newest"
    case .ascending(let field): field + ":asc"
    case .descending(let field): field + ":desc"
    }
  }
}

extension SearchSettings {
  /// Settings from a tree over others; null means the default of those.
  package init(
    tree: MetadataValue, over base: SearchSettings = .varve
  ) throws(SearchError) {
    self = base
    guard case .object(let members) = tree else {
      throw .request(code: "bad_request", message: "Settings are an object.")
    }
    // The profile decides what null and absent members mean, whatever its place.
    if let profile = tree["profile"] {
      switch profile.text {
      case "varve": self = .varve
      case "meilisearch": self = .meilisearch
      default: throw Self.wrong("profile", "`varve` or `meilisearch`")
      }
    }
    let defaults = hasBuiltInFields ? SearchSettings.varve : .meilisearch
    for member in members {
      let name = String(decoding: member.key, as: UTF8.self)
      try set(name, member.value, defaults)
    }
  }

  private static func wrong(_ name: String, _ wanted: String) -> SearchError {
    .request(
      code: "invalid_settings_\(name)",
      message: "Invalid value at `.\(name)`: expected \(wanted).")
  }

  private static func strings(
    _ name: String, _ value: MetadataValue
  ) throws(SearchError) -> [String] {
    guard case .array(let values) = value else { throw wrong(name, "an array of strings") }
    var texts: [String] = []
    for value in values {
      guard let text = value.text else { throw wrong(name, "an array of strings") }
      texts.append(text)
    }
    return texts
  }

  private mutating func set(
    _ name: String, _ value: MetadataValue, _ defaults: SearchSettings
  ) throws(SearchError) {
    let isNull = value == .null
    switch name {
    case "profile": break
    case "searchableAttributes":
      searchable = isNull ? defaults.searchable : try Self.strings(name, value)
      if searchable?.contains("*") == true { searchable = nil }
    case "displayedAttributes":
      displayed = isNull ? defaults.displayed : try Self.strings(name, value)
      if displayed?.contains("*") == true { displayed = nil }
    case "filterableAttributes":
      filterable = isNull ? defaults.filterable : try Self.filterable(value)
    case "sortableAttributes":
      sortable = isNull ? defaults.sortable : try Self.strings(name, value)
    case "rankingRules":
      rules = isNull ? defaults.rules : try Self.rules(value)
      joinsAttribute =
        isNull
        ? defaults.joinsAttribute : try Self.strings(name, value).contains("attribute")
    case "stopWords": stopWords = isNull ? defaults.stopWords : try Self.strings(name, value)
    case "synonyms": synonyms = isNull ? defaults.synonyms : try Self.synonyms(value)
    case "distinctAttribute":
      distinct = value.text
      if !isNull, distinct == nil { throw Self.wrong(name, "a string or null") }
    case "separatorTokens": tokenizer.separators = isNull ? [] : try Self.strings(name, value)
    case "nonSeparatorTokens":
      tokenizer.nonSeparators = isNull ? [] : try Self.strings(name, value)
    case "dictionary": tokenizer.dictionary = isNull ? [] : try Self.strings(name, value)
    case "proximityPrecision": hasProximityByWord = value.text != "byAttribute"
    case "prefixSearch": hasPrefixSearch = value.text != "disabled"
    case "searchCutoffMs": cutoffMilliseconds = value.int.map { Int($0) }
    case "facetSearch": allowsFacetSearch = value != .bool(false)
    case "codeWords": codeWords = isNull ? defaults.codeWords : value == .bool(true)
    case "builtInFields": hasBuiltInFields = value != .bool(false)
    case "typoTolerance": try setTypoTolerance(value)
    case "pagination": try setPagination(value, defaults)
    case "faceting": try setFaceting(value)
    default:
      throw .request(
        code: "bad_request",
        message: "Unknown field `\(name)`: it is none of the settings that `settings get` shows.")
    }
  }

  private static func filterable(
    _ value: MetadataValue
  ) throws(SearchError) -> [FilterableAttribute] {
    let name = "filterableAttributes"
    guard case .array(let values) = value else { throw wrong(name, "an array") }
    var found: [FilterableAttribute] = []
    for (rule, value) in values.enumerated() {
      if let text = value.text {
        var attribute = FilterableAttribute(text)
        attribute.rule = rule
        found.append(attribute)
        continue
      }
      guard let patterns = value["attributePatterns"] else {
        throw wrong(name, "strings or objects with `attributePatterns`")
      }
      for pattern in try strings("attributePatterns", patterns) {
        var attribute = FilterableAttribute(pattern)
        attribute.rule = rule
        attribute.isRule = true
        let features = value["features"]
        attribute.allowsFacetSearch = features?["facetSearch"] == .bool(true)
        attribute.allowsEquality = features?["filter"]?["equality"] != .bool(false)
        attribute.allowsComparison = features?["filter"]?["comparison"] == .bool(true)
        found.append(attribute)
      }
    }
    return found
  }

  private static func rules(_ value: MetadataValue) throws(SearchError) -> [RankingRule] {
    let names = try strings("rankingRules", value)
    if names.contains("attribute"),
      names.contains("attributeRank") || names.contains("wordPosition")
    {
      throw wrong("rankingRules", "`attribute` or `attributeRank` and `wordPosition`, not both")
    }
    var rules: [RankingRule] = []
    for name in names {
      if name == "attribute" {
        rules += [.attributeRank, .wordPosition]
      } else if let rule = RankingRule(name: name) {
        rules.append(rule)
      } else {
        throw .request(
          code: "invalid_settings_ranking_rules",
          message: "Invalid value at `.rankingRules`: `\(name)` ranking rule is invalid.")
      }
    }
    return rules
  }

  private static func synonyms(
    _ value: MetadataValue
  ) throws(SearchError) -> [String: [String]] {
    guard case .object(let members) = value else { throw wrong("synonyms", "an object") }
    var synonyms: [String: [String]] = [:]
    for member in members {
      synonyms[String(decoding: member.key, as: UTF8.self)] =
        try strings("synonyms", member.value)
    }
    return synonyms
  }

  private mutating func setTypoTolerance(_ value: MetadataValue) throws(SearchError) {
    if value == .null {
      typo = TypoTolerance()
      return
    }
    if let isOn = value["enabled"] { typo.isEnabled = isOn != .bool(false) }
    if let sizes = value["minWordSizeForTypos"] {
      if let one = sizes["oneTypo"]?.int { typo.oneTypo = Int(clamping: one) }
      if let two = sizes["twoTypos"]?.int { typo.twoTypos = Int(clamping: two) }
      guard typo.oneTypo >= 0, typo.twoTypos >= typo.oneTypo, typo.twoTypos <= 255 else {
        throw Self.wrong("typoTolerance", "0 <= oneTypo <= twoTypos <= 255")
      }
    }
    if let words = value["disableOnWords"] {
      typo.disableOnWords = Set(
        try Self.strings("disableOnWords", words).map { Normalizer.word($0) })
    }
    if let attributes = value["disableOnAttributes"] {
      typo.disableOnAttributes = try Self.strings("disableOnAttributes", attributes)
    }
    if let numbers = value["disableOnNumbers"] { typo.disableOnNumbers = numbers == .bool(true) }
  }

  private mutating func setPagination(
    _ value: MetadataValue, _ defaults: SearchSettings
  ) throws(SearchError) {
    guard let most = value["maxTotalHits"]?.int else {
      hitCountMax = defaults.hitCountMax
      return
    }
    guard most >= 0, most <= 1_000_000 else {
      throw Self.wrong("pagination", "maxTotalHits from 0 to 1000000")
    }
    hitCountMax = Int(most)
  }

  private mutating func setFaceting(_ value: MetadataValue) throws(SearchError) {
    facetValueCountMax = value["maxValuesPerFacet"]?.int.map { max(0, Int(clamping: $0)) } ?? 100
    facetOrders = [:]
    if case .object(let members) = value["sortFacetValuesBy"] ?? .null {
      for member in members {
        facetOrders[String(decoding: member.key, as: UTF8.self)] =
          member.value.text == "count" ? .byCount : .alphabetical
      }
    }
  }

  /// The settings as a tree, complete.
  package var tree: MetadataValue {
    func list(_ texts: [String]) -> MetadataValue { .array(texts.map { .text($0) }) }
    let words = typo.disableOnWords.map { String(decoding: $0, as: UTF8.self) }.sorted()
    return .object([
      .init("profile", .text(hasBuiltInFields ? "varve" : "meilisearch")),
      .init("searchableAttributes", list(searchable ?? ["*"])),
      .init("displayedAttributes", list(displayed ?? ["*"])),
      .init("filterableAttributes", filterableTree),
      .init("sortableAttributes", list(sortable)),
      .init("rankingRules", list(ruleNames)),
      .init("stopWords", list(stopWords)),
      .init(
        "synonyms",
        .object(synonyms.sorted { $0.key < $1.key }.map { .init($0.key, list($0.value)) })),
      .init("distinctAttribute", distinct.map { .text($0) } ?? .null),
      .init("separatorTokens", list(tokenizer.separators)),
      .init("nonSeparatorTokens", list(tokenizer.nonSeparators)),
      .init("dictionary", list(tokenizer.dictionary)),
      .init(
        "typoTolerance",
        .object([
          .init("enabled", .bool(typo.isEnabled)),
          .init(
            "minWordSizeForTypos",
            .object([
              .init("oneTypo", .int(Int64(typo.oneTypo))),
              .init("twoTypos", .int(Int64(typo.twoTypos))),
            ])),
          .init("disableOnWords", list(words)),
          .init("disableOnAttributes", list(typo.disableOnAttributes)),
          .init("disableOnNumbers", .bool(typo.disableOnNumbers)),
        ])),
      .init("pagination", .object([.init("maxTotalHits", .int(Int64(hitCountMax)))])),
      .init(
        "faceting",
        .object([
          .init("maxValuesPerFacet", .int(Int64(facetValueCountMax))),
          .init(
            "sortFacetValuesBy",
            .object(
              facetOrders.sorted { $0.key < $1.key }.map {
                .init($0.key, .text($0.value == .byCount ? "count" : "alpha"))
              })),
        ])),
      .init("proximityPrecision", .text(hasProximityByWord ? "byWord" : "byAttribute")),
      .init("prefixSearch", .text(hasPrefixSearch ? "indexingTime" : "disabled")),
      .init("facetSearch", .bool(allowsFacetSearch)),
      .init("searchCutoffMs", cutoffMilliseconds.map { .int(Int64($0)) } ?? .null),
      .init("codeWords", .bool(codeWords)),
    ])
  }

  /// Names of the rules; both halves of `attribute` are one where they were given so.
  private var ruleNames: [String] {
    guard joinsAttribute else { return rules.map(\.name) }
    return rules.filter { $0 != .wordPosition }.map {
      $0 == .attributeRank ? "attribute" : $0.name
    }
  }

  /// Attributes; those of one rule stand together.
  private var filterableTree: MetadataValue {
    var values: [MetadataValue] = []
    var i = 0
    while i < filterable.count {
      let attribute = filterable[i]
      guard attribute.isRule else {
        values.append(.text(attribute.pattern))
        i += 1
        continue
      }
      let rule = filterable[i...].prefix { $0.isRule && $0.rule == attribute.rule }
      values.append(Self.tree(rule.map(\.pattern), attribute))
      i += rule.count
    }
    return .array(values)
  }

  private static func tree(_ patterns: [String], _ attribute: FilterableAttribute) -> MetadataValue
  {
    .object([
      .init("attributePatterns", .array(patterns.map { .text($0) })),
      .init(
        "features",
        .object([
          .init("facetSearch", .bool(attribute.allowsFacetSearch)),
          .init(
            "filter",
            .object([
              .init("equality", .bool(attribute.allowsEquality)),
              .init("comparison", .bool(attribute.allowsComparison)),
            ])),
        ])),
    ])
  }
}
