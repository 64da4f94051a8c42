// What happened when: one row a stretch of time and project, empty stretches included.

import VarveFormat

struct TimelineReport {
  let columns: ReportColumns
  let query: ReportQuery
  let concurrency: Concurrency

  /// Most stretches of time, empty ones included.
  static let bucketCountMax: Int64 = 100_000

  func report(_ selected: [UInt32]) throws(StoreError) -> Report {
    let timed = selected.filter { columns.times[Int($0)] != OccurrenceFields.noTime }
    let buckets = BucketColumn(columns.times, timed, query.bucket, query.zone)
    var pairs = PairTable()
    var keys: [(bucket: Int64, project: UInt32)] = []
    var numbers = [UInt32](repeating: 0, count: timed.count)
    for (i, row) in timed.enumerated() {
      let project = columns.projects.places[Int(row)]
      let (group, isNew) = pairs.number(buckets.numbers[i], project)
      if isNew { keys.append((buckets.buckets[Int(buckets.numbers[i]) - 1], project)) }
      numbers[i] = UInt32(group)
    }
    let groups = ReportGroups(rows: timed, groups: numbers, groupCount: keys.count)
    let (counter, components) = concurrency.both(rowCount: timed.count) {
      ReportCounter(columns, query, groups)
    } _: {
      GroupedSet(columns.components, groups)
    }
    let names = TextNames(columns.components)
    var rows: [(bucket: Int64, cells: [Report.Value])] = []
    for (group, tally) in counter.tallies.enumerated() {
      rows.append(
        (
          keys[group].bucket,
          [
            .text(query.bucket.label(keys[group].bucket)),
            columns.projects.value(keys[group].project), .number(tally.count(query.count)),
            .number(tally.sessions), .number(tally.errors),
            .texts(names.sorted(components.values(of: group))),
          ]
        ))
    }
    for bucket in try emptyBuckets(buckets.buckets) {
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
      query, counter,
      columns: [
        ("date", .text), ("project", .text), ("messages", .number), ("sessions", .number),
        ("errors", .number), ("components", .texts),
      ], rows: [])
    rows.sort {
      $0.bucket != $1.bucket
        ? $0.bucket > $1.bucket : report.precedes($0.cells, $1.cells, by: Self.order)
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
