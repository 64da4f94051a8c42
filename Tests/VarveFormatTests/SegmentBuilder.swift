// Builds the records, facts and commits that the vectors of segments hold, with digests by chapter 3.

import VarveFormat
import VarveTestSupport

/// A segment under construction, with the notes of its bytes.
struct SegmentBuilder {
  var writer = ByteWriter()
  var notes: [Vector.Field] = []
  var noteCountOfFirstCommit = 0
  private var entries: [BlockEntry] = []
  private var history = ContentHash.zero
  private var commitStart = 0
  private var number: UInt64 = 0

  init(number: UInt64, storeID: StoreID) {
    FileHeader(kind: .segment, number: number, storeID: storeID).write(to: &writer)
    var notes = Annotator(writer.bytes)
    notes.fileHeader()
    self.notes = notes.fields
  }

  static let facts = [
    Fact(
      kind: .settings, key: Array("import".utf8),
      value: MetadataTree.encode(.object([.init("archive", .bool(true))]))),
    Fact(
      kind: .ingestRun, key: [0, 0, 0, 0, 0, 0, 0, 3],
      value: MetadataTree.encode(.object([.init("phase", .text("projects"))]))),
    Fact(
      kind: .sourceChunk, key: VectorFiles.sha("{}\n").bytes, value: Array("{}\n".utf8)),
  ]

  static let contents = ["How do I prune a pear?", "In winter, gently."]

  /// The payload of a block: with `all` four records that use every form, else two plain ones.
  static func records(all: Bool) -> [UInt8] {
    var table = StringTable()
    var builder = RecordBlockBuilder()
    var first = OccurrenceFields(kind: .prompt)
    let texts = all ? TextField.allCases : [.project, .session, .role, .path]
    for field in texts { first[field] = table.intern(Array("\(field)-1".utf8)) }
    first.time = VectorFiles.time
    first.line = 1
    if all {
      first.extractedAt = VectorFiles.time + 5000
      first.offset = 4096
      first.length = 310
      first.part = 2
      first.incarnation = 1
      first.run = 3
      first.isError = true
      first.isEcho = true
    }
    let tree = all ? MetadataTree.encode(VectorFiles.tree) : []
    add(first, table, tree, contents[0], to: &builder)
    var second = OccurrenceFields(kind: .answer)
    second[.session] = table.intern(Array("session-1".utf8))
    second[.path] = table.intern([0x70, 0x61, 0xFF, 0x74, 0x68])
    second.time = VectorFiles.time - 1500
    guard all else {
      add(second, table, [], contents[1], to: &builder)
      return builder.finish()
    }
    builder.add(
      second, table: table, metadata: [UInt8]().rawSpan, content: .repeated(40),
      bytes: [UInt8]().rawSpan)
    var third = OccurrenceFields(kind: .toolInput)
    third.time = VectorFiles.time + 2
    let reference = ContentReference(
      chunk: VectorFiles.sha("{}\n"), offset: 300, length: 2, encoding: .jsonString)
    builder.add(
      third, table: table, metadata: [UInt8]().rawSpan, content: .reference(reference),
      bytes: [UInt8]().rawSpan)
    add(OccurrenceFields(kind: .raw), table, [], "", to: &builder)
    return builder.finish()
  }

  private static func add(
    _ fields: OccurrenceFields, _ table: borrowing StringTable, _ metadata: [UInt8],
    _ content: String, to builder: inout RecordBlockBuilder
  ) {
    let bytes = Array(content.utf8)
    builder.add(
      fields, table: table, metadata: metadata.rawSpan, content: .inline(0..<bytes.count),
      bytes: bytes.rawSpan)
  }

  // MARK: Commits

  mutating func commitRecordsAndFacts() {
    begin()
    let payload = Self.records(all: false)
    append(.records, payload, firstSequence: 1, itemCount: 2) { $0.records(2) }
    var facts = ByteWriter()
    FactBlock.append(Self.facts[0], to: &facts)
    append(.facts, facts.bytes, firstSequence: 0, itemCount: 1) { $0.facts(1) }
    var items = Self.recordInputs(payload, firstSequence: 1, contents: Self.contents)
    items.append(facts.bytes)
    end(firstSequence: 1, recordCount: 2, factCount: 1, items: items)
    noteCountOfFirstCommit = notes.count
  }

  mutating func commitRepeated() {
    begin()
    var table = StringTable()
    var builder = RecordBlockBuilder()
    var fields = OccurrenceFields(kind: .prompt)
    fields[.session] = table.intern(Array("session-2".utf8))
    fields.time = VectorFiles.time + 60_000
    builder.add(
      fields, table: table, metadata: [UInt8]().rawSpan, content: .repeated(1),
      bytes: [UInt8]().rawSpan)
    let payload = builder.finish()
    append(.records, payload, firstSequence: 3, itemCount: 1) { $0.records(1) }
    let items = Self.recordInputs(payload, firstSequence: 3, contents: [Self.contents[0]])
    end(firstSequence: 3, recordCount: 1, factCount: 0, items: items)
  }

  private mutating func begin() {
    commitStart = writer.count
    number += 1
  }

  private mutating func append(
    _ kind: BlockKind, _ payload: [UInt8], firstSequence: UInt64, itemCount: Int,
    note: (inout Annotator) -> Void
  ) {
    let start = writer.count
    BlockHeader.append(
      kind: kind, payload: payload.rawSpan, firstSequence: firstSequence, itemCount: itemCount,
      compression: .none, to: &writer)
    annotate(from: start, note)
    list(kind, start, firstSequence, UInt32(itemCount))
  }

  private mutating func annotate(from start: Int, _ note: (inout Annotator) -> Void) {
    var annotator = Annotator(Array(writer.bytes[start...]))
    annotator.blockHeader()
    note(&annotator)
    notes += annotator.fields
  }

  private mutating func list(
    _ kind: BlockKind, _ start: Int, _ firstSequence: UInt64, _ itemCount: UInt32
  ) {
    let count = UInt32(writer.count - start - BlockHeader.byteCount)
    entries.append(
      BlockEntry(
        offset: UInt64(start), firstSequence: firstSequence, itemCount: itemCount, kind: kind,
        storedByteCount: count, rawByteCount: count))
  }

  /// SEG-28 and SEG-44: `items` are what follows the salt in the input of each digest.
  private mutating func end(
    firstSequence: UInt64, recordCount: UInt32, factCount: UInt32, items: [[UInt8]]
  ) {
    let seed: (high: UInt64, low: UInt64) = (0xA0A1_A2A3_A4A5_A6A7, 0xB0B1_B2B3_B4B5_B600 + number)
    var digests: [UInt8] = []
    for (i, item) in items.enumerated() {
      let salt = RecordSalt.salt(seedHigh: seed.high, seedLow: seed.low, index: UInt64(i))
      var input = ByteWriter()
      input.write(salt.0)
      input.write(salt.1)
      input.write(item)
      digests += PlainSHA256.digest(input.bytes)
    }
    let start = writer.count
    var frame = CommitFrame(
      number: number, firstSequence: firstSequence, recordCount: recordCount,
      factCount: factCount, blockByteCount: UInt64(start - commitStart),
      time: VectorFiles.time + Int64(number), seedHigh: seed.high, seedLow: seed.low,
      recordsDigest: ContentHash(PlainSHA256.digest(digests).rawSpan), historyDigest: .zero)
    let input = CommitFrame.historyInput(previous: history, frame)
    frame.historyDigest = ContentHash(PlainSHA256.digest(input).rawSpan)
    history = frame.historyDigest
    frame.append(to: &writer)
    annotate(from: start) { $0.commitFrame() }
    list(.commit, start, firstSequence, 0)
  }

  /// What follows the salt in the digest of each record of a block (SEG-40).
  private static func recordInputs(
    _ payload: [UInt8], firstSequence: UInt64, contents: [String]
  ) -> [[UInt8]] {
    guard
      let block = try? RecordBlock(
        payload: payload, firstSequence: firstSequence, itemCount: contents.count)
    else { preconditionFailure("a block that does not decode") }
    return contents.enumerated().map { index, content in
      guard let record = try? block.record(index) else { preconditionFailure("record \(index)") }
      func text(_ field: TextField) -> [UInt8] {
        block.text(record.fields[field]).map { Array(payload[$0]) } ?? []
      }
      var scope = ByteWriter()
      scope.write(text(.host) + [0] + text(.path) + [0])
      scope.write(record.fields.incarnation)
      var input = ByteWriter()
      input.write(VectorFiles.sha(content).bytes)
      input.write(Array(PlainSHA256.digest(scope.bytes)[..<16]))
      input.write(record.fields.kind.rawValue)
      input.write(record.fields.presence)
      for field in TextField.allCases
      where field != .host && field != .path && record.fields[field] >= 0 {
        input.writeVarint(text(field).count)
        input.write(text(field))
      }
      input.append(upTo: OccurrenceFields.numbersByteCountMax) {
        record.fields.writeNumbers(record.fields.presence, baseTime: 0, to: &$0)
      }
      return input.bytes
    }
  }

  mutating func seal() {
    let start = writer.count
    SegmentLayout.appendFooter(entries, at: UInt64(start), to: &writer)
    let stored = writer.count - start - BlockHeader.byteCount - SegmentLayout.trailerByteCount
    annotate(from: start) {
      $0.take(stored, "entries, compressed by LZ4     SEG-35")
      $0.trailer()
    }
  }
}
