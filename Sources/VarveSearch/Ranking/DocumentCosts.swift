// The costs of documents over all ways to read a query. SEARCH.md 9 and 10: the least cost of a
// path counts, and later rules see the paths on which some document of a bucket has just that cost.

import VarveFormat

struct DocumentCosts {
  let nodes: NodeDocuments
  let words: PlacedWords
  let paths: [QueryPath]

  struct Result {
    /// The least cost of each document.
    var costs: [Int]
    /// What each path costs each document; empty for one path.
    var byPath: [[Int]]
  }

  /// The least costs of some documents.
  ///
  /// - Parameter cost: what a path costs each of the documents.
  func least(
    _ indices: [Int32], _ cost: (QueryPath) throws(FormatError) -> [Int]
  ) throws(FormatError) -> Result {
    if paths.count == 1 { return Result(costs: try cost(paths[0]), byPath: []) }
    var result = Result(costs: [Int](repeating: .max, count: indices.count), byPath: [])
    for path in paths {
      var sets: [DocSet] = []
      for step in path.steps { sets.append(try nodes.documents(step)) }
      var own = try cost(path)
      for (i, index) in indices.enumerated() {
        let document = Int(words.documents[Int(index)])
        // A document that does not match the path has no cost by it.
        if !sets.allSatisfy({ $0.contains(document) }) { own[i] = .max }
        result.costs[i] = min(result.costs[i], own[i])
      }
      result.byPath.append(own)
    }
    return result
  }

  /// How far apart the words of a path stand.
  func proximity(
    _ path: QueryPath, _ indices: [Int32], byWord: Bool
  ) throws(FormatError) -> [Int] {
    var base = 0
    var pairs: [[Int32]] = []
    for (i, step) in path.steps.enumerated() {
      base += nodes.graph.nodes[step.node].wordCount - 1
      guard i > 0, nodes.graph.areContiguous(path.steps[i - 1].node, step.node) else { continue }
      let left = path.steps[i - 1]
      pairs.append(
        try words.map(indices) { (range, numbers) throws(FormatError) in
          try range.pairCosts(left, step, numbers, byWord: byWord)
        })
    }
    var costs = [Int](repeating: base, count: indices.count)
    for pair in pairs { for i in indices.indices { costs[i] += Int(pair[i]) } }
    return costs
  }

  /// The sum of what each step of a path costs.
  ///
  /// - Parameter with: what the costs of a step need besides.
  func sum<T: Sendable>(
    _ path: QueryPath, _ indices: [Int32], _ with: (PathStep) -> T,
    _ cost: @Sendable (PlacedRange, PathStep, T, [Int32]) throws(FormatError) -> [Int32]
  ) throws(FormatError) -> [Int] {
    var costs = [Int](repeating: 0, count: indices.count)
    for step in path.steps {
      let more = with(step)
      let own = try words.map(indices) { (range, numbers) throws(FormatError) in
        try cost(range, step, more, numbers)
      }
      for i in indices.indices { costs[i] += Int(own[i]) }
    }
    return costs
  }

  /// Words of a path that do not match exactly.
  func inexactWords(_ path: QueryPath, _ indices: [Int32]) throws(FormatError) -> [Int] {
    var costs = [Int](repeating: 0, count: indices.count)
    for step in path.steps {
      let count = nodes.graph.nodes[step.node].wordCount
      guard count == 1 else {
        for i in indices.indices { costs[i] += count }
        continue
      }
      let flags = try words.map(indices) { (range, numbers) throws(FormatError) in
        try range.exactFlags(step, numbers)
      }
      for i in indices.indices { costs[i] += 1 - Int(flags[i]) }
    }
    return costs
  }
}
