// What every report counts of its groups.

import VarveFormat

/// Sums of one group.
struct ReportTally: Sendable {
  var occurrences: Int64 = 0
  var errors: Int64 = 0
  var first: Int64 = .max
  var last: Int64 = .min

  var hasTime: Bool { first <= last }

  /// Milliseconds between first and last.
  var span: Int64 {
    let (span, isOverflow) = last.subtractingReportingOverflow(first)
    return isOverflow ? .max : span
  }

  fileprivate mutating func add(_ later: ReportTally) {
    occurrences += later.occurrences
    errors += later.errors
    first = min(first, later.first)
    last = max(last, later.last)
  }
}

/// Adds rows up by group.
struct ReportCounter: Sendable {
  /// Sums by group.
  private(set) var tallies: [ReportTally]
  /// Rows without a time.
  private(set) var withoutTimeCount = 0
  /// Rows.
  private(set) var occurrenceCount = 0
  private let columns: ReportColumns
  private var sessions: GroupedSet
  /// Nil where occurrences are counted.
  private var messages: MessageCounter?

  /// - Parameter groupCount: groups that there will be; nil if nobody knows.
  init(_ columns: ReportColumns, _ query: ReportQuery, groupCount: Int? = nil) {
    self.columns = columns
    tallies = [ReportTally](repeating: ReportTally(), count: groupCount ?? 0)
    sessions = GroupedSet(valueCount: columns.sessions.texts.count, groupCount: groupCount)
    if query.count == .messages { messages = MessageCounter(columns) }
  }

  /// Adds rows.
  ///
  /// - Parameters:
  ///   - groups: the group of each.
  ///   - groupCount: the groups that there are by now.
  ///   - sessions: the session of each; nil where nobody asks how many a group has.
  mutating func add(
    _ rows: Span<UInt32>, _ groups: Span<UInt32>, groupCount: Int = 0, sessions: Span<UInt32>?
  ) {
    grow(to: groupCount)
    let untimed = addUp(rows, groups)
    withoutTimeCount += untimed
    occurrenceCount += rows.count
    if let sessions { self.sessions.add(groups, sessions) }
    messages?.add(rows, groups)
  }

  /// Adds what later rows came to.
  ///
  /// - Parameter groups: the group here of each group there; nil if they are the same.
  mutating func add(_ later: ReportCounter, groups: [UInt32]? = nil) {
    withoutTimeCount += later.withoutTimeCount
    occurrenceCount += later.occurrenceCount
    for (number, tally) in later.tallies.enumerated() {
      let group = groups.map { Int($0[number]) } ?? number
      grow(to: group + 1)
      tallies[group].add(tally)
    }
    sessions.add(later.sessions, groups: groups)
    if let others = later.messages { messages?.add(others, groups: groups) }
  }

  private mutating func grow(to groupCount: Int) {
    guard tallies.count < groupCount else { return }
    tallies += [ReportTally](repeating: ReportTally(), count: groupCount - tallies.count)
  }

  /// Adds to the tallies; how many rows have no time.
  private mutating func addUp(_ rows: Span<UInt32>, _ groups: Span<UInt32>) -> Int {
    let (allFlags, allTimes) = (columns.flags, columns.times)
    let flags = allFlags.span
    let times = allTimes.span
    var output = tallies.mutableSpan
    guard rows.count > 0 else { return 0 }
    var missing = 0
    // A tally is written when another one's turn comes: neighbours mostly share it.
    var group = Int(groups[0])
    var tally = output[group]
    for i in rows.indices {
      if Int(groups[i]) != group {
        output[group] = tally
        group = Int(groups[i])
        tally = output[group]
      }
      let row = Int(rows[i])
      let time = times[row]
      tally.occurrences &+= 1
      tally.errors &+= Int64(flags[row] & 1)
      // The least number stands for no time: it is never the latest.
      if time > tally.last { tally.last = time }
      if time == OccurrenceFields.noTime {
        missing += 1
      } else if time < tally.first {
        tally.first = time
      }
    }
    output[group] = tally
    return missing
  }

  /// Sessions of each group.
  var sessionCounts: [Int64] { sessions.counts(tallies.count) }

  /// What the query counts, by group.
  var counts: [Int64] {
    guard let messages else { return tallies.map(\.occurrences) }
    return zip(tallies, messages.surplus(tallies.count)).map { $0.occurrences - $1 }
  }
}
