// From the words that somebody typed to terms. SEARCH.md 4.

import VarveFormat

/// A word or a quoted phrase of the query.
struct QueryTerm: Equatable, Sendable {
  /// One word, or the words of a phrase with holes where stop words were.
  var words: [[UInt8]?]
  var isPhrase: Bool
  var isPrefix: Bool
  /// Query positions of the first and the last word.
  var first: Int
  var last: Int
  /// Letters of the word as it was typed.
  var typedLetterCount: Int
  /// Bytes of the query.
  var range: Range<Int>

  /// Words that are looked for.
  var wordCount: Int { words.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }
  /// Stop words before the first word.
  var leadingHoleCount: Int { words.prefix { $0 == nil }.count }
}

struct ParsedQuery: Equatable, Sendable {
  var terms: [QueryTerm] = []
  var negativeWords: [[UInt8]] = []
  var negativePhrases: [[[UInt8]?]] = []
}

struct QueryParser {
  static let tokenCountMax = 1000
  static let termCountMax = 10

  private let text: [UInt8]
  private let stopWords: Set<[UInt8]>
  private let hasPrefixSearch: Bool
  private var parsed = ParsedQuery()
  private var position = -1
  private var phrase: [[UInt8]?]?
  private var phraseFirst = 0
  private var phraseLast = 0
  private var phraseRange = 0..<0
  private var isNegative = false

  static func parse(
    _ query: String, tokenizer: Tokenizer, stopWords: Set<[UInt8]>, hasPrefixSearch: Bool
  ) -> ParsedQuery {
    let text = Array(query.utf8)
    let tokens = tokenizer.tokens(text.rawSpan)
    var parser = QueryParser(text, stopWords, hasPrefixSearch)
    parser.run(tokens)
    return parser.parsed
  }

  private init(_ text: [UInt8], _ stopWords: Set<[UInt8]>, _ hasPrefixSearch: Bool) {
    self.text = text
    self.stopWords = stopWords
    self.hasPrefixSearch = hasPrefixSearch
  }

  private mutating func run(_ all: [Token]) {
    let tokens = all.prefix(Self.tokenCountMax)
    for (i, token) in tokens.enumerated() {
      if parsed.terms.count >= Self.termCountMax { return }
      if token.separator == .none {
        word(token, isLast: i + 1 == all.count, before: i > 0 ? tokens[i - 1] : nil, index: i, all)
      } else {
        separator(token, index: i, tokens: all)
      }
    }
    endPhrase()
  }

  private mutating func word(
    _ token: Token, isLast: Bool, before: Token?, index: Int, _ all: [Token]
  ) {
    position += 1
    let isStopWord = stopWords.contains(token.decomposed)
    if phrase != nil {
      if phrase?.isEmpty == true {
        phraseFirst = position
        phraseRange = token.range
      }
      phraseLast = position
      phraseRange = phraseRange.lowerBound..<token.range.upperBound
      phrase?.append(isStopWord || token.word.isEmpty ? nil : token.word)
      return
    }
    if isNegative {
      isNegative = false
      if !token.word.isEmpty, !isStopWord { parsed.negativeWords.append(token.word) }
      return
    }
    if token.word.isEmpty { return }
    if isStopWord, !isLast { return }
    parsed.terms.append(
      QueryTerm(
        words: [token.word], isPhrase: false, isPrefix: isLast && hasPrefixSearch,
        first: position, last: position, typedLetterCount: Letters.of(token.word.rawSpan).count,
        range: token.range))
  }

  private mutating func separator(_ token: Token, index: Int, tokens: [Token]) {
    let bytes = text[token.range]
    let quotes = bytes.reduce(0) { $0 + ($1 == UInt8(ascii: "\"") ? 1 : 0) }
    if token.separator == .hard {
      if phrase != nil {
        // A hard separator ends a phrase and starts the next one.
        endPhrase(stayOpen: true)
      }
      position += 7
    }
    var left = quotes
    if left > 0, phrase != nil {
      endPhrase()
      left -= 1
    }
    if left % 2 == 1 {
      phrase = []
      return
    }
    if phrase == nil { isNegative = Self.isMinus(index, tokens, text) }
  }

  /// Whether a separator is a minus that negates what follows.
  private static func isMinus(_ index: Int, _ tokens: [Token], _ text: [UInt8]) -> Bool {
    let token = tokens[index]
    guard token.range.count == 1, text[token.range.lowerBound] == UInt8(ascii: "-") else {
      return false
    }
    if index > 0 {
      let before = tokens[index - 1]
      guard before.separator != .none,
        let last = String(decoding: text[before.range], as: UTF8.self).unicodeScalars.last,
        last.properties.isWhitespace
      else { return false }
    }
    guard index + 1 < tokens.count else { return false }
    let next = tokens[index + 1]
    return next.separator == .none || text[next.range.lowerBound] == UInt8(ascii: "\"")
  }

  private mutating func endPhrase(stayOpen: Bool = false) {
    guard let words = phrase else { return }
    phrase = stayOpen ? [] : nil
    let negative = isNegative
    if !stayOpen { isNegative = false }
    guard words.contains(where: { $0 != nil }) else { return }
    if negative {
      parsed.negativePhrases.append(words)
      return
    }
    // A phrase begins with its first word that is no stop word.
    let holes = words.prefix { $0 == nil }.count
    parsed.terms.append(
      QueryTerm(
        words: words, isPhrase: true, isPrefix: false, first: phraseFirst + holes,
        last: phraseLast, typedLetterCount: 0, range: phraseRange))
  }
}
