// What goes wrong: one row a component and project, with what the errors look like.

import VarveFormat
import VarveStorage

struct ErrorsReport {
  let scan: ReportScan
  let query: ReportQuery
  let snapshot: Snapshot
  let redaction: Redaction?

  private var columns: ReportColumns { scan.columns }

  func report() throws(StoreError) -> Report {
    var errors = scan.selected(columns.errors)
    if let newSince = query.newSince { try leaveOnlyNew(&errors, since: newSince) }
    var pairs = PairTable()
    let (components, projects) = (columns.components.places, columns.projects.places)
    let groups = errors.map { pairs.number(components[Int($0)], projects[Int($0)]).number }
    var sessions: [UInt32] = []
    sessions.gather(columns.sessions.places, at: errors.span)
    var counter = ReportCounter(columns, query, groupCount: pairs.count)
    counter.add(errors.span, groups.span, sessions: sessions.span)
    let sessionCounts = counter.sessionCounts
    let counts = counter.counts
    let days = daysOfGroups(errors, groups).counts(pairs.count)
    let found = try signatures(errors, groups, groupCount: pairs.count)
    let rows = pairs.keys.enumerated().map { group, key -> [Report.Value] in
      let (component, project) = PairTable.parts(key)
      return [
        columns.components.value(component), columns.projects.value(project),
        .number(counts[group]), .number(sessionCounts[group]), .number(days[group]),
        .number(found.serverOutputs[group]), .signatures(found.signatures[group]),
      ]
    }
    var report = Report(
      query, counter,
      columns: [
        ("component", .text), ("project", .text), ("errors", .number), ("sessions", .number),
        ("days", .number), ("serverOutput", .number), ("signatures", .signatures),
      ], rows: rows)
    report.rule =
      "server output: what MCP servers wrote on their standard error, logged as errors"
    report.sortRows([
      .init("errors", isDescending: true), .init("component", isDescending: false),
      .init("project", isDescending: false),
    ])
    return report
  }

  private func daysOfGroups(_ errors: [UInt32], _ groups: [UInt32]) -> GroupedSet {
    var buckets = BucketNumbers(.day, query.zone)
    var numbers: [UInt32] = []
    buckets.number(errors.span, columns.times, into: &numbers)
    var days = GroupedSet()
    days.add(groups.span, numbers.span)
    return days
  }

  /// Leaves errors whose signature none before a time has; those without a time count as old.
  private func leaveOnlyNew(_ errors: inout [UInt32], since: Int64) throws(StoreError) {
    let table = try columns.errorTexts.table(
      Array(columns.errors.indices), columns, in: snapshot)
    var isOld = [Bool](repeating: false, count: table.names.count)
    for (number, row) in columns.errors.enumerated() where columns.times[Int(row)] < since {
      if let signature = table.signature(ofError: number) { isOld[Int(signature)] = true }
    }
    var kept: [UInt32] = []
    for (number, row) in zip(places(of: errors), errors) {
      if let signature = table.signature(ofError: number), !isOld[Int(signature)] {
        kept.append(row)
      }
    }
    errors = kept
  }

  /// Where some errors stand among all of them. Both ascend.
  private func places(of errors: [UInt32]) -> [Int] {
    let all = columns.errors
    guard errors.count < all.count else { return Array(all.indices) }
    var next = 0
    return errors.map { row in
      while all[next] < row { next += 1 }
      return next
    }
  }

  /// What the errors of a group have in common that have one signature.
  private struct Tally {
    var count: Int64 = 0
    var first: Int64 = .max
    var last: Int64 = .min
    /// The first of them, as a place among all errors.
    let sample: Int
  }

  /// The signatures of each group, what servers wrote after everything else, then the most frequent
  /// first; and how much of each group servers wrote.
  private func signatures(
    _ errors: [UInt32], _ groups: [UInt32], groupCount: Int
  ) throws(StoreError) -> (signatures: [[ErrorSignature]], serverOutputs: [Int64]) {
    let places = places(of: errors)
    let table = try columns.errorTexts.table(places, columns, in: snapshot, redaction: redaction)
    var pairs = PairTable()
    var tallies: [Tally] = []
    var counted = PairTable()
    var serverOutputs = [Int64](repeating: 0, count: groupCount)
    for (i, row) in errors.enumerated() {
      guard let signature = table.signature(ofError: places[i]) else { continue }
      let (pair, isNew) = pairs.number(groups[i], signature)
      if isNew { tallies.append(Tally(sample: places[i])) }
      let isCounted =
        query.count == .occurrences || counted.number(pair, columns.messages[Int(row)]).isNew
      if isCounted {
        tallies[Int(pair)].count += 1
        if table.areServerOutput[Int(signature)] { serverOutputs[Int(groups[i])] += 1 }
      }
      let time = columns.times[Int(row)]
      guard time != OccurrenceFields.noTime else { continue }
      tallies[Int(pair)].first = min(tallies[Int(pair)].first, time)
      tallies[Int(pair)].last = max(tallies[Int(pair)].last, time)
    }
    var entries = [[SignatureEntry]](repeating: [], count: groupCount)
    for (pair, key) in pairs.keys.enumerated() {
      let (group, signature) = PairTable.parts(key)
      entries[Int(group)].append(
        SignatureEntry(pair: pair, signature: signature, count: tallies[pair].count))
    }
    let signatures = entries.map { list in
      list.first(max(0, query.signatureLimit), of: table).map { entry in
        let tally = tallies[entry.pair]
        return ErrorSignature(
          signature: table.names[Int(entry.signature)], count: tally.count,
          first: tally.first <= tally.last ? tally.first : nil,
          last: tally.first <= tally.last ? tally.last : nil,
          sample: table.sample(ofError: tally.sample),
          isServerOutput: table.areServerOutput[Int(entry.signature)])
      }
    }
    return (signatures, serverOutputs)
  }
}

/// A signature of a group.
private struct SignatureEntry {
  let pair: Int
  let signature: UInt32
  let count: Int64

  /// What servers wrote comes after everything else, then the most frequent first.
  func precedes(_ other: SignatureEntry, _ table: ErrorTable) -> Bool {
    let isServerOutput = table.areServerOutput[Int(signature)]
    if isServerOutput != table.areServerOutput[Int(other.signature)] { return !isServerOutput }
    if count != other.count { return count > other.count }
    return table.names[Int(signature)].utf8.lexicographicallyPrecedes(
      table.names[Int(other.signature)].utf8)
  }
}

extension [SignatureEntry] {
  /// Signatures that are worth keeping apart while all are looked at once.
  private static let keptMax = 64

  /// The first ones in the order in which they are shown. Most signatures stand once, and few are
  /// shown: sorting all of them would compare their texts for nothing.
  fileprivate func first(_ limit: Int, of table: ErrorTable) -> ArraySlice<SignatureEntry> {
    guard limit <= Self.keptMax else { return sorted { $0.precedes($1, table) }.prefix(limit) }
    var kept: [SignatureEntry] = []
    for entry in self {
      if kept.count == limit, kept.last.map({ !entry.precedes($0, table) }) ?? true { continue }
      let place = kept.lastIndex { !entry.precedes($0, table) }.map { $0 + 1 } ?? 0
      kept.insert(entry, at: place)
      if kept.count > limit { kept.removeLast() }
    }
    return kept[...]
  }
}
