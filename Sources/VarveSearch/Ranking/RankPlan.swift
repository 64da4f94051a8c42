// What documents are ranked by once there is one way left to read the query: each rule costs a
// document something that does not depend on other documents, so the best of them can be kept while
// all go by.

import VarveFormat

/// The rules of one bucket, as costs of single documents. Threads share it.
struct RankPlan: Sendable {
  /// What a rule costs a document.
  enum Cost: Sendable {
    /// The same for all.
    case none
    /// The distances of neighbours on the path, by the numbers of their steps.
    case proximity(base: Int, pairs: [(left: Int, right: Int)])
    case attribute([StepWeights])
    case position
    /// Nil where no document can have it.
    case exactAttribute([ExactTerm]?, steps: [Int])
    /// Words that count as inexact, and the steps that may be exact.
    case exactWords(base: Int, steps: [Int])
    case conversation
    case relevance(Relevance, weights: [Double])
    case age
  }

  struct Component: Sendable {
    let cost: Cost
    /// The rank that shows a cost; nil for rules without one.
    let rank: @Sendable (Int) -> RuleRank?
  }

  let graph: QueryGraph
  let reader: HitReader
  let set: DocSet
  /// How many documents.
  let count: Int
  let steps: [PathStep]
  let components: [Component]
  /// Whether sums of the places of each step will do: no neighbours are asked for.
  let isSummed: Bool
  /// Whether documents of equal cost come last first.
  let isDescending: Bool
  let needed: Int
  let ages: OccurrenceCosts?
  let classes: OccurrenceCosts?
}

/// A cost of each document by its occurrences.
enum OccurrenceCosts: Sendable {
  case ages([Int])
  case classes([UInt8])
  /// The least one of the occurrences that match a filter.
  case matching(RowTable, rows: DocSet, worst: Int, cost: @Sendable (Int) -> Int?)
  /// The same for all.
  case same(Int)

  @inline(__always)
  func cost(of document: Int) -> Int {
    switch self {
    case .ages(let ages): return ages[document]
    case .classes(let classes): return Int(classes[document])
    case .matching(let table, let rows, let worst, let cost):
      var best = worst
      table.forEachRow(of: document) { row in
        if rows.contains(row), let own = cost(row) { best = min(best, own) }
      }
      return best
    case .same(let cost): return cost
    }
  }
}

extension Ranker {
  /// The plan by which the rules that are left can rank a bucket in one go; nil where they look at
  /// several documents at a time, or where more than the best of them are wanted.
  func plan(_ bucket: Bucket, _ rule: Int) throws -> RankPlan? {
    guard case .set(let set) = bucket.members, wanted != .max, request.scoreMin == nil,
      bucket.paths.count < 2
    else { return nil }
    let steps = bucket.paths.first?.steps ?? []
    guard steps.allSatisfy({ StepLists.canRead($0, nodes.graph) }), !narrowsWords(rule) else {
      return nil
    }
    var components: [RankPlan.Component] = []
    for rule in rules[rule...] {
      guard let next = try parts(of: rule, bucket) else { return nil }
      components += next
    }
    // The word itself is looked for where the others are.
    let hasOnePlace = exactTerms(bucket).map { terms in
      terms.allSatisfy { $0.first == nodes.graph.nodes[$0.node].first }
    }
    let isSummed =
      steps.count == 1 && hasOnePlace != false
      && corpus.attributes.count <= StepSummary.attributeCountMax
    let count = set.count
    return RankPlan(
      graph: nodes.graph, reader: nodes.reader, set: set, count: count, steps: steps,
      components: components, isSummed: isSummed,
      isDescending: rules[rule...].contains(.newest), needed: min(wanted, count),
      ages: try rules.contains(.newest) ? ageCosts() : nil,
      classes: try rules.contains(.conversation) ? conversationCosts() : nil)
  }

  /// Whether rules look at places behind exactness, which leaves them only the words that are the
  /// same in all documents of a bucket.
  private func narrowsWords(_ rule: Int) -> Bool {
    guard let exactness = rules[rule...].firstIndex(of: .exactness) else { return false }
    return rules[exactness...].contains { Self.placeRules.contains($0) }
  }

  /// Ranks a bucket in one go.
  func rank(_ bucket: Bucket, _ plan: RankPlan) throws {
    for (document, key) in try WindowRanking.best(plan, sharing) {
      var ranks = bucket.ranks
      for (component, cost) in zip(plan.components, key) {
        if let rank = component.rank(cost) { ranks.append(rank) }
      }
      add(document, ranks)
    }
  }

  private func parts(
    of rule: RankingRule, _ bucket: Bucket
  ) throws -> [RankPlan.Component]? {
    switch rule {
    case .words, .typo, .ascending, .descending: return nil
    case .sort: return request.sort.isEmpty ? [] : nil
    case .proximity, .attributeRank, .wordPosition: return placeComponents(of: rule, bucket)
    case .exactness: return exactComponents(bucket)
    case .conversation: return [.init(cost: .conversation) { _ in nil }]
    case .relevance:
      let relevance = Relevance(corpus)
      let weights = try (bucket.paths.first?.steps ?? []).map {
        relevance.weight(held: try nodes.documents($0).count)
      }
      return [.init(cost: .relevance(relevance, weights: weights)) { _ in nil }]
    case .newest: return [.init(cost: .age) { _ in nil }]
    }
  }

  private func placeComponents(
    of rule: RankingRule, _ bucket: Bucket
  ) -> [RankPlan.Component]? {
    let steps = bucket.paths.first?.steps ?? []
    let worst: Int
    let name: RuleRank.Detail
    let cost: RankPlan.Cost
    switch rule {
    case .proximity:
      (worst, name) = (proximityMax(bucket.paths), .proximity)
      let base = steps.reduce(0) { $0 + nodes.graph.nodes[$1.node].wordCount - 1 }
      let pairs = steps.indices.dropFirst().filter {
        nodes.graph.areContiguous(steps[$0 - 1].node, steps[$0].node)
      }
      cost = .proximity(base: base, pairs: pairs.map { ($0 - 1, $0) })
    case .attributeRank:
      if let rank = evenAttributeRank(bucket.paths) { return [.init(cost: .none) { _ in rank }] }
      guard steps.allSatisfy({ attributeParts($0).count == 1 }) else { return nil }
      (worst, name) = (attributeMax(bucket.paths), .attributeRank)
      cost = .attribute(steps.map { stepWeights($0) })
    default:
      (worst, name) = (positionMax(bucket.paths), .wordPosition)
      cost = .position
    }
    if worst == 0 { return [.init(cost: .none) { _ in RuleRank(name, 1, of: 1) }] }
    return [.init(cost: cost) { RuleRank(name, worst + 1 - $0, of: worst + 1) }]
  }

  private func exactComponents(_ bucket: Bucket) -> [RankPlan.Component] {
    let steps = bucket.paths.first?.steps ?? []
    let termCount = nodes.graph.terms.count - bucket.removed.count
    let terms = exactTerms(bucket)
    let places = terms?.compactMap { term in steps.firstIndex { $0.node == term.node } } ?? []
    let single = steps.indices.filter { nodes.graph.nodes[steps[$0].node].wordCount == 1 }
    let words = steps.reduce(0) { $0 + nodes.graph.nodes[$1.node].wordCount }
    return [
      .init(cost: .exactAttribute(terms, steps: places)) {
        RuleRank(.exactAttribute, 3 - $0, of: 3)
      },
      .init(cost: .exactWords(base: words - single.count, steps: single)) {
        RuleRank(.exactWords, max(0, termCount - $0) + 1, of: termCount + 1)
      },
    ]
  }
}
