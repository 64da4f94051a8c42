// How a store is searched: SEARCH.md's settings with Varve's own defaults.

import VarveFormat

/// A step of ranking; each splits what the one before left equal.
package enum RankingRule: Equatable, Sendable {
  case words, typo, proximity, attributeRank, wordPosition, sort, exactness
  /// Prompts and answers first, logs and tool output last.
  case conversation
  /// BM25 over the words of the query.
  case relevance
  /// The newest matching occurrence first.
  case newest
  case ascending(String)
  case descending(String)
}

/// What may be misspelled, and how far.
package struct TypoTolerance: Equatable, Sendable {
  package var isEnabled = true
  /// Letters from which on one typo is forgiven.
  package var oneTypo = 5
  /// Letters from which on two are.
  package var twoTypos = 9
  package var disableOnWords: Set<[UInt8]> = []
  package var disableOnAttributes: [String] = []
  package var disableOnNumbers = false

  package init() {}
}

/// How facet values are ordered.
package enum FacetOrder: Equatable, Sendable {
  case alphabetical
  case byCount
}

/// A filterable attribute: a name or pattern and what may be done with it.
package struct FilterableAttribute: Equatable, Sendable {
  package var pattern: String
  package var allowsEquality = true
  package var allowsComparison = true
  package var allowsFacetSearch = true
  /// Place of its rule in the settings.
  package var rule = 0
  /// Whether it came in a rule with features: such a pattern does not cover children.
  package var isRule = false

  /// Whether the attribute may be filtered at all.
  package var allowsFilter: Bool { allowsEquality || allowsComparison }

  /// Whether it covers a path.
  package func covers(_ path: String) -> Bool {
    isRule && !pattern.contains("*")
      ? pattern == path : FieldPattern.covers(pattern, path)
  }

  package init(_ pattern: String) { self.pattern = pattern }
}

/// Everything that decides what a search finds and in which order.
package struct SearchSettings: Equatable, Sendable {
  /// Attributes that are searched, by weight; nil for all with equal weight.
  package var searchable: [String]?
  package var displayed: [String]?
  package var filterable: [FilterableAttribute]
  package var sortable: [String]
  package var rules: [RankingRule]
  /// Decomposed, as tokens are compared with them.
  package var stopWords: [String]
  package var synonyms: [String: [String]]
  package var typo = TypoTolerance()
  package var tokenizer = TokenizerSettings()
  package var hasProximityByWord = true
  package var hasPrefixSearch = true
  package var distinct: String?
  package var facetValueCountMax = 100
  package var facetOrders: [String: FacetOrder] = [:]
  package var hitCountMax: Int
  /// Time after which no more is put in order; nil for `cutoffDefaultMilliseconds`.
  package var cutoffMilliseconds: Int?
  /// SEARCH.md, "Limits".
  package static let cutoffDefaultMilliseconds = 1500
  package var allowsFacetSearch = true
  package var codeWords: Bool
  /// Whether the names of built-in fields are reserved; else every name is a path of metadata.
  package var hasBuiltInFields: Bool
  /// Whether `maxTotalHits` also caps totals, as Meilisearch does.
  package var capsTotals: Bool
  /// Whether the rules say `attribute` for its two halves.
  package var joinsAttribute = true

  /// Varve's own defaults.
  package static let varve = SearchSettings(
    searchable: ["content", "component", "project", "source"], displayed: nil,
    filterable: [
      "id", "hash", "content", "project", "session", "source", "line", "timestamp", "extractedAt",
      "level", "component",
      "phase", "kind", "role", "tool", "model", "branch", "agent", "host", "error",
    ].map { FilterableAttribute($0) },
    sortable: ["timestamp", "extractedAt", "line", "project", "session", "level", "component"],
    rules: [
      .words, .typo, .proximity, .attributeRank, .wordPosition, .sort, .exactness, .conversation,
      .relevance, .newest,
    ],
    stopWords: ["the", "a", "an"],
    synonyms: [
      "lsp": ["language server", "lsp server"], "language server": ["lsp"],
      "lsp server": ["lsp"], "hooks": ["hook", "event"], "error": ["fail", "exception"],
    ],
    hitCountMax: 10_000, codeWords: true, hasBuiltInFields: true, capsTotals: false)

  /// Meilisearch's defaults, for requests that expect them.
  package static let meilisearch = SearchSettings(
    searchable: nil, displayed: nil, filterable: [], sortable: [],
    rules: [
      .words, .typo, .proximity, .attributeRank, .sort, .wordPosition, .exactness,
    ], stopWords: [], synonyms: [:], hitCountMax: 1_000, codeWords: false,
    hasBuiltInFields: false, capsTotals: true, joinsAttribute: false)

  /// The name that settings have for a field: that of the built-in one where it has an old name.
  func canonical(_ name: String) -> String {
    hasBuiltInFields ? FieldNames.builtIn(name) ?? name : name
  }

  /// The filterable attribute of a field, whatever name settings and requests have for it.
  func filterable(_ name: String) -> FilterableAttribute? {
    let wanted = canonical(name)
    return filterable.first {
      $0.covers(name) || $0.covers(wanted) || canonical($0.pattern) == wanted
    }
  }

  func isSortable(_ name: String) -> Bool {
    let wanted = canonical(name)
    return sortable.contains {
      FieldPattern.covers($0, name) || FieldPattern.covers($0, wanted) || canonical($0) == wanted
    }
  }

  /// Whether a field belongs to messages: it may be filtered, but has no values to count.
  func isOfMessages(_ name: String) -> Bool {
    hasBuiltInFields && FieldNames.ofMessages.contains(name)
  }

  /// What text must be indexed by.
  package var index: IndexSettings {
    var index = IndexSettings()
    index.tokenizer = tokenizer
    index.stopWords = Set(
      stopWords.map { Normalizer.utf8(Self.decomposed($0)) })
    index.codeWords = codeWords
    index.attributes = searchable.flatMap { names in
      names.contains("*") ? nil : names.compactMap { metadataPath($0) }.sorted()
    }
    var fields = Set(filterable.map(\.pattern) + sortable)
    if let distinct { fields.insert(distinct) }
    for rule in rules {
      switch rule {
      case .ascending(let name), .descending(let name): fields.insert(name)
      default: break
      }
    }
    index.fields = fields.compactMap { metadataPath($0) }.sorted()
    return index
  }

  private static func decomposed(_ text: String) -> [Unicode.Scalar] {
    var scalars: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars { Normalizer.decompose(scalar, into: &scalars) }
    return scalars
  }

  /// The path in the metadata that a field name means; nil for a built-in field.
  package func metadataPath(_ name: String) -> String? {
    guard hasBuiltInFields else { return name }
    if name.hasPrefix("metadata.") { return String(name.dropFirst("metadata.".count)) }
    return FieldNames.builtIn(name) == nil ? name : nil
  }
}

/// Names of the built-in fields. ARCHITECTURE 12.
package enum FieldNames {
  package static let all = [
    "id", "hash", "content", "project", "session", "source", "line", "timestamp", "extractedAt",
    "level", "component", "phase", "kind", "role", "tool", "model", "branch", "agent", "host",
    "error",
  ]

  /// Those that belong to messages and not to occurrences.
  package static let ofMessages = ["id", "hash", "content"]

  private static let old = [
    "message_id": "id", "log_level": "level", "session_id": "session", "project_id": "project",
    "source_file": "source", "extracted_at": "extractedAt",
  ]

  /// The built-in field of a name, also of the old names.
  package static func builtIn(_ name: String) -> String? {
    all.contains(name) ? name : old[name]
  }
}
