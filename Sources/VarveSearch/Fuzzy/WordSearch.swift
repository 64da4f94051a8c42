// Finds words in all dictionaries of a corpus: the same, with the same beginning, or misspelled.
// Limits count over the whole snapshot, so that an answer does not depend on how many indexes there
// are.

import VarveFormat

struct WordSearch {
  static let prefixWordCountMax = 1000
  static let oneTypoWordCountMax = 150
  static let twoTypoWordCountMax = 50
  /// Candidates that are worth another thread.
  private static let sharedCountMin = 4096

  private let corpus: SearchCorpus
  private let skipsNumbers: Bool

  init(_ corpus: SearchCorpus, skipsNumbers: Bool) {
    self.corpus = corpus
    self.skipsNumbers = skipsNumbers
  }

  /// A word as it stands in the indexes; nil if none has it.
  func find(_ word: [UInt8]) throws(FormatError) -> ResolvedWord? {
    var found = ResolvedWord(bytes: word, lists: [], values: [])
    for (i, part) in corpus.parts.enumerated() {
      if let info = try part.index.find(word) { found.lists.append((i, info)) }
    }
    for (i, values) in corpus.valueIndexes.enumerated() {
      if let place = values.find(word) { found.values.append((i, place)) }
    }
    return found.isEmpty ? nil : found
  }

  /// Words that begin so, first in byte order; the word itself is one of them.
  func prefixed(_ prefix: [UInt8]) throws(FormatError) -> [ResolvedWord] {
    var gathering = Gathering()
    for (i, part) in corpus.parts.enumerated() {
      try part.index.withTerms { (terms) throws(FormatError) in
        var cursor = try terms.cursor(from: prefix.rawSpan)
        var count = 0
        while count < Self.prefixWordCountMax, let info = try cursor.next(),
          cursor.term.starts(with: prefix)
        {
          gathering.add(cursor.term, list: (i, info))
          count += 1
        }
      }
    }
    for (i, values) in corpus.valueIndexes.enumerated() {
      var place = values.first(from: prefix)
      while place < values.words.count, values.words[place].starts(with: prefix) {
        gathering.add(values.words[place], value: (i, place))
        place += 1
      }
    }
    return gathering.first(Self.prefixWordCountMax)
  }

  /// Words at one and at two typos, by SEARCH.md 5.
  ///
  /// - Parameters:
  ///   - typos: 1 or 2.
  ///   - sharing: threads that look at the candidates.
  func misspelled(
    _ word: [UInt8], typos: Int, isPrefix: Bool, sharing: WorkSharing = .none
  ) throws(FormatError) -> (one: [ResolvedWord], two: [ResolvedWord]) {
    let letters = Letters.of(word.rawSpan)
    guard let first = letters.first else { return ([], []) }
    let distance = EditDistance(letters)
    var one = Gathering()
    var two = Gathering()
    let skipsNumbers = skipsNumbers
    @Sendable func judge(_ term: borrowing Span<UInt8>) -> Int {
      if term.isEmpty || skipsNumbers && Self.isNumber(term) { return 0 }
      if let found = distance.distance(to: term, isPrefix: isPrefix, upTo: typos) {
        return Self.worth(found, of: typos, hasFirst: UInt32(term[0]) == first)
      }
      let other = Letters.of(Self.bytes(term).rawSpan)
      return Self.worth(
        distance.distance(to: other, isPrefix: isPrefix), of: typos,
        hasFirst: other.first == first)
    }
    for (i, part) in corpus.parts.enumerated() {
      let ordinals = try candidates(letters, part.index, typos: typos, isPrefix: isPrefix)
      let isFew = ordinals.count < min(Self.sharedCountMin, sharing.documentCountMin)
      let width = isFew ? 1 : sharing.width
      let found = try sharing.map(width) { (piece) throws(FormatError) in
        let range = (ordinals.count * piece / width)..<(ordinals.count * (piece + 1) / width)
        var (one, two) = (Gathering(), Gathering())
        try part.index.withTerms { (terms) throws(FormatError) in
          try terms.visit(Array(ordinals[range]), judge) { worth, term, info in
            if worth == 1 { one.add(term, list: (i, info)) } else { two.add(term, list: (i, info)) }
          }
        }
        return (one: one, two: two)
      }
      for next in found {
        one.add(next.one)
        two.add(next.two)
      }
    }
    for (i, values) in corpus.valueIndexes.enumerated() {
      for (place, term) in values.words.enumerated() {
        switch judge(term.span) {
        case 1: one.add(term, value: (i, place))
        case 2: two.add(term, value: (i, place))
        default: break
        }
      }
    }
    return (one.first(Self.oneTypoWordCountMax), two.first(Self.twoTypoWordCountMax))
  }

  /// How many typos a distance counts as; 0 for none or too many.
  private static func worth(_ distance: Int, of typos: Int, hasFirst: Bool) -> Int {
    guard distance > 0, distance <= typos else { return 0 }
    if hasFirst { return distance }
    return distance == 1 && typos == 2 ? 2 : 0
  }

  private static func bytes(_ word: borrowing Span<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    for i in word.indices { bytes.append(word[i]) }
    return bytes
  }

  /// Whether a word is made of numbers and punctuation only.
  static func isNumber(_ word: borrowing Span<UInt8>) -> Bool {
    let scalars = String(decoding: bytes(word), as: UTF8.self).unicodeScalars
    return scalars.allSatisfy { scalar in
      if scalar.value < 0x80 {
        return !(scalar.value | 0x20 >= 0x61 && scalar.value | 0x20 <= 0x7A)
      }
      return scalar.properties.numericType != nil
    }
  }

  /// Ordinals of terms that may be near: those that share enough trigrams. An edit destroys at most
  /// four of them (a swap in the middle), so a word with d edits shares all but 4 d. Where that is
  /// none, all terms with the same first letter are candidates, and rules make sure that others do
  /// not count then. E. Ukkonen, "Approximate string matching with q-grams and maximal matches",
  /// 1992.
  private func candidates(
    _ letters: [UInt32], _ index: InvertedIndex, typos: Int, isPrefix: Bool
  ) throws(FormatError) -> [Int] {
    let trigrams = TrigramLayout.trigrams(letters, isPrefix: isPrefix)
    let first = Normalizer.utf8(letters.prefix(1).compactMap { Unicode.Scalar($0) })
    let range = try index.withTerms { (terms) throws(FormatError) -> Range<Int> in
      var from = try terms.cursor(from: first.rawSpan)
      var end = first
      end[end.count - 1] += 1
      var to = try terms.cursor(from: end.rawSpan)
      let low = try from.next()?.ordinal ?? terms.count
      let high = try to.next()?.ordinal ?? terms.count
      return low..<max(low, high)
    }
    return try index.withTrigrams { (grams) throws(FormatError) in
      var counts = [UInt8](repeating: 0, count: grams.termCount)
      try grams.count(Array(trigrams.prefix(250)), into: &counts)
      let same = grams.slot(from: range.lowerBound)..<grams.slot(from: range.upperBound)
      let needed = trigrams.count - 4 * typos
      // With another first letter one typo counts as two, and two as too many.
      let others = typos == 2 ? trigrams.count - 4 : Int.max
      var found: [Int] = []
      let span = counts.span
      for slot in 0..<same.lowerBound where Int(span[slot]) >= others {
        found.append(grams.ordinal(slot))
      }
      for slot in same where Int(span[slot]) >= needed { found.append(grams.ordinal(slot)) }
      for slot in same.upperBound..<span.count where Int(span[slot]) >= others {
        found.append(grams.ordinal(slot))
      }
      return found
    }
  }
}

/// Collects words of several dictionaries.
private struct Gathering: Sendable {
  private var words: [ResolvedWord] = []

  mutating func add(_ other: Gathering) { words += other.words }

  mutating func add(_ word: [UInt8], list: (part: Int, info: TermInfo)) {
    words.append(ResolvedWord(bytes: word, lists: [list], values: []))
  }

  mutating func add(_ word: [UInt8], value: (index: Int, place: Int)) {
    words.append(ResolvedWord(bytes: word, lists: [], values: [value]))
  }

  /// The first ones in byte order, each once with what all dictionaries know of it.
  func first(_ count: Int) -> [ResolvedWord] {
    let isAscending = words.indices.dropFirst().allSatisfy {
      words[$0 - 1].bytes.lexicographicallyPrecedes(words[$0].bytes)
    }
    if isAscending { return Array(words.prefix(count)) }
    // Dictionaries are in order, and what is gathered from them is a few runs in order.
    let sorted = words.indices.sorted { i, j in
      if words[i].bytes == words[j].bytes { return i < j }
      return words[i].bytes.lexicographicallyPrecedes(words[j].bytes)
    }
    var found: [ResolvedWord] = []
    for i in sorted {
      if let last = found.indices.last, found[last].bytes == words[i].bytes {
        found[last].lists += words[i].lists
        found[last].values += words[i].values
      } else if found.count < count {
        found.append(words[i])
      } else {
        break
      }
    }
    return found
  }
}
