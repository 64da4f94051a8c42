// The costs of one document by the rules that look at where its words stand. SEARCH.md 10.

import VarveFormat

/// Computes costs over the documents of a bucket.
struct DocumentCosts {
  let graph: QueryGraph
  let nodes: NodeDocuments
  let words: PlacedWords
  let paths: [QueryPath]

  /// The least cost of each document over the paths that it satisfies, and what each path costs it.
  ///
  /// - Parameter cost: of a path for the document with an index.
  func least(
    _ indices: [Int32],
    _ cost: (QueryPath, [PlacedWords.Places], Int) throws(FormatError) -> Int
  ) throws(FormatError) -> (costs: [Int], byPath: [[Int]]) {
    var costs = [Int](repeating: .max, count: indices.count)
    var byPath: [[Int]] = []
    for path in paths {
      var sets: [DocSet] = []
      if paths.count > 1 {
        for step in path.steps { sets.append(try nodes.documents(step)) }
      }
      var places: [PlacedWords.Places] = []
      for step in path.steps { places.append(try words.places(step)) }
      var own = [Int](repeating: .max, count: indices.count)
      for (i, index) in indices.enumerated() {
        let document = Int(words.documents[Int(index)])
        guard sets.allSatisfy({ $0.contains(document) }) else { continue }
        own[i] = try cost(path, places, Int(index))
        if own[i] < costs[i] { costs[i] = own[i] }
      }
      byPath.append(own)
    }
    return (costs, byPath)
  }

  // MARK: Proximity

  static let farCost = 3

  func proximity(_ path: QueryPath, _ places: [PlacedWords.Places], _ index: Int) -> Int {
    var total = 0
    for (i, step) in path.steps.enumerated() {
      total += graph.nodes[step.node].wordCount - 1
      guard i > 0, graph.areContiguous(path.steps[i - 1].node, step.node) else { continue }
      total += Self.pair(places[i - 1].ends(of: index), places[i].hits(of: index))
    }
    return total
  }

  /// 0 for neighbours, 1 or 2 for a little further or the other way round, 3 for anything else.
  static func pair(_ left: ArraySlice<Hit>, _ right: ArraySlice<Hit>) -> Int {
    var best = farCost
    var j = right.startIndex
    for hit in left {
      // Keys of both sides ascend, so the window only moves on.
      while j < right.endIndex, right[j].key + 3 < hit.key { j += 1 }
      var k = j
      while k < right.endIndex, right[k].key <= hit.key + 3 {
        let other = right[k]
        k += 1
        guard other.attribute == hit.attribute else { continue }
        if other.key > hit.key {
          best = min(best, Int(other.key - hit.key) - 1)
        } else if !hit.isPhrase, !other.isPhrase, other.key < hit.key {
          best = min(best, Int(hit.key - other.key))
        }
      }
      if best == 0 { return 0 }
    }
    return min(best, farCost)
  }

  // MARK: Attribute

  func attributeRank(
    _ path: QueryPath, _ places: [PlacedWords.Places], _ index: Int, weights: [Int],
    searchOn: Set<UInt32>?
  ) -> Int {
    var total = 0
    for (i, step) in path.steps.enumerated() {
      var best = Int.max
      for hit in places[i].hits(of: index) {
        if let searchOn, !searchOn.contains(hit.attribute) { continue }
        best = min(best, weights[Int(hit.attribute)])
      }
      if best == .max { best = weights.max() ?? 0 }
      total += best * graph.nodes[step.node].wordCount
    }
    return total
  }

  // MARK: Word position

  static let positionCostMax = 10

  static func positionCost(_ distance: Int) -> Int {
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

  func wordPosition(_ path: QueryPath, _ places: [PlacedWords.Places], _ index: Int) -> Int {
    var total = 0
    for (i, step) in path.steps.enumerated() {
      let node = graph.nodes[step.node]
      var best = Self.positionCostMax * node.wordCount
      for hit in places[i].hits(of: index) {
        let distance = abs(hit.position - node.first)
        var cost = 0
        for offset in 0..<node.wordCount { cost += Self.positionCost(distance + offset) }
        best = min(best, cost)
        if best == 0 { break }
      }
      total += best
    }
    return total
  }

  // MARK: Exactness

  /// 0 where an attribute is the query, 1 where it starts with it, 2 for the rest.
  func exactAttribute(
    _ terms: [(first: Int, words: Int, places: PlacedWords.Places)], _ index: Int,
    length: (UInt32) throws(FormatError) -> Int?
  ) throws(FormatError) -> Int {
    guard let start = terms.first else { return 2 }
    let count = terms.reduce(0) { $0 + $1.words }
    var best = 2
    for hit in start.places.hits(of: index) where hit.isExact && hit.position == start.first {
      let attribute = hit.attribute
      let isWhole = terms.dropFirst().allSatisfy { term in
        term.places.hits(of: index).contains {
          $0.isExact && $0.attribute == attribute && $0.position == term.first
        }
      }
      guard isWhole else { continue }
      if try length(attribute) == count { return 0 }
      best = 1
    }
    return best
  }

  /// Words that do not match exactly.
  func exactWords(_ path: QueryPath, _ places: [PlacedWords.Places], _ index: Int) -> Int {
    var cost = 0
    for (i, step) in path.steps.enumerated() {
      let node = graph.nodes[step.node]
      let isExact =
        node.wordCount == 1 && places[i].hits(of: index).contains { $0.isExact }
      if !isExact { cost += node.wordCount }
    }
    return cost
  }
}
