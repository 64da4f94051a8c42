// Which group of a report a row is in.

/// The rows of a report and the group of each.
struct ReportGroups {
  /// Rows, ascending.
  let rows: [UInt32]
  /// The group of each of them.
  let groups: [UInt32]
  let groupCount: Int
}

extension TextColumn {
  /// A place as a cell of a report.
  func value(_ place: UInt32) -> Report.Value { text(place).map { .text($0) } ?? .null }

  /// Rows grouped by their texts; the group is the place.
  func groups(_ rows: [UInt32]) -> ReportGroups {
    let places = places
    return ReportGroups(
      rows: rows, groups: rows.map { places[Int($0)] }, groupCount: texts.count + 1)
  }
}
