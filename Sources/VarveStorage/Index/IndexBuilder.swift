// Builds the index of a range of tail rows in one pass over sorted arrays.

package import VarveFormat

/// Turns committed rows into the sections of an index.
package struct IndexBuilder {
  private let tail: TailRows
  private let range: Range<Int>
  private let base: UInt64
  /// Position of each used string in the sorted dictionary.
  private var ordinals: [UInt32] = []
  private var dictionary: [[UInt8]] = []

  /// - Parameter range: which rows of the tail.
  package init(_ tail: TailRows, range: Range<Int>) {
    self.tail = tail
    self.range = range
    base = tail.firstSequence + UInt64(range.lowerBound)
    collectStrings()
  }

  private mutating func collectStrings() {
    var used = [Bool](repeating: false, count: tail.strings.count)
    for row in tail.rows[range] {
      for column in ColumnID.texts {
        let id = row.fields.text[Int(column.rawValue)]
        if id >= 0 { used[Int(id)] = true }
      }
    }
    var texts: [(bytes: [UInt8], id: Int)] = []
    for id in used.indices where used[id] {
      texts.append((tail.strings.bytes(Int32(id)), id))
    }
    texts.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    ordinals = [UInt32](repeating: 0, count: used.count)
    for (ordinal, text) in texts.enumerated() {
      ordinals[text.id] = UInt32(ordinal)
      dictionary.append(text.bytes)
    }
  }

  /// Writes the whole index. `withBlocksAndFacts` is false for images of a part of the tail, whose
  /// blocks and facts the tail answers itself.
  package func write(
    to writer: inout IndexFileWriter, withBlocksAndFacts: Bool = true
  ) throws(StorageError) {
    try writer.section(
      .dictionary, sub: 0, TextListLayout.encode(dictionary), itemCount: UInt64(dictionary.count))
    try writeColumns(to: &writer)
    try writeTrees(to: &writer, facts: withBlocksAndFacts ? tail.facts : [])
    try writeFilters(to: &writer)
    let blocks = withBlocksAndFacts ? tail.blocks : []
    try writer.section(
      .blockMap, sub: 0, BlockMap.encode(blocks), itemCount: UInt64(blocks.count))
    try writer.section(
      .statistics, sub: 0, statistics(withFacts: withBlocksAndFacts).encode(), itemCount: 1)
  }

  private func statistics(withFacts: Bool) -> IndexStatistics {
    var sums = IndexStatistics()
    for (index, row) in zip(range, tail.rows[range]) {
      if row.fields.isForgotten {
        sums.forgotten += 1
        continue
      }
      sums.occurrences += 1
      sums.occurrenceByteCount += row.contentByteCount
      if row.message == tail.firstSequence + UInt64(index) {
        sums.messages += 1
        sums.contentByteCount += row.contentByteCount
      }
      if row.fields.isEcho { sums.echoes += 1 }
      if row.fields.isError { sums.errors += 1 }
      if row.fields.time == OccurrenceFields.noTime { sums.withoutTime += 1 }
    }
    sums.facts = withFacts ? UInt64(tail.facts.count) : 0
    return sums
  }

  private func writeColumns(to writer: inout IndexFileWriter) throws(StorageError) {
    var values = [UInt64](repeating: 0, count: range.count)
    for column in ColumnID.allCases {
      fill(&values, column)
      if column == .turnDuration, !values.contains(where: { $0 != 0 }) { continue }
      var builder = ColumnBuilder()
      builder.append(values)
      try writer.section(
        .column, sub: column.rawValue, builder.finish(), itemCount: UInt64(range.count))
    }
  }

  private func fill(_ values: inout [UInt64], _ column: ColumnID) {
    let rows = tail.rows
    let first = range.lowerBound
    switch column {
    case .time:
      for i in values.indices { values[i] = ColumnValues.time(rows[first + i].fields.time) }
    case .flags:
      for i in values.indices { values[i] = ColumnValues.flags(rows[first + i].fields) }
    case .message:
      for i in values.indices { values[i] = base + UInt64(i) - rows[first + i].message }
    case .byteCount:
      for i in values.indices { values[i] = rows[first + i].contentByteCount }
    case .run:
      for i in values.indices { values[i] = rows[first + i].fields.run }
    case .turnDuration:
      for i in values.indices { values[i] = rows[first + i].turnDuration }
    default:
      let field = Int(column.rawValue)
      for i in values.indices {
        let id = rows[first + i].fields.text[field]
        values[i] = id < 0 ? 0 : UInt64(ordinals[Int(id)]) + 1
      }
    }
  }

  private func writeTrees(
    to writer: inout IndexFileWriter, facts: [FactLocation]
  ) throws(StorageError) {
    let rows = tail.rows
    var keys: [TreeKey] = []
    keys.reserveCapacity(range.count)
    // The first word of each key and where the key is: small enough to sort in the cache.
    var order: [SortEntry] = []
    order.reserveCapacity(range.count)
    for kind in TreeKind.allCases {
      keys.removeAll(keepingCapacity: true)
      order.removeAll(keepingCapacity: true)
      for index in range where kind != .facts {
        let relative = UInt32(index - range.lowerBound)
        if let key = key(kind, rows[index], sequence: base + UInt64(relative), relative: relative) {
          order.append(SortEntry(word: key.a, position: UInt32(keys.count), relative: relative))
          keys.append(key)
        }
      }
      order.sort { $0.word != $1.word ? $0.word < $1.word : keys[$0.at] < keys[$1.at] }
      var builder = BTreeBuilder(kind)
      writer.beginTree()
      if kind == .facts {
        for (key, value) in FactKeys.latest(facts) {
          try builder.append(key, value, to: &writer)
        }
      }
      for entry in order {
        try builder.append(keys[entry.at], TreeValue(entry.relative), to: &writer)
      }
      try writer.endTree(kind, &builder)
    }
  }

  private struct SortEntry {
    let word: UInt64
    let position: UInt32
    let relative: UInt32

    var at: Int { Int(position) }
  }

  private func key(
    _ kind: TreeKind, _ row: TailRow, sequence: UInt64, relative: UInt32
  ) -> TreeKey? {
    if row.fields.isForgotten { return nil }
    switch kind {
    case .hash:
      return row.message == sequence ? TreeKey(row.hash) : nil
    case .repeats:
      return row.message == sequence ? nil : TreeKeys.repeats(row.message, relative: relative)
    case .identity:
      return TreeKey(row.identity)
    case .time:
      return TreeKeys.time(row.fields.time, relative: relative)
    case .project:
      let id = row.fields[.project]
      return id < 0
        ? nil : TreeKeys.text(ordinals[Int(id)], row.fields.time, relative: relative)
    case .session:
      let id = row.fields[.session]
      return id < 0
        ? nil : TreeKeys.text(ordinals[Int(id)], row.fields.time, relative: relative)
    case .facts:
      return nil
    }
  }

  private func writeFilters(to writer: inout IndexFileWriter) throws(StorageError) {
    var hashes = DedupFilterBuilder(keyCount: range.count)
    var identities = DedupFilterBuilder(keyCount: range.count)
    let rows = tail.rows
    for index in range where !rows[index].fields.isForgotten {
      if rows[index].message == tail.firstSequence + UInt64(index) {
        hashes.insert(DedupFilter.hash(rows[index].hash))
      }
      identities.insert(DedupFilter.hash(rows[index].identity))
    }
    try writer.section(.filter, sub: TreeKind.hash.rawValue, hashes.finish(), itemCount: 0)
    try writer.section(.filter, sub: TreeKind.identity.rawValue, identities.finish(), itemCount: 0)
  }
}

/// How field values become numbers in columns. Chapter 5, COL-7 to COL-9.
package enum ColumnValues {
  package static func time(_ time: Int64) -> UInt64 {
    time == OccurrenceFields.noTime ? 0 : UInt64(bitPattern: (time << 1) ^ (time >> 63)) &+ 1
  }

  package static func time(of value: UInt64) -> Int64 {
    if value == 0 { return OccurrenceFields.noTime }
    let zigzag = value &- 1
    return Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
  }

  /// Flags of a forgotten record: no kind, and nothing that counts.
  package static let forgotten: UInt64 = 2

  package static func flags(_ fields: OccurrenceFields) -> UInt64 {
    if fields.isForgotten { return forgotten }
    return UInt64(fields.kind.rawValue) << 2 | (fields.isError ? 1 : 0) | (fields.isEcho ? 2 : 0)
  }
}

/// Keys of the fact tree; the latest of equal keys holds.
package enum FactKeys {
  package static func latest(_ facts: [FactLocation]) -> [(key: TreeKey, value: TreeValue)] {
    var entries: [(key: TreeKey, order: Int, value: TreeValue)] = []
    for (order, fact) in facts.enumerated() {
      entries.append(
        (
          TreeKeys.fact(fact.kind, fact.keyHash), order,
          TreeValue(fact.segment, offset: fact.offset, item: fact.item)
        ))
    }
    entries.sort { $0.key != $1.key ? $0.key < $1.key : $0.order < $1.order }
    var latest: [(key: TreeKey, value: TreeValue)] = []
    for entry in entries {
      if latest.last?.key == entry.key { latest.removeLast() }
      latest.append((entry.key, entry.value))
    }
    return latest
  }
}

/// The block map section: entries of 24 bytes. Chapter 5, BTR-31.
package enum BlockMap {
  package static func encode(_ blocks: [BlockLocation]) -> [UInt8] {
    var writer = ByteWriter(reserving: blocks.count * BlockLocation.byteCount)
    for block in blocks {
      writer.write(block.firstSequence)
      writer.write(block.segment)
      writer.write(block.itemCount)
      writer.write(block.offset)
    }
    return writer.bytes
  }
}
