// Where words stand in the documents that may be shown.

import VarveFormat

/// One place of a derivation in a document, in one word whose order is that of documents, then
/// places, then plain words before phrases and exact ones before others.
struct Hit: Equatable, Sendable {
  private(set) var bits: UInt64

  @inline(__always)
  init(document: UInt32, key: UInt32, isPhrase: Bool = false, isExact: Bool) {
    bits = UInt64(document) << 34 | UInt64(key) << 2 | (isPhrase ? 2 : 0) | (isExact ? 0 : 1)
  }

  @inline(__always) var document: UInt32 { UInt32(truncatingIfNeeded: bits >> 34) }
  /// Attribute and position.
  @inline(__always) var key: UInt32 { UInt32(truncatingIfNeeded: bits >> 2) }
  /// A word of a phrase that the document holds.
  @inline(__always) var isPhrase: Bool { bits & 2 != 0 }
  @inline(__always) var isExact: Bool { bits & 1 == 0 }
  @inline(__always) var attribute: UInt32 { key >> 16 }
  @inline(__always) var position: Int { Int(key & 0xFFFF) }
  /// Document and place.
  @inline(__always) var place: UInt64 { bits >> 2 }
}

/// Reads postings of a corpus.
struct HitReader {
  let corpus: SearchCorpus
  /// Attributes that count for finding; nil for all.
  let attributes: AttributeSet?
  /// Whether words of a phrase must follow each other; else they must stand in one attribute.
  var byWord = true

  /// Adds the documents of a word to a set.
  ///
  /// - Parameter attributes: those that count; nil for all.
  func insert(
    _ word: ResolvedWord, into set: inout DocSet, attributes: AttributeSet?
  ) throws(FormatError) {
    for list in word.lists {
      let part = corpus.parts[list.part]
      if let attributes, part.hasMetadata || !attributes.contains(0) {
        // Only the places tell in which attribute a word stands.
        var found: [Hit] = []
        let all = DocSet(allOf: corpus.documentCount)
        try append(list.info, part, in: all, isExact: false, to: &found)
        for hit in found where attributes.contains(hit.attribute) {
          set.insert(Int(hit.document))
        }
        continue
      }
      let limit = part.index.documentCount
      var documents = set
      set = DocSet(capacity: 0)
      try part.index.withPostings(list.info) { (decoder) throws(FormatError) in
        while true {
          let count = try decoder.next()
          guard count > 0 else { break }
          guard Int(decoder.docs[count - 1]) < limit else { throw FormatError(.outOfBounds, at: 0) }
          for i in 0..<count { documents.insert(part.base + Int(decoder.docs[i])) }
        }
      }
      set = documents
    }
    for value in word.values {
      if let attributes, !attributes.contains(corpus.attribute(ofValues: value.index)) { continue }
      let values = corpus.valueIndexes[value.index]
      for place in values.places[value.place] {
        for document in values.documents(of: Int(place.value)) { set.insert(Int(document)) }
      }
    }
  }

  /// The places of a word in some documents, in ascending order of document and key.
  func hits(
    _ word: ResolvedWord, in candidates: DocSet, isExact: Bool = false
  ) throws(FormatError) -> [Hit] {
    var hits: [Hit] = []
    for list in word.lists {
      try append(
        list.info, corpus.parts[list.part], in: candidates, isExact: isExact, to: &hits)
    }
    var isMixed = false
    for value in word.values {
      let attribute = corpus.attribute(ofValues: value.index)
      if let attributes, !attributes.contains(attribute) { continue }
      let found = corpus.valueIndexes[value.index].hits(
        value.place, in: candidates, attribute: attribute, isExact: isExact)
      isMixed = isMixed || !hits.isEmpty && !found.isEmpty
      if hits.isEmpty { hits = found } else { hits += found }
    }
    if isMixed { Self.sort(&hits) }
    return hits
  }

  private func append(
    _ info: TermInfo, _ part: SearchCorpus.Part, in candidates: DocSet, isExact: Bool,
    to hits: inout [Hit]
  ) throws(FormatError) {
    let base = part.base
    let limit = part.index.documentCount
    let map = part.attributes
    var found = hits
    hits = []
    found.reserveCapacity(found.count + min(info.docCount, candidates.capacity) * 5 / 4)
    try part.index.withPositions(info) { (positions) throws(FormatError) in
      try part.index.withPostings(info) { (decoder) throws(FormatError) in
        var first = 0
        while true {
          // Blocks without a candidate are passed over.
          while let last = decoder.nextBlockLast, first < limit,
            Int(last) >= first,
            !candidates.hasAny(in: (base + first)...(base + min(Int(last), limit - 1)))
          {
            decoder.skip(to: last + 1)
            first = Int(last) + 1
          }
          let count = try decoder.next()
          guard count > 0 else { break }
          guard Int(decoder.docs[count - 1]) < limit else { throw FormatError(.outOfBounds, at: 0) }
          var reader = ByteReader(positions, at: min(decoder.positionsOffset, positions.byteCount))
          for i in 0..<count {
            let document = base + Int(decoder.docs[i])
            let number = Int(decoder.counts[i])
            guard candidates.contains(document) else {
              try PositionList.skip(number, in: &reader)
              continue
            }
            let start = reader.offset
            try PositionList.skip(number, in: &reader)
            // What was passed over whole can be read without checks.
            found.append(addingCapacity: number) { output in
              PositionList.read(number, positions, at: start) { key in
                output.append(Hit(document: UInt32(document), key: key, isExact: isExact))
              }
            }
          }
          first = Int(decoder.docs[count - 1]) + 1
        }
      }
    }
    if let map {
      for i in found.indices where found[i].document >= UInt32(base) {
        let local = Int(found[i].attribute)
        guard local < map.count else { throw FormatError(.outOfBounds, at: 0) }
        found[i] = Hit(
          document: found[i].document, key: map[local] << 16 | found[i].key & 0xFFFF,
          isExact: isExact)
      }
    }
    hits = found
  }

  /// Puts places in order and takes out doubles.
  static func sort(_ hits: inout [Hit]) {
    var isSorted = true
    for i in 1..<max(1, hits.count) where hits[i].bits | 1 <= hits[i - 1].bits | 1 {
      isSorted = false
      break
    }
    if isSorted { return }
    hits.sort { $0.bits < $1.bits }
    var kept = 0
    for i in hits.indices {
      // An exact one comes before its double.
      if kept > 0, hits[kept - 1].bits | 1 == hits[i].bits | 1 { continue }
      hits[kept] = hits[i]
      kept += 1
    }
    hits.removeLast(hits.count - kept)
  }

  /// Where a phrase begins in some documents: at its first word that is no hole, all of its words
  /// in a row in one attribute.
  func phraseHits(
    _ words: [ResolvedWord?], in candidates: DocSet
  ) throws(FormatError) -> [Hit] {
    var hits: [Hit]?
    var firstOffset = 0
    for (offset, word) in words.enumerated() {
      guard let word else { continue }
      let next = try self.hits(word, in: candidates)
      guard let known = hits else {
        hits = next
        firstOffset = offset
        continue
      }
      hits =
        byWord
        ? Self.followed(known, by: next, distance: UInt32(offset - firstOffset))
        : Self.beside(known, next)
      if hits?.isEmpty == true { return [] }
    }
    return hits ?? []
  }

  /// Places in attributes in which another word stands, too.
  private static func beside(_ hits: [Hit], _ next: [Hit]) -> [Hit] {
    // Documents and attributes, without positions.
    let places = Set(next.map { $0.place >> 16 })
    return hits.filter { places.contains($0.place >> 16) }
  }

  /// Places behind which another word stands at a distance. Both ascend.
  private static func followed(_ hits: [Hit], by next: [Hit], distance: UInt32) -> [Hit] {
    var found: [Hit] = []
    var j = 0
    for hit in hits {
      let wanted = hit.place + UInt64(distance)
      while j < next.count, next[j].place < wanted { j += 1 }
      guard j < next.count else { break }
      if next[j].place == wanted, (hit.key & 0xFFFF) + distance <= 0xFFFF { found.append(hit) }
    }
    return found
  }

  /// Documents that hold all words of a phrase anywhere.
  func documentsWithAll(
    _ words: [ResolvedWord?], attributes: AttributeSet?
  ) throws(FormatError) -> DocSet {
    var set: DocSet?
    for word in words {
      guard let word else { continue }
      var documents = DocSet(capacity: corpus.documentCount)
      try insert(word, into: &documents, attributes: attributes)
      if set == nil { set = documents } else { set?.formIntersection(documents) }
    }
    return set ?? DocSet(capacity: corpus.documentCount)
  }

  /// Documents that a derivation matches.
  func documents(
    _ derivation: Derivation, attributes: AttributeSet?
  ) throws(FormatError) -> DocSet {
    guard derivation.isPhrase else {
      var set = DocSet(capacity: corpus.documentCount)
      if let word = derivation.words[0] {
        try insert(word, into: &set, attributes: attributes)
      }
      return set
    }
    let candidates = try documentsWithAll(derivation.words, attributes: attributes)
    var set = DocSet(capacity: corpus.documentCount)
    for hit in try phraseHits(derivation.words, in: candidates)
    where attributes?.contains(hit.attribute) ?? true { set.insert(Int(hit.document)) }
    return set
  }

  /// The places of a derivation as the right and as the left one of two neighbours. In a document
  /// that holds a phrase every place of its first and last word counts: SEARCH.md 10, proximity.
  func hits(
    _ derivation: Derivation, in candidates: DocSet
  ) throws(FormatError) -> (starts: [Hit], ends: [Hit]?) {
    let known = derivation.words.compactMap { $0 }
    guard let first = known.first, let last = known.last else { return ([], nil) }
    guard derivation.isPhrase else {
      let found = try hits(first, in: candidates, isExact: derivation.isExact)
      guard derivation.isSynonym else { return (found, nil) }
      return (
        found.map {
          Hit(document: $0.document, key: $0.key, isPhrase: true, isExact: false)
        }, nil
      )
    }
    let found = try phraseHits(derivation.words, in: candidates)
    var documents = DocSet(capacity: corpus.documentCount)
    var places: Set<UInt64> = []
    for hit in found {
      documents.insert(Int(hit.document))
      if derivation.isExact { places.insert(hit.place) }
    }
    var starts = try hits(first, in: documents)
    for i in starts.indices {
      starts[i] = Hit(
        document: starts[i].document, key: starts[i].key, isPhrase: true,
        isExact: places.contains(starts[i].place))
    }
    let ends = try hits(last, in: documents).map {
      Hit(document: $0.document, key: $0.key, isPhrase: true, isExact: false)
    }
    return (starts, ends)
  }
}
