// Ranks the documents of a bucket in one go: a window of them at a time, rule after rule, and what
// is worse than the best so far drops out before the next rule looks at it. Nothing is kept of a
// document that is not among the best.

import VarveFormat

/// Ranks one range of documents. One thread at a time.
struct WindowRanking {
  private let plan: RankPlan
  /// Documents that may be among the best.
  private var set: DocSet
  private var windows: Windows
  private var screening: Screening?
  private var members = WindowMembers()
  /// Members that some step has several places or none in.
  private var mixed: [Int32] = []
  private var steps: [StepPlaces] = []
  private let tables: [[Int32]]
  /// The costs of the members by each component, then their order.
  private var columns: [[Int]]
  private var best: TopDocuments

  /// The best documents of a plan with their keys, best first.
  static func best(
    _ plan: RankPlan, _ sharing: WorkSharing
  ) throws(FormatError) -> [(document: UInt32, key: [Int])] {
    let width = plan.count < sharing.documentCountMin ? 1 : sharing.width
    let memberCount = min(Windows.memberCountMax, sharing.documentCountMin)
    let ranges = width == 1 ? [plan.set.extent] : plan.set.ranges(width)
    let windows = ranges.map { Windows(plan.set, in: $0, memberCount: memberCount) }
    let shared = width == 1 ? .none : sharing
    let windowCount = windows.reduce(0) { max($0, $1.ranges.count) }
    var lists: [StepLists] = []
    for step in plan.steps {
      lists.append(
        try StepLists(
          StepLists.words(step, plan.graph), plan.reader, set: plan.set, in: plan.set.extent,
          windowCount: windowCount, memberCount: memberCount, sharing: shared))
    }
    let steps = lists
    let found = try shared.map(windows.count) { (i) throws(FormatError) in
      var ranking = WindowRanking(plan, steps, windows[i])
      try ranking.run()
      return ranking.best.sorted
    }
    if found.count == 1 { return found[0] }
    let all = found.joined().sorted { $0.key.lexicographicallyPrecedes($1.key) }
    return Array(all.prefix(plan.needed))
  }

  /// Ranks window after window.
  private mutating func run() throws(FormatError) {
    var next = 0
    var isFirst = true
    while next < windows.ranges.count {
      let last = windows.ranges.count - 1
      let window = plan.isDescending ? last - next : next
      members.load(set, windows.ranges[window])
      try rank(window)
      next += 1
      if next >= last { continue }
      let left = plan.isDescending ? 0..<(last + 1 - next) : next..<(last + 1)
      if isFirst { try probe(left) }
      isFirst = false
      if try screen(left) { next = 0 }
    }
  }

  /// Ranks some of those documents out of order that are the best where they tie by position, so
  /// that the others can be told from them.
  ///
  /// - Parameter left: the windows that are left.
  private mutating func probe(_ left: Range<Int>) throws(FormatError) {
    guard steps.count > 1, windows.total > Self.probedCountMin * windows.memberCount, best.isFull,
      let screening, let range = screening.probed(documents(of: left), best)
    else { return }
    let some = screening.likely(set.members(in: range.lowerBound...(range.upperBound - 1)))
    let own = Windows(some, in: range, memberCount: windows.memberCount)
    members.load(some, own.ranges[plan.isDescending ? own.ranges.count - 1 : 0])
    try rank(nil)
    for document in members.documents { set.remove(Int(document)) }
  }

  /// Windows from which on some documents are ranked out of order.
  private static let probedCountMin = 4

  private func documents(of left: Range<Int>) -> Range<Int> {
    windows.ranges[left.lowerBound].lowerBound..<windows.ranges[left.upperBound - 1].upperBound
  }

  /// Leaves out documents that cannot be among the best; false if they cannot be told.
  ///
  /// - Parameter left: the windows that are left.
  private mutating func screen(_ left: Range<Int>) throws(FormatError) -> Bool {
    // What is left of little is ranked before it is screened.
    guard windows.total > windows.memberCount, var screening, screening.isDue(best) else {
      return false
    }
    let range = documents(of: left)
    let found = try screening.members(of: set, in: range, steps, best)
    self.screening = screening
    guard let found else { return false }
    set = found
    windows = Windows(set, in: range, memberCount: windows.memberCount)
    for i in steps.indices { steps[i].restrict(to: set, windows) }
    return true
  }

  private init(_ plan: RankPlan, _ lists: [StepLists], _ windows: Windows) {
    self.plan = plan
    self.windows = windows
    set = plan.set
    tables = plan.steps.map {
      PositionCost.table(wordCount: plan.graph.nodes[$0.node].wordCount)
    }
    screening = Screening(plan, lists, tables: tables)
    columns = Array(repeating: [], count: plan.components.count)
    best = TopDocuments(capacity: plan.needed, width: plan.components.count + 1)
    steps = zip(plan.steps, lists).map { step, lists in
      StepPlaces(
        lists, summedFrom: plan.isSummed ? plan.graph.nodes[step.node].first : nil,
        reader: plan.reader, set: plan.set, windows: windows)
    }
  }

  /// Ranks the members.
  ///
  /// - Parameter window: that they are of; nil for members out of the order of windows.
  private mutating func rank(_ window: Int?) throws(FormatError) {
    let count = members.count
    if count == 0 { return }
    for i in steps.indices { try steps[i].load(window, members) }
    if steps.count > 1 { widen() }
    for i in columns.indices where columns[i].count < count {
      columns[i] = [Int](repeating: 0, count: count)
    }
    // Members that are not worse than the best so far, and whether they are better already.
    var left: [Int32] = []
    left.append(addingCapacity: count) { output in
      for number in 0..<Int32(truncatingIfNeeded: count) { output.append(number) }
    }
    var isBetter = [Bool](repeating: !best.isFull, count: count)
    for i in plan.components.indices {
      // Its column stays zeros, and drops nobody.
      if case .none = plan.components[i].cost { continue }
      var column: [Int] = []
      swap(&column, &columns[i])
      try fill(&column, plan.components[i].cost, left)
      if window != nil, i == screening?.component { screening?.note(column, left) }
      if best.isFull { Self.drop(&left, &isBetter, column, worst: best.worst(i)) }
      swap(&column, &columns[i])
      if left.isEmpty { return }
    }
    if plan.isDescending { left.reverse() }
    for number in left {
      let document = members.documents[Int(number)]
      let order = plan.isDescending ? -Int(document) : Int(document)
      best.offer(document) { column in
        column < columns.count ? columns[column][Int(number)] : order
      }
    }
  }

  /// Gives all steps of a member one form: the only place each, or several.
  private mutating func widen() {
    mixed.removeAll(keepingCapacity: true)
    Self.mix(members.count, steps, &mixed)
    if mixed.isEmpty { return }
    for i in steps.indices { steps[i].widen(mixed) }
  }

  private static func mix(_ count: Int, _ steps: [StepPlaces], _ mixed: inout [Int32]) {
    mixed.append(addingCapacity: count) { output in
      for number in 0..<count where !steps.allSatisfy({ $0.places.slots[number].isOne }) {
        output.append(Int32(truncatingIfNeeded: number))
      }
    }
  }

  /// Drops members that a cost makes worse than the worst of the best.
  private static func drop(
    _ left: inout [Int32], _ isBetter: inout [Bool], _ column: [Int], worst: Int
  ) {
    let costs = column.span
    var flags = isBetter.mutableSpan
    var numbers = left.mutableSpan
    var kept = 0
    for i in numbers.indices {
      // Without a jump for each: nobody can foresee them.
      let number = Int(numbers[i])
      let isBetter = flags[number] || costs[number] < worst
      flags[number] = isBetter
      numbers[kept] = numbers[i]
      kept += isBetter || costs[number] == worst ? 1 : 0
    }
    left.removeLast(left.count - kept)
  }

  // MARK: Costs

  private func fill(
    _ column: inout [Int], _ cost: RankPlan.Cost, _ left: [Int32]
  ) throws(FormatError) {
    switch cost {
    case .none: preconditionFailure("what costs nothing is not filled")
    case .proximity(let base, let pairs):
      set(&column, left) { _ in base }
      for pair in pairs { addProximity(&column, pair.left, pair.right, left) }
    case .attribute(let weights):
      set(&column, left) { _ in 0 }
      for i in steps.indices { addAttribute(&column, i, weights[i], left) }
    case .position where plan.isSummed:
      let costs = tables[0]
      let table = costs.span
      let summaries = steps[0].summaries
      set(&column, left) { Int(table[summaries[$0].distance]) }
    case .position:
      set(&column, left) { _ in 0 }
      for i in steps.indices { addPosition(&column, i, left) }
    case .exactAttribute(let terms, let steps):
      try fillExactAttribute(&column, terms, steps, left)
    case .exactWords(let base, let steps):
      set(&column, left) { _ in base }
      for i in steps { addInexact(&column, i, left) }
    case .relevance(let relevance, let weights):
      fillRelevance(&column, relevance, weights, left)
    case .conversation: fillByOccurrences(&column, plan.classes, left)
    case .age: fillByOccurrences(&column, plan.ages, left)
    }
  }

  @inline(__always)
  private func set(_ column: inout [Int], _ left: [Int32], _ cost: (Int) -> Int) {
    let numbers = left.span
    var output = column.mutableSpan
    for i in numbers.indices { output[Int(numbers[i])] = cost(Int(numbers[i])) }
  }

  @inline(__always)
  private func add(_ column: inout [Int], _ left: [Int32], _ cost: (Int) -> Int) {
    let numbers = left.span
    var output = column.mutableSpan
    for i in numbers.indices { output[Int(numbers[i])] += cost(Int(numbers[i])) }
  }

  private func addProximity(_ column: inout [Int], _ left: Int, _ right: Int, _ numbers: [Int32]) {
    let (from, to) = (steps[left].places, steps[right].places)
    let (ones, others) = (from.slots.span, to.slots.span)
    let (lefts, rights) = (from.hits.span, to.hits.span)
    if plan.reader.byWord {
      add(&column, numbers) { i in
        if PlaceSlot.areOne(ones[i], others[i]) {
          return Int(PlaceCosts.pair(ones[i].hit, others[i].hit))
        }
        return Int(PlaceCosts.pair(lefts, ones[i].range, rights, others[i].range))
      }
    } else {
      add(&column, numbers) { i in
        if PlaceSlot.areOne(ones[i], others[i]) {
          return ones[i].hit.attribute == others[i].hit.attribute ? 0 : PlaceCosts.far
        }
        return Int(PlaceCosts.inOneAttribute(lefts, ones[i].range, rights, others[i].range))
      }
    }
  }

  private func addAttribute(
    _ column: inout [Int], _ step: Int, _ weights: StepWeights, _ numbers: [Int32]
  ) {
    if plan.isSummed {
      let summaries = steps[step].summaries
      return add(&column, numbers) { i in Int(summaries[i].attributeCost(weights)) }
    }
    let places = steps[step].places
    let slots = places.slots.span
    let hits = places.hits.span
    add(&column, numbers) { i in
      if slots[i].isOne { return Int(PlaceCosts.attribute(slots[i].hit, weights)) }
      return Int(PlaceCosts.attribute(hits, slots[i].range, weights))
    }
  }

  private func addPosition(_ column: inout [Int], _ step: Int, _ numbers: [Int32]) {
    let own = tables[step]
    let table = own.span
    let places = steps[step].places
    let slots = places.slots.span
    let hits = places.hits.span
    let first = plan.graph.nodes[plan.steps[step].node].first
    add(&column, numbers) { i in
      if slots[i].isOne {
        return Int(table[min(abs(slots[i].hit.position - first), PositionCost.farthest)])
      }
      return Int(PlaceCosts.position(hits, slots[i].range, first: first, table))
    }
  }

  private func addInexact(_ column: inout [Int], _ step: Int, _ numbers: [Int32]) {
    if plan.isSummed {
      let summaries = steps[step].summaries
      return add(&column, numbers) { i in summaries[i].hasExact ? 0 : 1 }
    }
    let places = steps[step].places
    let slots = places.slots.span
    let hits = places.hits.span
    add(&column, numbers) { i in
      let hasExact =
        slots[i].isOne ? slots[i].hit.isExact : PlaceCosts.hasExact(hits, slots[i].range)
      return hasExact ? 0 : 1
    }
  }

  private func fillExactAttribute(
    _ column: inout [Int], _ terms: [ExactTerm]?, _ steps: [Int], _ numbers: [Int32]
  ) throws(FormatError) {
    guard let terms else { return set(&column, numbers) { _ in 2 } }
    let reader = plan.reader
    let documents = members.documents
    if plan.isSummed, let step = steps.first {
      return try fillExactAttribute(
        &column, self.steps[step].summaries, terms[0].wordCount, numbers)
    }
    let places = steps.map { self.steps[$0].places }
    for number in numbers {
      let document = Int(documents[Int(number)])
      column[Int(number)] = try PlaceCosts.exactAttribute(terms, places, Int(number)) {
        (attribute) throws(FormatError) in
        try reader.length(of: document, attribute: attribute)
      }
    }
  }

  private func fillExactAttribute(
    _ column: inout [Int], _ summaries: [StepSummary], _ wordCount: Int, _ numbers: [Int32]
  ) throws(FormatError) {
    let reader = plan.reader
    let documents = members.documents.span
    let summaries = summaries.span
    let numbers = numbers.span
    var output = column.mutableSpan
    for i in numbers.indices {
      let number = Int(numbers[i])
      // Mostly the word itself is not at its place.
      output[number] = 2
      guard summaries[number].exactFirst != 0 else { continue }
      let document = Int(documents[number])
      output[number] = try summaries[number].exactAttributeCost(wordCount: wordCount) {
        (attribute) throws(FormatError) in
        try reader.length(of: document, attribute: attribute)
      }
    }
  }

  private func fillRelevance(
    _ column: inout [Int], _ relevance: Relevance, _ weights: [Double], _ numbers: [Int32]
  ) {
    var scores = [Double](repeating: 0, count: members.count)
    let wordCounts = plan.reader.corpus.wordCounts
    let documents = members.documents.span
    for step in steps.indices {
      let weight = weights[step]
      if plan.isSummed {
        let summaries = steps[step].summaries
        for number in numbers {
          let i = Int(number)
          scores[i] +=
            weight
            * relevance.score(
              placeCount: summaries[i].placeCount, wordCount: wordCounts[Int(documents[i])])
        }
        continue
      }
      let places = steps[step].places
      for number in numbers {
        let i = Int(number)
        scores[i] +=
          weight
          * relevance.score(
            placeCount: places.slots[i].count, wordCount: wordCounts[Int(documents[i])])
      }
    }
    set(&column, numbers) { Relevance.cost(scores[$0]) }
  }

  private func fillByOccurrences(
    _ column: inout [Int], _ costs: OccurrenceCosts?, _ numbers: [Int32]
  ) {
    let documents = members.documents.span
    switch costs {
    case nil: set(&column, numbers) { _ in 0 }
    case .ages(let ages): set(&column, numbers) { ages[Int(documents[$0])] }
    case .classes(let classes): set(&column, numbers) { Int(classes[Int(documents[$0])]) }
    case .some(let costs): set(&column, numbers) { costs.cost(of: Int(documents[$0])) }
    }
  }
}
