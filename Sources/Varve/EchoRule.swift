// When a prompt reports an event that is in the store already. Format-spec chapter 10, CON-24.

import VarveFormat
import VarveStorage

/// Finds the other report of a prompt: same session and content, another phase, at most two seconds away.
enum EchoRule {
  static let timeDifferenceMillisecondsMax: UInt64 = 2000

  static func isEcho(
    _ fields: OccurrenceFields, in batch: WriteBatch, message: UInt64, writer: LogWriter
  ) throws(StorageError) -> Bool {
    guard fields.time != OccurrenceFields.noTime, fields[.session] >= 0, fields[.phase] >= 0 else {
      return false
    }
    let session = batch.strings.bytes(fields[.session])
    let phase = batch.strings.bytes(fields[.phase])
    guard phase == Array("history".utf8) || phase == Array("projects".utf8) else { return false }
    let tail = writer.tail
    for position in tail.prompts(message) {
      let other = tail.rows[position].fields
      guard other[.session] >= 0, other[.phase] >= 0, isNear(other.time, fields.time) else {
        continue
      }
      if tail.strings.bytes(other[.session]) == session, tail.strings.bytes(other[.phase]) != phase
      {
        return true
      }
    }
    return try isEchoOfIndexed(
      time: fields.time, session: session, phase: phase, message: message, version: writer.version)
  }

  private static func isEchoOfIndexed(
    time: Int64, session: [UInt8], phase: [UInt8], message: UInt64, version: Version
  ) throws(StorageError) -> Bool {
    if let index = version.index(covering: message),
      try matches(index, row: Int(message - index.firstSequence), time, session, phase)
    {
      return true
    }
    for index in version.indexes {
      var cursor = try index.tree(.repeats).cursor(from: TreeKeys.repeats(message, relative: 0))
      while let entry = try cursor.next(), entry.key.a == message {
        if try matches(index, row: Int(entry.key.b >> 32), time, session, phase) { return true }
      }
    }
    return false
  }

  private static func matches(
    _ index: IndexFile, row: Int, _ time: Int64, _ session: [UInt8], _ phase: [UInt8]
  ) throws(StorageError) -> Bool {
    let flags = try index.value(.flags, row: row)
    guard flags >> 2 == UInt64(Kind.prompt.rawValue) else { return false }
    guard isNear(ColumnValues.time(of: try index.value(.time, row: row)), time) else {
      return false
    }
    let sessionOrdinal = try index.value(.session, row: row)
    let phaseOrdinal = try index.value(.phase, row: row)
    guard sessionOrdinal > 0, phaseOrdinal > 0 else { return false }
    guard try index.text(Int(sessionOrdinal) - 1) == session else { return false }
    return try index.text(Int(phaseOrdinal) - 1) != phase
  }

  private static func isNear(_ a: Int64, _ b: Int64) -> Bool {
    guard a != OccurrenceFields.noTime, b != OccurrenceFields.noTime else { return false }
    let difference = a.subtractingReportingOverflow(b)
    return !difference.overflow
      && difference.partialValue.magnitude <= timeDifferenceMillisecondsMax
  }
}
