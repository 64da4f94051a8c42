// What goes wrong: one row a component and project, with what the errors look like.

import VarveFormat
import VarveStorage

struct ErrorsReport {
  let columns: ReportColumns
  let query: ReportQuery
  let snapshot: Snapshot
  let redaction: Redaction?

  func report(_ selected: [UInt32]) throws(StoreError) -> Report {
    let flags = columns.flags
    var errors = selected.kept { flags[$0] & 1 != 0 }
    if let newSince = query.newSince { try leaveOnlyNew(&errors, since: newSince) }
    var pairs = PairTable()
    var keys: [(component: UInt32, project: UInt32)] = []
    let numbers = errors.map { row in
      let key = (columns.components.places[Int(row)], columns.projects.places[Int(row)])
      let (group, isNew) = pairs.number(key.0, key.1)
      if isNew { keys.append(key) }
      return UInt32(group)
    }
    let groups = ReportGroups(rows: errors, groups: numbers, groupCount: keys.count)
    let counter = ReportCounter(columns, query, groups)
    let days = ReportCounter.days(columns, query, groups)
    let (signatures, serverOutputs) = try signatures(groups)
    var rows: [[Report.Value]] = []
    for (group, tally) in counter.tallies.enumerated() {
      rows.append([
        columns.components.value(keys[group].component),
        columns.projects.value(keys[group].project), .number(tally.count(query.count)),
        .number(tally.sessions), .number(days[group]), .number(serverOutputs[group]),
        .signatures(signatures[group]),
      ])
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

  /// Leaves errors whose signature none before a time has; those without a time count as old.
  private func leaveOnlyNew(_ errors: inout [UInt32], since: Int64) throws(StoreError) {
    let all = columns.flags.indices.filter { columns.flags[$0] & 3 == 1 }
    let texts = try columns.errorTexts.find(all.map { columns.messages[$0] }, in: snapshot)
    var old: Set<String> = []
    for row in all where columns.times[row] < since {
      if let text = texts[columns.messages[row]] { old.insert(text.signature) }
    }
    errors.removeAll { row in
      let signature = texts[columns.messages[Int(row)]]?.signature
      return signature.map { old.contains($0) } ?? true
    }
  }

  /// The signatures of each group, what servers wrote after everything else, then the most frequent
  /// first; and how much of each group servers wrote.
  private func signatures(
    _ groups: ReportGroups
  ) throws(StoreError) -> (signatures: [[ErrorSignature]], serverOutputs: [Int64]) {
    let messages = groups.rows.map { columns.messages[Int($0)] }
    let texts = try columns.errorTexts.find(messages, in: snapshot, redaction: redaction)
    var numbers: [String: UInt32] = [:]
    var pairs = PairTable()
    var counted = PairTable()
    var found: [[ErrorSignature]] = Array(repeating: [], count: groups.groupCount)
    var places: [(group: Int, place: Int)] = []
    var serverOutputs = [Int64](repeating: 0, count: groups.groupCount)
    for (i, row) in groups.rows.enumerated() {
      guard let text = texts[messages[i]] else { continue }
      let owner = Int(groups.groups[i])
      let number = numbers[text.signature] ?? UInt32(numbers.count)
      if Int(number) == numbers.count { numbers[text.signature] = number }
      let (pair, isNew) = pairs.number(UInt32(owner), number)
      if isNew {
        places.append((owner, found[owner].count))
        found[owner].append(
          ErrorSignature(
            signature: text.signature, count: 0, sample: text.sample,
            isServerOutput: text.isServerOutput))
      }
      let (group, place) = places[pair]
      let isCounted =
        query.count == .occurrences || counted.number(UInt32(pair), messages[i]).isNew
      if isCounted {
        found[group][place].count += 1
        if text.isServerOutput { serverOutputs[group] += 1 }
      }
      found[group][place].note(columns.times[Int(row)])
    }
    return (found.map { $0.first(max(0, query.signatureLimit)) }, serverOutputs)
  }
}

extension [ErrorSignature] {
  /// Signatures that are worth keeping apart while all are looked at once.
  private static let keptMax = 64

  /// The first ones in the order in which they are shown. Most signatures stand once, and few are
  /// shown: sorting all of them would compare their texts for nothing.
  fileprivate func first(_ limit: Int) -> [ErrorSignature] {
    guard limit <= Self.keptMax else {
      return Array(sorted { $0.precedes($1) }.prefix(limit))
    }
    var kept: [ErrorSignature] = []
    for signature in self {
      if kept.count == limit, kept.last.map({ !signature.precedes($0) }) ?? true { continue }
      let place = kept.lastIndex { !signature.precedes($0) }.map { $0 + 1 } ?? 0
      kept.insert(signature, at: place)
      if kept.count > limit { kept.removeLast() }
    }
    return kept
  }
}

extension ErrorSignature {
  /// What servers wrote comes after everything else, then the most frequent first.
  fileprivate func precedes(_ other: ErrorSignature) -> Bool {
    if isServerOutput != other.isServerOutput { return other.isServerOutput }
    return count != other.count
      ? count > other.count : signature.utf8.lexicographicallyPrecedes(other.signature.utf8)
  }

  fileprivate mutating func note(_ time: Int64) {
    guard time != OccurrenceFields.noTime else { return }
    first = min(first ?? time, time)
    last = max(last ?? time, time)
  }
}
