// What the words of a query became, so that they can be shown where they stand. SEARCH.md 18.

import VarveFormat

/// The words that a query matches.
package struct MatchedWords: Sendable {
  /// A word alone.
  struct Single: Sendable {
    var words: Set<[UInt8]>
    /// Letters of the typed word if more may follow; nil for whole words.
    var prefixLetterCount: Int?
    /// Query positions.
    var positions: ClosedRange<Int>
    var termCount: Int
  }

  /// Words in a row.
  struct Run: Sendable {
    var words: [[UInt8]?]
    var positions: ClosedRange<Int>
  }

  private(set) var singles: [Single] = []
  private(set) var runs: [Run] = []

  package init() {}

  init(_ graph: QueryGraph) {
    for term in graph.terms where term.isPhrase {
      // As they were quoted, also where no document has them so.
      runs.append(Run(words: term.words, positions: term.first...term.last))
    }
    for node in graph.nodes where !node.isPhrase {
      var single = Single(
        words: [], prefixLetterCount: node.isPrefix ? node.typedLetterCount : nil,
        positions: node.first...node.last, termCount: node.terms.count)
      for derivation in node.levels.joined() {
        if derivation.isPhrase {
          runs.append(
            Run(
              words: derivation.words.map { $0?.bytes }, positions: node.first...node.last))
        } else if let word = derivation.words[0]?.bytes {
          single.words.insert(word)
        }
      }
      if !single.words.isEmpty { singles.append(single) }
    }
    singles.sort { left, right in
      let a = (left.prefixLetterCount == nil ? 0 : 1, -left.termCount)
      let b = (right.prefixLetterCount == nil ? 0 : 1, -right.termCount)
      return a < b
    }
  }

  package var isEmpty: Bool { singles.isEmpty && runs.isEmpty }
}
