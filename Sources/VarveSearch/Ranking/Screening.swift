// Tells from first keys alone which documents cannot stand near enough to the beginning to be among
// the best: nothing else is read of the others. What a word costs by its position only grows behind
// its place in the query, so the first one tells it.

import VarveFormat

/// Finds the documents that may still be among the best.
struct Screening {
  private let plan: RankPlan
  /// The component that costs by position.
  let component: Int
  /// What each component before it costs at least.
  private let least: [Int]
  /// The cost of each distance, by step.
  private let tables: [[Int32]]
  /// The worst position of the best when they were screened last.
  private var screened = Int.max
  /// How many members of the last window had each cost by position or less.
  private var shares: [Int] = []

  /// Nil where a rule that comes first has no least cost, or where no rule looks at positions.
  init?(_ plan: RankPlan, tables: [[Int32]]) {
    var least: [Int] = []
    for (i, component) in plan.components.enumerated() {
      switch component.cost {
      case .none, .attribute, .exactAttribute, .conversation: least.append(0)
      case .proximity(let base, _), .exactWords(let base, _): least.append(base)
      case .position:
        self.plan = plan
        self.component = i
        self.least = least
        self.tables = tables
        return
      case .relevance, .age: return nil
      }
    }
    return nil
  }

  /// Whether documents can be told to be worse than the best so far that could not before.
  func isDue(_ best: TopDocuments) -> Bool {
    guard best.isFull, best.worst(component) < screened,
      least.indices.allSatisfy({ best.worst($0) == least[$0] })
    else { return false }
    // To look at first keys is a quarter of the work: where most documents would stay, it is too
    // early.
    let worst = best.worst(component)
    return worst < shares.count - 1 && shares[worst] * 3 < shares[shares.count - 1] * 2
  }

  /// Notes what some members of a window cost by position.
  mutating func note(_ column: [Int], _ numbers: [Int32]) {
    var counts = [Int](repeating: 0, count: PositionCost.max * tables.count * 3 + 1)
    for number in numbers { counts[min(column[Int(number)], counts.count - 1)] += 1 }
    for i in 1..<counts.count { counts[i] += counts[i - 1] }
    shares = counts
  }

  /// The documents of a range that may be among the best; nil where that cannot be told.
  mutating func members(
    of set: DocSet, in range: Range<Int>, _ steps: [StepPlaces], _ best: TopDocuments
  ) throws(FormatError) -> DocSet? {
    screened = best.worst(component)
    guard !range.isEmpty else { return nil }
    let own = set.members(in: range.lowerBound...(range.upperBound - 1))
    var left: DocSet?
    for (i, step) in steps.enumerated() where !step.hasValues {
      let first = plan.graph.nodes[plan.steps[i].node].first
      guard let distance = distance(i, screened) else { continue }
      var found = DocSet(capacity: set.capacity)
      // A run of words costs something wherever it stands.
      guard distance >= 0 else { return found }
      let key = UInt32(first + distance)
      for list in step.lists where list.documents.overlaps(range) {
        try plan.reader.insert(list, upTo: key, in: range, into: &found)
      }
      for hit in step.few where hit.key & 0xFFFF <= key { found.insert(Int(hit.document)) }
      found.formIntersection(left ?? own)
      left = found
    }
    return left
  }

  /// The greatest distance that costs no more; nil where all do.
  private func distance(_ step: Int, _ cost: Int) -> Int? {
    let table = tables[step]
    if Int(table[table.count - 1]) <= cost { return nil }
    return table.lastIndex { Int($0) <= cost } ?? -1
  }
}

extension HitReader {
  /// Adds the documents of a list that may have a place up to a position.
  fileprivate func insert(
    _ list: List, upTo key: UInt32, in range: Range<Int>, into set: inout DocSet
  ) throws(FormatError) {
    let part = list.part
    let limit = part.index.documentCount
    let first = max(0, range.lowerBound - part.base)
    let end = min(limit, range.upperBound - part.base)
    // The first key is that of the first attribute; another one may have a place further ahead.
    let isPlain = part.index.attributes.count == 1
    var found = set
    set = DocSet(capacity: 0)
    try part.index.withPostings(list.info) { (decoder) throws(FormatError) in
      decoder.skip(to: UInt32(first))
      while true {
        let count = isPlain ? try decoder.next(withFirstKeyUpTo: key) : try decoder.next()
        guard count > 0 else { break }
        let docs = decoder.docs.span
        let keys = decoder.firstKeys.span
        let counts = decoder.counts.span
        guard Int(docs[count - 1]) < limit else { throw FormatError(.outOfBounds, at: 0) }
        for i in 0..<count
        where keys[i] & 0xFFFF <= key || !isPlain && counts[i] > 1 {
          found.insert(part.base + Int(docs[i]))
        }
        if Int(docs[count - 1]) >= end { break }
      }
    }
    set = found
  }
}
