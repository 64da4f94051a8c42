// How a full-text file is put together. Chapter 6, INV-1 to INV-9. It has the shape of an index
// file (chapter 5): header, sections, section table, trailer.

/// The pieces that checksums cover.
package enum FullTextLayout {
  /// Bytes of postings that one checksum covers, so that a search checks what it
  /// reads and not the file.
  @inlinable package static var pieceByteCount: Int { 64 << 10 }
}

/// What a full-text file covers.
package struct FullTextSummary: Equatable, Sendable {
  @inlinable package static var byteCount: Int { 64 }

  /// SHA-256 of the settings that its tokens depend on.
  package var settings: ContentHash
  package var firstSequence: UInt64
  /// Occurrences covered.
  package var recordCount: UInt64
  /// Messages first seen among them.
  package var documentCount: UInt64
  /// Words of all documents.
  package var wordCount: UInt64

  package init(
    settings: ContentHash, firstSequence: UInt64, recordCount: UInt64, documentCount: UInt64,
    wordCount: UInt64
  ) {
    self.settings = settings
    self.firstSequence = firstSequence
    self.recordCount = recordCount
    self.documentCount = documentCount
    self.wordCount = wordCount
  }

  package init(_ bytes: RawSpan) throws(FormatError) {
    guard bytes.byteCount == Self.byteCount else { throw FormatError(.truncated, at: 0) }
    settings = ContentHash(bytes, at: 0)
    firstSequence = bytes.load(at: 32)
    recordCount = bytes.load(at: 40)
    documentCount = bytes.load(at: 48)
    wordCount = bytes.load(at: 56)
    guard recordCount <= UInt64(Limits.indexRecordCount), documentCount <= recordCount else {
      throw FormatError(.outOfBounds, at: 40)
    }
  }

  package func encode() -> [UInt8] {
    var writer = ByteWriter(reserving: Self.byteCount)
    settings.write(to: &writer)
    for value in [firstSequence, recordCount, documentCount, wordCount] { writer.write(value) }
    return writer.bytes
  }
}

/// Bytes of a full-text file, in memory or mapped. Whoever hands them out has compared their
/// checksums.
package protocol FullTextBytes: AnyObject, Sendable {
  /// Size of a section; nil if there is none.
  func byteCount(_ section: SectionKind, _ number: Int) -> Int?
  /// Runs a closure over a range of a section; the range is cut at its end.
  func withBytes<T>(
    _ section: SectionKind, _ number: Int, _ range: Range<Int>,
    _ body: (RawSpan) throws(FormatError) -> T
  ) throws(FormatError) -> T
}

/// Receives the sections of a new full-text file, one after another.
package protocol FullTextOutput {
  associatedtype Failure: Error
  /// Starts a section; `number` tells those of one kind apart.
  mutating func begin(_ section: SectionKind, _ number: Int) throws(Failure)
  /// Appends to the section that was started.
  mutating func write(_ bytes: RawSpan) throws(Failure)
  /// Ends it.
  mutating func end(itemCount: Int) throws(Failure)
}
