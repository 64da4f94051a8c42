// Bulk loading of a B+tree from sorted entries: leaves as they come, then the levels above.

import VarveFormat

/// Writes the pages of one tree into an index file.
struct BTreeBuilder {
  private let keyByteCount: Int
  private let valueByteCount: Int
  private var page: [(key: TreeKey, value: TreeValue)] = []
  private var prefixCount = 0
  private var level: [(key: TreeKey, value: TreeValue)] = []
  private var pageCount: UInt32 = 0
  private var checksums = ByteWriter()
  private(set) var entryCount: UInt64 = 0

  init(_ kind: TreeKind) {
    keyByteCount = kind.keyByteCount
    valueByteCount = kind.valueByteCount
    page.reserveCapacity(1024)
  }

  /// Adds an entry whose key is greater than all before.
  mutating func append(
    _ key: TreeKey, _ value: TreeValue, to writer: inout IndexFileWriter
  ) throws(StorageError) {
    assert(page.last.map { $0.key < key } ?? true, "entries must ascend")
    entryCount += 1
    var shared = keyByteCount
    if let first = page.first?.key { shared = min(prefixCount, first.sharedByteCount(key)) }
    let stride = keyByteCount - shared + valueByteCount
    let size = BTreePage.headerByteCount + shared + (page.count + 1) * stride
    if size > BTreePage.byteCount || page.count == Int(UInt16.max) {
      try flush(BTreePage.leaf, valueByteCount, to: &writer)
      shared = keyByteCount
    }
    prefixCount = shared
    page.append((key, value))
  }

  private mutating func flush(
    _ kind: UInt8, _ valueByteCount: Int, to writer: inout IndexFileWriter
  ) throws(StorageError) {
    guard let first = page.first?.key else { return }
    // With one entry the prefix is the whole key.
    level.append((first, TreeValue(pageCount)))
    BTreePage.append(
      kind: kind, number: pageCount, keyByteCount: keyByteCount, valueByteCount: valueByteCount,
      prefixCount: prefixCount, entries: page, to: &writer.output.buffer)
    let start = writer.output.buffer.count - BTreePage.byteCount
    checksums.write(writer.output.buffer.bytes.rawSpan.load(UInt32.self, at: start))
    pageCount += 1
    page.removeAll(keepingCapacity: true)
    try writer.output.flushIfLarge()
  }

  /// Writes what is left and the branch levels; returns the section's table entry values.
  mutating func finish(
    to writer: inout IndexFileWriter
  ) throws(StorageError) -> (checksum: UInt32, extra: UInt64) {
    try flush(BTreePage.leaf, valueByteCount, to: &writer)
    var height: UInt64 = pageCount > 0 ? 1 : 0
    while level.count > 1 {
      let below = level
      level = []
      height += 1
      for entry in below {
        var shared = keyByteCount
        if let first = page.first?.key {
          shared = min(prefixCount, first.sharedByteCount(entry.key))
        }
        let size =
          BTreePage.headerByteCount + shared + (page.count + 1) * (keyByteCount - shared + 4)
        if size > BTreePage.byteCount {
          try flush(BTreePage.branch, 4, to: &writer)
          shared = keyByteCount
        }
        prefixCount = shared
        page.append(entry)
      }
      try flush(BTreePage.branch, 4, to: &writer)
    }
    let root = pageCount == 0 ? 0 : UInt64(pageCount - 1)
    return (Checksum.crc32c(checksums.bytes.rawSpan), root | height << 32)
  }
}
