// The columns that reports read, over a whole snapshot.

import Synchronization
import VarveFormat
import VarveSearch
import VarveStorage

/// What reports ask of every occurrence, in order of their sequences.
final class ReportColumns: Sendable {
  let projects: TextColumn
  let sessions: TextColumn
  let components: TextColumn
  /// Milliseconds since 1970 UTC, or `OccurrenceFields.noTime`.
  let times: [Int64]
  /// Kind, shifted by 2; bit 0 error, bit 1 echo.
  let flags: [UInt8]
  /// The row of each occurrence's message.
  let messages: [UInt32]
  /// The rows that close a turn and say how long it took, ascending.
  let turns: [(row: UInt32, milliseconds: Int64)]
  let errorTexts = ErrorTexts()
  let tokenUses = TokenUses()
  /// The rows that are no echoes: what a report without limits and filters counts.
  private let allRows = Mutex<[UInt32]?>(nil)
  private let others = Mutex<[ColumnID: TextColumn]>([:])

  init(_ view: StoreView) throws(StorageError) {
    let indexes = try view.indexes()
    projects = try TextColumn(.project, of: indexes)
    sessions = try TextColumn(.session, of: indexes)
    components = try TextColumn(.component, of: indexes)
    var times: [Int64] = []
    var flags: [UInt8] = []
    var messages: [UInt32] = []
    var turns: [(row: UInt32, milliseconds: Int64)] = []
    for index in indexes {
      times += try index.column(.time).map { ColumnValues.time(of: $0) }
      flags += try index.column(.flags).map { UInt8(truncatingIfNeeded: $0) }
      if index.has(.turnDuration) {
        for (i, value) in try index.column(.turnDuration).enumerated() where value != 0 {
          turns.append((UInt32(messages.count + i), Int64(clamping: value)))
        }
      }
      for distance in try index.column(.message) {
        guard distance <= UInt64(messages.count) else {
          throw StorageError(
            .corrupt, path: index.path, doing: "an occurrence is of a message that is not there")
        }
        messages.append(UInt32(messages.count - Int(distance)))
      }
    }
    self.times = times
    self.flags = flags
    self.messages = messages
    self.turns = turns
  }

  var rowCount: Int { times.count }

  func kind(_ row: UInt32) -> Kind? { Kind(rawValue: flags[Int(row)] >> 2) }

  func models(_ view: StoreView) throws(StoreError) -> TextColumn { try other(.model, view) }

  func paths(_ view: StoreView) throws(StoreError) -> TextColumn { try other(.path, view) }

  func hosts(_ view: StoreView) throws(StoreError) -> TextColumn { try other(.host, view) }

  /// How many of some rows have no time.
  func withoutTime(_ rows: [UInt32]) -> Int {
    rows.count { times[Int($0)] == OccurrenceFields.noTime }
  }

  /// A column that one report asks for; read when it does.
  private func other(_ id: ColumnID, _ view: StoreView) throws(StoreError) -> TextColumn {
    if let known = others.withLock({ $0[id] }) { return known }
    let made = try engine { () throws(StorageError) in try TextColumn(id, of: view.indexes()) }
    others.withLock { $0[id] = made }
    return made
  }

  /// The rows that a report counts, ascending: no echoes, within the times, among those that the
  /// filters let through.
  func selected(by query: ReportQuery, among filtered: DocSet?) -> [UInt32] {
    let since = query.since ?? .min
    let until = query.until ?? .max
    guard query.since != nil || query.until != nil else {
      return filtered.map { filtered in rows().kept { filtered.contains($0) } } ?? rows()
    }
    let times = times
    return rows().kept { row in
      let time = times[row]
      guard time != OccurrenceFields.noTime, time >= since, time < until else { return false }
      return filtered?.contains(row) ?? true
    }
  }

  private func rows() -> [UInt32] {
    if let known = allRows.withLock({ $0 }) { return known }
    let flags = flags
    let made = Array(0..<UInt32(rowCount)).kept { flags[$0] & 2 == 0 }
    allRows.withLock { $0 = made }
    return made
  }
}

extension [UInt32] {
  /// The rows that a closure keeps, without a jump for each.
  @inline(__always)
  func kept(_ isKept: (Int) -> Bool) -> [UInt32] {
    var kept = self
    var count = 0
    do {
      let rows = span
      var output = kept.mutableSpan
      for i in rows.indices {
        output[count] = rows[i]
        count += isKept(Int(rows[i])) ? 1 : 0
      }
    }
    kept.removeLast(kept.count - count)
    return kept
  }
}

extension SearchCache {
  /// The columns of a view; made when they are first asked for.
  func reportColumns(_ view: StoreView) throws(StoreError) -> ReportColumns {
    let key = (view.version.manifestDigest, view.nextSequence, view.history.commitNumber)
    if let known = columns.withLock({ $0 }), known.key == key { return known.columns }
    let made = try engine { () throws(StorageError) in try ReportColumns(view) }
    columns.withLock { $0 = (key, made) }
    return made
  }
}
