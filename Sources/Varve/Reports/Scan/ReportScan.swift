// The way of rows through a report: a few thousand at a time, so that what one step writes the next
// one reads from the processor's cache, and in ranges on several threads. After P. Boncz,
// M. Zukowski and N. Nes, "MonetDB/X100: Hyper-Pipelining Query Execution", CIDR 2005, and
// V. Leis, P. Boncz, A. Kemper and T. Neumann, "Morsel-Driven Parallelism", SIGMOD 2014.

import VarveFormat
import VarveSearch

/// What rows add up to. Ranges of rows may be added up apart.
///
/// What has buffers for a chunk reads them through a second reference: a span of a member would
/// keep the whole value from being changed.
protocol ReportSums: Sendable {
  /// Adds rows, ascending, all after those that were added before.
  mutating func add(_ rows: Span<UInt32>)

  /// Adds what later rows came to.
  mutating func add(_ later: Self)
}

/// The rows that a report counts: no echoes, within the times, among those that the filters let
/// through.
struct ReportScan: Sendable {
  let columns: ReportColumns
  private let since: Int64
  private let until: Int64
  /// Whether only some times are asked for.
  let hasTimes: Bool
  private let filtered: DocSet?
  private let concurrency: Concurrency

  /// Rows that go through a report together: their numbers and those of their groups, sessions and
  /// days stay in a first-level cache of 32 KiB.
  static let chunkRowCount = 1024

  init(
    _ columns: ReportColumns, _ query: ReportQuery, among filtered: DocSet?,
    concurrently concurrency: Concurrency
  ) {
    self.columns = columns
    hasTimes = query.since != nil || query.until != nil
    since = query.since ?? .min
    until = query.until ?? .max
    self.filtered = filtered
    self.concurrency = concurrency
  }

  /// What all selected rows add up to.
  ///
  /// - Parameter nothing: sums without any rows.
  func sum<Sums: ReportSums>(_ nothing: Sums) -> Sums {
    let ranges = concurrency.ranges(ofRows: columns.rowCount)
    var parts = concurrency.map(ranges.count) { number in
      var sums = nothing
      add(ranges[number], to: &sums)
      return sums
    }
    // Taken out, not copied: sums may be large.
    parts.reverse()
    guard var sums = parts.popLast() else { return nothing }
    while let later = parts.popLast() { sums.add(later) }
    return sums
  }

  private func add<Sums: ReportSums>(_ range: Range<Int>, to sums: inout Sums) {
    var rows = [UInt32](repeating: 0, count: Self.chunkRowCount)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.chunkRowCount) {
      let end = min(start + Self.chunkRowCount, range.upperBound)
      let count = select(UInt32(start)..<UInt32(end), into: &rows)
      if count > 0 { sums.add(rows.span.extracting(0..<count)) }
    }
  }

  /// The selected rows of a range; how many there are. Without a jump for each where few are left
  /// out.
  private func select(_ range: Range<UInt32>, into rows: inout [UInt32]) -> Int {
    let (allFlags, allTimes) = (columns.flags, columns.times)
    let flags = allFlags.span
    var output = rows.mutableSpan
    var count = 0
    for row in range {
      output[count] = row
      count += flags[Int(row)] & 2 == 0 ? 1 : 0
    }
    guard hasTimes || filtered != nil else { return count }
    let times = allTimes.span
    let candidates = count
    count = 0
    for i in 0..<candidates {
      let row = output[i]
      output[count] = row
      count += isWithin(times[Int(row)]) && filtered?.contains(Int(row)) ?? true ? 1 : 0
    }
    return count
  }

  @inline(__always)
  private func isWithin(_ time: Int64) -> Bool {
    !hasTimes || time != OccurrenceFields.noTime && time >= since && time < until
  }

  /// Rows that the filters let through, that no stretch of time has, and that a report would count.
  func untimedCount(_ name: ReportQuery.Name) -> Int {
    columns.untimed.count { row in
      guard filtered?.contains(Int(row)) ?? true else { return false }
      switch name {
      case .errors: return columns.flags[Int(row)] & 1 != 0
      case .components: return columns.components.places[Int(row)] != 0
      case .session: return columns.sessions.places[Int(row)] != 0
      default: return true
      }
    }
  }

  /// The selected ones of some rows that are no echoes.
  func selected(_ rows: [UInt32]) -> [UInt32] {
    guard hasTimes || filtered != nil else { return rows }
    return rows.filter {
      isWithin(columns.times[Int($0)]) && filtered?.contains(Int($0)) ?? true
    }
  }
}

extension [UInt32] {
  /// Makes room for some numbers.
  @inline(__always)
  mutating func grow(to count: Int) {
    if self.count < count { self += [UInt32](repeating: 0, count: count - self.count) }
  }

  /// The values of a column at rows.
  mutating func gather(_ column: [UInt32], at rows: Span<UInt32>) {
    guard rows.count > 0 else { return }
    grow(to: rows.count)
    var output = mutableSpan
    let (first, last) = (Int(rows[0]), Int(rows[rows.count - 1]))
    let part = column.span.extracting(first...last)
    if part.count == rows.count {
      // No row between them was left out.
      for i in part.indices { output[i] = part[i] }
    } else {
      for i in rows.indices { output[i] = part[Int(rows[i]) - first] }
    }
  }

  /// The rows in which a column does not have a value, without a jump for each; how many there
  /// are.
  mutating func keep<Value: Equatable>(
    _ rows: Span<UInt32>, where column: [Value], isNot left: Value
  ) -> Int {
    grow(to: rows.count)
    var output = mutableSpan
    let column = column.span
    var count = 0
    for i in rows.indices {
      output[count] = rows[i]
      count += column[Int(rows[i])] != left ? 1 : 0
    }
    return count
  }
}

extension Array {
  /// The first place from which on a condition holds, which holds nowhere before.
  func partitioningIndex(where holds: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
