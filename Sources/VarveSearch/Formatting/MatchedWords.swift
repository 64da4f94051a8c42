// What the words of a query became, so that they can be shown where they stand. SEARCH.md 18.

import VarveFormat

/// The words that a query matches.
package struct MatchedWords: Sendable {
  /// A word alone.
  struct Single: Sendable {
    var words: WordList
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
      var words: [[UInt8]] = []
      for derivation in node.levels.joined() {
        if derivation.isPhrase {
          runs.append(
            Run(
              words: derivation.words.map { $0?.bytes }, positions: node.first...node.last))
        } else if let word = derivation.words[0]?.bytes {
          words.append(word)
        }
      }
      if words.isEmpty { continue }
      singles.append(
        Single(
          words: WordList(words, areBeginnings: node.isPrefix),
          prefixLetterCount: node.isPrefix ? node.typedLetterCount : nil,
          positions: node.first...node.last, termCount: node.terms.count))
    }
    singles.sort { left, right in
      let a = (left.prefixLetterCount == nil ? 0 : 1, -left.termCount)
      let b = (right.prefixLetterCount == nil ? 0 : 1, -right.termCount)
      return a < b
    }
  }

  package var isEmpty: Bool { singles.isEmpty && runs.isEmpty }
}

/// Words that a word of a text is looked up in: a beginning has up to a thousand, a text as many.
struct WordList: Sendable {
  /// Ascending. Of beginnings none is one of another.
  private let words: [[UInt8]]
  private let areBeginnings: Bool

  /// - Parameter areBeginnings: whether words that begin so count, too.
  init(_ words: [[UInt8]], areBeginnings: Bool) {
    self.areBeginnings = areBeginnings
    let sorted = words.sorted { $0.lexicographicallyPrecedes($1) }
    guard areBeginnings else {
      self.words = sorted
      return
    }
    var kept: [[UInt8]] = []
    for word in sorted where kept.last.map({ !word.starts(with: $0) }) ?? true {
      kept.append(word)
    }
    self.words = kept
  }

  /// Whether a word is one of these, or begins like one.
  func contains(_ word: [UInt8]) -> Bool {
    var low = 0
    var high = words.count
    while low < high {
      let middle = (low + high) / 2
      if word.lexicographicallyPrecedes(words[middle]) { high = middle } else { low = middle + 1 }
    }
    // What the word begins with is before it, and nothing between them begins otherwise.
    guard low > 0 else { return false }
    return areBeginnings ? word.starts(with: words[low - 1]) : word == words[low - 1]
  }
}
