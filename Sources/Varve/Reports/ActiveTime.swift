// How long somebody worked, from what sessions say of their turns or from the clock.

import VarveFormat

/// Time in which somebody worked in a session: how long its turns took where it says so, else the
/// gaps between neighbouring occurrences, as far as they are short.
struct ActiveTime {
  /// Sessions that say how long their turns took, and those that do not, in each group.
  private(set) var timedCount = 0
  private(set) var otherCount = 0

  /// The rule in words, and for how many sessions each half of it held.
  var rule: String { Self.rule(timed: timedCount, other: otherCount) }

  static func rule(timed: Int, other: Int) -> String {
    "active: turn durations in sessions that state them (\(timed)), else gaps of at most 5 minutes"
      + " between neighbouring occurrences of a session (\(other))"
  }

  /// Longest gap that counts, in milliseconds.
  static let gapMax: Int64 = 5 * 60_000

  /// Seconds of each group.
  private(set) var seconds: [Int64]

  /// One pass: times of a session mostly ascend. Those that do not are sorted in another one.
  init(_ columns: ReportColumns, _ groups: ReportGroups) {
    var pairs = PairTable()
    var owners: [UInt32] = []
    var lasts: [Int64] = []
    var sums: [Int64] = []
    var falls: [Bool] = []
    let (sessions, times) = (columns.sessions.places, columns.times)
    // The pair at hand: neighbours in a log are mostly of one session.
    var current = (pair: -1, group: UInt32.max, session: UInt32.max)
    var (last, sum): (Int64, Int64) = (0, 0)
    do {
      let rows = groups.rows.span
      let numbers = groups.groups.span
      let sessions = sessions.span
      let times = times.span
      for i in rows.indices {
        let row = Int(rows[i])
        let (session, time) = (sessions[row], times[row])
        guard session != 0, time != OccurrenceFields.noTime else { continue }
        if session != current.session || numbers[i] != current.group {
          if current.pair >= 0 { (lasts[current.pair], sums[current.pair]) = (last, sum) }
          let (pair, isNew) = pairs.number(numbers[i], session)
          current = (pair, numbers[i], session)
          if isNew {
            owners.append(numbers[i])
            lasts.append(time)
            sums.append(0)
            falls.append(false)
          }
          (last, sum) = (lasts[pair], sums[pair])
        }
        if time >= last {
          sum += Self.worked(last, time)
          last = time
        } else {
          falls[current.pair] = true
        }
      }
    }
    if current.pair >= 0 { (lasts[current.pair], sums[current.pair]) = (last, sum) }
    let unsorted = falls.indices.filter { falls[$0] }
    if !unsorted.isEmpty { Self.sort(unsorted, &pairs, columns, groups, &sums) }
    let timed = Self.turns(columns, groups) { group, session in
      let (pair, isNew) = pairs.number(group, session)
      if isNew {
        owners.append(group)
        sums.append(0)
      }
      return pair
    }
    for (pair, sum) in timed { sums[pair] = sum }
    timedCount = timed.count
    otherCount = owners.count - timed.count
    seconds = [Int64](repeating: 0, count: groups.groupCount)
    for (pair, owner) in owners.enumerated() {
      seconds[Int(owner)] = seconds[Int(owner)].addingClamped(sums[pair])
    }
    for group in seconds.indices { seconds[group] /= 1000 }
  }

  /// What the turns of each pair of a group and a session took together, for those that say so.
  private static func turns(
    _ columns: ReportColumns, _ groups: ReportGroups, _ pair: (UInt32, UInt32) -> Int
  ) -> [Int: Int64] {
    var sums: [Int: Int64] = [:]
    var i = 0
    for turn in columns.turns {
      while i < groups.rows.count, groups.rows[i] < turn.row { i += 1 }
      guard i < groups.rows.count else { break }
      let session = columns.sessions.places[Int(turn.row)]
      guard groups.rows[i] == turn.row, session != 0 else { continue }
      let place = pair(groups.groups[i], session)
      sums[place] = (sums[place] ?? 0).addingClamped(turn.milliseconds)
    }
    return sums
  }

  /// The sums of pairs whose times do not ascend.
  private static func sort(
    _ falls: [Int], _ pairs: inout PairTable, _ columns: ReportColumns,
    _ groups: ReportGroups, _ sums: inout [Int64]
  ) {
    var lists = [Int32](repeating: -1, count: sums.count)
    for (number, pair) in falls.enumerated() { lists[pair] = Int32(number) }
    var times = [[Int64]](repeating: [], count: falls.count)
    for i in groups.rows.indices {
      let row = Int(groups.rows[i])
      let (session, time) = (columns.sessions.places[row], columns.times[row])
      guard session != 0, time != OccurrenceFields.noTime else { continue }
      let list = Int(lists[pairs.number(groups.groups[i], session).number])
      if list >= 0 { times[list].append(time) }
    }
    for pair in falls {
      let list = Int(lists[pair])
      times[list].sort()
      sums[pair] = 0
      for i in times[list].indices.dropFirst() {
        sums[pair] += worked(times[list][i - 1], times[list][i])
      }
    }
  }

  /// The gap between two times if it is short, else 0.
  @inline(__always)
  private static func worked(_ from: Int64, _ to: Int64) -> Int64 {
    let (gap, isOverflow) = to.subtractingReportingOverflow(from)
    return !isOverflow && gap <= gapMax ? gap : 0
  }
}
