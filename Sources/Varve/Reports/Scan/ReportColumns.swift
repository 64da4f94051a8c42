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
  /// The rows whose message other rows have too.
  let repeats: DocSet
  /// The rows that are errors and no echoes, ascending.
  let errors: [UInt32]
  /// The rows that have no time and are no echoes, ascending.
  let untimed: [UInt32]
  /// The rows that close a turn and say how long it took, ascending.
  let turns: [ColumnParts.Turn]
  let errorTexts = ErrorTexts()
  let tokenUses = TokenUses()
  private let repeated = Mutex<RepeatedMessages?>(nil)
  private let sizes = Mutex<DiskSizes?>(nil)
  private let others = Mutex<[ColumnID: TextColumn]>([:])

  /// Reads the columns, several at a time if there are threads.
  init(_ view: StoreView, concurrently concurrency: Concurrency) throws(StorageError) {
    let parts = try ColumnParts.read(try view.indexes(), concurrently: concurrency)
    projects = parts.projects
    sessions = parts.sessions
    components = parts.components
    times = parts.times
    flags = parts.flags
    messages = parts.messages
    repeats = parts.repeats
    errors = parts.errors
    turns = parts.turns
    untimed = parts.untimed()
  }

  var rowCount: Int { times.count }

  func models(_ view: StoreView) throws(StoreError) -> TextColumn { try other(.model, view) }

  func paths(_ view: StoreView) throws(StoreError) -> TextColumn { try other(.path, view) }

  func hosts(_ view: StoreView) throws(StoreError) -> TextColumn { try other(.host, view) }

  /// Made when messages are counted first.
  var repeatedMessages: RepeatedMessages {
    if let known = repeated.withLock({ $0 }) { return known }
    let made = RepeatedMessages(self)
    repeated.withLock { $0 = made }
    return made
  }

  func diskSizes(_ view: StoreView) throws(StoreError) -> DiskSizes {
    if let known = sizes.withLock({ $0 }) { return known }
    let made = try engine { () throws(StorageError) in try DiskSizes(view, self) }
    sizes.withLock { $0 = made }
    return made
  }

  /// A column that one report asks for; read when it does.
  private func other(_ id: ColumnID, _ view: StoreView) throws(StoreError) -> TextColumn {
    if let known = others.withLock({ $0[id] }) { return known }
    let made = try engine { () throws(StorageError) in try TextColumn(id, of: view.indexes()) }
    others.withLock { $0[id] = made }
    return made
  }
}

extension SearchCache {
  /// The columns of a view; made when they are first asked for.
  func reportColumns(
    _ view: StoreView, concurrently concurrency: Concurrency
  ) throws(StoreError) -> ReportColumns {
    let key = (view.version.manifestDigest, view.nextSequence, view.history.commitNumber)
    if let known = columns.withLock({ $0 }), known.key == key { return known.columns }
    let made = try engine { () throws(StorageError) in
      try ReportColumns(view, concurrently: concurrency)
    }
    columns.withLock { $0 = (key, made) }
    return made
  }
}
