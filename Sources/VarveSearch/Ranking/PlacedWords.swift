// Where the words of a query stand in some documents, and what that costs by each rule. Everything
// is computed for all documents of a bucket in one pass over the places of a step: a pass of a
// million places is milliseconds, a million little calls are not.

import VarveFormat

/// Places of one step in document order.
struct Places: Sendable {
  var hits: [Hit]
  /// Where the places of each document begin; one more than documents.
  var starts: [Int32]

  func range(_ index: Int) -> Range<Int> { Int(starts[index])..<Int(starts[index + 1]) }
}

final class PlacedWords {
  /// The documents, ascending.
  let documents: [UInt32]
  let graph: QueryGraph
  private let nodes: NodeDocuments
  private let set: DocSet
  private var places: [Int: (starts: Places, ends: Places?)] = [:]
  private var positions: [Int: [Int32]] = [:]
  private var attributes: [Int: [Int32]] = [:]
  private var exact: [Int: [Bool]] = [:]
  private var pairs: [Int: [UInt8]] = [:]

  init(_ set: DocSet, nodes: NodeDocuments) {
    self.set = set
    self.nodes = nodes
    graph = nodes.graph
    documents = set.documents
  }

  private static func key(_ step: PathStep) -> Int { step.node << 8 | Int(step.levels) }

  /// Places of first words, and of last ones where phrases have others.
  func places(_ step: PathStep) throws(FormatError) -> (starts: Places, ends: Places?) {
    if let known = places[Self.key(step)] { return known }
    var hits: [Hit] = []
    var ends: [Hit] = []
    var hasPhrase = false
    let node = graph.nodes[step.node]
    let isExactOnly = step.levels & PathStep.exactOnly != 0
    for level in 0..<3 where step.levels & (1 << UInt8(level)) != 0 || isExactOnly && level == 0 {
      for derivation in node.levels[level] where !isExactOnly || derivation.isExact {
        let next = try nodes.reader.hits(derivation, in: set)
        if next.ends != nil, !hasPhrase {
          hasPhrase = true
          ends = hits
        }
        if hits.isEmpty { hits = next.starts } else { hits += next.starts }
        if hasPhrase { ends += next.ends ?? next.starts }
      }
    }
    let made = (starts: inOrder(hits), ends: hasPhrase ? inOrder(ends) : nil)
    places[Self.key(step)] = made
    return made
  }

  private func inOrder(_ unordered: [Hit]) -> Places {
    var hits = unordered
    HitReader.sort(&hits)
    var starts = [Int32](repeating: 0, count: documents.count + 1)
    let count = hits.count
    var at = 0
    for i in documents.indices {
      let document = documents[i]
      while at < count, hits[at].document < document { at += 1 }
      starts[i] = Int32(at)
      while at < count, hits[at].document == document { at += 1 }
    }
    starts[documents.count] = Int32(at)
    return Places(hits: hits, starts: starts)
  }

  // MARK: Costs of a step

  /// The cost of each document by the distance from the place in the query. SEARCH.md 10.
  func positionCosts(_ step: PathStep) throws(FormatError) -> [Int32] {
    if let known = positions[Self.key(step)] { return known }
    let node = graph.nodes[step.node]
    let places = try places(step).starts
    let worst = Int32(PositionCost.max * node.wordCount)
    let first = node.first
    let wordCount = node.wordCount
    var costs = [Int32](repeating: worst, count: documents.count)
    for i in documents.indices {
      var best = worst
      for j in places.range(i) {
        let distance = abs(places.hits[j].position - first)
        var cost: Int32 = 0
        for offset in 0..<wordCount { cost += PositionCost.of(distance + offset) }
        if cost < best { best = cost }
        if best == 0 { break }
      }
      costs[i] = best
    }
    positions[Self.key(step)] = costs
    return costs
  }

  /// The weight of the best attribute of each document.
  func attributeCosts(
    _ step: PathStep, weights: [Int], searchOn: AttributeSet?, tolerant: AttributeSet?
  ) throws(FormatError) -> [Int32] {
    if let known = attributes[Self.key(step)] { return known }
    let places = try places(step).starts
    let worst = Int32(weights.max() ?? 0)
    let wordCount = Int32(graph.nodes[step.node].wordCount)
    func restricted(_ set: AttributeSet?) -> [Int32] {
      weights.indices.map { attribute in
        set?.contains(UInt32(attribute)) ?? true ? Int32(weights[attribute]) : worst
      }
    }
    // Misspelled words count in attributes that forgive; what they were split into counts anywhere.
    let ofPhrases = restricted(searchOn)
    let ofWords = step.hasOnlyTypos ? restricted(tolerant) : ofPhrases
    var costs = [Int32](repeating: worst * wordCount, count: documents.count)
    for i in documents.indices {
      var best = worst
      for j in places.range(i) {
        let hit = places.hits[j]
        best = min(best, (hit.isPhrase ? ofPhrases : ofWords)[Int(hit.attribute)])
        if best == 0 { break }
      }
      costs[i] = best * wordCount
    }
    attributes[Self.key(step)] = costs
    return costs
  }

  /// Whether each document holds the word itself.
  func exactFlags(_ step: PathStep) throws(FormatError) -> [Bool] {
    if let known = exact[Self.key(step)] { return known }
    let places = try places(step).starts
    var flags = [Bool](repeating: false, count: documents.count)
    for i in documents.indices {
      for j in places.range(i) where places.hits[j].isExact {
        flags[i] = true
        break
      }
    }
    exact[Self.key(step)] = flags
    return flags
  }

  // MARK: Costs of neighbours

  static let farCost = 3

  /// 0 for neighbours, 1 or 2 for a little further or the other way round, 3 for anything else.
  func pairCosts(
    _ left: PathStep, _ right: PathStep, byWord: Bool
  ) throws(FormatError) -> [UInt8] {
    let key = Self.key(left) << 24 | Self.key(right)
    if let known = pairs[key] { return known }
    let from = try places(left)
    let ends = from.ends ?? from.starts
    let starts = try places(right).starts
    var costs = [UInt8](repeating: UInt8(Self.farCost), count: documents.count)
    for i in documents.indices {
      costs[i] =
        byWord
        ? Self.pair(ends.hits, ends.range(i), starts.hits, starts.range(i))
        : Self.inOneAttribute(ends.hits, ends.range(i), starts.hits, starts.range(i))
    }
    pairs[key] = costs
    return costs
  }

  @inline(__always)
  private static func pair(
    _ left: [Hit], _ lefts: Range<Int>, _ right: [Hit], _ rights: Range<Int>
  ) -> UInt8 {
    var best = farCost
    var j = rights.lowerBound
    for i in lefts {
      let key = Int(left[i].key)
      // Keys of both sides ascend, so the window only moves on.
      while j < rights.upperBound, Int(right[j].key) + 3 < key { j += 1 }
      var k = j
      while k < rights.upperBound {
        let other = Int(right[k].key)
        if other > key + 3 { break }
        if other >> 16 == key >> 16 {
          if other > key {
            best = min(best, other - key - 1)
          } else if other < key, !left[i].isPhrase, !right[k].isPhrase {
            best = min(best, key - other)
          }
        }
        k += 1
      }
      if best == 0 { break }
    }
    return UInt8(best)
  }

  private static func inOneAttribute(
    _ left: [Hit], _ lefts: Range<Int>, _ right: [Hit], _ rights: Range<Int>
  ) -> UInt8 {
    for i in lefts {
      for j in rights where right[j].attribute == left[i].attribute { return 0 }
    }
    return UInt8(farCost)
  }
}

/// What the distance of a word from its place in the query costs.
enum PositionCost {
  static let max = 10

  private static let table: [Int32] = (0...1025).map { distance in
    switch distance {
    case 0: 0
    case 1: 1
    case 2...4: 2
    case 5...7: 3
    case 8...11: 4
    case 12...16: 5
    case 17...24: 6
    case 25...64: 7
    case 65...256: 8
    case 257...1024: 9
    default: 10
    }
  }

  static func of(_ distance: Int) -> Int32 { table[min(distance, 1025)] }
}
