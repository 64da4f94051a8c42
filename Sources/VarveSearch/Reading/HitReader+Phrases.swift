// Phrases and whole derivations: words in a row, and what they match.

import VarveFormat

extension HitReader {
  /// Where a phrase begins in some documents: at its first word that is no hole.
  ///
  /// - Parameter byWord: whether its words must stand in a row, or only in one attribute.
  func phraseHits(
    _ words: [ResolvedWord?], in candidates: DocSet, byWord: Bool
  ) throws(FormatError) -> [Hit] {
    var hits: [Hit]?
    var firstOffset = 0
    for (offset, word) in words.enumerated() {
      guard let word else { continue }
      var next = try self.hits(word, in: candidates)
      HitOrder.sort(&next)
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
    for hit in try phraseHits(derivation.words, in: candidates, byWord: byWord)
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
    let found = try phraseHits(derivation.words, in: candidates, byWord: byWord)
    var documents = DocSet(capacity: corpus.documentCount)
    for hit in found { documents.insert(Int(hit.document)) }
    var starts = try hits(first, in: documents)
    HitOrder.sort(&starts)
    // Both ascend.
    var next = 0
    for i in starts.indices {
      let place = starts[i].place
      while next < found.count, found[next].place < place { next += 1 }
      let isStart = derivation.isExact && next < found.count && found[next].place == place
      starts[i] = Hit(
        document: starts[i].document, key: starts[i].key, isPhrase: true, isExact: isStart)
    }
    let ends = try hits(last, in: documents).map {
      Hit(document: $0.document, key: $0.key, isPhrase: true, isExact: false)
    }
    return (starts, ends)
  }
}
