// What becomes of each word while text is indexed: its position, its term. Hot: a million messages
// have forty million words.

import VarveFormat

struct IndexingSink: TokenSink, Sendable {
  var table = StringTable()
  /// A term and its place.
  struct Token: Sendable {
    var term: Int32
    var key: UInt32
  }

  /// All tokens, in the order of the text.
  private(set) var tokens: [Token] = []
  /// Words that count for the length of a field.
  private(set) var wordCount = 0
  /// The text that is cut.
  var text: [UInt8] = []

  private let stopWords: Set<[UInt8]>
  private let foldedStopWords: Set<[UInt8]>
  private let codeWords: Bool
  /// For each term: 0 unknown, 1 no stop word, 2 perhaps one.
  private var stopMarks: [UInt8] = []

  private var attribute: UInt32 = 0
  private var position = -1
  private var pending = SeparatorKind.none
  private var isFirst = true
  /// Short words that came lately, by their bytes: most of a log are the same few thousand.
  private var recent = [RecentWord](repeating: RecentWord(), count: RecentWord.count)
  /// A term that is being made.
  private var extra: [UInt8] = []
  // The identifier that may go on.
  private var identifierStart = 0
  private var identifierEnd = 0
  /// Whether a joining mark follows its last word.
  private var identifierIsJoined = false
  private var identifierWords = 0
  private var identifierPosition = 0

  init(_ settings: IndexSettings) {
    stopWords = settings.stopWords
    foldedStopWords = Set(
      settings.stopWords.map { Normalizer.word(String(decoding: $0, as: UTF8.self)) })
    codeWords = settings.codeWords
  }

  mutating func begin(attribute: UInt32) {
    self.attribute = attribute
    position = -1
    pending = .none
    isFirst = true
  }

  /// The next leaf or element of the same attribute is far away.
  mutating func endLeaf() { pending = .hard }

  /// Ends a text; what joined its last words is complete.
  mutating func endText() { endIdentifier() }

  mutating func separator(_ kind: SeparatorKind, _ range: Range<Int>) {
    if identifierWords > 0 {
      let joins =
        !identifierIsJoined && range.count == 1 && range.lowerBound == identifierEnd
        && CodeWords.joins(text[identifierEnd])
      if joins { identifierIsJoined = true } else { endIdentifier() }
    }
    guard !isFirst else { return }
    if kind.rawValue > pending.rawValue { pending = kind }
  }

  mutating func word(_ bytes: RawSpan, _ range: Range<Int>) {
    if isFirst {
      position = 0
      isFirst = false
    } else {
      position += pending == .hard ? 8 : 1
    }
    pending = .none
    guard bytes.byteCount > 0, bytes.byteCount <= Limits.termByteCount,
      position < Limits.positionCount
    else {
      if codeWords { endIdentifier() }
      if bytes.byteCount > 0 { wordCount += 1 }
      return
    }
    let id = intern(bytes)
    if isStopWord(id, range) {
      if codeWords { endIdentifier() }
      return
    }
    wordCount += 1
    tokens.append(Token(term: id, key: attribute << 16 | UInt32(position)))
    if codeWords { addCodeWords(range) }
  }

  private struct RecentWord {
    static let count = 8192

    var bytes: UInt64 = 0
    var id: Int32 = -1
  }

  /// The number of a word.
  @inline(__always)
  private mutating func intern(_ bytes: RawSpan) -> Int32 {
    let count = bytes.byteCount
    guard count <= 8 else { return table.intern(bytes) }
    var packed: UInt64 = 0
    for i in 0..<count { packed = packed << 8 | UInt64(bytes.load(UInt8.self, at: i)) }
    // Words have no NUL, so that equal numbers are equal words.
    let slot = Int((packed &* 0x9E37_79B9_7F4A_7C15) >> 51)
    if recent[slot].id >= 0, recent[slot].bytes == packed { return recent[slot].id }
    let id = table.intern(bytes)
    recent[slot] = RecentWord(bytes: packed, id: id)
    return id
  }

  private mutating func isStopWord(_ id: Int32, _ range: Range<Int>) -> Bool {
    guard !stopWords.isEmpty else { return false }
    let index = Int(id)
    while stopMarks.count <= index {
      let term = table.bytes(Int32(stopMarks.count))
      stopMarks.append(foldedStopWords.contains(term) ? 2 : 1)
    }
    guard stopMarks[index] == 2 else { return false }
    let original = String(decoding: text[range], as: UTF8.self)
    return stopWords.contains(
      Normalizer.utf8(Normalizer.decomposed(Array(original.unicodeScalars)[...])))
  }

  // MARK: Code words

  private mutating func addCodeWords(_ range: Range<Int>) {
    let start = range.lowerBound
    if identifierIsJoined, identifierEnd + 1 == start {
      identifierWords += 1
    } else {
      endIdentifier()
      identifierStart = start
      identifierWords = 1
      identifierPosition = position
    }
    identifierEnd = range.upperBound
    identifierIsJoined = false
    guard range.count >= 4 else { return }
    let text = text
    let word = text.rawSpan.extracting(range)
    var hasUpper = false
    var hasLower = false
    for i in 0..<word.byteCount {
      let byte = word.load(UInt8.self, at: i)
      if byte &- 0x41 < 26 { hasUpper = true }
      if byte &- 0x61 < 26 { hasLower = true }
    }
    guard hasUpper, hasLower else { return }
    for part in CodeWords.parts(word) {
      add(extra: (start + part.lowerBound)..<(start + part.upperBound), at: position)
    }
  }

  private mutating func endIdentifier() {
    guard identifierWords > 0 else { return }
    let words = identifierWords
    let range = identifierStart..<identifierEnd
    identifierWords = 0
    identifierIsJoined = false
    guard words >= 2, words <= CodeWords.identifierWordCountMax,
      range.count <= CodeWords.identifierByteCountMax
    else { return }
    add(extra: range, at: identifierPosition)
  }

  /// A term of another kind at the place of a word; ASCII only.
  private mutating func add(extra range: Range<Int>, at position: Int) {
    // Taken out while it is used: the memory is the same for all.
    var term = extra
    extra = []
    defer { extra = term }
    term.removeAll(keepingCapacity: true)
    term.append(CodeWords.mark)
    for i in range {
      let byte = text[i]
      guard byte < 0x80 else { return }
      term.append(byte &- 0x41 < 26 ? byte + 0x20 : byte)
    }
    tokens.append(
      Token(term: table.intern(term.rawSpan), key: attribute << 16 | UInt32(position)))
  }
}

extension StringTable {
  /// All strings in ascending order of their bytes.
  func sortedIDs() -> [Int32] {
    var order: [(head: UInt64, id: Int32)] = []
    order.reserveCapacity(count)
    let all = arena.rawSpan
    for id in 0..<Int32(count) {
      let range = range(id)
      var head: UInt64 = 0
      for i in 0..<8 {
        let byte = i < range.count ? all.load(UInt8.self, at: range.lowerBound + i) : 0
        head = head << 8 | UInt64(byte)
      }
      order.append((head, id))
    }
    order.sort {
      if $0.head != $1.head { return $0.head < $1.head }
      return arena.rawSpan.extracting(range($0.id)).lexicographicallyPrecedes(
        arena.rawSpan.extracting(range($1.id)))
    }
    return order.map(\.id)
  }
}

/// Tokens in the order of their terms; those of a term keep their order.
struct SortedTokens {
  private var starts: [Int]
  private(set) var docs: [UInt32]
  private(set) var keys: [UInt32]

  /// A counting sort.
  init(_ sink: IndexingSink, tokenEnds: [Int]) {
    var starts = [Int](repeating: 0, count: sink.table.count + 1)
    for token in sink.tokens { starts[Int(token.term) + 1] += 1 }
    for i in 1..<max(1, starts.count) { starts[i] += starts[i - 1] }
    var next = starts
    var docs = [UInt32](repeating: 0, count: sink.tokens.count)
    var keys = docs
    var start = 0
    for (doc, end) in tokenEnds.enumerated() {
      for token in sink.tokens[start..<end] {
        let place = next[Int(token.term)]
        next[Int(token.term)] = place + 1
        docs[place] = UInt32(doc)
        keys[place] = token.key
      }
      start = end
    }
    self.starts = starts
    self.docs = docs
    self.keys = keys
  }

  func range(of term: Int32) -> Range<Int> { starts[Int(term)]..<starts[Int(term) + 1] }
}
