// What happened when: one row a stretch of time and project, empty stretches included.

import VarveFormat

struct TimelineReport {
  let columns: ReportColumns
  let query: ReportQuery
  let concurrency: Concurrency

  /// Most stretches of time, empty ones included.
  static let bucketCountMax: Int64 = 100_000

  func report(_ selected: [UInt32]) throws(StoreError) -> Report {
    let times = columns.times
    let timed = selected.kept { times[$0] != OccurrenceFields.noTime }
    let buckets = BucketColumn(times, timed, query.bucket, query.zone)
    let (groups, keys) = grouped(timed, buckets)
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

  /// Rows by bucket and project.
  private func grouped(
    _ timed: [UInt32], _ buckets: BucketColumn
  ) -> (ReportGroups, [(bucket: Int64, project: UInt32)]) {
    var pairs = PairTable()
    var keys: [(bucket: Int64, project: UInt32)] = []
    let (places, bucketNumbers) = (columns.projects.places, buckets.numbers)
    var numbers: [UInt32] = []
    numbers.append(addingCapacity: timed.count) { output in
      let rows = timed.span
      let places = places.span
      let ofBuckets = bucketNumbers.span
      for i in rows.indices {
        let project = places[Int(rows[i])]
        let (group, isNew) = pairs.number(ofBuckets[i], project)
        if isNew { keys.append((buckets.buckets[Int(ofBuckets[i]) - 1], project)) }
        output.append(UInt32(truncatingIfNeeded: group))
      }
    }
    return (ReportGroups(rows: timed, groups: numbers, groupCount: keys.count), keys)
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
