// Where a text matches the words of a query, and which part of it is worth showing. SEARCH.md 18.

import VarveFormat

/// A match in a text.
struct TextMatch: Equatable {
  /// Tokens of the text.
  var tokens: Range<Int>
  /// Words of the text, counted from its first.
  var words: ClosedRange<Int>
  /// Bytes that are marked.
  var range: Range<Int>
  /// Positions of the query.
  var positions: ClosedRange<Int>
}

/// How matches are shown.
package struct TextFormat: Equatable, Sendable {
  package var highlights = false
  /// Words that are kept; nil or 0 for all.
  package var cropWordCount: Int?
  package var cropMarker = "\u{2026}"
  package var highlightStart = "<em>"
  package var highlightEnd = "</em>"

  package init() {}
}

/// Marks and cuts one text.
package struct TextMatcher {
  private let text: [UInt8]
  private let tokens: [Token]
  let matches: [TextMatch]
  private let stopWords: Set<[UInt8]>

  package init(
    _ text: [UInt8], _ matched: MatchedWords, tokenizer: Tokenizer, stopWords: Set<[UInt8]>
  ) {
    self.text = text
    self.stopWords = stopWords
    let tokens = tokenizer.tokens(text.rawSpan)
    self.tokens = tokens
    let places = tokens.indices.filter { tokens[$0].separator == .none && !tokens[$0].word.isEmpty }
    var found: [TextMatch] = []
    var i = 0
    while i < places.count {
      let next =
        Self.run(at: i, places, tokens, matched, stopWords)
        ?? Self.single(at: i, places, tokens, matched, text)
      if let next {
        found.append(next)
        i = next.words.upperBound + 1
      } else {
        i += 1
      }
    }
    matches = found
  }

  /// Byte ranges of all matches.
  package var ranges: [Range<Int>] { matches.map(\.range) }

  private static func run(
    at i: Int, _ places: [Int], _ tokens: [Token], _ matched: MatchedWords,
    _ stopWords: Set<[UInt8]>
  ) -> TextMatch? {
    for run in matched.runs where i + run.words.count <= places.count {
      let fits = run.words.indices.allSatisfy { offset in
        let token = tokens[places[i + offset]]
        guard let word = run.words[offset] else { return stopWords.contains(token.decomposed) }
        return token.word == word
      }
      guard fits else { continue }
      let first = places[i]
      let last = places[i + run.words.count - 1]
      return TextMatch(
        tokens: first..<(last + 1), words: i...(i + run.words.count - 1),
        range: tokens[first].range.lowerBound..<tokens[last].range.upperBound,
        positions: run.positions)
    }
    return nil
  }

  private static func single(
    at i: Int, _ places: [Int], _ tokens: [Token], _ matched: MatchedWords, _ text: [UInt8]
  ) -> TextMatch? {
    let token = tokens[places[i]]
    for single in matched.singles {
      var range = token.range
      guard single.words.contains(token.word) else { continue }
      if let count = single.prefixLetterCount {
        let original = String(decoding: text[token.range], as: UTF8.self).unicodeScalars
        var end = token.range.lowerBound
        for scalar in original.prefix(count) { end += UTF8.width(scalar) }
        range = token.range.lowerBound..<min(end, token.range.upperBound)
      }
      return TextMatch(
        tokens: places[i]..<(places[i] + 1), words: i...i, range: range, positions: single.positions
      )
    }
    return nil
  }

  // MARK: Cutting

  /// The text with matches marked, cut to the part with the best ones.
  package func formatted(_ format: TextFormat) -> [UInt8] {
    var bounds = 0..<text.count
    if let count = format.cropWordCount, count > 0 { bounds = crop(count) }
    var output: [UInt8] = []
    if bounds.lowerBound > 0 { output += Array(format.cropMarker.utf8) }
    var at = bounds.lowerBound
    if format.highlights {
      for match in matches where match.range.overlaps(bounds) {
        // A match that was cut is marked as far as it is shown.
        let range = match.range.clamped(to: bounds)
        output += text[at..<range.lowerBound]
        output += Array(format.highlightStart.utf8)
        output += text[range]
        output += Array(format.highlightEnd.utf8)
        at = range.upperBound
      }
    }
    output += text[at..<max(at, bounds.upperBound)]
    if bounds.upperBound < text.count { output += Array(format.cropMarker.utf8) }
    return output
  }

  private struct Score: Comparable {
    var positions: Int
    var nearness: Int
    var order: Int

    static func < (left: Score, right: Score) -> Bool {
      (left.positions, left.nearness, left.order)
        < (right.positions, right.nearness, right.order)
    }
  }

  /// The run of matches that fits and is the best, the first of equals.
  private func bestRun(_ count: Int) -> ClosedRange<Int> {
    var best: (run: ClosedRange<Int>, score: Score)?
    func offer(_ run: ClosedRange<Int>) {
      let score = score(matches[run])
      if best.map({ $0.score < score }) ?? true { best = (run, score) }
    }
    var first = 0
    for (i, match) in matches.enumerated()
    where match.words.upperBound - matches[first].words.lowerBound >= count {
      if i > 0, matches[i - 1].words.upperBound - matches[first].words.lowerBound < count {
        offer(first...(i - 1))
      }
      while first < i, match.words.upperBound - matches[first].words.lowerBound >= count {
        first += 1
      }
    }
    let last = matches.count - 1
    if matches[last].words.upperBound - matches[first].words.lowerBound < count {
      offer(first...last)
    }
    return best?.run ?? 0...0
  }

  private func score(_ run: ArraySlice<TextMatch>) -> Score {
    var positions: Set<Int> = []
    var score = Score(positions: 0, nearness: 0, order: 0)
    for i in run.indices {
      let match = run[i]
      positions.formUnion(match.positions)
      let steps = match.words.count - 1
      score.nearness -= steps
      score.order += steps
      guard i + 1 < run.endIndex else { continue }
      let next = run[i + 1]
      score.nearness -= min(7, next.words.lowerBound - match.words.upperBound)
      if next.positions.lowerBound > match.positions.lowerBound { score.order += 1 }
    }
    score.positions = positions.count
    return score
  }

  /// Bytes of the part with a number of words around the best matches.
  private func crop(_ count: Int) -> Range<Int> {
    var left = count
    var before = 0
    var after = 0
    if !matches.isEmpty {
      let run = bestRun(count)
      let words =
        matches[run.lowerBound].words.lowerBound...matches[run.upperBound].words.upperBound
      before = matches[run.lowerBound].tokens.lowerBound
      after = matches[run.upperBound].tokens.upperBound
      left = count - words.count
      if left < 0 { after = end(of: count, from: before) }
    }
    while left > 0 {
      let previous: SeparatorKind? = before > 0 ? tokens[before - 1].separator : nil
      let next: SeparatorKind? = after < tokens.count ? tokens[after].separator : nil
      switch (previous, next) {
      case (nil, nil): left = 0
      case (let kind?, nil):
        before -= 1
        if kind == .none { left -= 1 }
      case (nil, let kind?):
        after += 1
        if kind == .none { left -= 1 }
      case (.some(.none), .some(.none)):
        before -= 1
        left -= 1
        if left > 0 {
          after += 1
          left -= 1
        }
      case (.some(.none), _):
        before -= 1
        left -= 1
      case (_, .some(.none)):
        after += 1
        left -= 1
      case (let a?, let b?):
        if a == b {
          before -= 1
          // No separator before the mark of the cut.
          if left > 1 { after += 1 }
        } else if a == .hard {
          after += 1
        } else {
          before -= 1
        }
      }
    }
    let start = before > 0 ? tokens[before - 1].range.upperBound : 0
    let end = after < tokens.count ? tokens[after].range.lowerBound : text.count
    return start..<max(start, end)
  }

  /// The token behind a number of words.
  private func end(of count: Int, from first: Int) -> Int {
    var left = count
    var at = first
    while at < tokens.count, left > 0 {
      if tokens[at].separator == .none { left -= 1 }
      at += 1
    }
    return at
  }
}
