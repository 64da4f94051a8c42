// Sessions and projects: sums over the columns of every index.

import VarveFormat
import VarveStorage

/// A session or a project with its sums.
public struct ActivitySummary: Equatable, Sendable {
  /// Session identifier or project path.
  public var name: String
  /// Project of the session's first occurrence that has one; nil for a project.
  public var project: String?
  /// Earliest time, milliseconds since 1970 UTC.
  public var first: Int64?
  /// Latest time.
  public var last: Int64?
  /// Sightings, echoes left out.
  public var occurrences = 0
  /// Sightings with the error flag, echoes left out.
  public var errors = 0
  /// Distinct sessions of a project.
  public var sessions = 0
}

extension Snapshot {
  /// All sessions, the one with the latest activity first. Cost: six columns of each index.
  public func sessions() throws(StoreError) -> [ActivitySummary] {
    try summaries(.session)
  }

  /// All projects, the one with the latest activity first.
  public func projects() throws(StoreError) -> [ActivitySummary] {
    try summaries(.project)
  }

  private func summaries(_ column: ColumnID) throws(StoreError) -> [ActivitySummary] {
    try engine { () throws(StorageError) in
      var collector = SummaryCollector(column)
      for index in try view.indexes() { try collector.add(index) }
      return collector.finish()
    }
  }
}

/// Adds up columns by one of them.
private struct SummaryCollector {
  private let column: ColumnID
  private let other: ColumnID
  private var positions: [[UInt8]: Int] = [:]
  private var otherPositions: [[UInt8]: UInt32] = [:]
  private var otherNames: [[UInt8]] = []
  private var summaries: [ActivitySummary] = []
  private var pairs: Set<UInt64> = []

  init(_ column: ColumnID) {
    self.column = column
    other = column == .session ? .project : .session
  }

  mutating func add(_ index: IndexFile) throws(StorageError) {
    let names = try index.column(column)
    let others = try index.column(other)
    let times = try index.column(.time)
    let flags = try index.column(.flags)
    let textCount = try index.textCount()
    var known = [Int](repeating: -1, count: textCount + 1)
    var knownOthers = [Int](repeating: -1, count: textCount + 1)
    for row in names.indices {
      let name = Int(names[row])
      guard name > 0, name <= textCount else { continue }
      if known[name] < 0 { known[name] = position(try index.text(name - 1)) }
      let position = known[name]
      let otherName = Int(others[row])
      if otherName > 0, otherName <= textCount {
        if knownOthers[otherName] < 0 {
          knownOthers[otherName] = Int(otherPosition(try index.text(otherName - 1)))
        }
        note(position, other: knownOthers[otherName])
      }
      let isEcho = flags[row] & 2 != 0
      if !isEcho {
        summaries[position].occurrences += 1
        if flags[row] & 1 != 0 { summaries[position].errors += 1 }
      }
      let time = ColumnValues.time(of: times[row])
      guard time != OccurrenceFields.noTime else { continue }
      summaries[position].first = min(summaries[position].first ?? time, time)
      summaries[position].last = max(summaries[position].last ?? time, time)
    }
  }

  private mutating func position(_ name: [UInt8]) -> Int {
    if let known = positions[name] { return known }
    positions[name] = summaries.count
    summaries.append(ActivitySummary(name: String(decoding: name, as: UTF8.self)))
    return summaries.count - 1
  }

  private mutating func otherPosition(_ name: [UInt8]) -> UInt32 {
    if let known = otherPositions[name] { return known }
    let position = UInt32(otherNames.count)
    otherPositions[name] = position
    otherNames.append(name)
    return position
  }

  private mutating func note(_ position: Int, other: Int) {
    if column == .session {
      if summaries[position].project == nil {
        summaries[position].project = String(decoding: otherNames[other], as: UTF8.self)
      }
    } else if pairs.insert(UInt64(position) << 32 | UInt64(other)).inserted {
      summaries[position].sessions += 1
    }
  }

  func finish() -> [ActivitySummary] {
    summaries.sorted {
      let a = $0.last ?? .min
      let b = $1.last ?? .min
      return a != b ? a > b : $0.name < $1.name
    }
  }
}
