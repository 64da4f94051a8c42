// Reading a B+tree in mapped pages: exact lookup and ordered walks. Every page is checked once.

package import VarveFormat

/// One tree of an open index.
package struct BTree: Sendable {
  private let region: ByteRegion
  private let start: Int
  let pageCount: Int
  private let root: UInt32
  package let height: Int
  package let entryCount: UInt64
  let kind: TreeKind
  private let marks: PageMarks
  let path: String

  init(
    _ kind: TreeKind, section: SectionEntry, region: ByteRegion, path: String
  ) throws(FormatError) {
    self.kind = kind
    self.region = region
    self.path = path
    start = Int(section.offset)
    entryCount = section.itemCount
    root = UInt32(truncatingIfNeeded: section.extra)
    height = Int(section.extra >> 32)
    let bytes = Int(section.byteCount)
    guard bytes % BTreePage.byteCount == 0 else { throw FormatError(.inconsistent, at: start) }
    pageCount = bytes / BTreePage.byteCount
    guard (pageCount == 0) == (height == 0), (pageCount == 0) == (entryCount == 0),
      pageCount == 0 || Int(root) < pageCount, height <= 16
    else { throw FormatError(.inconsistent, at: start) }
    marks = PageMarks(count: pageCount)
  }

  func isRoot(_ number: UInt32) -> Bool { number == root }

  /// Runs a closure over a checked page.
  func withPage<T>(
    _ number: UInt32, kind expected: UInt8, _ body: (BTreePageView) throws(StorageError) -> T
  ) throws(StorageError) -> T {
    let at = start + Int(number) * BTreePage.byteCount
    guard Int(number) < pageCount else {
      throw StorageError(
        .corrupt, path: path, offset: UInt64(start), doing: "page \(number) is not in its tree")
    }
    let page = region.bytes.extracting(at..<(at + BTreePage.byteCount))
    if !marks.isSet(Int(number)) {
      do throws(FormatError) {
        try BTreePage.check(
          page, number: number, keyByteCount: kind.keyByteCount,
          leafValueByteCount: kind.valueByteCount)
      } catch {
        throw StorageError(error, path: path, base: UInt64(at), doing: "read tree page")
      }
      marks.set(Int(number))
    }
    let view = BTreePageView(page)
    guard view.kind == expected else {
      throw StorageError(
        .corrupt, path: path, offset: UInt64(at), doing: "tree page of another level")
    }
    return try body(view)
  }

  /// The leaf whose keys may hold `key`.
  private func leaf(for key: TreeKey) throws(StorageError) -> UInt32 {
    var number = root
    for _ in 1..<height {
      number = try withPage(number, kind: BTreePage.branch) { page in
        let index = page.lowerBound(key)
        if index < page.count && page.key(index) == key { return page.value(index).first }
        return page.value(max(0, index - 1)).first
      }
    }
    return number
  }

  /// The value of an exact key.
  package func find(_ key: TreeKey) throws(StorageError) -> TreeValue? {
    guard height > 0 else { return nil }
    return try withPage(try leaf(for: key), kind: BTreePage.leaf) { page in
      let index = page.lowerBound(key)
      return index < page.count && page.key(index) == key ? page.value(index) : nil
    }
  }

  /// The first entry not less than `key`; cheaper than a cursor, which reads a whole leaf.
  package func first(
    from key: TreeKey
  ) throws(StorageError) -> (key: TreeKey, value: TreeValue)? {
    guard height > 0 else { return nil }
    let number = try leaf(for: key)
    let found = try withPage(number, kind: BTreePage.leaf) {
      page -> (key: TreeKey, value: TreeValue)? in
      let index = page.lowerBound(key)
      return index < page.count ? (page.key(index), page.value(index)) : nil
    }
    if let found { return found }
    guard Int(number) + 1 < leafCount else { return nil }
    return try withPage(number + 1, kind: BTreePage.leaf) { ($0.key(0), $0.value(0)) }
  }

  /// The last entry less than `key`.
  package func last(
    before key: TreeKey
  ) throws(StorageError) -> (key: TreeKey, value: TreeValue)? {
    guard height > 0 else { return nil }
    let number = try leaf(for: key)
    let found = try withPage(number, kind: BTreePage.leaf) {
      page -> (key: TreeKey, value: TreeValue)? in
      let index = page.lowerBound(key)
      return index > 0 ? (page.key(index - 1), page.value(index - 1)) : nil
    }
    if let found { return found }
    guard number > 0 else { return nil }
    return try withPage(number - 1, kind: BTreePage.leaf) {
      ($0.key($0.count - 1), $0.value($0.count - 1))
    }
  }

  /// Walks the entries from a key on, where they lie, until the closure returns false.
  package func scan(
    from key: TreeKey, _ body: (TreeKey, TreeValue) throws(StorageError) -> Bool
  ) throws(StorageError) {
    guard height > 0 else { return }
    let leaves = UInt32(leafCount)
    var number = try leaf(for: key)
    var isDone = false
    while number < leaves, !isDone {
      isDone = try withPage(number, kind: BTreePage.leaf) { (page) throws(StorageError) in
        for index in page.lowerBound(key)..<page.count {
          if try !body(page.key(index), page.value(index)) { return true }
        }
        return false
      }
      number += 1
    }
  }

  // Leaves are written before all branches, in key order: the next leaf is the next page.

  /// Appends the entries of a leaf to an array; false when `number` is no leaf.
  func appendLeaf(
    _ number: UInt32, to entries: inout [(key: TreeKey, value: TreeValue)]
  ) throws(StorageError) -> Bool {
    guard number < UInt32(leafCount) else { return false }
    let found = try withPage(number, kind: BTreePage.leaf) { page in
      var found: [(key: TreeKey, value: TreeValue)] = []
      found.reserveCapacity(page.count)
      for i in 0..<page.count { found.append((page.key(i), page.value(i))) }
      return found
    }
    if entries.isEmpty { entries = found } else { entries.append(contentsOf: found) }
    return true
  }

  /// Number of leaves: pages before the first branch.
  var leafCount: Int {
    guard height > 1 else { return pageCount }
    var low = 0
    var high = pageCount
    // Pages are leaves first, so the border is found by bisection on the stored kind.
    while low < high {
      let middle = (low + high) / 2
      let at = start + middle * BTreePage.byteCount
      if region.bytes.load(UInt8.self, at: at + 8) == BTreePage.leaf {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  /// A cursor at the first entry not less than `key`.
  package func cursor(from key: TreeKey) throws(StorageError) -> BTreeCursor {
    guard height > 0 else {
      return BTreeCursor(tree: self, leaves: 0, leaf: 0, entries: [], index: 0)
    }
    let number = try leaf(for: key)
    var entries: [(key: TreeKey, value: TreeValue)] = []
    _ = try appendLeaf(number, to: &entries)
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return BTreeCursor(
      tree: self, leaves: UInt32(leafCount), leaf: number, entries: entries, index: low)
  }
}

/// A position between two entries of a tree; walks both ways.
package struct BTreeCursor: Sendable {
  private let tree: BTree
  private let leaves: UInt32
  private var leaf: UInt32
  private var entries: [(key: TreeKey, value: TreeValue)]
  private var index: Int

  init(
    tree: BTree, leaves: UInt32, leaf: UInt32, entries: [(key: TreeKey, value: TreeValue)],
    index: Int
  ) {
    self.tree = tree
    self.leaves = leaves
    self.leaf = leaf
    self.entries = entries
    self.index = index
  }

  /// The entry after the position, moving past it.
  package mutating func next() throws(StorageError) -> (key: TreeKey, value: TreeValue)? {
    while index >= entries.count {
      guard leaf + 1 < leaves else { return nil }
      leaf += 1
      entries.removeAll(keepingCapacity: true)
      guard try tree.appendLeaf(leaf, to: &entries) else { return nil }
      index = 0
    }
    index += 1
    return entries[index - 1]
  }

  /// The entry before the position, moving before it.
  package mutating func previous() throws(StorageError) -> (key: TreeKey, value: TreeValue)? {
    while index <= 0 {
      guard leaf > 0, leaves > 0 else { return nil }
      leaf -= 1
      entries.removeAll(keepingCapacity: true)
      guard try tree.appendLeaf(leaf, to: &entries) else { return nil }
      index = entries.count
    }
    index -= 1
    return entries[index]
  }
}
