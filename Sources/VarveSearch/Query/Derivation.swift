// What a word of the query may stand for, and the graph of the words. SEARCH.md 5 and 7.

import VarveFormat

/// A word that some index has.
struct ResolvedWord: Sendable {
  var bytes: [UInt8]
  /// Parts of the corpus that have it.
  var lists: [(part: Int, info: TermInfo)]
  /// Value indexes that have it, with its place there.
  var values: [(index: Int, place: Int)]

  /// Documents of the content indexes that have it.
  var docCount: Int { lists.reduce(0) { $0 + $1.info.docCount } }

  /// Documents that have it in the text or in fields, counted once a field value.
  func docCount(in corpus: SearchCorpus) -> Int {
    values.reduce(docCount) { sum, value in
      let values = corpus.valueIndexes[value.index]
      return values.places[value.place].reduce(sum) {
        $0 + values.documentCount(of: Int($1.value))
      }
    }
  }

  var isEmpty: Bool { lists.isEmpty && values.isEmpty }
}

/// One way in which a term may match.
struct Derivation: Sendable {
  /// Words in a row, nil for holes of stop words; one for a plain word.
  var words: [ResolvedWord?]
  /// The word itself, whole, or a quoted phrase.
  var isExact: Bool
  /// A synonym counts as a phrase, also of one word: it does not match the other way round.
  var isSynonym = false
  /// A run of words written as one: it counts only in attributes that forgive typos, as misspelled
  /// words do.
  var isTolerantOnly = false

  var isPhrase: Bool { words.count > 1 }
}

/// A term or a run of terms written as one word.
struct QueryNode: Sendable {
  /// Terms that it stands for.
  var terms: Range<Int>
  /// Ways to match by number of typos.
  var levels: [[Derivation]]
  /// Typos that it costs by being what it is.
  var baseCost: Int
  /// Most typos that it may have, as a score counts them.
  var typoMax: Int
  var isPhrase: Bool
  var isPrefix: Bool
  /// Query positions of its first and last word.
  var first: Int
  var last: Int
  /// The word as the query has it; nil for phrases.
  var word: [UInt8]?
  var typedLetterCount: Int

  /// Words of the query that it stands for, as attribute and position count them.
  var wordCount: Int { terms.count }
}

struct QueryGraph: Sendable {
  var terms: [QueryTerm]
  var nodes: [QueryNode]

  /// Nodes that begin with a term.
  func nodes(startingAt term: Int) -> [Int] {
    nodes.indices.filter { nodes[$0].terms.lowerBound == term }
  }
}
