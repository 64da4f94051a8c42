// The rules that count words and typos: they work on whole sets of documents.

import VarveFormat

extension Ranker {
  /// Most words first: all of them, then without the one that goes first, and so on. A run of words
  /// counts for all of its words.
  func splitByWords(_ bucket: Bucket, _ rule: Int) throws {
    var left = set(bucket)
    let terms = nodes.graph.terms
    let total = terms.reduce(0) { $0 + $1.wordCount }
    var byCount: [Int: [QueryPath]] = [:]
    for step in 0...removal.steps.count {
      for path in nodes.graph.paths(without: removal.removed(after: step)) {
        let covered = path.terms(in: nodes.graph).reduce(0) { $0 + terms[$1].wordCount }
        if byCount[covered]?.contains(path) != true { byCount[covered, default: []].append(path) }
      }
    }
    // Where there is one way to read the query, all documents match so.
    let isOnly = byCount.count == 1 && byCount.allSatisfy { $0.value.count == 1 }
    for (count, candidates) in byCount.sorted(by: { $0.key > $1.key }) {
      var paths: [QueryPath] = []
      var all: DocSet?
      for path in candidates {
        let documents = isOnly ? left : try nodes.documents(path, in: left)
        guard !documents.isEmpty else { continue }
        paths.append(path)
        if all?.formUnion(documents) == nil { all = documents }
      }
      guard let found = all else { continue }
      left.subtract(found)
      var next = bucket
      next.members = .set(found)
      next.paths = paths
      let covered = Set(paths.flatMap { $0.terms(in: nodes.graph) })
      next.removed = Set(terms.indices).subtracting(covered)
      next.ranks.append(RuleRank(.words, count, of: total))
      try rank(next, rule: rule + 1)
      if left.isEmpty || isDone { return }
    }
  }

  /// Fewest typos first.
  func splitByTypos(_ bucket: Bucket, _ rule: Int) throws {
    var left = set(bucket)
    let most = typoCostMax(bucket.paths)
    // Steps that no document of the bucket matches end a path before it is tried. Two paths may
    // have the same node with different levels.
    var levels: [PathStep: [Int]] = [:]
    for path in bucket.paths {
      for step in path.steps where levels[step] == nil {
        levels[step] = try (0..<3).filter { level in
          if step.levels & PathStep.exactOnly != 0 { return level == 0 }
          guard step.levels & (1 << UInt8(level)) != 0,
            !nodes.graph.nodes[step.node].levels[level].isEmpty
          else { return false }
          return try nodes.documents(step.node, level: level).intersects(left)
        }
      }
    }
    for cost in 0...max(0, most) {
      var all: DocSet?
      var paths: [QueryPath] = []
      for path in bucket.paths {
        try walk(path, levels, cost: cost, left) { narrowed, documents in
          if all?.formUnion(documents) == nil { all = documents }
          if paths.count < QueryGraph.pathCountMax, !paths.contains(narrowed) {
            paths.append(narrowed)
          }
        }
      }
      guard let found = all else { continue }
      left.subtract(found)
      var next = bucket
      next.members = .set(found)
      next.paths = paths
      next.ranks.append(RuleRank(.typo, most + 1 - cost, of: most + 1))
      try rank(next, rule: rule + 1)
      if left.isEmpty || isDone { return }
    }
  }

  private func typoCostMax(_ paths: [QueryPath]) -> Int {
    paths.map { path in
      path.steps.reduce(0) { sum, step in
        let node = nodes.graph.nodes[step.node]
        let isExactOnly = step.levels & PathStep.exactOnly != 0
        return sum + node.baseCost + (isExactOnly ? 0 : node.typoMax)
      }
    }.max() ?? 0
  }

  /// All ways to spend exactly a number of typos on a path, with the documents that match so.
  private func walk(
    _ path: QueryPath, _ levels: [PathStep: [Int]], cost: Int, _ universe: DocSet,
    _ body: (QueryPath, DocSet) throws -> Void
  ) throws {
    let base = path.steps.reduce(0) { $0 + nodes.graph.nodes[$1.node].baseCost }
    guard base <= cost else { return }
    func go(_ i: Int, _ left: Int, _ steps: [PathStep], _ documents: DocSet) throws {
      if i == path.steps.count {
        if left == 0 { try body(QueryPath(steps: steps), documents) }
        return
      }
      let step = path.steps[i]
      for level in levels[step] ?? [] where level <= left {
        let isExactOnly = step.levels & PathStep.exactOnly != 0
        let next = PathStep(
          node: step.node, levels: isExactOnly ? PathStep.exactOnly : 1 << UInt8(level))
        let narrowed = documents.intersection(try nodes.documents(next))
        guard !narrowed.isEmpty else { continue }
        try go(i + 1, left - level, steps + [next], narrowed)
      }
    }
    try go(0, cost - base, [], universe)
  }
}
