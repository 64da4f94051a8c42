// Writes the sections of a full-text file, to memory or to a file with bounded memory.

package import VarveFormat

/// Where the bytes of a new full-text file go.
package struct FullTextFileWriter: FullTextOutput {
  private var buffer = ByteWriter(reserving: 64 << 10)
  private let file: (any WritableFile)?
  private var flushed: UInt64 = 0
  private var sections: [SectionEntry] = []
  private let header: FileHeader
  private var kind = SectionKind.summary
  private var number = 0
  private var start: UInt64 = 0
  /// The section's bytes so far, for its checksum.
  private var checksum: UInt32 = 0
  private var piece = ByteWriter(reserving: FullTextLayout.pieceByteCount)
  private var pieceChecksums = ByteWriter()

  /// Starts a file; without one it stays in memory.
  package init(header: FileHeader, file: (any WritableFile)?) {
    self.header = header
    self.file = file
    header.write(to: &buffer)
  }

  private var offset: UInt64 { flushed + UInt64(buffer.count) }

  package mutating func begin(_ section: SectionKind, _ number: Int) throws(StorageError) {
    while offset % 8 != 0 { buffer.bytes.append(0) }
    kind = section
    self.number = number
    start = offset
    checksum = 0
    piece.bytes.removeAll(keepingCapacity: true)
  }

  package mutating func write(_ bytes: RawSpan) throws(StorageError) {
    buffer.write(bytes)
    if kind == .postings {
      var at = 0
      while at < bytes.byteCount {
        let count = min(bytes.byteCount - at, FullTextLayout.pieceByteCount - piece.count)
        piece.write(bytes.extracting(at..<(at + count)))
        at += count
        if piece.count == FullTextLayout.pieceByteCount { endPiece() }
      }
      try flushIfLarge()
    } else {
      precondition(offset == start + UInt64(bytes.byteCount), "a section is written at once")
      checksum = Checksum.crc32c(bytes)
    }
  }

  private mutating func endPiece() {
    guard piece.count > 0 else { return }
    pieceChecksums.write(Checksum.crc32c(piece.bytes.rawSpan))
    piece.bytes.removeAll(keepingCapacity: true)
  }

  package mutating func end(itemCount: Int) throws(StorageError) {
    if kind == .postings {
      endPiece()
      // The pieces have the checksums; the table holds that of their list.
      checksum = Checksum.crc32c(pieceChecksums.bytes.rawSpan)
    }
    sections.append(
      SectionEntry(
        kind: kind, sub: 0, checksum: checksum, offset: start, byteCount: offset - start,
        itemCount: UInt64(itemCount), extra: UInt64(number)))
    guard kind == .postings else { return try flushIfLarge() }
    let sums = pieceChecksums.bytes
    try begin(.postingsChecksums, 0)
    try write(sums.rawSpan)
    try end(itemCount: sums.count / 4)
  }

  private mutating func flushIfLarge() throws(StorageError) {
    guard let file, buffer.count >= 1 << 20 else { return }
    try flush(to: file)
  }

  private mutating func flush(to file: any WritableFile) throws(StorageError) {
    try file.append(buffer.bytes)
    flushed += UInt64(buffer.count)
    buffer.bytes.removeAll(keepingCapacity: true)
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

/// A full-text file that waits under a temporary name to be published.
package struct MadeFullText: Sendable {
  package var temporary: String
  package var summary: FullTextSummary
  package var finished: FinishedIndex

  package init(temporary: String, summary: FullTextSummary, finished: FinishedIndex) {
    self.temporary = temporary
    self.summary = summary
    self.finished = finished
  }
}
