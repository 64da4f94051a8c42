// What is asked for, and what comes back.

import VarveFormat

/// Which words of a query may be missing in a match.
package enum MatchingStrategy: String, Sendable, CaseIterable {
  /// From the end.
  case last
  /// None.
  case all
  /// The most frequent first.
  case frequency
}

/// A search. Defaults are those of SEARCH.md.
package struct SearchRequest: Equatable, Sendable {
  package enum Page: Equatable, Sendable {
    case slice(offset: Int, limit: Int)
    case page(number: Int, size: Int)
  }

  package var query: String?
  package var filter: Filter?
  package var sort: [SortKey] = []
  package var page = Page.slice(offset: 0, limit: 20)
  package var strategy = MatchingStrategy.last
  package var facets: [String] = []
  package var distinct: String?
  package var searchOn: [String]?
  package var scoreMin: Double?
  package var wantsScores = false
  package var countsOccurrences = false

  package init(query: String?) { self.query = query }
}

package struct SortKey: Equatable, Sendable {
  package var field: String
  package var isDescending: Bool

  package init(_ field: String, isDescending: Bool) {
    self.field = field
    self.isDescending = isDescending
  }
}

/// How a rule placed a hit.
package struct RuleRank: Equatable, Sendable {
  package enum Detail: Equatable, Sendable {
    case words, typo, proximity, attributeRank, wordPosition, exactAttribute, exactWords, skipped
    case field(String, isDescending: Bool, value: FieldValue?)

    /// As answers call it. Reflection would take longer than a hit is read in.
    package var name: String {
      switch self {
      case .words: "words"
      case .typo: "typo"
      case .proximity: "proximity"
      case .attributeRank: "attributeRank"
      case .wordPosition: "wordPosition"
      case .exactAttribute: "exactAttribute"
      case .exactWords: "exactWords"
      case .skipped: "skipped"
      case .field(let name, let isDescending, _): "\(name):\(isDescending ? "desc" : "asc")"
      }
    }
  }

  package var rule: Detail
  /// 1 is the worst.
  package var rank: Int
  package var rankMax: Int

  package init(_ rule: Detail, _ rank: Int, of rankMax: Int) {
    self.rule = rule
    self.rank = rank
    self.rankMax = rankMax
  }

  /// One figure of many ranks: each splits what the one before left equal.
  package static func score(_ ranks: [RuleRank]) -> Double {
    var rank = 1.0
    var rankMax = 1.0
    for next in ranks {
      if case .field = next.rule { continue }
      rank = (rank - 1) * Double(next.rankMax) + Double(next.rank)
      rankMax *= Double(next.rankMax)
    }
    return rank / rankMax
  }
}

/// One found message.
package struct SearchHit: Equatable, Sendable {
  /// Its number among the documents of the snapshot.
  package var document: Int
  /// The matching occurrence that is shown, by its number.
  package var row: Int
  /// How many occurrences match.
  package var rowCount: Int
  package var ranks: [RuleRank] = []
}

package struct FacetCount: Equatable, Sendable {
  package var value: FieldValue
  package var count: Int
}

package struct FacetResult: Equatable, Sendable {
  package var name: String
  package var values: [FacetCount]
  package var statistics: ClosedRange<Double>?
}

package struct SearchResult: Sendable {
  package var hits: [SearchHit] = []
  /// Messages that match, after distinct and the threshold.
  package var total = 0
  /// Whether all of the rules ran; false if the time budget was hit.
  package var isComplete = true
  package var facets: [FacetResult] = []
  /// What the words of the query became, for highlighting.
  package var matched = MatchedWords()
}
