// What each record takes of the log.

import VarveFormat
import VarveStorage

/// Sizes of the records of a snapshot, in bytes.
struct DiskSizes: Sendable {
  /// The content of each row's message.
  private(set) var content: [UInt32] = []
  /// What is stored of each row: its share of its compressed block.
  private(set) var stored: [UInt32] = []

  /// What a record takes in its block beside its content, in bytes; near enough.
  private static let recordByteCount: Int64 = 64

  /// Reads a column and the header of every block of records.
  init(_ view: StoreView, _ columns: ReportColumns) throws(StorageError) {
    content.reserveCapacity(columns.rowCount)
    // No content is larger, whatever a column says.
    let most = UInt64(Limits.contentByteCount)
    for index in try view.indexes() {
      try index.forEachBlock(of: .byteCount) { values throws(FormatError) in
        for i in values.indices { content.append(UInt32(clamping: min(values[i], most))) }
      }
    }
    stored = [UInt32](repeating: 0, count: columns.rowCount)
    var row = 0
    while row < columns.rowCount {
      guard let location = try view.location(UInt64(row) + 1) else {
        row += 1
        continue
      }
      let first = min(row, max(0, Int(clamping: location.firstSequence) - 1))
      let block = first..<min(columns.rowCount, max(row + 1, first + Int(location.itemCount)))
      share(Int64(try view.header(of: location).storedByteCount), among: block, columns.messages)
      row = block.upperBound
    }
  }

  private mutating func share(_ total: Int64, among block: Range<Int>, _ messages: [UInt32]) {
    func weight(_ row: Int) -> Int64 {
      Self.recordByteCount + (Int(messages[row]) == row ? Int64(content[row]) : 0)
    }
    var shares = Shares(of: total, block.reduce(0) { $0 + weight($1) })
    for row in block { stored[row] = UInt32(clamping: shares.next(weight(row))) }
  }
}

/// Shares out a number in whole numbers, so that all shares add up to it.
private struct Shares {
  private let total: Int64
  private let weights: Int64
  private var seen: Int64 = 0
  private var given: Int64 = 0

  init(of total: Int64, _ weights: Int64) {
    self.total = total
    self.weights = max(1, weights)
  }

  mutating func next(_ weight: Int64) -> Int64 {
    seen = min(seen + weight, weights)
    let until = weights.dividingFullWidth(total.multipliedFullWidth(by: seen)).quotient
    defer { given = until }
    return until - given
  }
}
