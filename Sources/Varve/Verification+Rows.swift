// The rows of the log against the indexes that cover them. Rows do not depend on each other, so a
// commit's can be shared among threads.

import VarveFormat
import VarveStorage

/// What was found of some rows.
struct RowFindings: Sendable {
  var occurrences: UInt64 = 0
  /// Sequences of forgotten records.
  var gone: [UInt64] = []
  /// What the trees of each index must hold.
  var sums: [ObjectIdentifier: IndexSums] = [:]
  /// Whether the sums have everything: not without rows that no index covers, or whose texts its
  /// dictionary lacks.
  var isWhole = true
  var problems: [StorageError] = []

  /// Adds what was found of later rows.
  mutating func add(_ later: RowFindings) {
    occurrences += later.occurrences
    gone += later.gone
    for (index, sums) in later.sums { self.sums[index, default: IndexSums()].add(sums) }
    isWhole = isWhole && later.isWhole
    problems += later.problems
  }
}

/// Compares rows with the indexes of a view.
struct RowVerifier: Sendable {
  let view: StoreView

  func verify(_ rows: TailRows, _ range: Range<Int>) -> RowFindings {
    var found = RowFindings()
    for position in range {
      if rows.rows[position].fields.isForgotten {
        found.gone.append(rows.firstSequence + UInt64(position))
      } else {
        found.occurrences += 1
      }
    }
    var start = range.lowerBound
    while start < range.upperBound {
      let sequence = rows.firstSequence + UInt64(start)
      guard sequence < view.version.manifest.nextSequence else { break }
      guard let index = view.version.index(covering: sequence) else {
        found.isWhole = false
        found.problems.append(
          StorageError(.corrupt, path: "", doing: "no index covers record \(sequence)"))
        start += 1
        continue
      }
      let end = min(range.upperBound, start + Int(index.nextSequence - sequence))
      do throws(StorageError) {
        var verifier = try PartVerifier(view, index, rows, start..<end)
        try verifier.verify(&found)
      } catch {
        found.isWhole = false
        found.problems.append(error)
      }
      start = end
    }
    return found
  }
}

/// Compares rows that one index covers with it.
private struct PartVerifier {
  private let view: StoreView
  private let index: IndexFile
  private let rows: TailRows
  private let range: Range<Int>
  /// The place of each text in the index's dictionary plus 1, as columns have it; 0 if it is not
  /// there.
  private let ordinals: [UInt64]
  /// Rows of which a problem is known: one is enough.
  private var hasProblem: Set<Int> = []

  init(
    _ view: StoreView, _ index: IndexFile, _ rows: TailRows, _ range: Range<Int>
  ) throws(StorageError) {
    self.view = view
    self.index = index
    self.rows = rows
    self.range = range
    var ordinals: [UInt64] = []
    for id in 0..<rows.strings.count {
      let ordinal = try index.ordinal(of: rows.strings.bytes(Int32(id)))
      ordinals.append(ordinal.map { UInt64($0) + 1 } ?? 0)
    }
    self.ordinals = ordinals
  }

  mutating func verify(_ found: inout RowFindings) throws(StorageError) {
    try compareColumns(&found)
    var sums = IndexSums()
    for position in range where !rows.rows[position].fields.isForgotten {
      try addEntries(rows.rows[position], sequence(position), &sums, &found)
    }
    found.sums[ObjectIdentifier(index), default: IndexSums()].add(sums)
  }

  private func sequence(_ position: Int) -> UInt64 { rows.firstSequence + UInt64(position) }

  private mutating func note(_ position: Int, _ what: String, _ found: inout RowFindings) {
    guard hasProblem.insert(position).inserted else { return }
    found.problems.append(
      StorageError(
        .corrupt, path: index.path, doing: "\(what) record \(sequence(position))"))
  }

  /// What the trees must hold of a row, and whether the filters let lookups through.
  private mutating func addEntries(
    _ row: TailRow, _ sequence: UInt64, _ sums: inout IndexSums, _ found: inout RowFindings
  ) throws(StorageError) {
    let relative = UInt32(sequence - index.firstSequence)
    let isFirst = row.message == sequence
    if isFirst {
      sums[.hash].add(TreeKey(row.hash), relative)
    } else {
      sums[.repeats].add(TreeKeys.repeats(row.message, relative: relative), 0)
      // The log says which record it repeats: it must be the message that lookups find.
      if try view.version.message(row.hash) != row.message {
        note(Int(sequence - rows.firstSequence), "another message is repeated by", &found)
      }
    }
    sums[.identity].add(TreeKey(row.identity), relative)
    let time = row.fields.time
    sums[.time].add(TreeKeys.time(time, relative: relative), 0)
    let position = Int(sequence - rows.firstSequence)
    for (kind, field) in [(TreeKind.project, TextField.project), (.session, .session)] {
      let id = row.fields[field]
      guard id >= 0 else { continue }
      guard ordinals[Int(id)] > 0 else {
        found.isWhole = false
        note(position, "the dictionary has not a text of", &found)
        continue
      }
      let ordinal = UInt32(ordinals[Int(id)] - 1)
      sums[kind].add(TreeKeys.text(ordinal, time, relative: relative), 0)
    }
    if try !index.mayHold(isFirst ? row.hash : nil, row.identity) {
      note(position, "the filter denies", &found)
    }
  }

  // MARK: Columns

  private mutating func compareColumns(_ found: inout RowFindings) throws(StorageError) {
    let first = Int(sequence(range.lowerBound) - index.firstSequence)
    for column in ColumnID.allCases {
      let values = try index.values(of: column, in: first..<(first + range.count))
      for (value, position) in zip(values, range) where value != expected(column, position) {
        note(position, "column \(column) is wrong for", &found)
      }
    }
  }

  private func expected(_ column: ColumnID, _ position: Int) -> UInt64 {
    let row = rows.rows[position]
    switch column {
    case .time: return ColumnValues.time(row.fields.time)
    case .flags: return ColumnValues.flags(row.fields)
    case .message: return sequence(position) - row.message
    case .byteCount: return row.contentByteCount
    case .run: return row.fields.run
    case .turnDuration: return row.turnDuration
    default:
      let id = row.fields.text[Int(column.rawValue)]
      guard id >= 0 else { return 0 }
      // What is not in the dictionary is no value of a column.
      return ordinals[Int(id)] > 0 ? ordinals[Int(id)] : .max
    }
  }
}
