// Heads of sessions: what each was about, in numbers.

import VarveFormat

struct SessionReport {
  let scan: ReportScan
  let query: ReportQuery

  /// Sums by session: the group of a row is the place of its session.
  private struct Sums: ReportSums {
    let columns: ReportColumns
    let groupCount: Int
    /// The rank of each project by name.
    let projectRanks: [UInt32]
    var counter: ReportCounter
    var components: GroupedSet
    /// The first project of each session by name, as `MIN` has it; 0 for none.
    var projects: [UInt32]
    private var rowsWithOne: [UInt32] = []
    private var sessions: [UInt32] = []
    private var componentsOfRows: [UInt32] = []
    private var projectsOfRows: [UInt32] = []

    init(_ columns: ReportColumns, _ query: ReportQuery) {
      self.columns = columns
      components = GroupedSet(valueCount: columns.components.texts.count)
      groupCount = columns.sessions.texts.count + 1
      projectRanks = TextNames(columns.projects).ranks
      counter = ReportCounter(columns, query, groupCount: groupCount)
      projects = [UInt32](repeating: 0, count: groupCount)
    }

    mutating func add(_ rows: Span<UInt32>) {
      let count = rowsWithOne.keep(rows, where: columns.sessions.places, isNot: 0)
      let chunkRows = rowsWithOne
      let rows = chunkRows.span.extracting(0..<count)
      sessions.gather(columns.sessions.places, at: rows)
      componentsOfRows.gather(columns.components.places, at: rows)
      projectsOfRows.gather(columns.projects.places, at: rows)
      let (chunkSessions, chunkComponents) = (sessions, componentsOfRows)
      let groups = chunkSessions.span.extracting(0..<count)
      counter.add(rows, groups, sessions: nil)
      components.add(groups, chunkComponents.span)
      for i in 0..<count { note(projectsOfRows[i], of: sessions[i]) }
    }

    mutating func add(_ later: Sums) {
      counter.add(later.counter)
      components.add(later.components)
      for group in later.projects.indices { note(later.projects[group], of: UInt32(group)) }
    }

    @inline(__always)
    private mutating func note(_ project: UInt32, of group: UInt32) {
      let known = projects[Int(group)]
      if project != known, projectRanks[Int(project)] < projectRanks[Int(known)] {
        projects[Int(group)] = project
      }
    }
  }

  func report() -> Report {
    let columns = scan.columns
    let sums = scan.sum(Sums(columns, query))
    let counts = sums.counter.counts
    let components = sums.components.values(sums.groupCount)
    let names = TextNames(columns.components)
    let tallies = sums.counter.tallies
    let groups = tallies.indices.filter { tallies[$0].occurrences > 0 }
    var rows: [[Report.Value]] = []
    rows.reserveCapacity(groups.count)
    for group in sorted(groups, by: counts) {
      let tally = tallies[group]
      rows.append([
        columns.sessions.value(UInt32(group)), columns.projects.value(sums.projects[group]),
        tally.hasTime ? .time(tally.first) : .null, tally.hasTime ? .time(tally.last) : .null,
        tally.hasTime ? .number(tally.span / 1000) : .null, .number(counts[group]),
        .texts(names.sorted(components[group])), .number(tally.errors),
      ])
    }
    return Report(
      query, sums.counter,
      columns: [
        ("session", .text), ("project", .text), ("started", .time), ("ended", .time),
        ("durationSeconds", .number), ("messages", .number), ("components", .texts),
        ("errors", .number),
      ], rows: rows)
  }

  /// The most messages first, then by name. Of many sessions, sorting numbers is cheaper than
  /// sorting rows.
  private func sorted(_ groups: [Int], by counts: [Int64]) -> [Int] {
    let names = scan.columns.sessions.texts
    return groups.sorted { left, right in
      if counts[left] != counts[right] { return counts[left] > counts[right] }
      return names[left - 1].lexicographicallyPrecedes(names[right - 1])
    }
  }
}
