// Phrases and whole derivations: words in a row, and what they match.

import Synchronization
import VarveFormat

extension HitReader {
  /// Where a phrase begins in some documents: at its first word that is no hole. In order.
  ///
  /// - Parameter byWord: whether its words must stand in a row, or only in one attribute.
  func phraseHits(
    _ words: [ResolvedWord?], in candidates: DocSet, byWord: Bool
  ) throws(FormatError) -> [Hit] {
    let count = candidates.count
    if count == 0 { return [] }
    if sharing.width == 1 || count < sharing.documentCountMin {
      var windows = try PhraseWindows(self, words, candidates, candidates.extent, byWord: byWord)
      return try windows.hits()
    }
    let ranges = candidates.ranges(sharing.width)
    let found = try sharing.map(ranges.count) { (i) throws(FormatError) in
      var windows = try PhraseWindows(self, words, candidates, ranges[i], byWord: byWord)
      return try windows.hits()
    }
    return Array(found.joined())
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
    let known = try documents(ofPhrase: derivation.words)
    let hasContent = attributes?.contains(0) ?? true
    var set = hasContent ? known.ofContent : DocSet(capacity: corpus.documentCount)
    for (attribute, document) in known.others where attributes?.contains(attribute) ?? true {
      set.insert(Int(document))
    }
    return set
  }

  private func documents(
    ofPhrase words: [ResolvedWord?]
  ) throws(FormatError) -> KnownPhrases.Documents {
    let key = words.map { $0?.bytes }
    if let known = phrases.known.withLock({ $0[key] }) { return known }
    var found = KnownPhrases.Documents(ofContent: DocSet(capacity: corpus.documentCount))
    let candidates = try documentsWithAll(words, attributes: nil)
    for hit in try phraseHits(words, in: candidates, byWord: byWord) {
      if hit.attribute == 0 {
        found.ofContent.insert(Int(hit.document))
      } else if found.others.last.map({ $0 != (hit.attribute, hit.document) }) ?? true {
        found.others.append((hit.attribute, hit.document))
      }
    }
    let made = found
    phrases.known.withLock { $0[key] = made }
    return made
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
