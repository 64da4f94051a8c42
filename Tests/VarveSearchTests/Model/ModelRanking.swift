// The bucket sort of the brute-force model: one cost per document, path and rule.

import Foundation

enum ModelRule: Equatable {
  case words, typo, proximity, attributeRank, wordPosition, exactAttribute, exactWords
  case sort(field: String, ascending: Bool)

  var name: String {
    switch self {
    case .sort: return "sort"
    default: return "\(self)"
    }
  }
}

/// A node on a path with the derivations which are still allowed.
struct ModelStep: Hashable {
  var node: Int
  var levels: Set<Int> = [0, 1, 2]
  /// Only the original word or phrase.
  var exactOnly = false
}

struct ModelRanked {
  var document: Int
  var ranks: [(rule: String, rank: Int, maxRank: Int)]

  var score: Double {
    var rank = 1.0
    var most = 1.0
    for entry in ranks {
      rank = (rank - 1) * Double(entry.maxRank) + Double(entry.rank)
      most *= Double(entry.maxRank)
    }
    return rank / most
  }
}

final class ModelRanking {
  typealias Ranks = [(rule: String, rank: Int, maxRank: Int)]

  let index: ModelIndex
  let terms: [ModelTerm]
  let nodes: [ModelNode]
  let rules: [ModelRule]
  let searched: Set<String>?
  private var known: [[Int]: Bool] = [:]
  private var costs: [[Int]: Int] = [:]

  init(
    index: ModelIndex, terms: [ModelTerm], nodes: [ModelNode], rules: [ModelRule],
    searched: Set<String>?
  ) {
    self.index = index
    self.terms = terms
    self.nodes = nodes
    self.rules = rules
    self.searched = searched
  }

  // MARK: - Matching

  func derivations(_ step: ModelStep) -> [ModelDerivation] {
    let node = nodes[step.node]
    if step.exactOnly { return node.exact.map { [$0] } ?? [] }
    var result: [ModelDerivation] = []
    for level in step.levels.sorted() { result += node.levels[level] }
    return result
  }

  func key(_ step: ModelStep) -> [Int] {
    return [step.node, step.exactOnly ? 1 : 0] + step.levels.sorted()
  }

  func matches(_ step: ModelStep, _ document: Int) -> Bool {
    let key = [document] + key(step)
    if let answer = known[key] { return answer }
    let answer = derivations(step).contains { index.matches($0, document, in: searched) }
    known[key] = answer
    return answer
  }

  func matches(_ path: [ModelStep], _ document: Int) -> Bool {
    return path.allSatisfy { matches($0, document) }
  }

  // MARK: - Buckets

  func sort(_ documents: [Int], _ paths: [[ModelStep]]) -> [ModelRanked] {
    return sort(documents, paths, rule: 0, ranks: [])
  }

  private func sort(
    _ documents: [Int], _ paths: [[ModelStep]], rule: Int, ranks: Ranks
  ) -> [ModelRanked] {
    if documents.isEmpty { return [] }
    if rule == rules.count {
      return documents.map { ModelRanked(document: $0, ranks: ranks) }
    }
    switch rules[rule] {
    case .sort(let field, let ascending):
      var result: [ModelRanked] = []
      for bucket in modelSorted(documents, index.documents, field: field, ascending: ascending) {
        result += sort(bucket, paths, rule: rule + 1, ranks: ranks)
      }
      return result
    case .exactAttribute:
      var buckets: [Int: [Int]] = [:]
      for document in documents {
        buckets[exactAttribute(document, paths), default: []].append(document)
      }
      var result: [ModelRanked] = []
      for rank in [3, 2, 1] {
        let entry = (rule: rules[rule].name, rank: rank, maxRank: 3)
        result += sort(buckets[rank] ?? [], paths, rule: rule + 1, ranks: ranks + [entry])
      }
      return result
    default:
      return sortByCost(documents, paths, rule: rule, ranks: ranks)
    }
  }

  /// A graph rule: the least cost over the paths decides, and the paths of that cost stay.
  private func sortByCost(
    _ documents: [Int], _ paths: [[ModelStep]], rule: Int, ranks: Ranks
  ) -> [ModelRanked] {
    var buckets: [Int: [Int]] = [:]
    var kept: [Int: [[ModelStep]]] = [:]
    var seen: [Int: Set<[ModelStep]>] = [:]
    for document in documents {
      var least: Int?
      var found: [[ModelStep]] = []
      for path in paths where matches(path, document) {
        let (cost, narrowed) = cost(of: path, document, rules[rule])
        if least == nil || cost < (least ?? 0) {
          least = cost
          found = []
        }
        if cost == least { found.append(narrowed) }
      }
      guard let least else { continue }
      buckets[least, default: []].append(document)
      for path in found where seen[least, default: []].insert(path).inserted {
        kept[least, default: []].append(path)
      }
    }
    var highest = paths.map { highestCost(of: $0, rules[rule]) }.max() ?? 0
    if rules[rule] == .words { highest = totalWords - 1 }
    var result: [ModelRanked] = []
    for cost in buckets.keys.sorted() {
      let entry = (rule: rules[rule].name, rank: highest + 1 - cost, maxRank: highest + 1)
      result += sort(
        buckets[cost] ?? [], kept[cost] ?? [], rule: rule + 1, ranks: ranks + [entry])
    }
    return result
  }

  // MARK: - Costs

  var totalWords: Int {
    return terms.map { $0.size }.reduce(0, +)
  }

  /// The cost of a document on a path which it matches, and the path as it is used.
  func cost(
    of path: [ModelStep], _ document: Int, _ rule: ModelRule
  ) -> (Int, [ModelStep]) {
    var total = 0
    var narrowed = path
    for (place, step) in path.enumerated() {
      let node = nodes[step.node]
      switch rule {
      case .typo:
        total += node.baseTypos
        for level in step.levels.sorted() {
          var one = step
          one.levels = [level]
          if step.exactOnly || matches(one, document) {
            total += level
            narrowed[place] = one
            break
          }
        }
      case .proximity:
        total += node.count - 1
        if place > 0, nodes[path[place - 1].node].end + 1 == node.start {
          total += pairCost(path[place - 1], step, document)
        }
      case .attributeRank:
        total += weight(step, document) * node.count
      case .wordPosition:
        total += positionCost(step, document)
      case .exactWords:
        var exact = step
        exact.exactOnly = true
        exact.levels = [0]
        if step.levels.contains(0) && matches(exact, document) {
          narrowed[place] = exact
        } else {
          total += node.count
        }
      default:
        break
      }
    }
    if rule == .words { total = totalWords - size(of: path) }
    return (total, narrowed)
  }

  /// The number of words of the query which a path covers.
  func size(of path: [ModelStep]) -> Int {
    var size = 0
    for step in path {
      for term in nodes[step.node].terms { size += terms[term].size }
    }
    return size
  }

  func highestCost(of path: [ModelStep], _ rule: ModelRule) -> Int {
    var total = 0
    for (place, step) in path.enumerated() {
      let node = nodes[step.node]
      switch rule {
      case .typo:
        let levels = step.levels.filter { $0 <= node.highest }
        total += node.baseTypos + (levels.max() ?? 0)
      case .proximity:
        total += node.count - 1
        if place > 0, nodes[path[place - 1].node].end + 1 == node.start { total += 3 }
      case .attributeRank:
        total += index.largestWeight * node.count
      case .wordPosition:
        total += 10 * node.count
      case .exactWords:
        total += node.count
      default:
        break
      }
    }
    return total
  }

  private func pairCost(_ left: ModelStep, _ right: ModelStep, _ document: Int) -> Int {
    let key = [document] + key(left) + [-1] + key(right)
    if let cost = costs[key] { return cost }
    var best = 3
    for before in derivations(left) {
      if before.isPhrase && !index.matches(before, document, in: searched) { continue }
      for after in derivations(right) {
        if after.isPhrase && !index.matches(after, document, in: searched) { continue }
        let backward = !before.isPhrase && !after.isPhrase
        best = min(best, index.pairCost(before.last, after.first, document, backward: backward))
      }
    }
    costs[key] = best
    return best
  }

  /// The smallest weight of a field which has the first word of a derivation.
  private func weight(_ step: ModelStep, _ document: Int) -> Int {
    var best: Int?
    for derivation in derivations(step) where index.matches(derivation, document, in: searched) {
      for field in index.fields[document] where field.words[derivation.first] != nil {
        if let searched, !searched.contains(field.name) { continue }
        if derivation.tolerantOnly && !index.isTolerant(derivation.first, in: field) { continue }
        best = min(best ?? field.weight, field.weight)
      }
    }
    return best ?? index.largestWeight
  }

  private func positionCost(_ step: ModelStep, _ document: Int) -> Int {
    let node = nodes[step.node]
    var best = 10 * node.count
    for derivation in derivations(step) {
      if derivation.isPhrase && !index.matches(derivation, document, in: searched) { continue }
      for field in index.fields[document] {
        for position in field.words[derivation.first] ?? [] {
          var cost = 0
          for extra in 0..<node.count {
            cost += modelPositionCost(abs(position - node.start) + extra)
          }
          best = min(best, cost)
        }
      }
    }
    return best
  }

  /// 3: an attribute is the remaining query; 2: one starts with it; 1: neither.
  func exactAttribute(_ document: Int, _ paths: [[ModelStep]]) -> Int {
    var left: Set<Int> = []
    for path in paths {
      for step in path { left.formUnion(nodes[step.node].terms) }
    }
    if left != Set(0..<left.count) || left.isEmpty { return 1 }
    var best = 1
    for field in index.fields[document] {
      if let searched, !searched.contains(field.name) { continue }
      var starts = true
      var positions = 0
      for term in left.sorted().map({ terms[$0] }) {
        positions += term.end - term.start + 1
        for (offset, word) in term.words.enumerated() {
          if let word, !(field.words[word] ?? []).contains(term.start + offset) { starts = false }
        }
      }
      if !starts { continue }
      best = max(best, field.wordCount == positions && field.wordCount <= 30 ? 3 : 2)
    }
    return best
  }
}

func modelPositionCost(_ distance: Int) -> Int {
  switch distance {
  case 0: return 0
  case 1: return 1
  case 2...4: return 2
  case 5...7: return 3
  case 8...11: return 4
  case 12...16: return 5
  case 17...24: return 6
  case 25...64: return 7
  case 65...256: return 8
  case 257...1024: return 9
  default: return 10
  }
}
