// Builds the graph of a query: terms, what they may stand for, runs written as one word. SEARCH.md
// 5 and 7.

import VarveFormat

struct GraphBuilder {
  static let synonymCountMax = 50
  static let synonymWordCountMax = 100

  private let settings: SearchSettings
  private let corpus: SearchCorpus
  private let reader: HitReader
  private let search: WordSearch
  private let synonyms: [[[UInt8]]: [[[UInt8]]]]
  private let tolerant: AttributeSet?

  /// - Parameter tolerant: attributes that forgive typos; nil for all.
  init(
    _ settings: SearchSettings, corpus: SearchCorpus, reader: HitReader, tokenizer: Tokenizer,
    tolerant: AttributeSet?
  ) {
    self.settings = settings
    self.corpus = corpus
    self.reader = reader
    self.tolerant = tolerant
    search = WordSearch(corpus, skipsNumbers: settings.typo.disableOnNumbers)
    func words(_ text: String) -> [[UInt8]] {
      tokenizer.tokens(Array(text.utf8).rawSpan).filter { $0.separator == .none }.map(\.word)
    }
    var synonyms: [[[UInt8]]: [[[UInt8]]]] = [:]
    for (key, values) in settings.synonyms.sorted(by: { $0.key < $1.key }) {
      let key = words(key)
      guard !key.isEmpty else { continue }
      synonyms[key, default: []] += values.map(words).filter { !$0.isEmpty }
    }
    self.synonyms = synonyms
  }

  func build(_ parsed: ParsedQuery, query: [UInt8]) throws(FormatError) -> QueryGraph {
    var nodes: [QueryNode] = []
    for (i, term) in parsed.terms.enumerated() {
      nodes.append(term.isPhrase ? try phrase(term, i) : try word(term, i))
    }
    for count in [2, 3] where parsed.terms.count >= count {
      for start in 0...(parsed.terms.count - count) {
        let run = parsed.terms[start..<(start + count)]
        let isRun = run.allSatisfy { !$0.isPhrase }
        let isContiguous = zip(run, run.dropFirst()).allSatisfy { $0.last + 1 == $1.first }
        guard isRun, isContiguous else { continue }
        nodes.append(try ngram(Array(run), start..<(start + count)))
      }
    }
    if settings.codeWords { nodes += try identifiers(parsed.terms, query: query) }
    return QueryGraph(terms: parsed.terms, nodes: nodes)
  }

  /// Typos that a word may have.
  private func typosAllowed(_ word: [UInt8], letterCount: Int) -> Int {
    let typo = settings.typo
    guard typo.isEnabled, !typo.disableOnWords.contains(word) else { return 0 }
    if letterCount < typo.oneTypo { return 0 }
    return letterCount < typo.twoTypos ? 1 : 2
  }

  private func phrase(_ term: QueryTerm, _ i: Int) throws(FormatError) -> QueryNode {
    var words: [ResolvedWord?] = []
    var isMissing = false
    for word in term.words {
      guard let word else {
        words.append(nil)
        continue
      }
      if let found = try search.find(word) { words.append(found) } else { isMissing = true }
    }
    let level = isMissing ? [] : [Derivation(words: words, isExact: true)]
    return QueryNode(
      terms: i..<(i + 1), levels: [level, [], []], baseCost: 0, typoMax: 0, isPhrase: true,
      isPrefix: false, first: term.first, last: term.last, word: nil,
      typedLetterCount: 0)
  }

  private func word(_ term: QueryTerm, _ i: Int) throws(FormatError) -> QueryNode {
    let word = term.words[0] ?? []
    let typos = typosAllowed(word, letterCount: term.typedLetterCount)
    var node = QueryNode(
      terms: i..<(i + 1), levels: [[], [], []], baseCost: 0, typoMax: max(1, typos),
      isPhrase: false, isPrefix: term.isPrefix, first: term.first,
      last: term.last, word: word, typedLetterCount: term.typedLetterCount)
    try fill(&node, word: word, typos: typos, parts: [word])
    return node
  }

  /// A run of terms written as one word.
  private func ngram(_ run: [QueryTerm], _ terms: Range<Int>) throws(FormatError) -> QueryNode {
    let parts = run.map { $0.words[0] ?? [] }
    let word = Array(parts.joined())
    let letterCount = run.reduce(0) { $0 + $1.typedLetterCount }
    let typos = max(
      0, typosAllowed(word, letterCount: letterCount) - (run.count - 1))
    var node = QueryNode(
      terms: terms, levels: [[], [], []], baseCost: run.count, typoMax: max(1, typos),
      isPhrase: false, isPrefix: run.last?.isPrefix ?? false,
      first: run[0].first, last: run[run.count - 1].last, word: word,
      typedLetterCount: letterCount)
    guard word.count <= Limits.termByteCount else { return node }
    try fill(&node, word: word, typos: typos, parts: parts)
    return node
  }

  private func fill(
    _ node: inout QueryNode, word: [UInt8], typos: Int, parts: [[UInt8]]
  ) throws(FormatError) {
    let exact = try search.find(word)
    if let exact {
      let isRun = node.terms.count > 1
      node.levels[0].append(
        Derivation(words: [exact], isExact: !isRun, isTolerantOnly: isRun))
    }
    if node.isPrefix {
      for found in try search.prefixed(word) where found.bytes != word {
        node.levels[0].append(Derivation(words: [found], isExact: false))
      }
    }
    if settings.codeWords {
      // An identifier's part: found like the word, but never as the exact one.
      if let part = try search.find([CodeWords.mark] + word) {
        node.levels[0].append(Derivation(words: [part], isExact: false))
      }
    }
    node.levels[0] += try synonymDerivations(parts)
    if typos > 0 {
      let found = try search.misspelled(word, typos: typos, isPrefix: node.isPrefix)
      node.levels[1] = found.one.map { Derivation(words: [$0], isExact: false) }
      node.levels[2] = found.two.map { Derivation(words: [$0], isExact: false) }
    }
    if let split = try split(word, parts: parts), parts.count == 1 || split.map(\.bytes) != parts {
      node.levels[1].append(Derivation(words: split, isExact: false))
    }
  }

  private func synonymDerivations(_ key: [[UInt8]]) throws(FormatError) -> [Derivation] {
    var found: [Derivation] = []
    var wordCount = 0
    for value in (synonyms[key] ?? []).prefix(Self.synonymCountMax) {
      wordCount += value.count
      guard wordCount <= Self.synonymWordCountMax else { break }
      var words: [ResolvedWord?] = []
      for word in value {
        guard let word = try search.find(word) else { break }
        words.append(word)
      }
      if words.count == value.count {
        found.append(Derivation(words: words, isExact: false, isSynonym: true))
      }
    }
    return found
  }

  /// The two words that a word falls into and that stand side by side in most documents. Where a
  /// cut cannot have more than the best so far, its places are not read.
  ///
  /// - Parameter parts: the words that a run was made of; if no other cut is possible, theirs need
  ///   not be counted.
  private func split(
    _ word: [UInt8], parts: [[UInt8]]
  ) throws(FormatError) -> [ResolvedWord]? {
    var cuts: [(words: [ResolvedWord], candidates: DocSet, count: Int, cut: Int)] = []
    for cut in 1..<max(1, word.count) where word[cut] & 0xC0 != 0x80 {
      guard let left = try search.find(Array(word[..<cut])) else { continue }
      guard let right = try search.find(Array(word[cut...])) else { continue }
      let candidates = try reader.documentsWithAll([left, right], attributes: nil)
      let count = candidates.count
      if count > 0 { cuts.append(([left, right], candidates, count, cut)) }
    }
    let isOwn = parts.count == 2 && cuts.allSatisfy { $0.cut == parts[0].count }
    if cuts.isEmpty || isOwn { return nil }
    // The earliest of equals holds.
    cuts.sort { $0.count != $1.count ? $0.count > $1.count : $0.cut < $1.cut }
    var best: (words: [ResolvedWord], count: Int, cut: Int)?
    for cut in cuts where cut.count >= best?.count ?? 0 {
      var documents = DocSet(capacity: corpus.documentCount)
      for hit in try reader.phraseHits(cut.words, in: cut.candidates, byWord: reader.byWord) {
        documents.insert(Int(hit.document))
      }
      let count = documents.count
      let isBetter = best.map { count > $0.count || count == $0.count && cut.cut < $0.cut } ?? true
      if count > 0, isBetter { best = (cut.words, count, cut.cut) }
    }
    return best?.words
  }

  /// Identifiers that the query spells out, such as `foo.bar_baz`.
  private func identifiers(
    _ terms: [QueryTerm], query: [UInt8]
  ) throws(FormatError) -> [QueryNode] {
    var nodes: [QueryNode] = []
    for start in terms.indices where !terms[start].isPhrase {
      var end = start
      while end + 1 < terms.count, !terms[end + 1].isPhrase,
        terms[end].range.upperBound + 1 == terms[end + 1].range.lowerBound,
        CodeWords.joins(query[terms[end].range.upperBound])
      {
        end += 1
        let bytes = terms[start].range.lowerBound..<terms[end].range.upperBound
        let word = [CodeWords.mark] + query[bytes].map { $0 &- 0x41 < 26 ? $0 + 32 : $0 }
        guard let found = try search.find(word) else { continue }
        nodes.append(
          QueryNode(
            terms: start..<(end + 1),
            levels: [[Derivation(words: [found], isExact: false)], [], []], baseCost: 0,
            typoMax: 0, isPhrase: false, isPrefix: false,
            first: terms[start].first, last: terms[end].last, word: nil, typedLetterCount: 0))
      }
    }
    return nodes
  }
}
