// How an index file is put together: sections, their table, the trailer. Chapter 5, BTR-25 to
// BTR-34.

/// What a section of an index or of a full-text file holds; numbers are never reused.
package enum SectionKind: UInt8, Sendable, CaseIterable {
  /// Sorted distinct texts.
  case dictionary = 1
  /// One column; the sub-kind is its `ColumnID`.
  case column = 2
  /// One B+tree; the sub-kind is its `TreeKind`.
  case tree = 3
  /// One filter; the sub-kind is the `TreeKind` that it stands before.
  case filter = 4
  /// Where the blocks of records are.
  case blockMap = 5
  /// Sums over the index.
  case statistics = 6

  // Full-text files, chapter 6. `SectionEntry.sub` is 0 there.

  /// Digest of the settings, first sequence, occurrences and documents covered.
  case summary = 32
  /// Names of the searchable attributes of metadata, as a dictionary.
  case attributes = 33
  /// Sequence of each document, less the first, as a column.
  case documents = 34
  /// Words of each document in one attribute, as a column; `extra` is the attribute.
  case fieldLengths = 35
  /// The dictionary of terms.
  case terms = 36
  /// The trigrams of its terms.
  case trigrams = 37
  /// Documents and positions of each term.
  case postings = 38
  /// CRC-32C of each piece of the postings.
  case postingsChecksums = 40
  /// Values of a declared metadata field; `extra` is its place in the field names.
  case fieldValues = 42
  /// Names of the declared metadata fields, as a dictionary.
  case fieldNames = 43
  /// The groups of occurrences that filters of trigrams stand for.
  case grepGroups = 44
  /// The filters, one after another.
  case grepFilters = 45
}

/// Columns of an index. Text fields have the number of their `TextField`.
package enum ColumnID: UInt8, Sendable, CaseIterable {
  case project = 0
  case session = 1
  case role = 2
  case level = 3
  case component = 4
  case phase = 5
  case tool = 6
  case model = 7
  case branch = 8
  case agent = 9
  case host = 10
  case path = 11
  /// 0 for none, else the time in zigzag form plus one.
  case time = 32
  /// Kind, shifted by 2; bit 0 error, bit 1 echo.
  case flags = 33
  /// Distance from an occurrence back to its message; 0 for the first sighting.
  case message = 34
  /// Content bytes of the occurrence.
  case byteCount = 35
  /// Ingest run.
  case run = 36
  /// Milliseconds of the turn that an occurrence closes; 0 where it closes none. The only column
  /// that may be missing: then it is 0 in every row.
  case turnDuration = 37

  /// The text columns.
  package static let texts = allCases.filter { $0.rawValue < 32 }
}

/// One row of the section table.
package struct SectionEntry: Equatable, Sendable {
  @inlinable package static var byteCount: Int { 40 }

  package var kind: SectionKind
  package var sub: UInt8
  /// CRC-32C of the section; of the checksums of its pages for a tree.
  package var checksum: UInt32
  package var offset: UInt64
  package var byteCount: UInt64
  package var itemCount: UInt64
  /// Root page of a tree in the low half, its height in the high half.
  package var extra: UInt64

  package init(
    kind: SectionKind, sub: UInt8, checksum: UInt32, offset: UInt64, byteCount: UInt64,
    itemCount: UInt64, extra: UInt64
  ) {
    self.kind = kind
    self.sub = sub
    self.checksum = checksum
    self.offset = offset
    self.byteCount = byteCount
    self.itemCount = itemCount
    self.extra = extra
  }
}

package enum IndexLayout {
  @inlinable package static var trailerByteCount: Int { 24 }

  /// Appends section table and trailer at the end of a file that is `offset` bytes long.
  package static func appendTable(
    _ sections: [SectionEntry], at offset: UInt64, to writer: inout ByteWriter
  ) {
    let table = encodeTable(sections)
    writer.write(table)
    var trailer = ByteWriter(reserving: trailerByteCount)
    trailer.write(offset)
    trailer.write(UInt32(sections.count))
    trailer.write(Checksum.crc32c(table.rawSpan))
    trailer.write(SegmentLayout.trailerMagic)
    trailer.write(Checksum.crc32c(trailer.bytes.rawSpan))
    writer.write(trailer.bytes)
  }

  package static func encodeTable(_ sections: [SectionEntry]) -> [UInt8] {
    var table = ByteWriter(reserving: sections.count * SectionEntry.byteCount)
    for section in sections {
      table.write(section.kind.rawValue)
      table.write(section.sub)
      table.write(UInt16(0))
      table.write(section.checksum)
      table.write(section.offset)
      table.write(section.byteCount)
      table.write(section.itemCount)
      table.write(section.extra)
    }
    return table.bytes
  }

  /// Reads table and trailer of a whole file; every section is checked to lie inside it.
  package static func sections(_ file: RawSpan) throws(FormatError) -> [SectionEntry] {
    let end = file.byteCount - trailerByteCount
    guard end >= FileHeader.byteCount else { throw FormatError(.truncated, at: file.byteCount) }
    guard file.load(UInt32.self, at: end + 16) == SegmentLayout.trailerMagic else {
      throw FormatError(.badMagic, at: end + 16)
    }
    guard
      Checksum.crc32c(file.extracting(end..<(end + 20))) == file.load(UInt32.self, at: end + 20)
    else { throw FormatError(.checksumMismatch, at: end + 20) }
    let tableOffset = file.load(UInt64.self, at: end)
    let count = Int(file.load(UInt32.self, at: end + 8))
    guard tableOffset <= UInt64(end), count <= 1 << 16,
      Int(tableOffset) + count * SectionEntry.byteCount == end
    else { throw FormatError(.outOfBounds, at: end) }
    let table = file.extracting(Int(tableOffset)..<end)
    guard Checksum.crc32c(table) == file.load(UInt32.self, at: end + 12) else {
      throw FormatError(.checksumMismatch, at: end + 12)
    }
    var sections: [SectionEntry] = []
    for i in 0..<count {
      let at = i * SectionEntry.byteCount
      guard let kind = SectionKind(rawValue: table.load(UInt8.self, at: at)) else {
        throw FormatError(.unknownTag, at: Int(tableOffset) + at)
      }
      guard table.load(UInt16.self, at: at + 2) == 0 else {
        throw FormatError(.reservedNotZero, at: Int(tableOffset) + at + 2)
      }
      let entry = SectionEntry(
        kind: kind, sub: table.load(at: at + 1), checksum: table.load(at: at + 4),
        offset: table.load(at: at + 8), byteCount: table.load(at: at + 16),
        itemCount: table.load(at: at + 24), extra: table.load(at: at + 32))
      guard entry.offset <= tableOffset, entry.byteCount <= tableOffset - entry.offset else {
        throw FormatError(.outOfBounds, at: Int(tableOffset) + at + 8)
      }
      sections.append(entry)
    }
    return sections
  }
}

/// Sums over the occurrences of an index, in the order in which they are stored as 64-bit integers.
package struct IndexStatistics: Equatable, Sendable {
  @inlinable package static var byteCount: Int { 64 }
  /// With the number of forgotten records, which is absent where there are none.
  @inlinable package static var longByteCount: Int { 72 }

  /// Messages first seen in the index.
  package var messages: UInt64 = 0
  package var occurrences: UInt64 = 0
  package var echoes: UInt64 = 0
  package var errors: UInt64 = 0
  package var withoutTime: UInt64 = 0
  /// Bytes of the contents of its messages.
  package var contentByteCount: UInt64 = 0
  /// Bytes of the contents of all its occurrences.
  package var occurrenceByteCount: UInt64 = 0
  package var facts: UInt64 = 0
  /// Records of which only digests are left; they are no occurrences.
  package var forgotten: UInt64 = 0

  package init() {}

  /// Sequences that the index covers.
  package var recordCount: UInt64 { occurrences &+ forgotten }

  package init(_ bytes: RawSpan) throws(FormatError) {
    guard bytes.byteCount == Self.byteCount || bytes.byteCount == Self.longByteCount else {
      throw FormatError(.truncated, at: 0)
    }
    if bytes.byteCount == Self.longByteCount { forgotten = bytes.load(at: 64) }
    messages = bytes.load(at: 0)
    occurrences = bytes.load(at: 8)
    echoes = bytes.load(at: 16)
    errors = bytes.load(at: 24)
    withoutTime = bytes.load(at: 32)
    contentByteCount = bytes.load(at: 40)
    occurrenceByteCount = bytes.load(at: 48)
    facts = bytes.load(at: 56)
  }

  package func encode() -> [UInt8] {
    var writer = ByteWriter(reserving: Self.byteCount)
    for value in [
      messages, occurrences, echoes, errors, withoutTime, contentByteCount, occurrenceByteCount,
      facts,
    ] { writer.write(value) }
    if forgotten > 0 { writer.write(forgotten) }
    return writer.bytes
  }

  package static func + (left: IndexStatistics, right: IndexStatistics) -> IndexStatistics {
    var sum = left
    sum.messages &+= right.messages
    sum.occurrences &+= right.occurrences
    sum.echoes &+= right.echoes
    sum.errors &+= right.errors
    sum.withoutTime &+= right.withoutTime
    sum.contentByteCount &+= right.contentByteCount
    sum.occurrenceByteCount &+= right.occurrenceByteCount
    sum.facts &+= right.facts
    sum.forgotten &+= right.forgotten
    return sum
  }
}
