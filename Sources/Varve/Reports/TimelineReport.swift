// What happened when: one row a stretch of time and project, empty stretches included.

import VarveFormat

struct TimelineReport {
  let scan: ReportScan
  let query: ReportQuery

  /// Most stretches of time, empty ones included.
  static let bucketCountMax: Int64 = 100_000

  /// Sums by stretch of time and project: the group of a row is the number of such a pair.
  private struct Sums: ReportSums {
    let columns: ReportColumns
    var counter: ReportCounter
    var buckets: BucketNumbers
    var pairs = PairTable()
    var components: GroupedSet
    private var timed: [UInt32] = []
    private var bucketsOfRows: [UInt32] = []
    private var groupsOfRows: [UInt32] = []
    private var projects: [UInt32] = []
    private var sessions: [UInt32] = []
    private var componentsOfRows: [UInt32] = []

    init(_ columns: ReportColumns, _ query: ReportQuery) {
      self.columns = columns
      components = GroupedSet(valueCount: columns.components.texts.count)
      counter = ReportCounter(columns, query)
      buckets = BucketNumbers(query.bucket, query.zone)
    }

    mutating func add(_ rows: Span<UInt32>) {
      guard !columns.untimed.isEmpty else {
        addTimed(rows)
        return
      }
      let count = timed.keep(rows, where: columns.times, isNot: OccurrenceFields.noTime)
      let chunkRows = timed
      addTimed(chunkRows.span.extracting(0..<count))
    }

    private mutating func addTimed(_ rows: Span<UInt32>) {
      buckets.number(rows, columns.times, into: &bucketsOfRows)
      projects.gather(columns.projects.places, at: rows)
      sessions.gather(columns.sessions.places, at: rows)
      componentsOfRows.gather(columns.components.places, at: rows)
      let (chunkBuckets, chunkProjects) = (bucketsOfRows, projects)
      pairs.number(chunkBuckets.span, chunkProjects.span, count: rows.count, into: &groupsOfRows)
      let (chunkGroups, chunkSessions, chunkComponents) = (groupsOfRows, sessions, componentsOfRows)
      let groups = chunkGroups.span.extracting(0..<rows.count)
      components.add(groups, chunkComponents.span)
      counter.add(rows, groups, groupCount: pairs.count, sessions: chunkSessions.span)
    }

    mutating func add(_ later: Sums) {
      let numbers = buckets.numbers(of: later.buckets)
      let groups = later.pairs.keys.map { key in
        let (bucket, project) = PairTable.parts(key)
        return pairs.number(numbers[Int(bucket)], project).number
      }
      counter.add(later.counter, groups: groups)
      components.add(later.components, groups: groups)
    }
  }

  func report() throws(StoreError) -> Report {
    let columns = scan.columns
    let sums = scan.sum(Sums(columns, query))
    let counts = sums.counter.counts
    let sessions = sums.counter.sessionCounts
    let components = sums.components.values(sums.pairs.count)
    let names = TextNames(columns.components)
    let projects = columns.projects.texts.indices.map { columns.projects.value(UInt32($0 + 1)) }
    let buckets = sums.buckets.buckets
    let labels = buckets.map { query.bucket.label($0) }
    var rows: [(bucket: Int64, cells: [Report.Value])] = []
    for (group, tally) in sums.counter.tallies.enumerated() {
      let (number, project) = PairTable.parts(sums.pairs.keys[group])
      let bucket = Int(number) - 1
      rows.append(
        (
          buckets[bucket],
          [
            .text(labels[bucket]), project == 0 ? .null : projects[Int(project) - 1],
            .number(counts[group]), .number(sessions[group]), .number(tally.errors),
            .texts(names.sorted(components[group])),
          ]
        ))
    }
    for bucket in try emptyBuckets(buckets) {
      rows.append(
        (
          bucket,
          [
            .text(query.bucket.label(bucket)), .null, .number(0), .number(0), .number(0),
            .texts([]),
          ]
        ))
    }
    var report = Report(
      query, sums.counter,
      columns: [
        ("date", .text), ("project", .text), ("messages", .number), ("sessions", .number),
        ("errors", .number), ("components", .texts),
      ], rows: [])
    let order = RowOrder(report, Self.order)
    rows.sort {
      $0.bucket != $1.bucket ? $0.bucket > $1.bucket : order.compare($0.cells, $1.cells) < 0
    }
    report.rows = rows.map(\.cells)
    return report
  }

  private static let order: [ReportQuery.Order] = [
    .init("messages", isDescending: true), .init("project", isDescending: false),
  ]

  /// Stretches between the first and the last one in which nothing happened.
  private func emptyBuckets(_ known: [Int64]) throws(StoreError) -> [Int64] {
    var clock = ZoneOffsets.Clock(query.zone)
    var first = known.min()
    var last = known.max()
    if let since = query.since {
      let bucket = query.bucket.number(ofLocal: clock.local(since))
      first = min(first ?? bucket, bucket)
    }
    if let until = query.until, until > .min {
      let bucket = query.bucket.number(ofLocal: clock.local(until - 1))
      last = max(last ?? bucket, bucket)
    }
    guard let first, let last, first <= last else { return [] }
    let (count, isOverflow) = last.subtractingReportingOverflow(first)
    guard !isOverflow, count < Self.bucketCountMax else {
      throw StoreError(
        .limit,
        detail: "a timeline from \(query.bucket.label(first)) to \(query.bucket.label(last)) has "
          + "more than \(Self.bucketCountMax) rows; give since and until, or a larger bucket")
    }
    let held = Set(known)
    return (first...last).filter { !held.contains($0) }
  }
}
