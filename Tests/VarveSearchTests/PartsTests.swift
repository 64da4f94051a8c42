// The parts of search against obvious ways to do the same.

import Testing
import VarveFormat
import VarveSearch
import VarveTestSupport

@Suite("Parts of search")
struct PartsTests {
  /// A list as the tests know it.
  private struct List {
    var docs: [UInt32] = []
    var keys: [[UInt32]] = []
    var bytes: [UInt8] = []
    var positions = ByteWriter()

    mutating func encode() {
      var ends: [UInt32] = []
      for own in keys {
        PositionList.append(own[...], to: &positions)
        ends.append(UInt32(positions.count))
      }
      var encoder = PostingsEncoder()
      var list = ByteWriter()
      encoder.append(
        docs: docs, counts: keys.map { UInt32($0.count) }, firstKeys: keys.map { $0[0] },
        positionsEnds: ends, to: &list)
      bytes = list.bytes + [UInt8](repeating: 0, count: PostingsLayout.paddingByteCount)
    }
  }

  /// Gaps, counts and keys of all sizes: bits and differences, few exceptions, many and none.
  private static func list(seed: Int) -> List {
    var random = SplitMix64(seed: UInt64(seed))
    var list = List()
    var doc: UInt32 = 0
    let gap = [1, 2, 3, 9, 40, 5000, 100_000][seed % 7]
    for _ in 0..<random.below(900) {
      doc += UInt32(1 + random.below(random.below(50) == 0 ? gap * 20 : gap))
      let count = random.below(8) == 0 ? 1 + random.below(300) : 1
      let most = random.below(9) == 0 ? 1 << 20 : 1 << (seed % 12 + 1)
      var own: Set<UInt32> = []
      for _ in 0..<count { own.insert(UInt32(random.below(most))) }
      list.docs.append(doc)
      list.keys.append(own.sorted())
    }
    list.encode()
    return list
  }

  @Test(
    "Postings come back as they were written",
    .requirement("INV-20", "INV-21", "INV-22", "INV-23", "INV-24", "INV-25", "INV-26", "INV-27"),
    arguments: 1...42)
  func postings(seed: Int) throws {
    let list = Self.list(seed: seed)
    var decoder = try PostingsDecoder(list.bytes.rawSpan, count: list.docs.count)
    var found = 0
    while true {
      let count = try decoder.next()
      if count == 0 { break }
      var reader = PositionReader(list.positions.bytes.rawSpan, at: decoder.positionsOffset)
      for i in 0..<count {
        #expect(decoder.docs[i] == list.docs[found])
        #expect(Int(decoder.counts[i]) == list.keys[found].count)
        #expect(decoder.firstKeys[i] == list.keys[found][0])
        var own = [decoder.firstKeys[i]]
        // Every third one is passed over.
        if found % 3 == 2 {
          reader.skip(Int(decoder.counts[i]) - 1)
        } else {
          try reader.read(Int(decoder.counts[i]) - 1, behind: own[0]) { own.append($0) }
          #expect(own == list.keys[found])
        }
        found += 1
      }
    }
    #expect(found == list.docs.count)
  }

  @Test(
    "A list put into a set has the same documents, and a list begun in the middle goes on there",
    .requirement("INV-20", "INV-21", "INV-22"), arguments: 1...42)
  func postingsAsSet(seed: Int) throws {
    let list = Self.list(seed: seed)
    let limit = Int(list.docs.last ?? 0) + 1
    for base in [0, 1, 77] {
      var set = DocSet(capacity: base + limit)
      var decoder = try PostingsDecoder(list.bytes.rawSpan, count: list.docs.count)
      try set.insert(&decoder, base: base, limit: limit)
      #expect(set.documents == list.docs.map { $0 + UInt32(base) })
    }
    for place in stride(from: 0, to: list.docs.count, by: 50) {
      var decoder = try PostingsDecoder(list.bytes.rawSpan, count: list.docs.count)
      decoder.skip(to: list.docs[place])
      let count = try decoder.next()
      #expect(decoder.docs[..<count].contains(list.docs[place]))
    }
  }

  @Test(
    "The dictionary finds every term and nothing else",
    .requirement("INV-10", "INV-11", "INV-12", "INV-13", "INV-14"))
  func dictionary() throws {
    var random = SplitMix64(seed: 5)
    var terms: Set<String> = []
    for _ in 0..<500 {
      terms.insert(
        String(
          (0..<(1 + random.below(6))).map { _ in "abcde\u{E9}".randomElement(using: &random) ?? "a"
          }))
    }
    let sorted = terms.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    var builder = TermDictionaryBuilder()
    for (i, term) in sorted.enumerated() {
      builder.append(term, docCount: i + 1, postingsByteCount: i % 7, positionsByteCount: i % 3)
    }
    let section = builder.finish()
    let dictionary = try TermDictionary(section.rawSpan)
    var end = 0
    for (i, term) in sorted.enumerated() {
      let info = try #require(try dictionary.find(term.rawSpan))
      #expect(info.ordinal == i && info.docCount == i + 1)
      #expect(info.postings == end..<(end + i % 7))
      end += i % 7 + i % 3
      let found = try dictionary.term(i).bytes
      #expect(found == term)
      let other = term + [0]
      let missing = try dictionary.find(other.rawSpan)
      #expect(missing == nil)
    }
    let none: [UInt8] = []
    let empty = try dictionary.find(none.rawSpan)
    #expect(empty == nil)
  }

  /// The distance by plain dynamic programming.
  static func plain(_ a: [UInt32], _ b: [UInt32]) -> Int {
    var rows = [[Int]](
      repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { rows[i][0] = i }
    for j in 0...b.count { rows[0][j] = j }
    for i in 1..<max(1, a.count + 1) {
      for j in 1..<max(1, b.count + 1) {
        let cost = a[i - 1] == b[j - 1] ? 0 : 1
        rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
        }
      }
    }
    return rows[a.count][b.count]
  }

  @Test("Edit distances are those of dynamic programming")
  func distances() {
    var random = SplitMix64(seed: 11)
    for _ in 0..<20_000 {
      let a = (0..<random.below(9)).map { _ in UInt32(0x61 + random.below(4)) }
      let b = (0..<random.below(9)).map { _ in UInt32(0x61 + random.below(4)) }
      let distance = EditDistance(a)
      #expect(distance.distance(to: b, isPrefix: false) == Self.plain(a, b), "\(a) \(b)")
      let best = (0...b.count).map { Self.plain(a, Array(b.prefix($0))) }.min() ?? 0
      #expect(distance.distance(to: b, isPrefix: true) == best, "\(a) \(b) as a prefix")
      // The same of bytes, as far as it matters.
      guard !a.isEmpty else { continue }
      let bytes = b.map { UInt8($0) }
      for (isPrefix, wanted) in [(false, Self.plain(a, b)), (true, best)] {
        let found = distance.distance(to: bytes.span, isPrefix: isPrefix, upTo: 2) ?? -1
        #expect(wanted > 2 ? found > 2 : found == wanted, "\(a) \(b) as bytes")
      }
    }
  }

  @Test(
    "A word with d typos shares all but 4 d trigrams", .requirement("INV-31", "INV-32", "INV-33"))
  func trigrams() throws {
    var random = SplitMix64(seed: 3)
    for _ in 0..<5000 {
      let word = (0..<(3 + random.below(9))).map { _ in UInt32(0x61 + random.below(3)) }
      var other = word
      let place = random.below(word.count - 1)
      switch random.below(4) {
      case 0: other[place] = 0x7A
      case 1: other.remove(at: place)
      case 2: other.insert(0x7A, at: place)
      default: other.swapAt(place, place + 1)
      }
      var builder = TrigramIndexBuilder()
      builder.append(other, ordinal: 7)
      let section = builder.finish()
      let wanted = TrigramLayout.trigrams(word)
      var counts = [UInt8](repeating: 0, count: 1)
      try TrigramIndex(section.rawSpan).count(wanted, into: &counts)
      #expect(Int(counts[0]) >= wanted.count - 4)
    }
  }

  @Test("Lists of texts and values of fields come back", .requirement("INV-6", "INV-50"))
  func lists() throws {
    let texts: [[UInt8]] = [[], [1, 2], Array("text".utf8), []]
    let list = TextListLayout.encode(texts)
    #expect(try TextListLayout.decode(list.rawSpan) == texts)
    let cut = Array(list.dropLast())
    #expect(throws: FormatError.self) { try TextListLayout.decode(cut.rawSpan) }
    let values: [[UInt8]] = [
      [FieldValuesLayout.string, 0x61],
      [FieldValuesLayout.number] + [UInt8](repeating: 0, count: 8),
    ]
    let section = FieldValuesLayout.encode(
      values: values, counts: [0, 2, 1], places: [0, 1, 1], flags: [0, 1, 3])
    let found = try FieldValuesLayout.decode(section.rawSpan)
    #expect(found.values == values && found.counts == [0, 2, 1])
    #expect(found.places == [0, 1, 1] && found.flags == [0, 1, 3])
    let wrong = FieldValuesLayout.encode(values: values, counts: [4], places: [0], flags: [0])
    #expect(throws: FormatError.self) { try FieldValuesLayout.decode(wrong.rawSpan) }
  }

  @Test("Text is cut as the rules say", .requirement("INV-43"))
  func tokens() {
    func words(_ text: String) -> [String] {
      Tokenizer().tokens(Array(text.utf8).rawSpan).filter { $0.separator == .none }
        .map { String(decoding: $0.word, as: UTF8.self) }
    }
    #expect(words("node.js 32.3 can't fooBar") == ["node", "js", "32", "3", "can", "t", "foobar"])
    #expect(words("C\u{F4}t\u{E9} \u{152}uvre \u{FB01}ne") == ["cote", "oeuvre", "fine"])
    #expect(words("a$b x<y") == ["a$b", "x<y"])
    #expect(words("\u{6771}\u{4EAC}\u{90FD}") == ["\u{6771}\u{4EAC}", "\u{4EAC}\u{90FD}"])
    #expect(words("Hello\u{41F}\u{440}\u{438}") == ["hello", "\u{43F}\u{440}\u{438}"])
  }

  @Test("Parts of camelCase and machine-made words", .requirement("INV-46", "INV-47"))
  func codeWords() {
    func parts(_ word: String) -> [String] {
      let bytes = Array(word.utf8)
      return CodeWords.parts(bytes.rawSpan).map { String(decoding: bytes[$0], as: UTF8.self) }
    }
    #expect(parts("fooBarBaz") == ["foo", "Bar", "Baz"])
    #expect(parts("HTTPServer") == ["HTTP", "Server"])
    #expect(parts("lowercase").isEmpty)
    for word in ["deadbeef01", "20260111", "a1b2c3x", String(repeating: "x", count: 41)] {
      let bytes = Array(word.utf8)
      let isMachineMade = CodeWords.isMachineMade(bytes.rawSpan)
      #expect(isMachineMade, "\(word)")
    }
    for word in ["connection", "utf8", "deadbeef"] {
      let bytes = Array(word.utf8)
      let isMachineMade = CodeWords.isMachineMade(bytes.rawSpan)
      #expect(!isMachineMade, "\(word)")
    }
  }
}
