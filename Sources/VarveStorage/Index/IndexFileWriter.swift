// Writes the sections of an index one after another.

package import VarveFormat

/// Where the bytes of a new index go.
package struct IndexFileWriter {
  var output: SectionFileWriter
  private var sectionStart: UInt64 = 0

  /// Starts an index; without a file it stays in memory.
  package init(header: FileHeader, file: (any WritableFile)?) {
    output = SectionFileWriter(header: header, file: file)
  }

  /// Writes a section whose bytes are complete.
  mutating func section(
    _ kind: SectionKind, sub: UInt8, _ bytes: [UInt8], itemCount: UInt64
  ) throws(StorageError) {
    output.align(to: 8)
    output.add(
      SectionEntry(
        kind: kind, sub: sub, checksum: Checksum.crc32c(bytes.rawSpan), offset: output.offset,
        byteCount: UInt64(bytes.count), itemCount: itemCount, extra: 0))
    output.buffer.write(bytes)
    try output.flushIfLarge()
  }

  /// Starts the pages of a tree.
  mutating func beginTree() {
    output.align(to: UInt64(BTreePage.byteCount))
    sectionStart = output.offset
  }

  /// Ends the pages of a tree.
  mutating func endTree(_ kind: TreeKind, _ builder: inout BTreeBuilder) throws(StorageError) {
    let (checksum, extra) = try builder.finish(to: &self)
    output.add(
      SectionEntry(
        kind: .tree, sub: kind.rawValue, checksum: checksum, offset: sectionStart,
        byteCount: output.offset - sectionStart, itemCount: builder.entryCount, extra: extra))
  }

  /// Writes table and trailer, syncs a file; returns size and digest, and the image without a file.
  package mutating func finish() throws(StorageError) -> FinishedIndex { try output.finish() }
}
