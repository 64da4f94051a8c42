// Merges neighbouring indexes into one, streaming: memory is the dictionaries, a leaf a tree and
// input, and one column.

import VarveFormat

/// Merges indexes whose ranges follow each other.
package struct IndexMerger {
  private let inputs: [IndexFile]
  private let base: UInt64
  /// For each input, the new ordinal of each of its texts.
  private var ordinals: [[UInt32]] = []
  private var dictionary: [[UInt8]] = []
  private let moves: BlockMoves
  private let checkCancelled: @Sendable () -> Bool

  /// - Parameters:
  ///   - inputs: oldest first, gapless.
  ///   - moves: where blocks are now that their segments were written anew.
  package init(
    _ inputs: [IndexFile], moves: BlockMoves = BlockMoves(),
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(StorageError) {
    self.inputs = inputs
    self.moves = moves
    base = inputs.first?.firstSequence ?? 0
    checkCancelled = isCancelled
    try mergeDictionaries()
  }

  private mutating func mergeDictionaries() throws(StorageError) {
    var texts: [[[UInt8]]] = []
    for input in inputs { texts.append(try input.texts()) }
    var all: Set<[UInt8]> = []
    for list in texts { all.formUnion(list) }
    dictionary = all.sorted { $0.lexicographicallyPrecedes($1) }
    var positions: [[UInt8]: UInt32] = [:]
    for (ordinal, text) in dictionary.enumerated() { positions[text] = UInt32(ordinal) }
    ordinals = texts.map { list in list.map { positions[$0] ?? 0 } }
  }

  /// Writes the merged index.
  package func write(to writer: inout IndexFileWriter) throws(StorageError) {
    try writer.section(
      .dictionary, sub: 0, TextListLayout.encode(dictionary), itemCount: UInt64(dictionary.count))
    try writeColumns(to: &writer)
    for filter in try writeTrees(to: &writer) {
      try writer.section(.filter, sub: filter.sub, filter.bytes, itemCount: 0)
    }
    var blocks: [BlockLocation] = []
    var sums = IndexStatistics()
    for input in inputs {
      for block in try input.blocks() { blocks.append(try moves.block(block)) }
      sums = sums + input.statistics
    }
    try writer.section(
      .blockMap, sub: 0, BlockMap.encode(blocks), itemCount: UInt64(blocks.count))
    try writer.section(.statistics, sub: 0, sums.encode(), itemCount: 1)
  }

  private func checkNotCancelled() throws(StorageError) {
    if checkCancelled() {
      throw StorageError(.cancelled, path: inputs.first?.path ?? "", doing: "merge indexes")
    }
  }

  private func writeColumns(to writer: inout IndexFileWriter) throws(StorageError) {
    for column in ColumnID.allCases {
      try checkNotCancelled()
      guard inputs.contains(where: { $0.has(column) }) else { continue }
      var builder = ColumnBuilder()
      var count: UInt64 = 0
      for (position, input) in inputs.enumerated() {
        var values = try input.column(column)
        count += UInt64(values.count)
        if column.rawValue < 32 { try move(&values, ordinals[position], input.path, column) }
        builder.append(values)
      }
      try writer.section(.column, sub: column.rawValue, builder.finish(), itemCount: count)
    }
  }

  /// Ordinals plus one of a text column become those of the merged dictionary.
  private func move(
    _ values: inout [UInt64], _ ordinals: [UInt32], _ path: String, _ column: ColumnID
  ) throws(StorageError) {
    for i in values.indices where values[i] != 0 {
      guard values[i] <= UInt64(ordinals.count) else {
        throw StorageError(
          .corrupt, path: path, doing: "column \(column) names a text that is not there")
      }
      values[i] = UInt64(ordinals[Int(values[i]) - 1]) + 1
    }
  }

  /// Writes all trees; returns the filters of those that have one.
  private func writeTrees(
    to writer: inout IndexFileWriter
  ) throws(StorageError) -> [(sub: UInt8, bytes: [UInt8])] {
    var filters: [(sub: UInt8, bytes: [UInt8])] = []
    for kind in TreeKind.allCases {
      try checkNotCancelled()
      var merge = TreeMerge(kind)
      for (position, input) in inputs.enumerated() {
        try merge.add(
          input, shift: UInt32(input.firstSequence - base), ordinals: ordinals[position])
      }
      var builder = BTreeBuilder(kind)
      writer.beginTree()
      if kind == .hash || kind == .identity {
        let count = inputs.reduce(0) { $0 + Int($1.tree(kind).entryCount) }
        var filter = DedupFilterBuilder(keyCount: count)
        try merge.forEach { (key, value) throws(StorageError) in
          filter.insert(Self.hash(kind, key))
          try builder.append(key, value, to: &writer)
        }
        filters.append((kind.rawValue, filter.finish()))
      } else if kind == .facts {
        try merge.forEach { (key, value) throws(StorageError) in
          if let value = try moves.fact(value) { try builder.append(key, value, to: &writer) }
        }
      } else {
        try merge.forEach { (key, value) throws(StorageError) in
          try builder.append(key, value, to: &writer)
        }
      }
      try writer.endTree(kind, &builder)
    }
    return filters
  }

  private static func hash(_ kind: TreeKind, _ key: TreeKey) -> UInt64 {
    if kind == .hash { return DedupFilter.hash(ContentHash(key.a, key.b, key.c, key.d)) }
    return DedupFilter.hash(
      OccurrenceIdentity(
        scopeHigh: key.a, scopeLow: key.b, offset: key.c,
        part: UInt16(truncatingIfNeeded: key.d >> 48),
        content: ContentHash(key.d << 16 | key.e >> 48, 0, 0, 0)))
  }
}

/// One input of a merge: a leaf at a time, keys moved to the new index.
private struct MergeInput {
  let tree: BTree
  let kind: TreeKind
  let path: String
  let shift: UInt32
  let ordinals: [UInt32]
  var entries: [(key: TreeKey, value: TreeValue)] = []
  var index = 0
  var leaf: UInt32 = 0

  mutating func load() throws(StorageError) -> Bool {
    index = 0
    // Moved in an array of its own: through `self` each element would copy the whole leaf.
    var loaded: [(key: TreeKey, value: TreeValue)] = []
    entries = []
    guard try tree.appendLeaf(leaf, to: &loaded) else { return false }
    leaf += 1
    for i in loaded.indices { try move(&loaded[i]) }
    entries = loaded
    return true
  }

  /// Sequences become relative to the merged index, ordinals those of its dictionary. Both keep
  /// order.
  private func move(
    _ entry: inout (key: TreeKey, value: TreeValue)
  ) throws(StorageError) {
    switch kind {
    case .hash, .identity:
      entry.value.first &+= shift
    case .repeats, .time:
      entry.key.b &+= UInt64(shift) << 32
    case .project, .session:
      let ordinal = Int(entry.key.a >> 32)
      guard ordinal < ordinals.count else {
        throw StorageError(.corrupt, path: path, doing: "a key names a text that is not there")
      }
      entry.key.a = UInt64(ordinals[ordinal]) << 32 | entry.key.a & 0xFFFF_FFFF
      entry.key.b &+= UInt64(shift)
    case .facts:
      break
    }
  }
}

/// A merge of the same tree of several indexes; of equal fact keys the newest holds. The inputs
/// stand in a heap by their next key (D. E. Knuth, TAOCP 3, 5.4.1). Files and times seldom overlap,
/// so that long runs come from one input: they are taken without touching the heap.
private struct TreeMerge {
  private struct Head {
    var key: TreeKey
    var input: Int

    /// Of equal keys the newer input comes first.
    func precedes(_ other: Head) -> Bool {
      key != other.key ? key < other.key : input > other.input
    }
  }

  private let kind: TreeKind
  private var inputs: [MergeInput] = []
  private var heap: [Head] = []

  init(_ kind: TreeKind) { self.kind = kind }

  /// Adds an index; the oldest first.
  mutating func add(
    _ index: IndexFile, shift: UInt32, ordinals: [UInt32]
  ) throws(StorageError) {
    var input = MergeInput(
      tree: index.tree(kind), kind: kind, path: index.path, shift: shift, ordinals: ordinals)
    guard try input.load() else { return }
    heap.append(Head(key: input.entries[0].key, input: inputs.count))
    inputs.append(input)
  }

  /// Gives all entries in order.
  mutating func forEach(
    _ body: (TreeKey, TreeValue) throws(StorageError) -> Void
  ) throws(StorageError) {
    for position in (0..<(heap.count / 2)).reversed() { sink(position) }
    var last: TreeKey?
    while let head = heap.first {
      let limit = second
      let entries = inputs[head.input].entries
      var index = inputs[head.input].index
      repeat {
        let entry = entries[index]
        // A fact that a newer index has, too, is superseded.
        if kind != .facts || entry.key != last { try body(entry.key, entry.value) }
        if kind == .facts { last = entry.key }
        index += 1
      } while index < entries.count && (limit.map { entries[index].key < $0 } ?? true)
      inputs[head.input].index = index
      if index < entries.count {
        heap[0].key = entries[index].key
      } else if try inputs[head.input].load() {
        heap[0].key = inputs[head.input].entries[0].key
      } else {
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
      }
      sink(0)
    }
  }

  /// The least key but for the first.
  private var second: TreeKey? {
    switch heap.count {
    case ...1: nil
    case 2: heap[1].key
    default: min(heap[1].key, heap[2].key)
    }
  }

  private mutating func sink(_ start: Int) {
    guard start < heap.count else { return }
    let moving = heap[start]
    var position = start
    while true {
      var child = 2 * position + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(moving) else { break }
      heap[position] = heap[child]
      position = child
    }
    heap[position] = moving
  }
}
