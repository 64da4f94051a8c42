// Whether lookups find every entry of a tree. Chapter 5, BTR-13 to BTR-24.

package import VarveFormat

extension BTree {
  /// Reads every page and checks their order: keys ascend, every page but the root is the child of
  /// one page, children stand in order and at equal depth, and branches hold the first keys of
  /// their children. Then a lookup finds every entry that the leaves have.
  ///
  /// - Parameter body: called with every entry, in order.
  package func verify(_ body: (TreeKey, TreeValue) -> Void) throws(StorageError) {
    guard height > 0 else { return }
    let leaves = leafCount
    var last: TreeKey?
    var count: UInt64 = 0
    for number in 0..<leaves {
      try withPage(UInt32(number), kind: BTreePage.leaf) { (page) throws(StorageError) in
        for i in 0..<page.count {
          let key = page.key(i)
          if let last, !(last < key) {
            throw StorageError(.corrupt, path: path, doing: "keys of tree \(kind) do not ascend")
          }
          last = key
          body(key, page.value(i))
        }
        count += UInt64(page.count)
      }
    }
    guard count == entryCount else {
      throw StorageError(.corrupt, path: path, doing: "tree \(kind) has \(count) entries")
    }
    try verifyBranches(leaves)
  }

  private func verifyBranches(_ leaves: Int) throws(StorageError) {
    // 0 is a branch that was not looked at yet.
    var depths = [Int](repeating: 0, count: pageCount)
    for leaf in 0..<leaves { depths[leaf] = 1 }
    // Levels are written one after another, each in order: so are all children together.
    var next: UInt32 = 0
    for number in leaves..<max(leaves, pageCount) {
      let entries = try withPage(UInt32(number), kind: BTreePage.branch) { page in
        (0..<page.count).map { (key: page.key($0), child: page.value($0).first) }
      }
      for entry in entries {
        guard entry.child == next, entry.child < UInt32(number) else {
          throw StorageError(
            .corrupt, path: path,
            doing: "branch page \(number) has page \(entry.child) for a child, not \(next)")
        }
        next += 1
        let kind = Int(entry.child) < leaves ? BTreePage.leaf : BTreePage.branch
        let first = try withPage(entry.child, kind: kind) { $0.key(0) }
        guard first == entry.key else {
          throw StorageError(
            .corrupt, path: path, doing: "branch page \(number) disagrees with its child")
        }
        let depth = depths[Int(entry.child)] + 1
        guard depths[number] == 0 || depths[number] == depth else {
          throw StorageError(
            .corrupt, path: path, doing: "children of branch page \(number) differ in depth")
        }
        depths[number] = depth
      }
    }
    guard next == UInt32(pageCount - 1), isRoot(next), depths[pageCount - 1] == height else {
      throw StorageError(.corrupt, path: path, doing: "the root does not lead to every page")
    }
  }
}
