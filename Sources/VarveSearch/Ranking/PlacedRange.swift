// Where the words of a query stand in a range of documents, and what that costs by each rule.
// Everything is computed for many documents in one pass over the places of a step: a pass of a
// million places is milliseconds, a million little calls are not.

import VarveFormat

/// Places of one step in document order.
struct Places: PlacesOfStep, Sendable {
  var hits: [Hit]
  /// Where the places of each document begin; one more than documents.
  var starts: [Int32]

  @inline(__always)
  func range(_ index: Int) -> Range<Int> { Int(starts[index])..<Int(starts[index + 1]) }

  @inline(__always)
  func slot(_ index: Int) -> PlaceSlot { PlaceSlot(range(index)) }
}

/// A range of documents with the words of a query placed in them. One thread at a time.
final class PlacedRange: @unchecked Sendable {
  private let documents: [UInt32]
  private let graph: QueryGraph
  private let reader: HitReader
  private let set: DocSet
  private let ranks: DocRanks
  private var places: [Int: (starts: Places, ends: Places?)] = [:]
  private var best: [Int: BestPlaces] = [:]
  private var positions: [Int: [Int32]] = [:]
  private var attributes: [Int: [Int32]] = [:]
  private var exact: [Int: [Int32]] = [:]
  private var pairs: [Int: [Int32]] = [:]

  /// - Parameter documents: the members of the set, ascending.
  init(_ set: DocSet, _ documents: [UInt32], nodes: NodeDocuments) {
    self.set = set
    self.documents = documents
    graph = nodes.graph
    reader = nodes.reader.alone
    ranks = DocRanks(set)
  }

  /// Whether no places are held that would have to be read again.
  var isLight: Bool { places.isEmpty }

  /// The number of a document; nil if it is none of these.
  func number(of document: UInt32) -> Int32? { ranks.find(Int(document)).map { Int32($0) } }

  private static func key(_ step: PathStep) -> Int { step.node << 8 | Int(step.levels) }

  /// Places of first words, and of last ones where phrases have others.
  func places(_ step: PathStep) throws(FormatError) -> (starts: Places, ends: Places?) {
    if let known = places[Self.key(step)] { return known }
    var hits: [Hit] = []
    var ends: [Hit] = []
    var hasPhrase = false
    for derivation in graph.derivations(step) {
      let next = try reader.hits(derivation, in: set)
      if next.ends != nil, !hasPhrase {
        hasPhrase = true
        ends = hits
      }
      if hits.isEmpty { hits = next.starts } else { hits += next.starts }
      if hasPhrase { ends += next.ends ?? next.starts }
    }
    let made = (starts: placed(hits), ends: hasPhrase ? placed(ends) : nil)
    places[Self.key(step)] = made
    return made
  }

  /// Where the words of a term themselves stand, those of a phrase in a row: exactness wants each
  /// at its place, also where the other rules take a phrase for words of one attribute.
  func exactPlaces(_ node: Int) throws(FormatError) -> Places {
    let phrases = graph.nodes[node].levels[0].filter { $0.isExact && $0.isPhrase }
    guard !reader.byWord, !phrases.isEmpty else {
      return try places(PathStep(node: node, levels: 1)).starts
    }
    var hits: [Hit] = []
    for phrase in phrases {
      hits += try reader.phraseHits(phrase.words, in: set, byWord: true).map {
        Hit(document: $0.document, key: $0.key, isPhrase: true, isExact: true)
      }
    }
    return placed(hits)
  }

  private func placed(_ hits: [Hit]) -> Places {
    HitOrder.placed(hits, count: documents.count, ranks: ranks)
  }

  // MARK: Costs of a step

  /// Costs of some documents from what is known of a step, which holds -1 where nothing is known.
  @inline(__always)
  private func costs(
    _ known: inout [Int: [Int32]], _ key: Int, _ indices: [Int32],
    _ cost: (Int) -> Int32
  ) -> [Int32] {
    var all = known.removeValue(forKey: key) ?? [Int32](repeating: -1, count: documents.count)
    var found = [Int32](repeating: 0, count: indices.count)
    for i in indices.indices {
      let index = Int(indices[i])
      if all[index] < 0 { all[index] = cost(index) }
      found[i] = all[index]
    }
    known[key] = all
    return found
  }

  /// The cost of documents by the distance from the place in the query. SEARCH.md 10.
  func positionCosts(
    _ step: PathStep, _ indices: [Int32]
  ) throws(FormatError) -> [Int32] {
    let node = graph.nodes[step.node]
    let first = node.first
    let table = PositionCost.table(wordCount: node.wordCount)
    if let best = try bestPlaces(step, table, first: first) {
      return indices.map { Int32(best.position[Int($0)]) }
    }
    let places = try places(step).starts
    let hits = places.hits.span
    let costs = table.span
    return self.costs(&positions, Self.key(step), indices) { index in
      PlaceCosts.position(hits, places.range(index), first: first, costs)
    }
  }

  /// The weight of the best attribute of documents.
  func attributeCosts(
    _ step: PathStep, _ indices: [Int32], _ weights: StepWeights
  ) throws(FormatError) -> [Int32] {
    let node = graph.nodes[step.node]
    let table = PositionCost.table(wordCount: node.wordCount)
    if let best = try bestPlaces(step, table, first: node.first) {
      return indices.map {
        best.attribute(Int($0), weights.ofWords, worst: weights.worst) * weights.wordCount
      }
    }
    let places = try places(step).starts
    let hits = places.hits.span
    return costs(&attributes, Self.key(step), indices) { index in
      PlaceCosts.attribute(hits, places.range(index), weights)
    }
  }

  /// 1 for documents that hold the word itself, else 0.
  func exactFlags(_ step: PathStep, _ indices: [Int32]) throws(FormatError) -> [Int32] {
    let places = try places(step).starts
    let hits = places.hits.span
    return costs(&exact, Self.key(step), indices) { index in
      PlaceCosts.hasExact(hits, places.range(index)) ? 1 : 0
    }
  }

  /// How often a step stands in documents beside how long they are: their part of BM25.
  func scores(
    _ step: PathStep, _ indices: [Int32], _ relevance: Relevance
  ) throws(FormatError) -> [Double] {
    let places = try places(step).starts
    let wordCounts = reader.corpus.wordCounts
    return indices.map { number in
      let index = Int(number)
      return relevance.score(
        placeCount: places.range(index).count, wordCount: wordCounts[Int(documents[index])])
    }
  }

  /// 0 where an attribute is the query, 1 where it starts with it, 2 for the rest.
  func exactAttributeCosts(
    _ terms: [ExactTerm], _ indices: [Int32]
  ) throws(FormatError) -> [Int] {
    var all: [Places] = []
    for term in terms { all.append(try exactPlaces(term.node)) }
    var costs: [Int] = []
    costs.reserveCapacity(indices.count)
    for index in indices {
      let document = Int(documents[Int(index)])
      costs.append(
        try PlaceCosts.exactAttribute(terms, all, Int(index)) { (attribute) throws(FormatError) in
          try reader.length(of: document, attribute: attribute)
        })
    }
    return costs
  }

  // MARK: Best places

  /// The best places of a step of plain words, unless all of its places are known: most rules ask
  /// for no more, and what is not kept need not be put in order.
  private func bestPlaces(
    _ step: PathStep, _ table: [Int32], first: Int
  ) throws(FormatError) -> BestPlaces? {
    let key = Self.key(step)
    if places[key] != nil { return nil }
    if let known = best[key] { return known }
    let words = graph.derivations(step)
    guard words.allSatisfy({ !$0.isPhrase && !$0.isSynonym }), table[table.count - 1] <= 255,
      reader.corpus.attributes.count <= BestPlaces.attributeCountMax
    else { return nil }
    var found = BestPlaces(count: documents.count, table: table, first: first)
    for word in words.compactMap({ $0.words[0] }) {
      try found.add(word, in: set, ranks, reader: reader)
    }
    best[key] = found
    return found
  }

  // MARK: Costs of neighbours

  /// 0 for neighbours, 1 or 2 for a little further or the other way round, 3 for anything else.
  func pairCosts(
    _ left: PathStep, _ right: PathStep, _ indices: [Int32], byWord: Bool
  ) throws(FormatError) -> [Int32] {
    let from = try places(left)
    let ends = from.ends ?? from.starts
    let starts = try places(right).starts
    let lefts = ends.hits.span
    let rights = starts.hits.span
    return costs(&pairs, Self.key(left) << 24 | Self.key(right), indices) { index in
      byWord
        ? PlaceCosts.pair(lefts, ends.range(index), rights, starts.range(index))
        : PlaceCosts.inOneAttribute(lefts, ends.range(index), rights, starts.range(index))
    }
  }
}
