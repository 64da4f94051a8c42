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

  init(
    _ settings: SearchSettings, corpus: SearchCorpus, reader: HitReader, tokenizer: Tokenizer
  ) {
    self.settings = settings
    self.corpus = corpus
    self.reader = reader
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
    var words: [Word] = []
    for (i, term) in parsed.terms.enumerated() where !term.isPhrase {
      words.append(word([term], i..<(i + 1)))
    }
    for count in [2, 3] where parsed.terms.count >= count {
      for start in 0...(parsed.terms.count - count) {
        let run = parsed.terms[start..<(start + count)]
        let isRun = run.allSatisfy { !$0.isPhrase }
        let isContiguous = zip(run, run.dropFirst()).allSatisfy { $0.last + 1 == $1.first }
        guard isRun, isContiguous else { continue }
        words.append(word(Array(run), start..<(start + count)))
      }
    }
    var filled = try fill(words)[...]
    var nodes: [QueryNode] = []
    for (i, term) in parsed.terms.enumerated() {
      nodes.append(term.isPhrase ? try phrase(term, i) : filled.removeFirst())
    }
    nodes += filled
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

  /// A word, or a run of terms written as one word, before it is looked up.
  private struct Word: Sendable {
    var node: QueryNode
    var word: [UInt8]
    var parts: [[UInt8]]
    var typos: Int

    /// No run of words is longer than a term.
    var isWord: Bool { parts.count == 1 || word.count <= Limits.termByteCount }
  }

  private func word(_ run: [QueryTerm], _ terms: Range<Int>) -> Word {
    let parts = run.map { $0.words[0] ?? [] }
    let word = Array(parts.joined())
    let letterCount = run.reduce(0) { $0 + $1.typedLetterCount }
    let typos = max(0, typosAllowed(word, letterCount: letterCount) - (run.count - 1))
    let node = QueryNode(
      terms: terms, levels: [[], [], []], baseCost: run.count > 1 ? run.count : 0,
      typoMax: max(1, typos), isPhrase: false, isPrefix: run.last?.isPrefix ?? false,
      first: run[0].first, last: run[run.count - 1].last, word: word,
      typedLetterCount: letterCount)
    return Word(node: node, word: word, parts: parts, typos: typos)
  }

  /// Looks words up: what is misspelled takes as long as all the rest, so threads share both. The
  /// places of what a word falls into are shared in themselves.
  private func fill(_ words: [Word]) throws(FormatError) -> [QueryNode] {
    // What is looked up for a single word is shared in itself.
    let isSingle = words.count == 1
    let isLittle = isSingle || corpus.documentCount < reader.sharing.documentCountMin
    let sharing = isLittle ? .none : reader.sharing
    let found = try sharing.map(2 * words.count) { (i) throws(FormatError) in
      let word = words[i / 2]
      guard word.isWord else { return [[], [], []] as [[Derivation]] }
      return i % 2 == 0
        ? try known(word) : try misspelled(word, sharing: isSingle ? reader.sharing : .none)
    }
    var nodes: [QueryNode] = []
    for (i, word) in words.enumerated() {
      var node = word.node
      node.levels = zip(found[2 * i], found[2 * i + 1]).map { $0 + $1 }
      if word.isWord,
        let split = try split(word.word, parts: word.parts),
        word.parts.count == 1 || split.map(\.bytes) != word.parts
      {
        node.levels[1].append(Derivation(words: split, isExact: false))
      }
      nodes.append(node)
    }
    return nodes
  }

  private func misspelled(
    _ word: Word, sharing: WorkSharing
  ) throws(FormatError) -> [[Derivation]] {
    guard word.typos > 0 else { return [[], [], []] }
    let found = try search.misspelled(
      word.word, typos: word.typos, isPrefix: word.node.isPrefix, sharing: sharing)
    return [[]] + [found.one, found.two].map { $0.map { Derivation(words: [$0], isExact: false) } }
  }

  private func known(_ word: Word) throws(FormatError) -> [[Derivation]] {
    var levels: [[Derivation]] = [[], [], []]
    let bytes = word.word
    if let exact = try search.find(bytes) {
      let isRun = word.parts.count > 1
      levels[0].append(Derivation(words: [exact], isExact: !isRun, isTolerantOnly: isRun))
    }
    if word.node.isPrefix {
      for found in try search.prefixed(bytes) where found.bytes != bytes {
        levels[0].append(Derivation(words: [found], isExact: false))
      }
    }
    if settings.codeWords {
      // An identifier's part: found like the word, but never as the exact one.
      if let part = try search.find([CodeWords.mark] + bytes) {
        levels[0].append(Derivation(words: [part], isExact: false))
      }
    }
    levels[0] += try synonymDerivations(word.parts)
    return levels
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

  /// The two words that a word falls into and that stand side by side in most documents.
  ///
  /// - Parameter parts: the words that a run was made of: theirs is no other way to write it.
  private func split(
    _ word: [UInt8], parts: [[UInt8]]
  ) throws(FormatError) -> [ResolvedWord]? {
    var cuts: [(words: [ResolvedWord], most: Int, cut: Int)] = []
    for cut in 1..<max(1, word.count) where word[cut] & 0xC0 != 0x80 {
      guard let left = try search.find(Array(word[..<cut])) else { continue }
      guard let right = try search.find(Array(word[cut...])) else { continue }
      cuts.append(([left, right], min(left.docCount(in: corpus), right.docCount(in: corpus)), cut))
    }
    let own = parts.count == 2 ? parts[0].count : nil
    // Those that nothing else can beat are not counted, and the run's own words last: they are
    // mostly frequent, and without another way to cut it does not matter how frequent. The earliest
    // of equals holds.
    cuts.sort {
      if ($0.cut == own) != ($1.cut == own) { return $1.cut == own }
      return $0.most != $1.most ? $0.most > $1.most : $0.cut < $1.cut
    }
    var best: (words: [ResolvedWord], count: Int, cut: Int)?
    for cut in cuts where cut.most >= max(1, best?.count ?? 0) {
      if cut.cut == own, best == nil { return nil }
      let count = try reader.documents(
        Derivation(words: cut.words, isExact: false), attributes: nil
      ).count
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
