// Merges neighbouring indexes into one, streaming: memory is the dictionaries, a leaf a tree and input,
// and one column.

import VarveFormat

/// Merges indexes whose ranges follow each other.
package struct IndexMerger {
  private let inputs: [IndexFile]
  private let base: UInt64
  /// For each input, the new ordinal of each of its texts.
  private var ordinals: [[UInt32]] = []
  private var dictionary: [[UInt8]] = []
  private let checkCancelled: @Sendable () -> Bool

  /// - Parameter inputs: oldest first, gapless.
  package init(
    _ inputs: [IndexFile], isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(StorageError) {
    self.inputs = inputs
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
      .dictionary, sub: 0, DictionaryLayout.encode(dictionary), itemCount: UInt64(dictionary.count))
    try writeColumns(to: &writer)
    try writeTrees(to: &writer)
    try writeFilters(to: &writer)
    var blocks: [BlockLocation] = []
    var sums = IndexStatistics()
    for input in inputs {
      blocks += try input.blocks()
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
      var builder = ColumnBuilder()
      var count: UInt64 = 0
      for (position, input) in inputs.enumerated() {
        let values = try input.column(column)
        count += UInt64(values.count)
        if column.rawValue < 32 {
          for value in values {
            guard value <= UInt64(ordinals[position].count) else {
              throw StorageError(
                .corrupt, path: input.path, doing: "column \(column) names a text that is not there"
              )
            }
            builder.append(value == 0 ? 0 : UInt64(ordinals[position][Int(value) - 1]) + 1)
          }
        } else {
          for value in values { builder.append(value) }
        }
      }
      try writer.section(.column, sub: column.rawValue, builder.finish(), itemCount: count)
    }
  }

  private func writeTrees(to writer: inout IndexFileWriter) throws(StorageError) {
    for kind in TreeKind.allCases {
      try checkNotCancelled()
      var merge = TreeMerge(kind)
      for (position, input) in inputs.enumerated() {
        try merge.add(
          input, shift: UInt32(input.firstSequence - base), ordinals: ordinals[position])
      }
      var builder = BTreeBuilder(kind)
      writer.beginTree()
      while let entry = try merge.next() {
        try builder.append(entry.key, entry.value, to: &writer)
      }
      try writer.endTree(kind, &builder)
    }
  }

  private func writeFilters(to writer: inout IndexFileWriter) throws(StorageError) {
    for kind in [TreeKind.hash, .identity] {
      try checkNotCancelled()
      let count = inputs.reduce(0) { $0 + Int($1.tree(kind).entryCount) }
      var filter = DedupFilterBuilder(keyCount: count)
      for input in inputs {
        let tree = input.tree(kind)
        var leaf: UInt32 = 0
        var entries: [(key: TreeKey, value: TreeValue)] = []
        while try tree.appendLeaf(leaf, to: &entries) {
          for entry in entries { filter.insert(Self.hash(kind, entry.key)) }
          entries.removeAll(keepingCapacity: true)
          leaf += 1
        }
      }
      try writer.section(.filter, sub: kind.rawValue, filter.finish(), itemCount: 0)
    }
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

  mutating func advance() throws(StorageError) -> Bool {
    index += 1
    if index < entries.count { return true }
    return try load()
  }

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

  /// Sequences become relative to the merged index, ordinals those of its dictionary. Both keep order.
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

/// A merge of the same tree of several indexes; of equal fact keys the newest holds.
private struct TreeMerge {
  private let kind: TreeKind
  private var inputs: [MergeInput] = []

  init(_ kind: TreeKind) { self.kind = kind }

  mutating func add(
    _ index: IndexFile, shift: UInt32, ordinals: [UInt32]
  ) throws(StorageError) {
    var input = MergeInput(
      tree: index.tree(kind), kind: kind, path: index.path, shift: shift, ordinals: ordinals)
    if try input.load() { inputs.append(input) }
  }

  mutating func next() throws(StorageError) -> (key: TreeKey, value: TreeValue)? {
    guard !inputs.isEmpty else { return nil }
    var best = 0
    var bestKey = inputs[0].entries[inputs[0].index].key
    var position = 1
    while position < inputs.count {
      let key = inputs[position].entries[inputs[position].index].key
      if key < bestKey {
        best = position
        bestKey = key
      } else if key == bestKey && kind == .facts {
        // Inputs are oldest first, so the fact found before is superseded.
        if try inputs[best].advance() {
          best = position
        } else {
          inputs.remove(at: best)
          best = position - 1
          continue
        }
      }
      position += 1
    }
    let entry = inputs[best].entries[inputs[best].index]
    if !(try inputs[best].advance()) { inputs.remove(at: best) }
    return entry
  }
}
