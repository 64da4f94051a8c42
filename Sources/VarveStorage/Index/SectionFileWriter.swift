// What files of sections have in common: a header, sections one after another, their table. To
// memory, or to a file with bounded memory. Chapters 5 and 6.

package import VarveFormat

/// Where the bytes of a new file of sections go.
struct SectionFileWriter {
  /// Bytes not handed to the file yet; the whole image if there is no file.
  var buffer = ByteWriter(reserving: 64 << 10)
  private let file: (any WritableFile)?
  private var flushed: UInt64 = 0
  private var sections: [SectionEntry] = []
  private let header: FileHeader

  /// Starts a file; without one it stays in memory.
  init(header: FileHeader, file: (any WritableFile)?) {
    self.header = header
    self.file = file
    header.write(to: &buffer)
  }

  var offset: UInt64 { flushed + UInt64(buffer.count) }

  /// Zero bytes up to a multiple of `alignment`.
  mutating func align(to alignment: UInt64) {
    while offset % alignment != 0 { buffer.bytes.append(0) }
  }

  /// Notes a section whose bytes were written.
  mutating func add(_ section: SectionEntry) { sections.append(section) }

  mutating func flushIfLarge() throws(StorageError) {
    guard let file, buffer.count >= 1 << 20 else { return }
    try flush(to: file)
  }

  private mutating func flush(to file: any WritableFile) throws(StorageError) {
    try file.append(buffer.bytes)
    flushed += UInt64(buffer.count)
    buffer.bytes.removeAll(keepingCapacity: true)
  }

  /// Writes table and trailer, syncs a file; returns size and digest, and the image without a file.
  mutating func finish() throws(StorageError) -> FinishedIndex {
    align(to: 8)
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

/// What a manifest must know about a file that was written.
package struct FinishedIndex: Sendable {
  package let byteCount: UInt64
  package let digest: ContentHash
  /// The file's bytes, if it was built in memory.
  package let image: [UInt8]
}
