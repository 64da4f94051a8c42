// The order of a report's rows.

extension Report {
  init(
    _ query: ReportQuery, _ counter: ReportCounter, columns: [(String, Column.Kind)],
    rows: [[Value]]
  ) {
    self.init(
      query, occurrenceCount: counter.occurrenceCount, withoutTimeCount: counter.withoutTimeCount,
      columns: columns, rows: rows)
  }

  init(
    _ query: ReportQuery, occurrenceCount: Int, withoutTimeCount: Int,
    columns: [(String, Column.Kind)], rows: [[Value]]
  ) {
    name = query.name
    count = query.count
    timeZone = query.zone.name
    self.columns = columns.map { Column($0.0, $0.1) }
    self.rows = rows
    rowCount = rows.count
    self.occurrenceCount = occurrenceCount
    self.withoutTimeCount = withoutTimeCount
  }

  /// Changes every text of the rows: to hide what should not be shown.
  mutating func mapTexts(_ change: (String) -> String) {
    for row in rows.indices {
      for at in rows[row].indices {
        switch rows[row][at] {
        case .text(let text): rows[row][at] = .text(change(text))
        case .texts(let texts): rows[row][at] = .texts(texts.map(change))
        case .signatures(let signatures):
          rows[row][at] = .signatures(
            signatures.map {
              var shown = $0
              shown.signature = change($0.signature)
              shown.sample = change($0.sample)
              return shown
            })
        default: break
        }
      }
    }
  }

  /// Only some of the columns, in another order.
  public func columns(_ keys: [String]) -> Report {
    let places = keys.compactMap { key in columns.firstIndex { $0.key == key } }
    var report = self
    report.columns = places.map { columns[$0] }
    report.rows = rows.map { row in places.map { row[$0] } }
    return report
  }

  /// Sorts by a key that the user chose; what it leaves equal keeps the report's own order.
  mutating func sort(by order: ReportQuery.Order?) throws(StoreError) {
    guard let order else { return }
    guard columns.contains(where: { $0.key == order.key }) else {
      let known = columns.map(\.key).joined(separator: ", ")
      throw StoreError(
        .request("invalid_report_sort"),
        detail: "'\(order.key)' is no key of the report; keys are \(known)")
    }
    sortRows([order])
  }

  /// Sorts rows by keys; equal ones keep their order.
  mutating func sortRows(_ orders: [ReportQuery.Order]) {
    let order = RowOrder(self, orders)
    rows = rows.enumerated().sorted { left, right in
      let compared = order.compare(left.element, right.element)
      return compared != 0 ? compared < 0 : left.offset < right.offset
    }.map(\.element)
  }
}

/// An order of a report's rows.
struct RowOrder {
  /// Where each key's cell stands in a row, and whether the largest comes first.
  private let keys: [(at: Int, isDescending: Bool)]

  init(_ report: Report, _ orders: [ReportQuery.Order]) {
    keys = orders.compactMap { order in
      report.columns.firstIndex { $0.key == order.key }.map { ($0, order.isDescending) }
    }
  }

  /// Less than 0 if a row stands before another one, 0 if the order does not tell. Cells without a
  /// value come last.
  func compare(_ left: [Report.Value], _ right: [Report.Value]) -> Int {
    for (at, isDescending) in keys {
      switch (left[at], right[at]) {
      case (.null, .null): continue
      case (.null, _): return 1
      case (_, .null): return -1
      default: break
      }
      if Self.isLess(left[at], right[at]) { return isDescending ? 1 : -1 }
      if Self.isLess(right[at], left[at]) { return isDescending ? -1 : 1 }
    }
    return 0
  }

  private static func isLess(_ left: Report.Value, _ right: Report.Value) -> Bool {
    switch (left, right) {
    case (.text(let a), .text(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
    case (.number(let a), .number(let b)), (.percent(let a), .percent(let b)),
      (.ratio(let a), .ratio(let b)), (.time(let a), .time(let b)):
      a < b
    case (.texts(let a), .texts(let b)): a.count < b.count
    case (.signatures(let a), .signatures(let b)): a.count < b.count
    default: false
    }
  }
}
