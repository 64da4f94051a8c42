// The rules that look at where words stand: they work on one document after another.

import VarveFormat

extension Ranker {
  /// Words that stand close together first.
  func splitByProximity(_ bucket: Bucket, _ rule: Int) throws {
    let byWord = settings.hasProximityByWord
    try splitByPlaces(bucket, rule, .proximity, worst: proximityMax(bucket.paths)) {
      (costs, path, indices) throws(FormatError) in
      try costs.proximity(path, indices, byWord: byWord)
    }
  }

  func proximityMax(_ paths: [QueryPath]) -> Int {
    paths.map { path in
      var total = 0
      for (i, step) in path.steps.enumerated() {
        total += nodes.graph.nodes[step.node].wordCount - 1
        if i > 0, nodes.graph.areContiguous(path.steps[i - 1].node, step.node) {
          total += PlaceCosts.far
        }
      }
      return total
    }.max() ?? 0
  }

  /// Words in weighty attributes first.
  func splitByAttribute(_ bucket: Bucket, _ rule: Int) throws {
    if let rank = evenAttributeRank(bucket.paths) {
      var next = bucket
      next.ranks.append(rank)
      return try self.rank(next, rule: rule + 1)
    }
    try splitByPlaces(bucket, rule, .attributeRank, worst: attributeMax(bucket.paths)) {
      (costs, path, indices) throws(FormatError) in
      try costs.sum(path, indices, { attributeParts($0) }) {
        (range, _, parts, numbers) throws(FormatError) in
        var least = try range.attributeCosts(parts[0].step, numbers, parts[0].weights)
        for part in parts.dropFirst() {
          let own = try range.attributeCosts(part.step, numbers, part.weights)
          for i in least.indices { least[i] = min(least[i], own[i]) }
        }
        return least
      }
    }
  }

  /// A step with the weights of attributes: in two parts where some of its words do not count in
  /// all attributes in which the others do.
  func attributeParts(_ step: PathStep) -> [(step: PathStep, weights: StepWeights)] {
    guard nodes.tolerantSearchOn != searchOn, step.levels & PathStep.exactOnly == 0 else {
      return [(step, stepWeights(step))]
    }
    let hasOthers = step.levels & 1 != 0
    let parts = [
      step.levels & PathStep.typos | (hasOthers ? PathStep.run : 0),
      hasOthers ? PathStep.others : 0,
    ]
    let found = parts.map { PathStep(node: step.node, levels: $0) }.filter {
      !nodes.graph.derivations($0).isEmpty
    }
    return found.isEmpty ? [(step, stepWeights(step))] : found.map { ($0, stepWeights($0)) }
  }

  /// The rank that all documents have where words weigh the same wherever they stand.
  func evenAttributeRank(_ paths: [QueryPath]) -> RuleRank? {
    let searched = searchOn?.members ?? Array(weights.indices)
    guard Set(searched.map { weights[$0] }).count <= 1, nodes.tolerantSearchOn == searchOn else {
      return nil
    }
    let worst = attributeMax(paths)
    let count = paths.map { wordCount($0) }.max() ?? 0
    let cost = (searched.first.map { weights[$0] } ?? 0) * count
    return RuleRank(.attributeRank, worst + 1 - cost, of: worst + 1)
  }

  func attributeMax(_ paths: [QueryPath]) -> Int {
    (weights.max() ?? 0) * (paths.map { wordCount($0) }.max() ?? 0)
  }

  func stepWeights(_ step: PathStep) -> StepWeights {
    StepWeights(
      step, wordCount: nodes.graph.nodes[step.node].wordCount, weights: weights,
      searchOn: searchOn, tolerant: nodes.tolerantSearchOn)
  }

  /// Words at the place that they have in the query first.
  func splitByPosition(_ bucket: Bucket, _ rule: Int) throws {
    try splitByPlaces(bucket, rule, .wordPosition, worst: positionMax(bucket.paths)) {
      (costs, path, indices) throws(FormatError) in
      try costs.sum(path, indices, { _ in }) { (range, step, _, numbers) throws(FormatError) in
        try range.positionCosts(step, numbers)
      }
    }
  }

  func positionMax(_ paths: [QueryPath]) -> Int {
    PositionCost.max * (paths.map { wordCount($0) }.max() ?? 0)
  }

  func wordCount(_ path: QueryPath) -> Int {
    path.steps.reduce(0) { $0 + nodes.graph.nodes[$1.node].wordCount }
  }

  private func splitByPlaces(
    _ bucket: Bucket, _ rule: Int, _ name: RuleRank.Detail, worst: Int,
    _ cost: (DocumentCosts, QueryPath, [Int32]) throws(FormatError) -> [Int]
  ) throws {
    if worst == 0 {
      var next = bucket
      next.ranks.append(RuleRank(name, 1, of: 1))
      return try rank(next, rule: rule + 1)
    }
    let (words, indices) = placed(bucket)
    let documents = DocumentCosts(nodes: nodes, words: words, paths: bucket.paths)
    let result = try documents.least(indices) { (path) throws(FormatError) in
      try cost(documents, path, indices)
    }
    try rankGroups(result.costs, rule) { cost, members in
      var next = bucket
      next.members = .placed(words, members.map { indices[$0] })
      next.paths = Self.paths(bucket.paths, result.byPath, of: members, cost: cost)
      next.ranks.append(RuleRank(name, worst + 1 - cost, of: worst + 1))
      return next
    }
  }

  /// Paths on which some member has exactly the cost.
  private static func paths(
    _ paths: [QueryPath], _ byPath: [[Int]], of members: [Int], cost: Int
  ) -> [QueryPath] {
    guard paths.count > 1 else { return paths }
    return zip(paths, byPath).filter { _, costs in members.contains { costs[$0] == cost } }
      .map(\.0)
  }

  // MARK: Exactness

  /// Documents with an attribute that is the query, or starts with it, first.
  func splitByExactAttribute(_ bucket: Bucket, _ rule: Int) throws {
    let (words, indices) = placedWhole(bucket)
    var costs = [Int](repeating: 2, count: indices.count)
    if let terms = exactTerms(bucket) {
      costs = try words.map(indices) { (range, numbers) throws(FormatError) in
        try range.exactAttributeCosts(terms, numbers)
      }
    }
    for group in Groups.make(costs, needed: wanted).groups {
      if isDone { return }
      var next = bucket
      next.members = .placed(words, group.members.map { indices[$0] })
      next.ranks.append(RuleRank(.exactAttribute, 3 - group.cost, of: 3))
      try splitByExactWords(next, rule)
    }
  }

  /// The terms that are left in their exact form; nil if one has none.
  func exactTerms(_ bucket: Bucket) -> [ExactTerm]? {
    var found: [ExactTerm] = []
    for (i, term) in nodes.graph.terms.enumerated() where !bucket.removed.contains(i) {
      // Unbroken from the first term on.
      guard found.count == i else { return nil }
      guard let node = nodes.graph.nodes.firstIndex(where: { $0.terms == i..<(i + 1) }),
        nodes.graph.nodes[node].levels[0].contains(where: \.isExact),
        bucket.paths.contains(where: { path in
          path.steps.contains { $0.node == node && !$0.isTolerantOnly }
        })
      else { return nil }
      // Holes before the first word count: upstream looks for it that much further on, but among as
      // many words as there are from it to the last one.
      found.append(
        ExactTerm(
          node: node, first: term.first + term.leadingHoleCount,
          wordCount: term.last - term.first + 1))
    }
    return found.isEmpty ? nil : found
  }

  /// More words that match exactly first.
  private func splitByExactWords(_ bucket: Bucket, _ rule: Int) throws {
    let (words, indices) = placedWhole(bucket)
    let termCount = nodes.graph.terms.count - bucket.removed.count
    let documents = DocumentCosts(nodes: nodes, words: words, paths: bucket.paths)
    let result = try documents.least(indices) { (path) throws(FormatError) in
      try documents.inexactWords(path, indices)
    }
    try rankGroups(result.costs, rule) { cost, members in
      var next = bucket
      next.members = .placed(words, members.map { indices[$0] })
      next.paths = try narrowed(
        Self.paths(bucket.paths, result.byPath, of: members, cost: cost), cost: cost, rule,
        among: members.map { Int(words.documents[Int(indices[$0])]) })
      next.ranks.append(
        RuleRank(.exactWords, max(0, termCount - cost) + 1, of: termCount + 1))
      return next
    }
  }

  /// Rules that ask how words match, or where.
  static let placeRules: [RankingRule] = [.typo, .proximity, .attributeRank, .wordPosition]

  /// Paths on which the words that match exactly must go on doing so, for the rules that follow.
  private func narrowed(
    _ paths: [QueryPath], cost: Int, _ rule: Int, among documents: [Int]
  ) throws -> [QueryPath] {
    guard rules[(rule + 1)...].contains(where: { Self.placeRules.contains($0) }) else {
      return paths
    }
    var found: [QueryPath] = []
    for path in paths {
      let single = path.steps.indices.filter {
        nodes.graph.nodes[path.steps[$0].node].wordCount == 1
      }
      let base = path.steps.reduce(0) { sum, step in
        let count = nodes.graph.nodes[step.node].wordCount
        return sum + (count == 1 ? 0 : count)
      }
      for choice in 0..<(1 << single.count) where found.count < QueryGraph.pathCountMax {
        guard base + single.count - choice.nonzeroBitCount == cost else { continue }
        var narrow = path
        for (bit, i) in single.enumerated() where choice & (1 << bit) != 0 {
          narrow.steps[i].levels = PathStep.exactOnly
        }
        let sets = try narrow.steps.map { try nodes.documents($0) }
        if documents.contains(where: { document in sets.allSatisfy { $0.contains(document) } }) {
          found.append(narrow)
        }
      }
    }
    return found
  }
}
