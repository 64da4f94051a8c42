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
  let errorTexts = ErrorTexts()
  let tokenUses = TokenUses()
  private let others = Mutex<[ColumnID: TextColumn]>([:])

  init(_ view: StoreView) throws(StorageError) {
    let indexes = try view.indexes()
    projects = try TextColumn(.project, of: indexes)
    sessions = try TextColumn(.session, of: indexes)
    components = try TextColumn(.component, of: indexes)
    var times: [Int64] = []
    var flags: [UInt8] = []
    var messages: [UInt32] = []
    for index in indexes {
      times += try index.column(.time).map { ColumnValues.time(of: $0) }
      flags += try index.column(.flags).map { UInt8(truncatingIfNeeded: $0) }
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
    let needsTime = query.since != nil || query.until != nil
    var rows: [UInt32] = []
    let (allTimes, allFlags) = (self.times, self.flags)
    rows.append(addingCapacity: rowCount) { output in
      let times = allTimes.span
      let flags = allFlags.span
      for row in flags.indices {
        if flags[row] & 2 != 0 { continue }
        if needsTime {
          let time = times[row]
          if time == OccurrenceFields.noTime || time < since || time >= until { continue }
        }
        if let filtered, !filtered.contains(row) { continue }
        output.append(UInt32(row))
      }
    }
    return rows
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
