// Tells from first keys which documents cannot stand near enough to the beginning to be among the
// best: nothing else is read of the others. What a word costs by its position only grows behind its
// place in the query, so the first one tells it.

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
  private let ties: TieScreening?
  /// The worst position of the best when they were screened last, and what ties could cost then.
  private var screened = Int.max
  private var screenedTies: TieScreening.Bound?
  /// How many members of the last window had each cost by position or less.
  private var shares: [Int] = []

  /// Nil where a rule that comes first has no least cost, or where no rule looks at positions.
  ///
  /// - Parameter lists: of each step.
  init?(_ plan: RankPlan, _ lists: [StepLists], tables: [[Int32]]) {
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
        ties = TieScreening(plan, lists, behind: i)
        return
      case .relevance, .age: return nil
      }
    }
    return nil
  }

  /// Whether documents can be told to be worse than the best so far that could not before.
  func isDue(_ best: TopDocuments) -> Bool {
    guard best.isFull, least.indices.allSatisfy({ best.worst($0) == least[$0] }) else {
      return false
    }
    let bound = bound(best)
    return isPositionDue(best) || isLeast(best) && bound != nil && bound != screenedTies
  }

  /// Where to look for documents that would make the bound of ties closer; nil if nothing would.
  ///
  /// - Parameter range: the documents that are left.
  func probed(_ range: Range<Int>, _ best: TopDocuments) -> Range<Int>? {
    guard let ties, ties.canBeCloser(best), !range.isEmpty else { return nil }
    let most = Windows.pieceCountMax * Windows.memberCountMax
    return plan.isDescending
      ? max(range.lowerBound, range.upperBound - most)..<range.upperBound
      : range.lowerBound..<min(range.upperBound, range.lowerBound + most)
  }

  /// The documents of a set that are the best where they tie by position.
  func likely(_ set: DocSet) -> DocSet {
    ties?.filtered(set, TieScreening.Bound(conversation: 0)) ?? set
  }

  private func isPositionDue(_ best: TopDocuments) -> Bool {
    // To look at first keys is a quarter of the work: where most documents would stay, it is too
    // early.
    let worst = best.worst(component)
    return worst < screened && worst < shares.count - 1
      && shares[worst] * 3 < shares[shares.count - 1] * 2
  }

  private func bound(_ best: TopDocuments) -> TieScreening.Bound? {
    ties?.bound(best, isLeast: isLeast(best))
  }

  /// What a document costs by position at least.
  private var leastPosition: Int { tables.reduce(0) { $0 + Int($1[0]) } }

  /// Whether no document costs less by position than the worst of the best.
  private func isLeast(_ best: TopDocuments) -> Bool {
    best.worst(component) == leastPosition
  }

  /// Notes what some members of a window cost by position.
  mutating func note(_ column: [Int], _ numbers: [Int32]) {
    let most = tables.reduce(0) { $0 + Int($1[$1.count - 1]) }
    var counts = [Int](repeating: 0, count: most + 1)
    for number in numbers { counts[column[Int(number)]] += 1 }
    for i in 1..<counts.count { counts[i] += counts[i - 1] }
    shares = counts
  }

  /// The documents of a range that may be among the best; nil where that cannot be told.
  mutating func members(
    of set: DocSet, in range: Range<Int>, _ steps: [StepPlaces], _ best: TopDocuments
  ) throws(FormatError) -> DocSet? {
    let worst = best.worst(component)
    guard !range.isEmpty, worst < Int(PositionBounds.unknown) else { return nil }
    let isPositionDue = isPositionDue(best)
    let isLeast = isLeast(best)
    let bound = bound(best)
    if isLeast { screenedTies = bound }
    var left = set.members(in: range.lowerBound...(range.upperBound - 1))
    if isLeast, let ties, let bound, steps.count > 1 || !isPositionDue {
      // Nothing is nearer, and nothing has to be read to tell ties apart.
      let count = left.count
      left = ties.filtered(left, bound)
      if !isPositionDue || left.count * Self.rankingCost < count * steps.count { return left }
    }
    screened = worst
    let near = try nearMembers(
      of: left, in: range, steps, worst: UInt8(worst), isLeast: isLeast)
    guard let near else { return isLeast ? bound.flatMap { ties?.filtered(left, $0) } : nil }
    guard let ties, let bound else { return near.found }
    // Those that are nearer need not be better by any other rule.
    var found = ties.filtered(near.found.subtracting(near.nearer), bound)
    found.formUnion(near.nearer)
    return found
  }

  /// First keys that can be looked at while one document is ranked: measured.
  private static let rankingCost = 12

  /// The documents of a set that may cost no more by position than the worst of the best, and those
  /// that may cost less; nil where that cannot be told.
  private func nearMembers(
    of set: DocSet, in range: Range<Int>, _ steps: [StepPlaces], worst: UInt8, isLeast: Bool
  ) throws(FormatError) -> (found: DocSet, nearer: DocSet)? {
    // Where all places of a step cost no more, nothing has to be read.
    let told = steps.indices.filter {
      !steps[$0].hasValues && tables[$0][tables[$0].count - 1] > Int32(worst)
    }
    guard !told.isEmpty else { return nil }
    // Where nothing is nearer, each step has to cost its least, and the rarest one tells most.
    if steps.count == 1 || isLeast, let step = told.min(by: { count(steps[$0]) < count(steps[$1]) })
    {
      let most = isLeast ? UInt8(tables[step][0]) : worst
      let last = lastPlace(of: step, costingUpTo: most)
      let nearer = isLeast ? nil : lastPlace(of: step, costingUpTo: most - 1)
      var near = NearDocuments(range, capacity: set.capacity, upTo: last, nearer: nearer)
      try note(steps[step], range, upTo: last, in: &near)
      return (near.found.intersection(set), near.nearer.intersection(set))
    }
    var costs = PositionBounds(range)
    for i in told.prefix(PositionBounds.stepCountMax) {
      costs.begin(costsByPlace(of: i))
      try note(steps[i], range, upTo: lastPlace(of: i, costingUpTo: worst), in: &costs)
      costs.end()
    }
    let found = costs.members(of: set, worst: worst)
    return (found, costs.members(of: found, worst: worst - 1))
  }

  private func count(_ step: StepPlaces) -> Int {
    step.lists.reduce(0) { $0 + $1.info.docCount }
  }

  /// The least cost of a step by its first place. In front of the place in the query, another one
  /// may be nearer.
  private func costsByPlace(of step: Int) -> [UInt8] {
    let first = plan.graph.nodes[plan.steps[step].node].first
    let table = tables[step]
    return (0..<(first + table.count)).map { UInt8(clamping: table[max(0, $0 - first)]) }
  }

  /// The last place that costs no more than the worst; nil if none does.
  private func lastPlace(of step: Int, costingUpTo worst: UInt8) -> UInt32? {
    costsByPlace(of: step).lastIndex { $0 <= worst }.map { UInt32($0) }
  }

  /// Notes the first places of a step.
  private func note(
    _ step: StepPlaces, _ range: Range<Int>, upTo last: UInt32?, in found: inout some FirstPlaces
  ) throws(FormatError) {
    for list in step.lists where list.documents.overlaps(range) {
      try plan.reader.bound(list, in: range, upTo: last, &found)
    }
    for hits in step.few.hits {
      for hit in hits { found.note(Int(hit.document), hit.key & 0xFFFF) }
    }
  }
}
