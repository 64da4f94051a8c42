// What goes wrong: one row a component and project, with what the errors look like.

import VarveFormat
import VarveStorage

struct ErrorsReport {
  let columns: ReportColumns
  let query: ReportQuery
  let snapshot: Snapshot

  func report(_ selected: [UInt32]) throws(StoreError) -> Report {
    let errors = selected.filter { columns.flags[Int($0)] & 1 != 0 }
    var pairs = PairTable()
    var keys: [(component: UInt32, project: UInt32)] = []
    let numbers = errors.map { row in
      let key = (columns.components.places[Int(row)], columns.projects.places[Int(row)])
      let (group, isNew) = pairs.number(key.0, key.1)
      if isNew { keys.append(key) }
      return UInt32(group)
    }
    let groups = ReportGroups(rows: errors, groups: numbers, groupCount: keys.count)
    let counter = ReportCounter(columns, query, groups, countsDays: true)
    let signatures = try signatures(groups)
    var rows: [[Report.Value]] = []
    for (group, tally) in counter.tallies.enumerated() {
      rows.append([
        columns.components.value(keys[group].component),
        columns.projects.value(keys[group].project), .number(tally.count(query.count)),
        .number(tally.sessions), .number(tally.days), .signatures(signatures[group]),
      ])
    }
    var report = Report(
      query, counter,
      columns: [
        ("component", .text), ("project", .text), ("errors", .number), ("sessions", .number),
        ("days", .number), ("signatures", .signatures),
      ], rows: rows)
    report.sortRows([
      .init("errors", isDescending: true), .init("component", isDescending: false),
      .init("project", isDescending: false),
    ])
    return report
  }

  /// The signatures of each group, the most frequent first.
  private func signatures(_ groups: ReportGroups) throws(StoreError) -> [[ErrorSignature]] {
    let messages = groups.rows.map { columns.messages[Int($0)] }
    let texts = try columns.errorTexts.find(messages, in: snapshot)
    var numbers: [String: UInt32] = [:]
    var pairs = PairTable()
    var counted = PairTable()
    var found: [[ErrorSignature]] = Array(repeating: [], count: groups.groupCount)
    var places: [(group: Int, place: Int)] = []
    for (i, row) in groups.rows.enumerated() {
      guard let text = texts[messages[i]] else { continue }
      let owner = Int(groups.groups[i])
      let number = numbers[text.signature] ?? UInt32(numbers.count)
      if Int(number) == numbers.count { numbers[text.signature] = number }
      let (pair, isNew) = pairs.number(UInt32(owner), number)
      if isNew {
        places.append((owner, found[owner].count))
        found[owner].append(
          ErrorSignature(signature: text.signature, count: 0, sample: text.sample))
      }
      let (group, place) = places[pair]
      let isCounted =
        query.count == .occurrences || counted.number(UInt32(pair), messages[i]).isNew
      if isCounted { found[group][place].count += 1 }
      found[group][place].note(columns.times[Int(row)])
    }
    return found.map { signatures in
      let sorted = signatures.sorted {
        $0.count != $1.count
          ? $0.count > $1.count
          : $0.signature.utf8.lexicographicallyPrecedes($1.signature.utf8)
      }
      return Array(sorted.prefix(max(0, query.signatureLimit)))
    }
  }
}

extension ErrorSignature {
  fileprivate mutating func note(_ time: Int64) {
    guard time != OccurrenceFields.noTime else { return }
    first = min(first ?? time, time)
    last = max(last ?? time, time)
  }
}
