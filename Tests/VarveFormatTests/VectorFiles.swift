// What stands in `format-spec/vectors`, built by the engine's encoders. VARVE_WRITE_VECTORS=1 writes the
// files; without it the tests compare them byte for byte.

import VarveFormat
import VarveTestSupport

/// The vectors of the specification.
enum VectorFiles {
  static let storeID = StoreID(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)
  /// 2026-01-05 10:00:00 UTC.
  static let time: Int64 = 1_767_607_200_000

  static let all: [Vector] =
    [header, metadata, block, zlibBlock, records, facts, commit, footer, segment, manifest]
    + [current, tail, page, branchPage, factsPage, column, filter, torn]
    + [
      manifestWithText, terms, trigrams, postings, grep, forgottenRecords, forgottenFacts, backup,
      backupWithIndexes,
    ]

  static func named(_ name: String) -> Vector {
    guard let vector = all.first(where: { $0.name == name }) else {
      preconditionFailure("no vector \(name)")
    }
    return vector
  }

  static func sha(_ text: String) -> ContentHash {
    ContentHash(PlainSHA256.digest(Array(text.utf8)).rawSpan)
  }

  // MARK: Chapter 1

  static var header: Vector {
    var writer = ByteWriter()
    FileHeader(kind: .segment, number: 17, storeID: storeID).write(to: &writer)
    var notes = Annotator(writer.bytes)
    notes.fileHeader()
    return Vector(
      "01-header", "the header of segment 17", structure: "header", bytes: writer.bytes,
      fields: notes.fields)
  }

  // MARK: Chapter 3

  static let tree = MetadataValue.object([
    .init("uuid", .text("5f0c")), .init("sidechain", .bool(true)), .init("off", .bool(false)),
    .init("none", .null), .init("count", .int(-300)), .init("ratio", .double(0.1)),
    .init("exact", .number(Array("1.00".utf8))),
    .init("list", .array([.int(0), .array([]), .object([])])),
  ])

  static var metadata: Vector {
    Vector(
      "03-metadata", "a tree with every tag", structure: "metadata",
      bytes: MetadataTree.encode(tree))
  }

  static var block: Vector {
    let payload = Array("varve varve varve varve varve varve varve varve varve varve".utf8)
    var writer = ByteWriter()
    BlockHeader.append(
      kind: .facts, payload: payload.rawSpan, firstSequence: 0, itemCount: 1, compression: .lz4,
      to: &writer)
    var notes = Annotator(writer.bytes)
    notes.blockHeader()
    return Vector(
      "03-block", "a block whose payload is compressed by LZ4", structure: "block",
      bytes: writer.bytes, fields: notes.fields)
  }

  /// The stream is a constant, because libraries differ in what they write.
  static var zlibBlock: Vector {
    let stream: [UInt8] = [0x78, 0x9C, 0x4B, 0x4C, 0xA4, 0x3D, 0x00, 0x00, 0x7A, 0x47, 0x25, 0xE5]
    return Vector(
      "03-block-zlib", "a block whose payload, 100 times \"a\", is compressed by zlib",
      structure: "block", bytes: rawBlock(compression: 2, stored: stream, rawByteCount: 100),
      fields: blockNotes(stream.count))
  }

  /// A block with any fields and matching checksums.
  static func rawBlock(
    kind: UInt8 = 2, compression: UInt8, reserved: UInt16 = 0, stored: [UInt8],
    rawByteCount: Int, itemCount: Int = 1
  ) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(BlockHeader.magic)
    writer.write(kind)
    writer.write(compression)
    writer.write(reserved)
    writer.write(UInt32(stored.count))
    writer.write(UInt32(rawByteCount))
    writer.write(UInt64(0))
    writer.write(UInt32(itemCount))
    writer.write(Checksum.reference(stored.rawSpan))
    writer.write(Checksum.reference(writer.bytes.rawSpan))
    writer.write(stored)
    return writer.bytes
  }

  static func blockNotes(_ storedByteCount: Int) -> [Vector.Field] {
    var notes = Annotator([])
    notes.blockHeader()
    notes.take(storedByteCount, "stored payload")
    return notes.fields
  }

  static var records: Vector {
    let payload = SegmentBuilder.records(all: true)
    var notes = Annotator(payload)
    notes.records(4)
    return Vector(
      "03-records",
      "four records in one block: all fields, repeated, by reference, without time",
      structure: "records", settings: [("firstSequence", "41"), ("itemCount", "4")],
      bytes: payload, fields: notes.fields)
  }

  static var facts: Vector {
    var writer = ByteWriter()
    for fact in SegmentBuilder.facts { FactBlock.append(fact, to: &writer) }
    var notes = Annotator(writer.bytes)
    notes.facts(SegmentBuilder.facts.count)
    return Vector(
      "03-facts", "a setting, a run and a source chunk", structure: "facts",
      settings: [("itemCount", "3")], bytes: writer.bytes, fields: notes.fields)
  }

  static var commit: Vector {
    var writer = ByteWriter()
    CommitFrame(
      number: 7, firstSequence: 41, recordCount: 4, factCount: 3, blockByteCount: 700, time: time,
      seedHigh: 0x0001_0203_0405_0607, seedLow: 0x0809_0A0B_0C0D_0E0F,
      recordsDigest: sha("records"), historyDigest: sha("history")
    ).append(to: &writer)
    let payload = Array(writer.bytes[BlockHeader.byteCount...])
    var notes = Annotator(payload)
    notes.commitFrame()
    return Vector(
      "03-commit", "the payload of a commit frame", structure: "commit", bytes: payload,
      fields: notes.fields)
  }

  static var footer: Vector {
    let rows: [(UInt64, UInt64, UInt32, BlockKind, UInt32)] = [
      (40, 1, 2, .records, 200), (276, 0, 1, .facts, 30), (342, 1, 0, .commit, 120),
    ]
    var writer = ByteWriter()
    for row in rows { writer.write(footerEntry(row)) }
    var notes = Annotator(writer.bytes)
    for _ in rows { notes.footerEntry() }
    return Vector(
      "03-footer", "the payload of a footer with three blocks", structure: "footer",
      settings: [("itemCount", "3")], bytes: writer.bytes, fields: notes.fields)
  }

  /// A footer's entry as the chapter's table says.
  static func footerEntry(_ row: (UInt64, UInt64, UInt32, BlockKind, UInt32)) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(row.0)
    writer.write(row.1)
    writer.write(row.2)
    writer.write(UInt32(row.3.rawValue))
    writer.write(row.4)
    writer.write(row.4)
    return writer.bytes
  }

  static var segment: Vector {
    var builder = SegmentBuilder(number: 1, storeID: storeID)
    builder.commitRecordsAndFacts()
    builder.commitRepeated()
    builder.seal()
    return Vector(
      "03-segment", "a sealed segment: two commits, footer, trailer", structure: "segment",
      bytes: builder.writer.bytes, fields: builder.notes)
  }

  static var torn: Vector {
    var builder = SegmentBuilder(number: 1, storeID: storeID)
    builder.commitRecordsAndFacts()
    let end = builder.writer.count
    builder.commitRepeated()
    let cut = builder.writer.count - 40
    return Vector(
      "08-torn", "a segment whose second commit is torn inside its frame", structure: "segment",
      settings: [("void", "\(end)-\(cut)")], bytes: Array(builder.writer.bytes[..<cut]),
      fields: Array(builder.notes.prefix(builder.noteCountOfFirstCommit)))
  }
}
