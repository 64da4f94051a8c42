// What every report counts of its groups.

import VarveFormat
import VarveSearch

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
    if query.count == .messages { messages = MessageCounter() }
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
    messages?.add(rows, groups, columns)
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
    messages?.counts(tallies) ?? tallies.map(\.occurrences)
  }
}

/// Distinct messages by group. Most messages are seen once: only the others need a set.
private struct MessageCounter: Sendable {
  /// Rows of each group whose messages other rows have too.
  private var repeatCounts: [Int64] = []
  /// Their messages.
  private var messages = GroupedSet()

  mutating func add(
    _ rows: Span<UInt32>, _ groups: Span<UInt32>, _ columns: ReportColumns
  ) {
    let (allRepeats, messages) = (columns.repeats, columns.messages)
    let repeats = allRepeats.words.span
    for i in rows.indices where repeats[Int(rows[i] >> 6)] >> UInt64(rows[i] & 63) & 1 != 0 {
      add(1, to: Int(groups[i]))
      self.messages.add(groups[i], messages[Int(rows[i])] + 1)
    }
  }

  mutating func add(_ later: MessageCounter, groups: [UInt32]?) {
    for (number, count) in later.repeatCounts.enumerated() {
      add(count, to: groups.map { Int($0[number]) } ?? number)
    }
    messages.add(later.messages, groups: groups)
  }

  private mutating func add(_ count: Int64, to group: Int) {
    if repeatCounts.count <= group {
      repeatCounts += [Int64](repeating: 0, count: group + 1 - repeatCounts.count)
    }
    repeatCounts[group] += count
  }

  func counts(_ tallies: [ReportTally]) -> [Int64] {
    var counts = messages.counts(tallies.count)
    for group in tallies.indices {
      counts[group] += tallies[group].occurrences
      if group < repeatCounts.count { counts[group] -= repeatCounts[group] }
    }
    return counts
  }
}
