// Ranks the documents of a bucket in one go: a window of them at a time, rule after rule, and what
// is worse than the best so far drops out before the next rule looks at it. Nothing is kept of a
// document that is not among the best.

import VarveFormat

/// Ranks one range of documents. One thread at a time.
struct WindowRanking {
  let plan: RankPlan
  /// Documents that may be among the best.
  private var set: DocSet
  private var windows: Windows
  private var screening: Screening?
  private(set) var members = WindowMembers()
  /// Members that some step has several places or none in.
  private var mixed: [Int32] = []
  private(set) var steps: [StepPlaces] = []
  /// The cost of each distance from the place in the query, by step.
  let tables: [[Int32]]
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
    guard steps.count > 1, windows.total > Self.probedWindowCountMin * windows.memberCount,
      best.isFull,
      let screening, let range = screening.probed(documents(of: left), best)
    else { return }
    let some = screening.likely(set.members(in: range.lowerBound...(range.upperBound - 1)))
    let own = Windows(some, in: range, memberCount: windows.memberCount)
    members.load(some, own.ranges[plan.isDescending ? own.ranges.count - 1 : 0])
    try rank(nil)
    for document in members.documents { set.remove(Int(document)) }
  }

  /// Windows from which on some documents are ranked out of order.
  private static let probedWindowCountMin = 4

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
}
