// The rows of the log against the indexes that cover them. Rows do not depend on each other, so a
// commit's can be shared among threads.

import VarveFormat
import VarveStorage

/// What was found of some rows.
struct RowFindings: Sendable {
  var occurrences: UInt64 = 0
  /// Sequences of forgotten records.
  var gone: [UInt64] = []
  /// Entries that the trees must have, by tree.
  var seen: [TreeKind: UInt64] = [:]
  var problems: [StorageError] = []
}

/// Compares rows with the indexes of a view.
struct RowVerifier: Sendable {
  let view: StoreView

  func verify(_ rows: TailRows, _ range: Range<Int>) -> RowFindings {
    var found = RowFindings()
    for position in range {
      let row = rows.rows[position]
      let sequence = rows.firstSequence + UInt64(position)
      if row.fields.isForgotten {
        found.gone.append(sequence)
      } else {
        found.occurrences += 1
      }
      guard sequence < view.version.manifest.nextSequence else { continue }
      do throws(StorageError) {
        guard let index = view.version.index(covering: sequence) else {
          throw StorageError(.corrupt, path: "", doing: "no index covers record \(sequence)")
        }
        if row.fields.isForgotten {
          try verifyColumns(row, sequence, index, texts: rows.strings)
        } else {
          try verifyRow(row, sequence, index, texts: rows.strings, &found.seen)
        }
      } catch {
        found.problems.append(error)
      }
    }
    return found
  }

  private func verifyRow(
    _ row: TailRow, _ sequence: UInt64, _ index: IndexFile, texts: StringTable,
    _ seen: inout [TreeKind: UInt64]
  ) throws(StorageError) {
    let relative = UInt32(sequence - index.firstSequence)
    func require(_ kind: TreeKind, _ key: TreeKey) throws(StorageError) {
      guard let value = try index.tree(kind).find(key),
        kind.valueByteCount == 0 || value.first == relative
      else {
        throw StorageError(
          .corrupt, path: index.path, doing: "record \(sequence) is not in the \(kind) tree")
      }
    }
    if row.message == sequence {
      try require(.hash, TreeKey(row.hash))
      guard try index.message(row.hash) == sequence else {
        throw StorageError(
          .corrupt, path: index.path, doing: "the filter denies record \(sequence)")
      }
      seen[.hash, default: 0] += 1
    } else {
      try require(.repeats, TreeKeys.repeats(row.message, relative: relative))
      seen[.repeats, default: 0] += 1
      guard let first = try view.version.message(row.hash), first == row.message else {
        throw StorageError(
          .corrupt, path: index.path, doing: "record \(sequence) repeats another message")
      }
    }
    try require(.identity, TreeKey(row.identity))
    guard try index.occurrence(row.identity) == sequence else {
      throw StorageError(.corrupt, path: index.path, doing: "the filter denies record \(sequence)")
    }
    seen[.identity, default: 0] += 1
    try require(.time, TreeKeys.time(row.fields.time, relative: relative))
    seen[.time, default: 0] += 1
    for (kind, field) in [(TreeKind.project, TextField.project), (.session, .session)] {
      let id = row.fields[field]
      guard id >= 0 else { continue }
      guard let ordinal = try index.ordinal(of: texts.bytes(id)) else {
        throw StorageError(
          .corrupt, path: index.path, doing: "a text of record \(sequence) is not in the dictionary"
        )
      }
      try require(kind, TreeKeys.text(ordinal, row.fields.time, relative: relative))
      seen[kind, default: 0] += 1
    }
    try verifyColumns(row, sequence, index, texts: texts)
  }

  private func verifyColumns(
    _ row: TailRow, _ sequence: UInt64, _ index: IndexFile, texts: StringTable
  ) throws(StorageError) {
    let position = Int(sequence - index.firstSequence)
    func require(_ column: ColumnID, _ value: UInt64) throws(StorageError) {
      guard try index.value(column, row: position) == value else {
        throw StorageError(
          .corrupt, path: index.path, doing: "column \(column) is wrong for record \(sequence)")
      }
    }
    try require(.time, ColumnValues.time(row.fields.time))
    try require(.flags, ColumnValues.flags(row.fields))
    try require(.message, sequence - row.message)
    try require(.byteCount, row.contentByteCount)
    try require(.run, row.fields.run)
    try require(.turnDuration, row.turnDuration)
    for column in ColumnID.texts {
      let id = row.fields.text[Int(column.rawValue)]
      let value = try index.value(column, row: position)
      if id < 0 {
        try require(column, 0)
      } else {
        if value > 0, try index.text(Int(value) - 1) == texts.bytes(id) { continue }
        throw StorageError(
          .corrupt, path: index.path, doing: "column \(column) is wrong for record \(sequence)")
      }
    }
  }
}
