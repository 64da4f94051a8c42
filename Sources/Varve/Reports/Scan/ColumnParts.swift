// Reads the columns of reports from the indexes of a snapshot, each by itself.

import Synchronization
import VarveFormat
import VarveSearch
import VarveStorage

/// The columns of reports, as they come.
struct ColumnParts: Sendable {
  /// A row that closes a turn.
  struct Turn: Sendable {
    let row: UInt32
    let milliseconds: Int64
  }

  var projects = TextColumn()
  var sessions = TextColumn()
  var components = TextColumn()
  var times: [Int64] = []
  var flags: [UInt8] = []
  var messages: [UInt32] = []
  var repeats = DocSet(capacity: 0)
  var errors: [UInt32] = []
  var turns: [Turn] = []

  /// What is read at once; the longest first.
  private static let steps: [ColumnID] = [
    .session, .component, .project, .message, .time, .flags,
  ]

  static func read(
    _ indexes: [IndexFile], concurrently concurrency: Concurrency
  ) throws(StorageError) -> ColumnParts {
    let parts = Mutex(ColumnParts())
    _ = try concurrency.map(steps.count) { number throws(StorageError) in
      let column = steps[number]
      switch column {
      case .session, .component, .project:
        let texts = try TextColumn(column, of: indexes)
        parts.withLock { $0.take(texts, as: column) }
      case .message:
        let (messages, repeats) = try messages(indexes)
        parts.withLock { ($0.messages, $0.repeats) = (messages, repeats) }
      case .time:
        let times = try times(indexes)
        parts.withLock { $0.times = times }
      default:
        let (flags, errors) = try flags(indexes)
        let turns = try turns(indexes)
        parts.withLock { ($0.flags, $0.errors, $0.turns) = (flags, errors, turns) }
      }
    }
    return parts.withLock { $0 }
  }

  private mutating func take(_ texts: TextColumn, as column: ColumnID) {
    switch column {
    case .session: sessions = texts
    case .component: components = texts
    default: projects = texts
    }
  }

  /// The rows that have no time and are no echoes, ascending.
  func untimed() -> [UInt32] {
    var untimed: [UInt32] = []
    for (row, time) in times.enumerated()
    where time == OccurrenceFields.noTime && flags[row] & 2 == 0 {
      untimed.append(UInt32(row))
    }
    return untimed
  }

  private static func times(_ indexes: [IndexFile]) throws(StorageError) -> [Int64] {
    var times: [Int64] = []
    times.reserveCapacity(try indexes.rowCount(of: .time))
    for index in indexes {
      try index.forEachBlock(of: .time) { values throws(FormatError) in
        times.append(addingCapacity: values.count) { output in
          for i in values.indices { output.append(ColumnValues.time(of: values[i])) }
        }
      }
    }
    return times
  }

  private static func flags(
    _ indexes: [IndexFile]
  ) throws(StorageError) -> (flags: [UInt8], errors: [UInt32]) {
    var flags: [UInt8] = []
    flags.reserveCapacity(try indexes.rowCount(of: .flags))
    var errors: [UInt32] = []
    for index in indexes {
      try index.forEachBlock(of: .flags) { values throws(FormatError) in
        let start = flags.count
        flags.append(addingCapacity: values.count) { output in
          for i in values.indices { output.append(UInt8(truncatingIfNeeded: values[i])) }
        }
        for i in values.indices where values[i] & 3 == 1 { errors.append(UInt32(start + i)) }
      }
    }
    return (flags, errors)
  }

  private static func turns(_ indexes: [IndexFile]) throws(StorageError) -> [Turn] {
    var turns: [Turn] = []
    var start = 0
    for index in indexes {
      var row = start
      try index.forEachBlock(of: .turnDuration) { values throws(FormatError) in
        for i in values.indices where values[i] != 0 {
          turns.append(Turn(row: UInt32(row + i), milliseconds: Int64(clamping: values[i])))
        }
        row += values.count
      }
      start += Int(index.recordCount)
    }
    return turns
  }

  private static func messages(
    _ indexes: [IndexFile]
  ) throws(StorageError) -> (messages: [UInt32], repeats: DocSet) {
    let rowCount = try indexes.rowCount(of: .message)
    var messages: [UInt32] = []
    messages.reserveCapacity(rowCount)
    var repeats = DocSet(capacity: rowCount)
    for index in indexes {
      try index.forEachBlock(of: .message) { distances throws(FormatError) in
        for i in distances.indices {
          let row = messages.count
          guard distances[i] <= UInt64(row) else { throw FormatError(.outOfBounds, at: i) }
          let message = row - Int(distances[i])
          messages.append(UInt32(message))
          guard message != row else { continue }
          repeats.insert(row)
          repeats.insert(message)
        }
      }
    }
    return (messages, repeats)
  }
}
