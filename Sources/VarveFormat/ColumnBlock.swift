// Columns of numbers in blocks of 1,024 rows, each with a base and a bit width. Chapter 5, COL-1 to
// COL-6. Frame of reference coding: J. Goldstein, R. Ramakrishnan, U. Shaft, "Compressing relations
// and indexes", ICDE 1998.

/// Collects the values of a column and encodes them.
package struct ColumnBuilder: Sendable {
  private var pending: [UInt64] = []
  private var blocks = ByteWriter()
  private var offsets: [UInt32] = []
  private var count = 0

  package init() { pending.reserveCapacity(ColumnLayout.blockRowCount) }

  /// Adds values.
  package mutating func append(_ values: [UInt64]) {
    count += values.count
    var start = 0
    while start < values.count {
      let end = min(values.count, start + ColumnLayout.blockRowCount - pending.count)
      pending.append(contentsOf: values[start..<end])
      start = end
      if pending.count == ColumnLayout.blockRowCount { flush() }
    }
  }

  private mutating func flush() {
    guard !pending.isEmpty else { return }
    offsets.append(UInt32(blocks.count))
    var low = UInt64.max
    var high = UInt64.min
    for value in pending {
      low = min(low, value)
      high = max(high, value)
    }
    var width = 64 - (high - low).leadingZeroBitCount
    if width > 56 { width = 64 }
    Self.write(pending, base: low, width: width, to: &blocks)
    pending.removeAll(keepingCapacity: true)
  }

  /// COL-3: the base, the width, then the differences as one run of bits.
  private static func write(
    _ values: [UInt64], base: UInt64, width: Int, to writer: inout ByteWriter
  ) {
    writer.append(upTo: 9 + (values.count * width + 7) / 8 + 8) { output in
      output.write(base)
      output.write(UInt8(width))
      guard width > 0 else { return }
      var buffer: UInt64 = 0
      var bits = 0
      for value in values {
        let delta = value &- base
        // What does not fit any more goes into the next word.
        buffer |= delta << UInt64(bits)
        bits += width
        if bits >= 64 {
          output.write(buffer)
          bits -= 64
          buffer = bits == 0 ? 0 : delta >> UInt64(width - bits)
        }
      }
      while bits > 0 {
        output.append(UInt8(truncatingIfNeeded: buffer))
        buffer >>= 8
        bits -= 8
      }
    }
  }

  /// The encoded column.
  package mutating func finish() -> [UInt8] {
    flush()
    var writer = ByteWriter(reserving: 8 + offsets.count * 4 + blocks.count + 8)
    writer.write(UInt32(count))
    writer.write(UInt32(offsets.count))
    for offset in offsets { writer.write(offset) }
    writer.write(blocks.bytes)
    writer.write(UInt64(0))
    return writer.bytes
  }
}

package enum ColumnLayout {
  @inlinable package static var blockRowCount: Int { 1024 }
}

/// Reads an encoded column.
package struct ColumnReader: ~Escapable {
  private let bytes: RawSpan
  package let count: Int
  private let blockCount: Int

  /// Checks the shape: every block lies inside, so that later reads cannot leave the column.
  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan) throws(FormatError) {
    guard bytes.byteCount >= 16 else { throw FormatError(.truncated, at: 0) }
    self.bytes = bytes
    count = Int(bytes.load(UInt32.self, at: 0))
    blockCount = Int(bytes.load(UInt32.self, at: 4))
    let rows = ColumnLayout.blockRowCount
    guard blockCount == (count + rows - 1) / rows else { throw FormatError(.inconsistent, at: 4) }
    let start = 8 + blockCount * 4
    guard bytes.byteCount >= start + 8 else { throw FormatError(.truncated, at: 8) }
    var expected = 0
    for block in 0..<blockCount {
      guard Int(bytes.load(UInt32.self, at: 8 + block * 4)) == expected else {
        throw FormatError(.outOfOrder, at: 8 + block * 4)
      }
      guard start + expected + 9 <= bytes.byteCount - 8 else {
        throw FormatError(.truncated, at: start + expected)
      }
      let width = Int(bytes.load(UInt8.self, at: start + expected + 8))
      guard width <= 56 || width == 64 else {
        throw FormatError(.outOfBounds, at: start + expected + 8)
      }
      let held = min(rows, count - block * rows)
      expected += 9 + (held * width + 7) / 8
      guard start + expected <= bytes.byteCount - 8 else {
        throw FormatError(.truncated, at: start + expected)
      }
    }
    guard start + expected == bytes.byteCount - 8,
      bytes.load(UInt64.self, at: start + expected) == 0
    else { throw FormatError(.trailingBytes, at: start + expected) }
  }

  /// Reads a column whose shape was checked before.
  @_lifetime(copy bytes)
  package init(checked bytes: RawSpan) {
    self.bytes = bytes
    count = Int(bytes.load(UInt32.self, at: 0))
    blockCount = Int(bytes.load(UInt32.self, at: 4))
  }

  /// The value of one row.
  package subscript(row: Int) -> UInt64 {
    let block = row / ColumnLayout.blockRowCount
    let start = 8 + blockCount * 4 + Int(bytes.load(UInt32.self, at: 8 + block * 4))
    let base = bytes.load(UInt64.self, at: start)
    let width = Int(bytes.load(UInt8.self, at: start + 8))
    if width == 0 { return base }
    let index = row % ColumnLayout.blockRowCount
    if width == 64 { return base &+ bytes.load(UInt64.self, at: start + 9 + index * 8) }
    let bit = index * width
    let word = bytes.load(UInt64.self, at: start + 9 + bit >> 3)
    return base &+ ((word >> UInt64(bit & 7)) & ((1 << UInt64(width)) - 1))
  }

  /// Calls a closure with the values of each block of 1,024 rows, in order.
  package func forEachBlock<E: Error>(_ body: (Span<UInt64>) throws(E) -> Void) throws(E) {
    var values = [UInt64](repeating: 0, count: min(count, ColumnLayout.blockRowCount))
    for block in 0..<blockCount {
      let held = min(ColumnLayout.blockRowCount, count - block * ColumnLayout.blockRowCount)
      decode(block, held, into: &values)
      try body(values.span.extracting(0..<held))
    }
  }

  private func decode(_ block: Int, _ held: Int, into values: inout [UInt64]) {
    let start = 8 + blockCount * 4 + Int(bytes.load(UInt32.self, at: 8 + block * 4))
    let base = bytes.load(UInt64.self, at: start)
    let width = Int(bytes.load(UInt8.self, at: start + 8))
    var output = values.mutableSpan
    if width == 0 {
      for i in 0..<held { output[i] = base }
    } else if width == 64 {
      for i in 0..<held { output[i] = base &+ bytes.load(UInt64.self, at: start + 9 + i * 8) }
    } else {
      let mask: UInt64 = (1 << UInt64(width)) - 1
      for i in 0..<held {
        let bit = i &* width
        let word = bytes.load(UInt64.self, at: start &+ 9 &+ bit >> 3)
        output[i] = base &+ ((word >> UInt64(bit & 7)) & mask)
      }
    }
  }

  /// Appends the values of all rows.
  package func appendAll(to values: inout [UInt64]) {
    values.reserveCapacity(values.count + count)
    forEachBlock { block in
      values.append(addingCapacity: block.count) { output in
        for i in block.indices { output.append(block[i]) }
      }
    }
  }
}
