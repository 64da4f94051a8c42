// Vectors of manifests, pages, columns and filters. Chapters 4 and 5.

import VarveFormat
import VarveTestSupport

extension VectorFiles {
  // MARK: Chapter 4

  private static var manifestValue: Manifest {
    Manifest(
      storeID: storeID, generation: 42, previous: sha("manifest 41"), time: time,
      indexedEnd: LogPosition(segment: 3, offset: 1234), commitNumber: 9, nextSequence: 101,
      historyDigest: sha("history"), nextSegmentID: 4, nextIndexID: 8,
      segments: [
        SegmentEntry(
          id: 1, state: .sealed, byteCount: 5000, firstSequence: 1, recordCount: 60,
          digest: sha("segment 1")),
        SegmentEntry(
          id: 2, state: .cut, byteCount: 2100, firstSequence: 61, recordCount: 15, digest: .zero),
        SegmentEntry(
          id: 3, state: .active, byteCount: 1234, firstSequence: 76, recordCount: 25,
          digest: .zero),
      ],
      indexes: [
        IndexEntry(
          id: 7, firstSequence: 1, recordCount: 80, byteCount: 90_000, level: 1,
          digest: sha("index 7")),
        IndexEntry(
          id: 6, firstSequence: 81, recordCount: 20, byteCount: 45_000, level: 0,
          digest: sha("index 6")),
      ])
  }

  static var manifestWithText: Vector {
    var value = manifestValue
    value.fullTexts = [
      FullTextEntry(
        id: 5, firstSequence: 1, recordCount: 70, byteCount: 80_000, digest: sha("text 5"),
        settings: sha("settings")),
      FullTextEntry(
        id: 4, firstSequence: 71, recordCount: 10, byteCount: 9000, digest: sha("text 4"),
        settings: sha("settings")),
    ]
    let bytes = value.encode()
    var notes = Annotator(bytes)
    notes.manifest(segments: 3, indexes: 2, fullTexts: 2)
    return Vector(
      "04-manifest-text", "the same generation with two full-text files", structure: "manifest",
      bytes: bytes, fields: notes.fields)
  }

  static var manifest: Vector {
    let bytes = manifestValue.encode()
    var notes = Annotator(bytes)
    notes.manifest(segments: 3, indexes: 2)
    return Vector(
      "04-manifest", "generation 42: a sealed, a cut, an active segment, two indexes",
      structure: "manifest", bytes: bytes, fields: notes.fields)
  }

  static var current: Vector {
    let bytes = CurrentFile.encode(generation: 42, storeID: storeID, digest: sha("manifest 42"))
    var notes = Annotator(bytes)
    notes.fileHeader()
    notes.take(32, "digest of the manifest          MAN-8")
    notes.take(4, "checksum of bytes 0 to 71       ENV-6")
    return Vector(
      "04-current", "CURRENT of generation 42", structure: "current", bytes: bytes,
      fields: notes.fields)
  }

  static var tail: Vector {
    let bytes = TailFile(
      generation: 42, storeID: storeID, bootHigh: 0x0F0E_0D0C_0B0A_0908,
      bootLow: 0x0706_0504_0302_0100, end: LogPosition(segment: 3, offset: 2345), commitNumber: 11
    ).encode()
    var notes = Annotator(bytes)
    notes.fileHeader()
    notes.table([
      (16, "bootID                         MAN-14"), (8, "segment                        MAN-14"),
      (8, "offset                         MAN-14"), (8, "commitNumber                   MAN-14"),
      (4, "checksum of bytes 0 to 79       ENV-6"),
    ])
    return Vector(
      "04-tail", "TAIL during generation 42", structure: "tail", bytes: bytes,
      fields: notes.fields)
  }

  // MARK: Chapter 5

  private static func pageVector(
    _ name: String, _ title: String, kind: UInt8, number: UInt32, keyByteCount: Int,
    valueByteCount: Int, entries: [(key: TreeKey, value: TreeValue)]
  ) -> Vector {
    var prefix = keyByteCount
    if let first = entries.first?.key, let last = entries.last?.key, first != last {
      prefix = min(keyByteCount, first.sharedByteCount(last))
    }
    var writer = ByteWriter()
    BTreePage.append(
      kind: kind, number: number, keyByteCount: keyByteCount, valueByteCount: valueByteCount,
      prefixCount: prefix, entries: entries, to: &writer)
    var notes = Annotator(writer.bytes)
    notes.pageHeader()
    notes.take(prefix, "prefix of all keys             BTR-16")
    for _ in entries {
      notes.take(keyByteCount - prefix, "rest of a key")
      notes.take(valueByteCount, "value")
    }
    notes.take(BTreePage.byteCount - notes.at, "zero to the end                BTR-13")
    return Vector(
      name, title, structure: "page",
      settings: [
        ("number", "\(number)"), ("keyByteCount", "\(keyByteCount)"),
        ("valueByteCount", "\(valueByteCount)"),
      ], bytes: writer.bytes, fields: notes.fields)
  }

  static var page: Vector {
    let keys = (0..<5).map { i in
      TreeKey(0x1122_3344_5566_0000 + UInt64(i) * 257, sha("\(i)").a, sha("\(i)").b, sha("\(i)").c)
    }
    return pageVector(
      "05-page", "a leaf of the hash tree: five hashes that share six bytes", kind: BTreePage.leaf,
      number: 3, keyByteCount: TreeKind.hash.keyByteCount, valueByteCount: 4,
      entries: keys.enumerated().map { ($1, TreeValue(UInt32(100 - $0))) })
  }

  static var branchPage: Vector {
    let keys = (0..<3).map { TreeKeys.time(time + Int64($0) * 70_000, relative: UInt32($0 * 250)) }
    return pageVector(
      "05-page-branch", "a branch of the time tree: three children", kind: BTreePage.branch,
      number: 3, keyByteCount: TreeKind.time.keyByteCount, valueByteCount: 4,
      entries: keys.enumerated().map { ($1, TreeValue(UInt32($0))) })
  }

  static var factsPage: Vector {
    pageVector(
      "05-page-facts", "a leaf of the facts tree: one entry, whose key is the prefix",
      kind: BTreePage.leaf, number: 0, keyByteCount: TreeKind.facts.keyByteCount,
      valueByteCount: 20,
      entries: [
        (TreeKeys.fact(.settings, sha("import")), TreeValue(3, offset: 276, item: 1))
      ])
  }

  static var column: Vector {
    var builder = ColumnBuilder()
    builder.append((0..<1024).map { 7_000_000_000 + UInt64($0 % 2) })
    builder.append([5, 5, 3, 1000, 4, 3, 3, 900])
    let bytes = builder.finish()
    var notes = Annotator(bytes)
    notes.table([
      (4, "rowCount                        COL-1"), (4, "blockCount                      COL-1"),
      (4, "offset of block 0               COL-1"), (4, "offset of block 1               COL-1"),
      (8, "base                            COL-5"), (1, "width                           COL-4"),
      (128, "1,024 rows of one bit           COL-3"), (8, "base                            COL-5"),
      (1, "width                           COL-4"), (10, "8 rows of ten bits              COL-3"),
      (8, "zero                            COL-1"),
    ])
    return Vector(
      "05-column", "1,032 rows in two blocks", structure: "column", bytes: bytes,
      fields: notes.fields)
  }

  static var filter: Vector {
    var builder = DedupFilterBuilder(keyCount: 30)
    for i in 0..<30 { builder.insert(DedupFilter.hash(sha("\(i)"))) }
    let bytes = builder.finish()
    var notes = Annotator(bytes)
    notes.take(4, "blockCount                      FLT-1")
    notes.take(4, "zero                            FLT-1")
    let note = "a block of eight u32            FLT-4"
    for _ in 0..<((bytes.count - 8) / 32) { notes.take(32, note) }
    return Vector(
      "05-filter", "the filter of the SHA-256 of \"0\" to \"29\"", structure: "filter",
      bytes: bytes, fields: notes.fields)
  }
}
