// Writes the sections of an index one after another, to memory or to a file with bounded memory.

package import VarveFormat

/// Where the bytes of a new index go.
package struct IndexFileWriter {
  /// Bytes not handed to the file yet; the whole image if there is no file.
  var buffer = ByteWriter(reserving: 64 << 10)
  private let file: (any WritableFile)?
  private var flushed: UInt64 = 0
  private var sections: [SectionEntry] = []
  private let header: FileHeader
  private var sectionStart: UInt64 = 0

  /// Starts an index; without a file it stays in memory.
  package init(header: FileHeader, file: (any WritableFile)?) {
    self.header = header
    self.file = file
    header.write(to: &buffer)
  }

  private var offset: UInt64 { flushed + UInt64(buffer.count) }

  mutating func flushIfLarge() throws(StorageError) {
    guard let file, buffer.count >= 1 << 20 else { return }
    try flush(to: file)
  }

  private mutating func flush(to file: any WritableFile) throws(StorageError) {
    try file.append(buffer.bytes)
    flushed += UInt64(buffer.count)
    buffer.bytes.removeAll(keepingCapacity: true)
  }

  /// Writes a section whose bytes are complete.
  mutating func section(
    _ kind: SectionKind, sub: UInt8, _ bytes: [UInt8], itemCount: UInt64
  ) throws(StorageError) {
    while offset % 8 != 0 { buffer.bytes.append(0) }
    sections.append(
      SectionEntry(
        kind: kind, sub: sub, checksum: Checksum.crc32c(bytes.rawSpan), offset: offset,
        byteCount: UInt64(bytes.count), itemCount: itemCount, extra: 0))
    buffer.write(bytes)
    try flushIfLarge()
  }

  /// Starts the pages of a tree.
  mutating func beginTree() {
    while offset % UInt64(BTreePage.byteCount) != 0 { buffer.bytes.append(0) }
    sectionStart = offset
  }

  /// Ends the pages of a tree.
  mutating func endTree(_ kind: TreeKind, _ builder: inout BTreeBuilder) throws(StorageError) {
    let (checksum, extra) = try builder.finish(to: &self)
    sections.append(
      SectionEntry(
        kind: .tree, sub: kind.rawValue, checksum: checksum, offset: sectionStart,
        byteCount: offset - sectionStart, itemCount: builder.entryCount, extra: extra))
  }

  /// Writes table and trailer, syncs a file; returns size and digest, and the image without a file.
  package mutating func finish() throws(StorageError) -> FinishedIndex {
    while offset % 8 != 0 { buffer.bytes.append(0) }
    IndexLayout.appendTable(sections, at: offset, to: &buffer)
    var input = ByteWriter(reserving: 64 + sections.count * SectionEntry.byteCount)
    header.write(to: &input)
    input.write(IndexLayout.encodeTable(sections))
    let digest = Digest.hash(input.bytes)
    let size = offset
    guard let file else {
      return FinishedIndex(byteCount: size, digest: digest, image: buffer.bytes)
    }
    try flush(to: file)
    try file.sync()
    return FinishedIndex(byteCount: size, digest: digest, image: [])
  }
}

/// What a manifest must know about an index that was written.
package struct FinishedIndex: Sendable {
  package let byteCount: UInt64
  package let digest: ContentHash
  /// The file's bytes, if it was built in memory.
  package let image: [UInt8]
}
