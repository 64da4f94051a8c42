// How long somebody worked, from what sessions say of their turns or from the clock.

import VarveFormat

/// Time in which somebody worked in a session: how long its turns took where it says so, else the
/// gaps between neighbouring occurrences, as far as they are short. By project.
struct ActiveTime: Sendable {
  /// What is known of one session in one project.
  private struct Stretch: Sendable {
    var first: Int64
    var last: Int64
    /// Milliseconds of short gaps, as long as times ascend.
    var gaps: Int64 = 0
    /// Whether a time is earlier than the one before it: then only sorting them tells the gaps.
    var isUnsorted = false
    /// Milliseconds of turns; nil if none was stated.
    var turns: Int64?

    /// A session without a time yet.
    static let untimed = Stretch(first: .max, last: .min)

    var hasTime: Bool { first <= last }

    mutating func add(_ later: Stretch) {
      if let more = later.turns { turns = (turns ?? 0).addingClamped(more) }
      guard later.hasTime else { return }
      if hasTime, later.first >= last {
        gaps += later.gaps + ActiveTime.worked(last, later.first)
        isUnsorted = isUnsorted || later.isUnsorted
      } else if hasTime {
        isUnsorted = true
      } else {
        (first, gaps, isUnsorted) = (later.first, later.gaps, later.isUnsorted)
      }
      first = min(first, later.first)
      last = max(last, later.last)
    }
  }

  /// Longest gap that counts, in milliseconds.
  static let gapMax: Int64 = 5 * 60_000

  private let columns: ReportColumns
  /// Projects and sessions.
  private var pairs = PairTable()
  private var stretches: [Stretch] = []
  /// The first turn that the rows so far did not reach.
  private var turn: Int?

  init(_ columns: ReportColumns) { self.columns = columns }

  /// Adds rows with the projects and sessions of each.
  mutating func add(
    _ rows: Span<UInt32>, projects: Span<UInt32>, sessions: Span<UInt32>
  ) {
    let allTimes = columns.times
    let times = allTimes.span
    // The pair at hand: neighbours in a log are mostly of one session.
    var current = (project: UInt32.max, session: UInt32.max, number: -1)
    var (last, gaps): (Int64, Int64) = (0, 0)
    for i in rows.indices {
      let (session, time) = (sessions[i], times[Int(rows[i])])
      guard session != 0, time != OccurrenceFields.noTime else { continue }
      if session != current.session || projects[i] != current.project {
        if current.number >= 0 {
          (stretches[current.number].last, stretches[current.number].gaps) = (last, gaps)
        }
        current = (projects[i], session, number(projects[i], session))
        if !stretches[current.number].hasTime {
          (stretches[current.number].first, stretches[current.number].last) = (time, time)
        }
        (last, gaps) = (stretches[current.number].last, stretches[current.number].gaps)
      }
      if time >= last {
        gaps += Self.worked(last, time)
        last = time
      } else {
        stretches[current.number].isUnsorted = true
        if time < stretches[current.number].first { stretches[current.number].first = time }
      }
    }
    if current.number >= 0 {
      (stretches[current.number].last, stretches[current.number].gaps) = (last, gaps)
    }
    addTurns(rows, projects, sessions)
  }

  private mutating func number(_ project: UInt32, _ session: UInt32) -> Int {
    let (number, isNew) = pairs.number(project, session)
    if isNew { stretches.append(.untimed) }
    return Int(number)
  }

  private mutating func addTurns(
    _ rows: Span<UInt32>, _ projects: Span<UInt32>, _ sessions: Span<UInt32>
  ) {
    let turns = columns.turns
    var next = turn ?? turns.partitioningIndex { $0.row >= rows[0] }
    defer { turn = next }
    var i = 0
    while next < turns.count, turns[next].row <= rows[rows.count - 1] {
      while rows[i] < turns[next].row { i += 1 }
      if rows[i] == turns[next].row, sessions[i] != 0 {
        let number = number(projects[i], sessions[i])
        stretches[number].turns =
          (stretches[number].turns ?? 0).addingClamped(turns[next].milliseconds)
      }
      next += 1
    }
  }

  /// Adds what later rows came to.
  mutating func add(_ later: ActiveTime) {
    for (key, stretch) in zip(later.pairs.keys, later.stretches) {
      let (project, session) = PairTable.parts(key)
      stretches[number(project, session)].add(stretch)
    }
    turn = later.turn ?? turn
  }

  /// The gap between two times if it is short, else 0.
  @inline(__always)
  private static func worked(_ from: Int64, _ to: Int64) -> Int64 {
    let (gap, isOverflow) = to.subtractingReportingOverflow(from)
    return !isOverflow && gap <= gapMax ? gap : 0
  }

  // MARK: What it came to

  /// The rule in words, and for how many sessions each half of it held.
  var rule: String {
    let timed = stretches.count { $0.turns != nil }
    return "active: turn durations in sessions that state them (\(timed)), else gaps of at most"
      + " 5 minutes between neighbouring occurrences of a session (\(stretches.count - timed))"
  }

  /// Seconds of each project. Reads the rows once more if some session's times do not ascend.
  func seconds(_ projectCount: Int, _ scan: ReportScan) -> [Int64] {
    var gaps = stretches.map(\.gaps)
    var unsorted = UnsortedTimes(scan.columns)
    for (number, key) in pairs.keys.enumerated()
    where stretches[number].isUnsorted && stretches[number].turns == nil {
      unsorted.expect(key, number)
    }
    if !unsorted.isEmpty {
      for (number, times) in scan.sum(unsorted).sortedTimes() {
        gaps[number] = zip(times, times.dropFirst()).reduce(0) { $0 + Self.worked($1.0, $1.1) }
      }
    }
    var seconds = [Int64](repeating: 0, count: projectCount)
    for (number, key) in pairs.keys.enumerated() {
      let project = Int(key >> 32)
      seconds[project] = seconds[project].addingClamped(stretches[number].turns ?? gaps[number])
    }
    return seconds.map { $0 / 1000 }
  }
}

/// The times of sessions whose times do not ascend.
private struct UnsortedTimes: ReportSums {
  private let columns: ReportColumns
  /// Projects and sessions that are asked for.
  private var pairs = PairTable()
  private var owners: [Int] = []
  private var times: [[Int64]] = []

  init(_ columns: ReportColumns) { self.columns = columns }

  var isEmpty: Bool { owners.isEmpty }

  mutating func expect(_ key: UInt64, _ owner: Int) {
    let (project, session) = PairTable.parts(key)
    _ = pairs.number(project, session)
    owners.append(owner)
    times.append([])
  }

  mutating func add(_ rows: Span<UInt32>) {
    let (ofSessions, ofProjects) = (columns.sessions.places, columns.projects.places)
    for i in rows.indices {
      let row = Int(rows[i])
      let time = columns.times[row]
      guard time != OccurrenceFields.noTime,
        let number = pairs.known(ofProjects[row], ofSessions[row])
      else { continue }
      times[number].append(time)
    }
  }

  mutating func add(_ later: UnsortedTimes) {
    for number in times.indices { times[number] += later.times[number] }
  }

  func sortedTimes() -> [(owner: Int, times: [Int64])] {
    zip(owners, times).map { ($0, $1.sorted()) }
  }
}
