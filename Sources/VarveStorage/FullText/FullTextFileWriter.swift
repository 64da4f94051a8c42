// Writes the sections of a full-text file, with the checksums of pieces of its postings.

package import VarveFormat

/// Where the bytes of a new full-text file go.
package struct FullTextFileWriter: FullTextOutput {
  private var output: SectionFileWriter
  private var kind = SectionKind.summary
  private var number = 0
  private var start: UInt64 = 0
  /// Of the section's bytes so far.
  private var checksum: UInt32 = 0
  private var piece = ByteWriter(reserving: FullTextLayout.pieceByteCount)
  private var pieceChecksums = ByteWriter()

  /// Starts a file; without one it stays in memory.
  package init(header: FileHeader, file: (any WritableFile)?) {
    output = SectionFileWriter(header: header, file: file)
  }

  package mutating func begin(_ section: SectionKind, _ number: Int) throws(StorageError) {
    output.align(to: 8)
    kind = section
    self.number = number
    start = output.offset
    checksum = 0
    piece.bytes.removeAll(keepingCapacity: true)
  }

  package mutating func write(_ bytes: RawSpan) throws(StorageError) {
    output.buffer.write(bytes)
    if kind == .postings {
      var at = 0
      while at < bytes.byteCount {
        let count = min(bytes.byteCount - at, FullTextLayout.pieceByteCount - piece.count)
        piece.write(bytes.extracting(at..<(at + count)))
        at += count
        if piece.count == FullTextLayout.pieceByteCount { endPiece() }
      }
    } else {
      checksum = Checksum.crc32c(bytes, seed: checksum)
    }
    try output.flushIfLarge()
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
    output.add(
      SectionEntry(
        kind: kind, sub: 0, checksum: checksum, offset: start, byteCount: output.offset - start,
        itemCount: UInt64(itemCount), extra: UInt64(number)))
    guard kind == .postings else { return }
    let sums = pieceChecksums.bytes
    try begin(.postingsChecksums, 0)
    try write(sums.rawSpan)
    try end(itemCount: sums.count / 4)
  }

  /// Writes table and trailer, syncs a file; returns size and digest, and the image without a file.
  package mutating func finish() throws(StorageError) -> FinishedIndex { try output.finish() }
}

/// A full-text file that waits under a temporary name to be published.
package struct MadeFullText: Sendable {
  package var temporary: String
  package var summary: FullTextSummary
  package var finished: FinishedIndex
  /// Held until it is published or given up: whoever becomes writer meanwhile cleans up what nobody
  /// holds.
  package let lock: any FileLock

  package init(
    temporary: String, summary: FullTextSummary, finished: FinishedIndex, lock: any FileLock
  ) {
    self.temporary = temporary
    self.summary = summary
    self.finished = finished
    self.lock = lock
  }
}
