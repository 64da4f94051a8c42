// Heads of sessions: what each was about, in numbers.

import VarveFormat

struct SessionReport {
  let columns: ReportColumns
  let query: ReportQuery
  let concurrency: Concurrency

  func report(_ selected: [UInt32]) -> Report {
    let sessions = columns.sessions.places
    let inSessions = selected.kept { sessions[$0] != 0 }
    let groups = columns.sessions.groups(inSessions)
    let (counter, (components, projects)) = concurrency.both(rowCount: inSessions.count) {
      ReportCounter(columns, query, groups)
    } _: {
      (GroupedSet(columns.components, groups), leastProjects(groups))
    }
    let names = TextNames(columns.components)
    var rows: [[Report.Value]] = []
    for (group, tally) in counter.tallies.enumerated() where tally.occurrences > 0 {
      rows.append([
        columns.sessions.value(UInt32(group)), columns.projects.value(projects[group]),
        tally.hasTime ? .time(tally.first) : .null, tally.hasTime ? .time(tally.last) : .null,
        tally.hasTime ? .number(tally.span / 1000) : .null, .number(tally.count(query.count)),
        .texts(names.sorted(components.values(of: group))), .number(tally.errors),
      ])
    }
    var report = Report(
      query, counter,
      columns: [
        ("session", .text), ("project", .text), ("started", .time), ("ended", .time),
        ("durationSeconds", .number), ("messages", .number), ("components", .texts),
        ("errors", .number),
      ], rows: rows)
    report.sortRows([.init("messages", isDescending: true), .init("session", isDescending: false)])
    return report
  }

  /// The first project of each group by name, as `MIN` has it; 0 for none.
  private func leastProjects(_ groups: ReportGroups) -> [UInt32] {
    let ranks = TextNames(columns.projects).ranks
    var least = [UInt32](repeating: 0, count: groups.groupCount)
    for (i, row) in groups.rows.enumerated() {
      let place = columns.projects.places[Int(row)]
      let group = Int(groups.groups[i])
      if ranks[Int(place)] < ranks[Int(least[group])] { least[group] = place }
    }
    return least
  }
}
