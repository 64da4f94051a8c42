// What was used: tokens and tools, one row a project, day and model.

import VarveFormat
import VarveStorage

struct UsageReport {
  let scan: ReportScan
  let query: ReportQuery
  let view: StoreView

  func report() throws(StoreError) -> Report {
    let columns = scan.columns
    let models = try columns.models(view)
    let uses = try columns.tokenUses.all(columns, view)
    var sums = scan.sum(UsageSums(columns, models, uses, query))
    sums.finish()
    let rows = sums.groups.map { group -> [Report.Value] in
      let tally = group.tally
      return [
        columns.projects.value(group.project),
        group.bucket.map { .text(query.bucket.label($0)) } ?? .null, models.value(group.model),
        .number(tally.input), .number(tally.output), .number(tally.cacheRead),
        .number(tally.cacheCreation), .number(tally.calls), .number(tally.failures),
      ]
    }
    var report = Report(
      query, occurrenceCount: sums.occurrenceCount, withoutTimeCount: sums.withoutTimeCount,
      columns: [
        ("project", .text), ("day", .text), ("model", .text), ("inputTokens", .number),
        ("outputTokens", .number), ("cacheReadTokens", .number),
        ("cacheCreationTokens", .number), ("toolCalls", .number), ("toolFailures", .number),
      ], rows: rows)
    report.rule = "tokens once a response: the last that was said of it counts"
    report.sortRows([
      .init("day", isDescending: true), .init("project", isDescending: false),
      .init("model", isDescending: false),
    ])
    return report
  }
}

/// What one row of the report counts.
struct UsageTally: Sendable {
  var input: Int64 = 0
  var output: Int64 = 0
  var cacheRead: Int64 = 0
  var cacheCreation: Int64 = 0
  var calls: Int64 = 0
  var failures: Int64 = 0

  fileprivate mutating func add(_ use: TokenUse) {
    input = input.addingClamped(use.input)
    output = output.addingClamped(use.output)
    cacheRead = cacheRead.addingClamped(use.cacheRead)
    cacheCreation = cacheCreation.addingClamped(use.cacheCreation)
  }
}

/// Sums by project, stretch of time and model.
private struct UsageSums: ReportSums {
  let columns: ReportColumns
  let models: TextColumn
  let uses: [TokenUse]
  private(set) var occurrenceCount = 0
  private(set) var withoutTimeCount = 0
  private var buckets: BucketNumbers
  /// Projects and stretches of time.
  private var outer = PairTable()
  /// Pairs of `outer` and models: the groups.
  private var inner = PairTable()
  private var tallies: [UsageTally] = []
  /// Calls and failures by group, twice: calls and results are different messages even where their
  /// bytes are the same. Nil where occurrences are counted.
  private var messages: MessageCounter?
  private var callRows: [UInt32] = []
  private var callSides: [UInt32] = []
  /// The selected rows that tell of tokens, as places in `uses`.
  private var told: [Int] = []
  /// The first of `uses` that the rows so far did not reach.
  private var next: Int?
  private var bucketsOfRows: [UInt32] = []

  init(
    _ columns: ReportColumns, _ models: TextColumn, _ uses: [TokenUse], _ query: ReportQuery
  ) {
    self.columns = columns
    self.models = models
    self.uses = uses
    buckets = BucketNumbers(query.bucket, query.zone)
    if query.count == .messages { messages = MessageCounter(columns) }
  }

  mutating func add(_ rows: Span<UInt32>) {
    occurrenceCount += rows.count
    let flags = columns.flags
    buckets.number(rows, columns.times, into: &bucketsOfRows)
    callRows.removeAll(keepingCapacity: true)
    callSides.removeAll(keepingCapacity: true)
    for i in rows.indices {
      // Times of no bucket are unknown.
      withoutTimeCount += bucketsOfRows[i] == 0 ? 1 : 0
      let flag = flags[Int(rows[i])]
      let isCall = flag >> 2 == Kind.toolInput.rawValue
      guard isCall || (flag >> 2 == Kind.toolOutput.rawValue && flag & 1 != 0) else { continue }
      let group = group(of: rows[i], bucketsOfRows[i])
      if isCall { tallies[group].calls += 1 } else { tallies[group].failures += 1 }
      guard messages != nil else { continue }
      callRows.append(rows[i])
      callSides.append(UInt32(group) << 1 | (isCall ? 0 : 1))
    }
    let (rowsOfCalls, sides) = (callRows, callSides)
    messages?.add(rowsOfCalls.span, sides.span)
    addUses(rows)
  }

  private mutating func addUses(_ rows: Span<UInt32>) {
    var next = next ?? uses.partitioningIndex { $0.row >= rows[0] }
    var i = 0
    while next < uses.count, uses[next].row <= rows[rows.count - 1] {
      while rows[i] < uses[next].row { i += 1 }
      if rows[i] == uses[next].row { told.append(next) }
      next += 1
    }
    self.next = next
  }

  private mutating func group(of row: UInt32, _ bucket: UInt32) -> Int {
    group(columns.projects.places[Int(row)], bucket, models.places[Int(row)])
  }

  private mutating func group(_ project: UInt32, _ bucket: UInt32, _ model: UInt32) -> Int {
    let (group, isNew) = inner.number(outer.number(project, bucket).number, model)
    if isNew { tallies.append(UsageTally()) }
    return Int(group)
  }

  mutating func add(_ later: UsageSums) {
    occurrenceCount += later.occurrenceCount
    withoutTimeCount += later.withoutTimeCount
    told += later.told
    let numbers = buckets.numbers(of: later.buckets)
    var sides: [UInt32] = []
    for (key, tally) in zip(later.inner.keys, later.tallies) {
      let (pair, model) = PairTable.parts(key)
      let (project, bucket) = PairTable.parts(later.outer.keys[Int(pair)])
      let group = group(project, numbers[Int(bucket)], model)
      tallies[group].calls += tally.calls
      tallies[group].failures += tally.failures
      sides += [UInt32(group) << 1, UInt32(group) << 1 | 1]
    }
    if let others = later.messages { messages?.add(others, groups: sides) }
  }

  // MARK: What it came to

  /// Adds what waits until all rows are known: tokens, of which the last word counts, and distinct
  /// messages.
  mutating func finish() {
    var bucketOfRow: [UInt32] = []
    for use in lastOfEachResponse() {
      buckets.number([use.row].span, columns.times, into: &bucketOfRow)
      tallies[group(of: use.row, bucketOfRow[0])].add(use)
    }
    guard let surplus = messages?.surplus(tallies.count * 2) else { return }
    for group in tallies.indices {
      tallies[group].calls -= surplus[group * 2]
      tallies[group].failures -= surplus[group * 2 + 1]
    }
  }

  /// What counts of each response among the selected rows: what was said last, in the order of a
  /// list with the oldest first.
  private func lastOfEachResponse() -> [TokenUse] {
    // Those without a time come last.
    func order(_ use: TokenUse) -> Int64 {
      let time = columns.times[Int(use.row)]
      return time == OccurrenceFields.noTime ? .max : time
    }
    var last: [UInt32: TokenUse] = [:]
    for use in told.lazy.map({ uses[$0] }) {
      // Rows ascend, so the later one of two at the same time wins.
      if let known = last[use.response], order(known) > order(use) { continue }
      last[use.response] = use
    }
    return last.values.sorted { $0.row < $1.row }
  }

  var groups: [(project: UInt32, bucket: Int64?, model: UInt32, tally: UsageTally)] {
    zip(inner.keys, tallies).map { key, tally in
      let (pair, model) = PairTable.parts(key)
      let (project, bucket) = PairTable.parts(outer.keys[Int(pair)])
      return (project, bucket == 0 ? nil : buckets.buckets[Int(bucket) - 1], model, tally)
    }
  }
}
