// What was used: tokens and tools, one row a project, day and model.

import VarveFormat
import VarveStorage

struct UsageReport {
  let columns: ReportColumns
  let query: ReportQuery
  let view: StoreView

  /// Sums of one row.
  private struct Sums {
    var input: Int64 = 0
    var output: Int64 = 0
    var cacheRead: Int64 = 0
    var cacheCreation: Int64 = 0
    var calls: Int64 = 0
    var failures: Int64 = 0

    mutating func add(_ use: TokenUse) {
      input = input.addingClamped(use.input)
      output = output.addingClamped(use.output)
      cacheRead = cacheRead.addingClamped(use.cacheRead)
      cacheCreation = cacheCreation.addingClamped(use.cacheCreation)
    }
  }

  func report(_ selected: [UInt32]) throws(StoreError) -> Report {
    let models = try columns.models(view)
    let last = lastOfEachResponse(try columns.tokenUses.all(columns, view), selected)
    var sums: [Sums] = []
    var keys: [(project: UInt32, bucket: UInt32, model: UInt32)] = []
    var outer = PairTable()
    var inner = PairTable()
    let buckets = BucketColumn(columns.times, selected, query.bucket, query.zone)
    var counted = PairTable()
    for (i, row) in selected.enumerated() {
      let use = last[row]
      let isCall = columns.kind(row) == .toolInput
      let isFailure = columns.kind(row) == .toolOutput && columns.flags[Int(row)] & 1 != 0
      guard use != nil || isCall || isFailure else { continue }
      let key = (columns.projects.places[Int(row)], buckets.numbers[i], models.places[Int(row)])
      let pair = outer.number(key.0, key.1).number
      let (group, isNew) = inner.number(UInt32(pair), key.2)
      if isNew {
        sums.append(Sums())
        keys.append(key)
      }
      if let use { sums[group].add(use) }
      guard isCall || isFailure else { continue }
      // Calls and results are different messages even where their bytes are the same.
      let side = UInt32(group) << 1 | (isCall ? 0 : 1)
      let isCounted =
        query.count == .occurrences || counted.number(side, columns.messages[Int(row)]).isNew
      if isCounted { if isCall { sums[group].calls += 1 } else { sums[group].failures += 1 } }
    }
    let rows = zip(keys, sums).map { key, sums -> [Report.Value] in
      [
        columns.projects.value(key.project),
        key.bucket == 0
          ? .null : .text(query.bucket.label(buckets.buckets[Int(key.bucket) - 1])),
        models.value(key.model), .number(sums.input), .number(sums.output),
        .number(sums.cacheRead), .number(sums.cacheCreation), .number(sums.calls),
        .number(sums.failures),
      ]
    }
    var report = Report(
      query, occurrenceCount: selected.count, withoutTimeCount: columns.withoutTime(selected),
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

  /// What counts of each response among the selected rows: what was said last, in the order of a
  /// list with the oldest first.
  private func lastOfEachResponse(
    _ uses: [TokenUse], _ selected: [UInt32]
  ) -> [UInt32: TokenUse] {
    // Those without a time come last.
    func order(_ use: TokenUse) -> Int64 {
      let time = columns.times[Int(use.row)]
      return time == OccurrenceFields.noTime ? .max : time
    }
    var last: [UInt32: TokenUse] = [:]
    var next = 0
    for use in uses {
      while next < selected.count, selected[next] < use.row { next += 1 }
      guard next < selected.count, selected[next] == use.row else { continue }
      // Rows ascend, so the later one of two at the same time wins.
      if let known = last[use.response], order(known) > order(use) { continue }
      last[use.response] = use
    }
    return Dictionary(last.values.map { ($0.row, $0) }, uniquingKeysWith: { first, _ in first })
  }
}
