// An open full-text file: hands out its bytes, each section or piece checked when it is first used.

package import VarveFormat

/// Immutable full-text data over a range of sequences; a mapped file or an image in memory.
package final class FullTextFile: FullTextBytes {
  package let path: String
  package let digest: ContentHash
  package let byteCount: Int
  package let summary: FullTextSummary
  private let region: ByteRegion
  private let sections: [SectionEntry]
  /// Place of each section by kind and number.
  private let places: [UInt64: Int]
  private let checked: PageMarks
  private let checkedPieces: PageMarks
  private let postings: Int
  private let checksums: Range<Int>

  package init(
    _ region: ByteRegion, path: String, storeID: StoreID
  ) throws(StorageError) {
    self.region = region
    self.path = path
    byteCount = region.count
    let bytes = region.bytes
    let opened = try inFile(path, "open full-text file") { () throws(FormatError) in
      let header = try FileHeader(bytes, expecting: .fullText)
      guard header.storeID == storeID else { throw FormatError(.inconsistent, at: 16) }
      return (header, try IndexLayout.sections(bytes))
    }
    sections = opened.1
    var input = ByteWriter(reserving: 64 + sections.count * SectionEntry.byteCount)
    opened.0.write(to: &input)
    input.write(IndexLayout.encodeTable(sections))
    digest = Digest.hash(input.bytes)
    var places: [UInt64: Int] = [:]
    for (i, section) in sections.enumerated() {
      places[Self.key(section.kind, Int(truncatingIfNeeded: section.extra))] = i
    }
    self.places = places
    checked = PageMarks(count: sections.count)
    guard let postings = places[Self.key(.postings, 0)],
      let sums = places[Self.key(.postingsChecksums, 0)],
      let summary = places[Self.key(.summary, 0)]
    else {
      throw StorageError(
        FormatError(.inconsistent, at: bytes.byteCount), path: path, doing: "open full-text file")
    }
    self.postings = postings
    let pieces =
      (Int(sections[postings].byteCount) + FullTextLayout.pieceByteCount - 1)
      / FullTextLayout.pieceByteCount
    checkedPieces = PageMarks(count: pieces)
    let sections = sections
    checksums =
      Int(sections[sums].offset)..<Int(sections[sums].offset + sections[sums].byteCount)
    let checksums = checksums
    self.summary = try inFile(path, "open full-text file") { () throws(FormatError) in
      guard checksums.count == pieces * 4 else {
        throw FormatError(.inconsistent, at: checksums.lowerBound)
      }
      for place in [sums, summary] {
        let range = Self.range(sections[place])
        guard Checksum.crc32c(bytes.extracting(range)) == sections[place].checksum else {
          throw FormatError(.checksumMismatch, at: range.lowerBound)
        }
      }
      let found = try FullTextSummary(bytes.extracting(Self.range(sections[summary])))
      guard found.firstSequence == opened.0.number else { throw FormatError(.inconsistent, at: 8) }
      return found
    }
  }

  private static func key(_ kind: SectionKind, _ number: Int) -> UInt64 {
    UInt64(kind.rawValue) << 32 | UInt64(UInt32(truncatingIfNeeded: number))
  }

  private static func range(_ section: SectionEntry) -> Range<Int> {
    Int(section.offset)..<Int(section.offset + section.byteCount)
  }

  package func byteCount(_ section: SectionKind, _ number: Int) -> Int? {
    places[Self.key(section, number)].map { Int(sections[$0].byteCount) }
  }

  package func withBytes<T>(
    _ section: SectionKind, _ number: Int, _ range: Range<Int>,
    _ body: (RawSpan) throws(FormatError) -> T
  ) throws(FormatError) -> T {
    // A beginning of a word asks for postings thousands of times.
    let known = section == .postings && number == 0 ? postings : places[Self.key(section, number)]
    guard let place = known else { throw FormatError(.inconsistent, at: 0) }
    let entry = sections[place]
    let count = Int(entry.byteCount)
    guard range.lowerBound >= 0, range.lowerBound <= count else {
      throw FormatError(.outOfBounds, at: Int(entry.offset))
    }
    let cut = range.lowerBound..<min(range.upperBound, count)
    let region = region
    let bytes = region.bytes.extracting(Self.range(entry))
    if place == postings {
      try checkPieces(bytes, cut)
    } else if !checked.isSet(place) {
      guard Checksum.crc32c(bytes) == entry.checksum else {
        throw FormatError(.checksumMismatch, at: Int(entry.offset))
      }
      checked.set(place)
    }
    return try body(bytes.extracting(cut))
  }

  private func checkPieces(_ bytes: RawSpan, _ range: Range<Int>) throws(FormatError) {
    guard !range.isEmpty else { return }
    let size = FullTextLayout.pieceByteCount
    let region = region
    for piece in (range.lowerBound / size)...((range.upperBound - 1) / size)
    where !checkedPieces.isSet(piece) {
      let part = bytes.extracting((piece * size)..<min(bytes.byteCount, (piece + 1) * size))
      let wanted = region.bytes.load(UInt32.self, at: checksums.lowerBound + piece * 4)
      guard Checksum.crc32c(part) == wanted else {
        throw FormatError(
          .checksumMismatch, at: Int(sections[postings].offset) + piece * size)
      }
      checkedPieces.set(piece)
    }
  }

  /// Compares every checksum.
  package func verify() throws(StorageError) {
    try inFile(path, "verify full-text file") { () throws(FormatError) in
      for section in sections {
        let number = Int(truncatingIfNeeded: section.extra)
        try withBytes(section.kind, number, 0..<Int(section.byteCount)) { (_: RawSpan) in () }
      }
      let region = region
      let bytes = region.bytes
      var end = FileHeader.byteCount
      for section in sections.sorted(by: { $0.offset < $1.offset }) {
        for i in end..<max(end, Int(section.offset)) where bytes.load(UInt8.self, at: i) != 0 {
          throw FormatError(.reservedNotZero, at: i)
        }
        end = Int(section.offset + section.byteCount)
      }
    }
  }
}
