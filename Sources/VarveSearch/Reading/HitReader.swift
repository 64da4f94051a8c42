// Where words stand in the documents that may be shown.

import Synchronization
import VarveFormat

/// Reads postings of a corpus.
struct HitReader: Sendable {
  let corpus: SearchCorpus
  /// Attributes that count for finding; nil for all.
  let attributes: AttributeSet?
  /// Whether words of a phrase must follow each other; else they must stand in one attribute.
  let byWord: Bool
  private(set) var sharing: WorkSharing
  private let frequent = FrequentWords()
  let phrases = KnownPhrases()
  private let lengths = FieldLengths()

  init(
    corpus: SearchCorpus, attributes: AttributeSet?, byWord: Bool = true,
    sharing: WorkSharing = .none
  ) {
    self.corpus = corpus
    self.sharing = sharing
    self.attributes = attributes
    self.byWord = byWord
  }

  /// The same for pieces of work that threads share already.
  var alone: HitReader {
    var reader = self
    reader.sharing = .none
    return reader
  }

  /// Documents of the words of a query that many documents have: a search asks for them again and
  /// again.
  private final class FrequentWords: Sendable {
    static let documentCountMin = 1000

    struct Key: Hashable {
      var word: [UInt8]
      var attributes: AttributeSet?
    }

    let known = Mutex<[Key: DocSet]>([:])
  }

  /// Where the phrases of a query stand: a way to cut a word is counted, then searched for.
  final class KnownPhrases: Sendable {
    struct Documents {
      /// With the phrase in the content.
      var ofContent: DocSet
      /// Documents with other attributes that have it.
      var others: [(attribute: UInt32, document: UInt32)] = []
    }

    let known = Mutex<[[[UInt8]?]: Documents]>([:])
  }

  /// Columns of field lengths, each decoded once a search.
  private final class FieldLengths: Sendable {
    let known = Mutex<[Int: [UInt64]]>([:])
  }

  /// Words of a document in an attribute; nil where nothing counts them.
  func length(of document: Int, attribute: UInt32) throws(FormatError) -> Int? {
    if attribute >= corpus.firstValueAttribute { return nil }
    if attribute == 0, corpus.hasOnlyContent { return Int(corpus.wordCounts[document]) }
    return try lengths.known.withLock { (known) throws(FormatError) in
      try corpus.fieldLength(of: document, attribute: attribute, cache: &known)
    }
  }

  /// Adds the documents of a word to a set.
  ///
  /// - Parameters:
  ///   - attributes: those that count; nil for all.
  ///   - range: documents that are wanted; others may be added, too.
  func insert(
    _ word: ResolvedWord, into set: inout DocSet, attributes: AttributeSet?,
    in range: Range<Int>? = nil
  ) throws(FormatError) {
    let isWhole = range.map { $0 == 0..<corpus.documentCount } ?? true
    guard isWhole, word.docCount(in: corpus) >= FrequentWords.documentCountMin else {
      return try insertAll(word, into: &set, attributes: attributes, in: range)
    }
    let key = FrequentWords.Key(word: word.bytes, attributes: attributes)
    if let known = frequent.known.withLock({ $0[key] }) { return set.formUnion(known) }
    var own = DocSet(capacity: corpus.documentCount)
    try insertAll(word, into: &own, attributes: attributes, in: nil)
    set.formUnion(own)
    frequent.known.withLock { $0[key] = own }
  }

  private func insertAll(
    _ word: ResolvedWord, into set: inout DocSet, attributes: AttributeSet?, in range: Range<Int>?
  ) throws(FormatError) {
    let range = range ?? 0..<corpus.documentCount
    if range.isEmpty { return }
    for list in word.lists {
      let part = corpus.parts[list.part]
      guard part.base < range.upperBound, part.base + part.index.documentCount > range.lowerBound
      else { continue }
      if let attributes, part.hasMetadata || !attributes.contains(0) {
        // Only the places tell in which attribute a word stands.
        let all = DocSet(allOf: corpus.documentCount).members(
          in: range.lowerBound...(range.upperBound - 1))
        var found = DocSet(capacity: corpus.documentCount)
        try part.index.withPositions(list.info) { (positions) throws(FormatError) in
          try part.index.withPostings(list.info) { (decoder) throws(FormatError) in
            try walk(&decoder, positions, part, in: all) { document, key in
              if attributes.contains(key >> 16) { found.insert(document) }
            }
          }
        }
        set.formUnion(found)
        continue
      }
      let limit = part.index.documentCount
      var documents = set
      set = DocSet(capacity: 0)
      try part.index.withPostings(list.info) { (decoder) throws(FormatError) in
        decoder.skip(to: UInt32(max(0, range.lowerBound - part.base)))
        try documents.insert(
          &decoder, base: part.base, limit: limit, before: range.upperBound - part.base)
      }
      set = documents
    }
    // Those of values are as good as counted: whoever has the first documents adds them.
    guard range.lowerBound == 0 else { return }
    for value in word.values {
      if let attributes, !attributes.contains(corpus.attribute(ofValues: value.index)) { continue }
      let values = corpus.valueIndexes[value.index]
      for place in values.places[value.place] {
        values.insertDocuments(of: Int(place.value), into: &set)
      }
    }
  }

  /// The places of a word in some documents, in ascending order of document and key if the word
  /// stands in the text alone or in fields alone.
  func hits(
    _ word: ResolvedWord, in candidates: DocSet, isExact: Bool = false
  ) throws(FormatError) -> [Hit] {
    var hits: [Hit] = []
    for list in word.lists {
      try append(
        list.info, corpus.parts[list.part], in: candidates, isExact: isExact, to: &hits)
    }
    for value in word.values {
      let attribute = corpus.attribute(ofValues: value.index)
      if let attributes, !attributes.contains(attribute) { continue }
      let found = corpus.valueIndexes[value.index].hits(
        value.place, in: candidates, attribute: attribute, isExact: isExact)
      if hits.isEmpty { hits = found } else { hits += found }
    }
    return hits
  }

  /// Calls a closure with each place of a word in some documents of a part, ascending. It has to be
  /// called right inside of `withPostings`: a closure that goes through the reading of a file is
  /// not inlined, and a call for each place is most of what a place costs.
  @inline(__always)
  func walk(
    _ decoder: inout PostingsDecoder, _ positions: RawSpan, _ part: SearchCorpus.Part,
    in candidates: DocSet, _ body: (_ document: Int, _ key: UInt32) -> Void
  ) throws(FormatError) {
    var first = 0
    while true {
      let count = try nextBlock(&decoder, part, in: candidates, from: &first)
      guard count > 0 else { break }
      try walkBlock(decoder, count, positions, part, in: candidates, body)
    }
  }

  /// Reads the next block that may hold a candidate; the number of its documents, 0 at the end.
  @inline(__always)
  func nextBlock(
    _ decoder: inout PostingsDecoder, _ part: SearchCorpus.Part, in candidates: DocSet,
    from first: inout Int
  ) throws(FormatError) -> Int {
    let base = part.base
    let limit = part.index.documentCount
    while let last = decoder.nextBlockLast, first < limit, Int(last) >= first {
      guard Int(last) < limit else { throw FormatError(.outOfBounds, at: 0) }
      if candidates.hasAny(in: (base + first)...(base + Int(last))) { break }
      decoder.skip(to: last + 1)
      first = Int(last) + 1
    }
    let count = try decoder.next()
    guard count > 0 else { return 0 }
    guard Int(decoder.docs[count - 1]) < limit else { throw FormatError(.outOfBounds, at: 0) }
    first = Int(decoder.docs[count - 1]) + 1
    return count
  }

  @inline(__always)
  private func walkBlock(
    _ decoder: borrowing PostingsDecoder, _ count: Int, _ positions: RawSpan,
    _ part: SearchCorpus.Part, in candidates: DocSet,
    _ body: (_ document: Int, _ key: UInt32) -> Void
  ) throws(FormatError) {
    var reader = PositionReader(positions, at: decoder.positionsOffset)
    for i in 0..<count {
      let document = part.base + Int(decoder.docs[i])
      let number = Int(decoder.counts[i])
      guard candidates.contains(document) else {
        reader.skip(number - 1)
        continue
      }
      try Self.read(&reader, decoder.firstKeys[i], number, part) { key in body(document, key) }
    }
  }

  /// Reads the places of a list that has no block.
  @inline(__always)
  private static func readShort(
    _ decoder: inout PostingsDecoder, _ positions: RawSpan, _ part: SearchCorpus.Part,
    in candidates: DocSet, _ body: (_ document: Int, _ key: UInt32) -> Void
  ) throws(FormatError) {
    let limit = part.index.documentCount
    var reader = PositionReader(positions, at: 0)
    try decoder.forEachOfShort { doc, count, first throws(FormatError) in
      guard Int(doc) < limit else { throw FormatError(.outOfBounds, at: 0) }
      let document = part.base + Int(doc)
      guard candidates.contains(document) else { return reader.skip(Int(count) - 1) }
      try read(&reader, first, Int(count), part) { key in body(document, key) }
    }
  }

  /// Reads the keys of a document, with the attributes numbered as in the corpus.
  @inline(__always)
  static func read(
    _ reader: inout PositionReader, _ first: UInt32, _ count: Int, _ part: SearchCorpus.Part,
    _ body: (UInt32) -> Void
  ) throws(FormatError) {
    let attributeCount = part.index.attributes.count
    var isInside = true
    if let map = part.attributes {
      func note(_ key: UInt32) {
        let local = Int(key >> 16)
        if local < map.count { body(map[local] << 16 | key & 0xFFFF) } else { isInside = false }
      }
      note(first)
      if count > 1 { try reader.read(count - 1, behind: first, note) }
    } else {
      func note(_ key: UInt32) {
        if Int(key >> 16) < attributeCount { body(key) } else { isInside = false }
      }
      note(first)
      if count > 1 { try reader.read(count - 1, behind: first, note) }
    }
    guard isInside else { throw FormatError(.outOfBounds, at: 0) }
  }

  /// Appends the places of a word in some documents of a part, ascending.
  func append(
    _ info: TermInfo, _ part: SearchCorpus.Part, in candidates: DocSet, isExact: Bool,
    isPhrase: Bool = false, to hits: inout [Hit]
  ) throws(FormatError) {
    // Out of the closure, so that an append need not look whether it is shared.
    var found = hits
    hits = []
    try part.index.withPositions(info) { (positions) throws(FormatError) in
      try part.index.withPostings(info) { (decoder) throws(FormatError) in
        if info.docCount < PostingsLayout.blockCount {
          // Most words of a beginning: room for a block would cost more than to read them.
          return try Self.readShort(&decoder, positions, part, in: candidates) { document, key in
            found.append(
              Hit(
                document: UInt32(truncatingIfNeeded: document), key: key, isPhrase: isPhrase,
                isExact: isExact))
          }
        }
        var first = 0
        while true {
          let count = try nextBlock(&decoder, part, in: candidates, from: &first)
          guard count > 0 else { break }
          var total = 0
          for i in 0..<count where candidates.contains(part.base + Int(decoder.docs[i])) {
            total += Int(decoder.counts[i])
          }
          // No more places behind the first ones than bytes.
          guard total <= positions.byteCount + count else { throw FormatError(.outOfBounds, at: 0) }
          try found.append(addingCapacity: total) { (output) throws(FormatError) in
            try walkBlock(decoder, count, positions, part, in: candidates) { document, key in
              output.append(
                Hit(
                  document: UInt32(truncatingIfNeeded: document), key: key, isPhrase: isPhrase,
                  isExact: isExact))
            }
          }
        }
      }
    }
    hits = found
  }
}
