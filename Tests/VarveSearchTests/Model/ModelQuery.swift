// The query of the brute-force model: terms, their derivations, and the paths of the graph.

import Foundation

/// One term of the query in order: a word or a phrase (nil = a hole left by a stop word).
struct ModelTerm {
  var words: [String?]
  /// Query positions.
  var start: Int
  var end: Int
  var isPhrase = false
  var isPrefix = false

  var isBlank: Bool {
    return words.allSatisfy { $0 == nil }
  }

  /// How many words it counts for.
  var size: Int {
    return words.filter { $0 != nil }.count
  }
}

struct ModelParsedQuery {
  var terms: [ModelTerm] = []
  var negatives: [ModelTerm] = []
}

/// A word or phrase which stands for a term in the documents.
struct ModelDerivation {
  var words: [String?]
  var isPhrase = false
  var tolerantOnly = false

  var first: String {
    return words.compactMap { $0 }.first ?? ""
  }

  var last: String {
    return words.compactMap { $0 }.last ?? ""
  }
}

/// A node of the query graph: one term, or 2 or 3 terms written together.
struct ModelNode {
  /// Indices of the terms.
  var terms: ClosedRange<Int>
  var start: Int
  var end: Int
  var isPhrase: Bool
  /// Derivations at 0, 1 and 2 typos.
  var levels: [[ModelDerivation]] = [[], [], []]
  /// The highest level it may have, even if nothing is there.
  var highest = 0
  /// The original word or phrase if it may count as exact.
  var exact: ModelDerivation?

  var count: Int {
    return terms.count
  }

  var baseTypos: Int {
    return count == 1 ? 0 : count
  }
}

extension ModelIndex {
  // MARK: - Parsing

  func parse(_ query: String) -> ModelParsedQuery {
    var parsed = ModelParsedQuery()
    let tokens = Array(tokenizer.tokens(query).prefix(1000))
    let prefixes = settings["prefixSearch"]?.text != "disabled"
    var position = -1
    var phrase: ModelTerm?
    var phraseNegative = false
    var negative = false

    func newPhrase() -> ModelTerm {
      return ModelTerm(words: [], start: 0, end: 0, isPhrase: true)
    }
    func closePhrase() {
      if let done = phrase, !done.isBlank {
        if phraseNegative { parsed.negatives.append(done) } else { parsed.terms.append(done) }
      }
      phrase = nil
    }

    for (index, token) in tokens.enumerated() {
      if parsed.terms.count >= 10 { break }
      if token.isSeparator {
        if token.kind == .hard { position += 7 }
        let quotes = token.text.unicodeScalars.filter { $0 == "\"" }.count
        if quotes > 0 {
          let wasOpen = phrase != nil
          if wasOpen { closePhrase() }
          if (quotes - (wasOpen ? 1 : 0)) % 2 == 1 {
            phrase = newPhrase()
            phraseNegative = negative
          }
          negative = false
        } else if phrase != nil {
          if token.kind == .hard {
            closePhrase()
            phrase = newPhrase()
          }
        } else {
          negative = isNegation(tokens, index)
        }
        continue
      }
      position += 1
      let stop = token.kind == .stopWord
      if var open = phrase {
        if open.isBlank { open.start = position }
        open.end = position
        open.words.append(stop ? nil : token.text)
        phrase = open
      } else if negative {
        if !stop {
          parsed.negatives.append(ModelTerm(words: [token.text], start: position, end: position))
        }
      } else {
        let last = index == tokens.count - 1
        if !stop || last {
          parsed.terms.append(
            ModelTerm(
              words: [token.text], start: position, end: position, isPrefix: last && prefixes))
        }
      }
      negative = false
    }
    if parsed.terms.count < 10 { closePhrase() }
    return parsed
  }

  /// A lone `-` after white space or the start, right before a word or a quote.
  private func isNegation(_ tokens: [ModelToken], _ index: Int) -> Bool {
    guard tokens[index].text == "-", index + 1 < tokens.count else { return false }
    if index > 0 {
      let before = tokens[index - 1]
      guard before.isSeparator, let last = before.text.unicodeScalars.last,
        last.properties.isWhitespace
      else { return false }
    }
    let next = tokens[index + 1]
    return !next.isSeparator || next.text.unicodeScalars.first == "\""
  }

  // MARK: - Nodes

  func nodes(_ terms: [ModelTerm]) -> [ModelNode] {
    var result: [ModelNode] = []
    for (index, term) in terms.enumerated() {
      result.append(term.isPhrase ? phraseNode(term, index) : wordNode(terms, index...index))
    }
    for size in [2, 3] where terms.count >= size {
      for first in 0...(terms.count - size) {
        let range = first...(first + size - 1)
        var fits = true
        for index in range {
          if terms[index].isPhrase { fits = false }
          if index > first && terms[index].start != terms[index - 1].end + 1 { fits = false }
        }
        if fits { result.append(wordNode(terms, range)) }
      }
    }
    return result
  }

  private func phraseNode(_ term: ModelTerm, _ index: Int) -> ModelNode {
    var node = ModelNode(
      terms: index...index, start: term.start, end: term.end, isPhrase: true)
    let phrase = ModelDerivation(words: term.words, isPhrase: true)
    node.levels[0] = [phrase]
    node.exact = phrase
    return node
  }

  /// A single word, or an n-gram if the range holds more than one term.
  private func wordNode(_ terms: [ModelTerm], _ range: ClosedRange<Int>) -> ModelNode {
    let parts = range.map { terms[$0].words[0] ?? "" }
    let word = parts.joined()
    let isPrefix = terms[range.upperBound].isPrefix
    let ngram = parts.count > 1
    var node = ModelNode(
      terms: range, start: terms[range.lowerBound].start, end: terms[range.upperBound].end,
      isPhrase: false)
    let typos = max(0, allowedTypos(word) - (parts.count - 1))
    node.highest = max(1, typos)

    if known.contains(word) {
      node.levels[0].append(ModelDerivation(words: [word], tolerantOnly: ngram))
      if !ngram { node.exact = ModelDerivation(words: [word]) }
    }
    if isPrefix {
      let starting = words.filter { modelBytesStart($0, with: word) }.prefix(1000)
      for other in starting where other != word {
        node.levels[0].append(ModelDerivation(words: [other]))
      }
    }
    node.levels[0] += synonyms(of: parts)

    let (one, two) = typoWords(word, isPrefix: isPrefix, typos: typos)
    node.levels[1] = one.map { ModelDerivation(words: [$0], tolerantOnly: true) }
    node.levels[2] = two.map { ModelDerivation(words: [$0], tolerantOnly: true) }
    if let split = split(word), split != parts {
      node.levels[1].append(ModelDerivation(words: split, isPhrase: true))
    }
    return node
  }

  func allowedTypos(_ word: String) -> Int {
    let tolerance = settings["typoTolerance"]
    if tolerance?["enabled"]?.bool == false { return 0 }
    for other in tolerance?["disableOnWords"]?.texts ?? [] where modelNormalized(other) == word {
      return 0
    }
    let sizes = tolerance?["minWordSizeForTypos"]
    let length = word.unicodeScalars.count
    if length < sizes?["oneTypo"]?.int ?? 5 { return 0 }
    return length < sizes?["twoTypos"]?.int ?? 9 ? 1 : 2
  }

  /// The words at level 1 and at level 2.
  private func typoWords(_ word: String, isPrefix: Bool, typos: Int) -> ([String], [String]) {
    var one: [String] = []
    var two: [String] = []
    if typos == 0 { return (one, two) }
    for other in tolerantWords {
      let distance = modelDistance(word, other, prefix: isPrefix)
      let sameStart = word.unicodeScalars.first == other.unicodeScalars.first
      if distance == 1 && sameStart { one.append(other) }
      if distance == 2 && sameStart { two.append(other) }
      if distance == 1 && !sameStart { two.append(other) }
    }
    return (Array(one.prefix(150)), typos == 2 ? Array(two.prefix(50)) : [])
  }

  private func split(_ word: String) -> [String]? {
    let scalars = Array(word.unicodeScalars)
    var best: [String]?
    var bestCount = 0
    for cut in scalars.indices.dropFirst() {
      let left = modelString(Array(scalars[..<cut]))
      let right = modelString(Array(scalars[cut...]))
      if !known.contains(left) || !known.contains(right) { continue }
      let count = countAdjacent(left, right)
      if count > bestCount {
        best = [left, right]
        bestCount = count
      }
    }
    return best
  }

  private func synonyms(of parts: [String]) -> [ModelDerivation] {
    guard case .object(let pairs) = settings["synonyms"] ?? .null else { return [] }
    var result: [ModelDerivation] = []
    var wordCount = 0
    for (key, values) in pairs where tokenizer.words(key).compactMap({ $0 }) == parts {
      for value in values.texts ?? [] {
        let words = tokenizer.words(value)
        let size = words.compactMap { $0 }.count
        if size == 0 || result.count >= 50 || wordCount + size > 100 { continue }
        wordCount += size
        result.append(ModelDerivation(words: words, isPhrase: true))
      }
    }
    return result
  }

  // MARK: - Paths

  /// All ways through the nodes when the terms of `removed` may be skipped.
  func paths(_ nodes: [ModelNode], termCount: Int, removed: Set<Int>) -> [[Int]] {
    var result: [[Int]] = []
    func walk(_ term: Int, _ path: [Int]) {
      if term == termCount {
        if !path.isEmpty { result.append(path) }
        return
      }
      if removed.contains(term) { walk(term + 1, path) }
      for (index, node) in nodes.enumerated() where node.terms.lowerBound == term {
        if node.terms.allSatisfy({ removed.contains($0) }) { continue }
        walk(node.terms.upperBound + 1, path + [index])
      }
    }
    walk(0, [])
    return result
  }

  /// The groups of terms in the order in which the strategy removes them.
  func removals(
    _ terms: [ModelTerm], _ nodes: [ModelNode], strategy: String, in searched: Set<String>?
  ) -> [[Int]] {
    let single = terms.indices.filter { !terms[$0].isPhrase }
    var groups: [[Int]] = []
    if strategy == "last" {
      groups = single.reversed().map { [$0] }
    } else if strategy == "frequency" {
      var counts: [Int: Int] = [:]
      for term in single {
        let around = nodes.filter { $0.terms.contains(term) }
        let found = documents.indices.filter { document in
          around.contains { node in
            node.levels.joined().contains { matches($0, document, in: searched) }
          }
        }
        counts[term] = found.isEmpty ? Int.max : found.count
      }
      for count in Set(counts.values).sorted(by: >) {
        groups.append(single.filter { counts[$0] == count })
      }
    }
    if single.count == terms.count && !groups.isEmpty { groups.removeLast() }
    return groups
  }

  func matches(_ derivation: ModelDerivation, _ document: Int, in searched: Set<String>?) -> Bool {
    if derivation.words.count == 1, let word = derivation.words[0] {
      return has(word, document, tolerantOnly: derivation.tolerantOnly, in: searched)
    }
    return hasPhrase(derivation.words, document, in: searched)
  }
}

/// Optimal string alignment; for a prefix term the distance to the best prefix of `word`.
func modelDistance(_ typed: String, _ word: String, prefix: Bool) -> Int {
  let left = Array(typed.unicodeScalars)
  let right = Array(word.unicodeScalars)
  var table = Array(repeating: Array(repeating: 0, count: right.count + 1), count: left.count + 1)
  for row in 0...left.count {
    for column in 0...right.count {
      if row == 0 || column == 0 {
        table[row][column] = row + column
        continue
      }
      let same = left[row - 1] == right[column - 1]
      var best = table[row - 1][column - 1] + (same ? 0 : 1)
      best = min(best, table[row - 1][column] + 1, table[row][column - 1] + 1)
      if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1]
      {
        best = min(best, table[row - 2][column - 2] + 1)
      }
      table[row][column] = best
    }
  }
  return prefix ? table[left.count].min() ?? 0 : table[left.count][right.count]
}
