// What the trees of indexes hold against what the log says they must hold: first by sums, which
// take a fraction of the time, then, where sums differ, entry by entry to name what is wrong.

import VarveFormat
import VarveStorage

/// A sum of tree entries that does not depend on their order. Each entry is hashed with a key that
/// is new for each process, so that none can be made to cancel another one out: MSet-Add-Hash of
/// D. Clarke, S. Devadas, M. van Dijk, B. Gassend and G. E. Suh, "Incremental Multiset Hash
/// Functions and Their Application to Memory Integrity Checking", ASIACRYPT 2003. Two different
/// sets of entries have one sum with a probability of 2^-64.
struct EntrySum: Equatable, Sendable {
  private var sum: UInt64 = 0
  private(set) var count: UInt64 = 0

  mutating func add(_ key: TreeKey, _ value: UInt32) {
    var hasher = Hasher()
    hasher.combine(key)
    hasher.combine(value)
    sum &+= UInt64(bitPattern: Int64(hasher.finalize()))
    count += 1
  }

  mutating func add(_ other: EntrySum) {
    sum &+= other.sum
    count += other.count
  }
}

/// The sums of all trees of an index; those of facts are compared one by one.
struct IndexSums: Equatable, Sendable {
  static let kinds: [TreeKind] = [.hash, .repeats, .identity, .time, .project, .session]

  private var sums = [EntrySum](repeating: EntrySum(), count: kinds.count)

  subscript(_ kind: TreeKind) -> EntrySum {
    get { sums[Int(kind.rawValue) - 1] }
    set { sums[Int(kind.rawValue) - 1] = newValue }
  }

  mutating func add(_ other: IndexSums) {
    for kind in Self.kinds { self[kind].add(other[kind]) }
  }
}

/// Looks the entries of rows up, one by one.
struct EntryLookup {
  let view: StoreView
  let index: IndexFile

  /// - Throws: the first entry of a row that is not there.
  func find(_ row: TailRow, _ sequence: UInt64, texts: StringTable) throws(StorageError) {
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
    } else {
      try require(.repeats, TreeKeys.repeats(row.message, relative: relative))
      guard let first = try view.version.message(row.hash), first == row.message else {
        throw StorageError(
          .corrupt, path: index.path, doing: "record \(sequence) repeats another message")
      }
    }
    try require(.identity, TreeKey(row.identity))
    guard try index.occurrence(row.identity) == sequence else {
      throw StorageError(.corrupt, path: index.path, doing: "the filter denies record \(sequence)")
    }
    try require(.time, TreeKeys.time(row.fields.time, relative: relative))
    for (kind, field) in [(TreeKind.project, TextField.project), (.session, .session)] {
      let id = row.fields[field]
      guard id >= 0 else { continue }
      guard let ordinal = try index.ordinal(of: texts.bytes(id)) else {
        throw StorageError(
          .corrupt, path: index.path, doing: "a text of record \(sequence) is not in the dictionary"
        )
      }
      try require(kind, TreeKeys.text(ordinal, row.fields.time, relative: relative))
    }
  }

}
