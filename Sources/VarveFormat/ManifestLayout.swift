// The immutable list of a generation's files. Chapter 4, MAN-1 to MAN-12.

/// Whether a segment is still appended to.
package enum SegmentState: UInt8, Sendable {
  /// The newest segment; grows behind the manifest's back.
  case active = 1
  /// Closed by a footer; the file's SHA-256 is in the manifest.
  case sealed = 2
  /// Abandoned after a crash; ends at a stated byte, what follows is void.
  case cut = 3
}

/// A segment as a manifest lists it.
package struct SegmentEntry: Equatable, Sendable {
  package var id: UInt64
  package var state: SegmentState
  /// Bytes that belong to the log; for the active segment those covered by indexes.
  package var byteCount: UInt64
  package var firstSequence: UInt64
  package var recordCount: UInt64
  /// SHA-256 of the whole file; zero unless sealed.
  package var digest: ContentHash

  package init(
    id: UInt64, state: SegmentState, byteCount: UInt64, firstSequence: UInt64,
    recordCount: UInt64, digest: ContentHash
  ) {
    self.id = id
    self.state = state
    self.byteCount = byteCount
    self.firstSequence = firstSequence
    self.recordCount = recordCount
    self.digest = digest
  }
}

/// An index as a manifest lists it.
package struct IndexEntry: Equatable, Sendable {
  package var id: UInt64
  package var firstSequence: UInt64
  package var recordCount: UInt64
  package var byteCount: UInt64
  /// How often its oldest part was merged.
  package var level: UInt8
  /// Digest of the index's header and section table (BTR-30).
  package var digest: ContentHash

  package init(
    id: UInt64, firstSequence: UInt64, recordCount: UInt64, byteCount: UInt64, level: UInt8,
    digest: ContentHash
  ) {
    self.id = id
    self.firstSequence = firstSequence
    self.recordCount = recordCount
    self.byteCount = byteCount
    self.level = level
    self.digest = digest
  }
}

/// A full-text file as a manifest lists it.
package struct FullTextEntry: Equatable, Sendable {
  package var id: UInt64
  package var firstSequence: UInt64
  package var recordCount: UInt64
  package var byteCount: UInt64
  /// Digest of its header and section table (INV-4).
  package var digest: ContentHash
  /// Digest of the settings that its tokens depend on (INV-5).
  package var settings: ContentHash

  package init(
    id: UInt64, firstSequence: UInt64, recordCount: UInt64, byteCount: UInt64,
    digest: ContentHash, settings: ContentHash
  ) {
    self.id = id
    self.firstSequence = firstSequence
    self.recordCount = recordCount
    self.byteCount = byteCount
    self.digest = digest
    self.settings = settings
  }

  package var nextSequence: UInt64 { firstSequence + recordCount }
}

/// A place in the log.
package struct LogPosition: Equatable, Hashable, Sendable {
  package var segment: UInt64
  package var offset: UInt64

  package init(segment: UInt64, offset: UInt64) {
    self.segment = segment
    self.offset = offset
  }
}

/// One generation.
package struct Manifest: Equatable, Sendable {
  /// The size of a manifest with as many entries as there may be.
  package static var byteCountMax: Int { 64 + Limits.manifestEntryCount * 160 }
  /// MAN-15.
  package static let segmentIDMax = UInt64(UInt32.max)
  private static let nextIndexIDMax: UInt64 = 1 << 48

  package var storeID: StoreID
  package var generation: UInt64
  /// SHA-256 of the manifest file of the generation before; zero for the first.
  package var previous: ContentHash
  /// When it was written, milliseconds since 1970 UTC.
  package var time: Int64
  /// Where the indexes end and the tail begins.
  package var indexedEnd: LogPosition
  /// Number of the last commit before `indexedEnd`; 0 if there is none.
  package var commitNumber: UInt64
  /// Sequence of the next record after `indexedEnd`.
  package var nextSequence: UInt64
  /// The history digest at `indexedEnd`.
  package var historyDigest: ContentHash
  package var nextSegmentID: UInt64
  package var nextIndexID: UInt64
  package var segments: [SegmentEntry]
  package var indexes: [IndexEntry]
  /// Full-text files; what they cover begins with the first sequence and may end before the indexes
  /// do.
  package var fullTexts: [FullTextEntry] = []

  package init(
    storeID: StoreID, generation: UInt64, previous: ContentHash, time: Int64,
    indexedEnd: LogPosition, commitNumber: UInt64, nextSequence: UInt64,
    historyDigest: ContentHash, nextSegmentID: UInt64, nextIndexID: UInt64,
    segments: [SegmentEntry], indexes: [IndexEntry]
  ) {
    self.storeID = storeID
    self.generation = generation
    self.previous = previous
    self.time = time
    self.indexedEnd = indexedEnd
    self.commitNumber = commitNumber
    self.nextSequence = nextSequence
    self.historyDigest = historyDigest
    self.nextSegmentID = nextSegmentID
    self.nextIndexID = nextIndexID
    self.segments = segments
    self.indexes = indexes
  }

  /// The whole file.
  package func encode() -> [UInt8] {
    var writer = ByteWriter(reserving: 256 + segments.count * 70 + indexes.count * 70)
    FileHeader(kind: .manifest, number: generation, storeID: storeID).write(to: &writer)
    previous.write(to: &writer)
    writer.write(time)
    writer.write(indexedEnd.segment)
    writer.write(indexedEnd.offset)
    writer.write(commitNumber)
    writer.write(nextSequence)
    historyDigest.write(to: &writer)
    writer.write(nextSegmentID)
    writer.write(nextIndexID)
    writer.write(UInt32(segments.count))
    writer.write(UInt32(indexes.count))
    for entry in segments {
      writer.write(entry.id)
      writer.write(entry.byteCount)
      writer.write(entry.firstSequence)
      writer.write(entry.recordCount)
      writer.write(entry.state.rawValue)
      entry.digest.write(to: &writer)
    }
    for entry in indexes {
      writer.write(entry.id)
      writer.write(entry.byteCount)
      writer.write(entry.firstSequence)
      writer.write(entry.recordCount)
      writer.write(entry.level)
      entry.digest.write(to: &writer)
    }
    // MAN-20: absent where there are none, as in manifests before full text.
    if !fullTexts.isEmpty {
      writer.write(UInt32(fullTexts.count))
      for entry in fullTexts {
        for value in [entry.id, entry.byteCount, entry.firstSequence, entry.recordCount] {
          writer.write(value)
        }
        entry.digest.write(to: &writer)
        entry.settings.write(to: &writer)
      }
    }
    writer.write(Checksum.crc32c(writer.bytes.rawSpan))
    return writer.bytes
  }

  /// Reads a whole manifest file.
  package init(_ bytes: RawSpan) throws(FormatError) {
    let header = try FileHeader(bytes, expecting: .manifest)
    let end = bytes.byteCount - 4
    guard end >= FileHeader.byteCount else { throw FormatError(.truncated, at: bytes.byteCount) }
    guard Checksum.crc32c(bytes.extracting(0..<end)) == bytes.load(UInt32.self, at: end) else {
      throw FormatError(.checksumMismatch, at: end)
    }
    var reader = ByteReader(bytes.extracting(0..<end), at: FileHeader.byteCount)
    storeID = header.storeID
    generation = header.number
    previous = try reader.readHash()
    time = try reader.read()
    indexedEnd = LogPosition(segment: try reader.read(), offset: try reader.read())
    commitNumber = try reader.read()
    nextSequence = try reader.read()
    historyDigest = try reader.readHash()
    nextSegmentID = try reader.read()
    nextIndexID = try reader.read()
    // MAN-15: nobody gets there, and what is added to them stays in bounds.
    guard nextSegmentID <= Self.segmentIDMax + 1, nextIndexID <= Self.nextIndexIDMax else {
      throw FormatError(.outOfBounds, at: nextSegmentID > Self.segmentIDMax + 1 ? 144 : 152)
    }
    let countsAt = reader.offset
    let segmentCount = Int(try reader.read(UInt32.self))
    let indexCount = Int(try reader.read(UInt32.self))
    guard segmentCount <= Limits.manifestEntryCount, indexCount <= Limits.manifestEntryCount else {
      throw FormatError(.outOfBounds, at: countsAt)
    }
    segments = []
    indexes = []
    for _ in 0..<segmentCount {
      let idAt = reader.offset
      let id = try reader.read(UInt64.self)
      // MAN-15: places of records have 32 bits for it.
      guard id <= Self.segmentIDMax else { throw FormatError(.outOfBounds, at: idAt) }
      let byteCount = try reader.read(UInt64.self)
      let firstSequence = try reader.read(UInt64.self)
      let recordCount = try reader.read(UInt64.self)
      let at = reader.offset
      guard let state = SegmentState(rawValue: try reader.read(UInt8.self)) else {
        throw FormatError(.unknownTag, at: at)
      }
      segments.append(
        SegmentEntry(
          id: id, state: state, byteCount: byteCount, firstSequence: firstSequence,
          recordCount: recordCount, digest: try reader.readHash()))
    }
    for _ in 0..<indexCount {
      indexes.append(
        IndexEntry(
          id: try reader.read(), firstSequence: 0, recordCount: 0, byteCount: try reader.read(),
          level: 0, digest: .zero))
      indexes[indexes.count - 1].firstSequence = try reader.read()
      indexes[indexes.count - 1].recordCount = try reader.read()
      indexes[indexes.count - 1].level = try reader.read()
      indexes[indexes.count - 1].digest = try reader.readHash()
    }
    if reader.remaining > 0 { try readFullTexts(&reader) }
    try reader.expectEnd()
    try checkOrder()
  }

  private mutating func readFullTexts(_ reader: inout ByteReader) throws(FormatError) {
    let at = reader.offset
    let count = Int(try reader.read(UInt32.self))
    guard count > 0, count <= Limits.manifestEntryCount else {
      throw FormatError(.outOfBounds, at: at)
    }
    var next = segments.first?.firstSequence ?? 1
    for _ in 0..<count {
      let at = reader.offset
      var entry = FullTextEntry(
        id: try reader.read(), firstSequence: 0, recordCount: 0, byteCount: try reader.read(),
        digest: .zero, settings: .zero)
      entry.firstSequence = try reader.read()
      entry.recordCount = try reader.read()
      entry.digest = try reader.readHash()
      entry.settings = try reader.readHash()
      // MAN-21: gapless from the first sequence, all by the same settings, no further than the
      // indexes.
      guard entry.firstSequence == next, entry.recordCount <= Limits.indexRecordCount,
        entry.recordCount <= nextSequence - min(next, nextSequence),
        fullTexts.first.map({ $0.settings == entry.settings }) ?? true
      else { throw FormatError(.outOfOrder, at: at) }
      next += entry.recordCount
      fullTexts.append(entry)
    }
  }

  /// MAN-6 and MAN-7: sequences of segments and indexes are gapless and ascend.
  private func checkOrder() throws(FormatError) {
    var next = segments.first?.firstSequence ?? 1
    for entry in segments {
      guard entry.firstSequence == next, entry.recordCount <= UInt64.max - next else {
        throw FormatError(.outOfOrder, at: FileHeader.byteCount)
      }
      next += entry.recordCount
    }
    guard next == nextSequence else { throw FormatError(.inconsistent, at: FileHeader.byteCount) }
    // MAN-5: the last segment, and only it, is active; only sealed ones have a digest.
    for (position, entry) in segments.enumerated() {
      guard (entry.state == .active) == (position == segments.count - 1),
        entry.state == .sealed || entry.digest == .zero
      else { throw FormatError(.inconsistent, at: FileHeader.byteCount) }
    }
    next = indexes.first?.firstSequence ?? nextSequence
    for entry in indexes {
      guard entry.firstSequence == next, entry.recordCount <= Limits.indexRecordCount,
        entry.recordCount <= UInt64.max - next
      else { throw FormatError(.outOfOrder, at: FileHeader.byteCount) }
      next += entry.recordCount
    }
    guard next == nextSequence else { throw FormatError(.inconsistent, at: FileHeader.byteCount) }
  }
}

extension ByteReader {
  package mutating func readHash() throws(FormatError) -> ContentHash {
    let range = try readRange(32)
    return ContentHash(bytes, at: range.lowerBound)
  }
}

/// `CURRENT`: which manifest is the newest. MAN-13.
package enum CurrentFile {
  @inlinable package static var byteCount: Int { FileHeader.byteCount + 36 }

  package static func encode(generation: UInt64, storeID: StoreID, digest: ContentHash) -> [UInt8] {
    var writer = ByteWriter(reserving: byteCount)
    FileHeader(kind: .current, number: generation, storeID: storeID).write(to: &writer)
    digest.write(to: &writer)
    writer.write(Checksum.crc32c(writer.bytes.rawSpan))
    return writer.bytes
  }

  package static func decode(
    _ bytes: RawSpan
  ) throws(FormatError) -> (header: FileHeader, digest: ContentHash) {
    let header = try FileHeader(bytes, expecting: .current)
    guard bytes.byteCount == byteCount else {
      throw FormatError(bytes.byteCount < byteCount ? .truncated : .trailingBytes, at: 0)
    }
    guard Checksum.crc32c(bytes.extracting(0..<72)) == bytes.load(UInt32.self, at: 72) else {
      throw FormatError(.checksumMismatch, at: 72)
    }
    return (header, ContentHash(bytes, at: 40))
  }
}

/// `TAIL`: how far the active segment may be trusted without a scan. MAN-14.
package struct TailFile: Equatable, Sendable {
  @inlinable package static var byteCount: Int { FileHeader.byteCount + 44 }

  package var generation: UInt64
  package var storeID: StoreID
  /// Identity of the boot during which it was written.
  package var bootHigh: UInt64
  package var bootLow: UInt64
  /// The durable end of the active segment.
  package var end: LogPosition
  /// Number of the last durable commit.
  package var commitNumber: UInt64

  package init(
    generation: UInt64, storeID: StoreID, bootHigh: UInt64, bootLow: UInt64, end: LogPosition,
    commitNumber: UInt64
  ) {
    self.generation = generation
    self.storeID = storeID
    self.bootHigh = bootHigh
    self.bootLow = bootLow
    self.end = end
    self.commitNumber = commitNumber
  }

  package func encode() -> [UInt8] {
    var writer = ByteWriter(reserving: Self.byteCount)
    FileHeader(kind: .tail, number: generation, storeID: storeID).write(to: &writer)
    writer.writeBigEndian(bootHigh)
    writer.writeBigEndian(bootLow)
    writer.write(end.segment)
    writer.write(end.offset)
    writer.write(commitNumber)
    writer.write(Checksum.crc32c(writer.bytes.rawSpan))
    return writer.bytes
  }

  package init(_ bytes: RawSpan) throws(FormatError) {
    let header = try FileHeader(bytes, expecting: .tail)
    guard bytes.byteCount == Self.byteCount else {
      throw FormatError(bytes.byteCount < Self.byteCount ? .truncated : .trailingBytes, at: 0)
    }
    guard Checksum.crc32c(bytes.extracting(0..<80)) == bytes.load(UInt32.self, at: 80) else {
      throw FormatError(.checksumMismatch, at: 80)
    }
    generation = header.number
    storeID = header.storeID
    bootHigh = bytes.loadBigEndian(at: 40)
    bootLow = bytes.loadBigEndian(at: 48)
    end = LogPosition(segment: bytes.load(at: 56), offset: bytes.load(at: 64))
    commitNumber = bytes.load(at: 72)
  }
}
