// Records, facts and metadata: round trips over seeds.

import Testing
import VarveFormat
import VarveTestSupport

@Suite("Records")
struct RecordTests {
  /// A record as a test makes it.
  struct Sample {
    var fields: OccurrenceFields
    var texts: [[UInt8]?]
    var metadata: [UInt8]
    var content: RecordContent
    var bytes: [UInt8]
  }

  static func sample(_ random: inout SplitMix64, _ table: inout StringTable) -> Sample {
    var fields = OccurrenceFields(kind: Kind.allCases[random.below(Kind.allCases.count)])
    var texts = [[UInt8]?](repeating: nil, count: TextField.count)
    for field in TextField.allCases where random.below(2) == 0 {
      let text = random.bytes(random.below(4))
      texts[field.rawValue] = text
      fields[field] = table.intern(text)
    }
    if random.below(4) > 0 { fields.time = Int64(bitPattern: random.next()) | 1 }
    if random.below(2) == 0 { fields.extractedAt = Int64(random.below(1 << 40)) }
    if random.below(2) == 0 { fields.line = random.next() >> UInt64(random.below(64)) }
    if random.below(2) == 0 { fields.offset = random.next() }
    if random.below(2) == 0 { fields.length = UInt64(random.below(1 << 20)) }
    if random.below(2) == 0 { fields.part = UInt16(random.below(1 << 16)) }
    if random.below(2) == 0 { fields.incarnation = UInt32(random.below(1 << 32)) }
    if random.below(2) == 0 { fields.run = UInt64(random.below(1000)) }
    fields.isError = random.below(2) == 0
    fields.isEcho = random.below(2) == 0
    let metadata = random.below(2) == 0 ? MetadataTree.encode(tree(&random, depth: 3)) : []
    let bytes = random.bytes(random.below(200))
    let reference = ContentReference(
      chunk: ContentHash(random.bytes(32).rawSpan), offset: random.next(),
      length: UInt64(random.below(1 << 26)), encoding: random.below(2) == 0 ? .raw : .jsonString)
    let contents: [RecordContent] = [
      .inline(0..<bytes.count), .repeated(random.next() >> 8), .reference(reference),
    ]
    return Sample(
      fields: fields, texts: texts, metadata: metadata, content: contents[random.below(3)],
      bytes: bytes)
  }

  static func tree(_ random: inout SplitMix64, depth: Int) -> MetadataValue {
    switch random.below(depth > 0 ? 8 : 6) {
    case 0: return .null
    case 1: return .bool(random.below(2) == 0)
    case 2: return .int(Int64(bitPattern: random.next()) >> Int64(random.below(64)))
    case 3: return .double(Double(random.below(1 << 30)) / 7)
    case 4: return .string(random.bytes(random.below(20)))
    case 5: return .number(Array("\(random.below(1000)).50".utf8))
    case 6: return .array((0..<random.below(4)).map { _ in tree(&random, depth: depth - 1) })
    default:
      return .object(
        (0..<random.below(4)).map { _ in
          .init(random.bytes(random.below(6)), tree(&random, depth: depth - 1))
        })
    }
  }

  @Test(
    "Blocks of records come back", .requirement("SEG-9", "SEG-10", "SEG-11", "SEG-13", "SEG-41"),
    arguments: 0..<40 as Range<UInt64>)
  func blocks(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var table = StringTable()
    var builder = RecordBlockBuilder()
    for _ in 0..<2 {
      let samples = (0..<random.below(30)).map { _ in Self.sample(&random, &table) }
      for sample in samples {
        builder.add(
          sample.fields, table: table, metadata: sample.metadata.rawSpan, content: sample.content,
          bytes: sample.bytes.rawSpan)
      }
      let payload = builder.finish()
      let block = try RecordBlock(payload: payload, firstSequence: 5, itemCount: samples.count)
      for (i, sample) in samples.enumerated() {
        let record = try block.record(i)
        #expect(record.fields.presence == sample.fields.presence)
        #expect(record.fields.kind == sample.fields.kind)
        for field in TextField.allCases {
          let text = block.text(record.fields[field]).map { Array(payload[$0]) }
          #expect(text == sample.texts[field.rawValue])
        }
        var numbers = ByteWriter()
        var expected = ByteWriter()
        numbers.append(upTo: OccurrenceFields.numbersByteCountMax) {
          record.fields.writeNumbers(record.fields.presence, baseTime: 0, to: &$0)
        }
        expected.append(upTo: OccurrenceFields.numbersByteCountMax) {
          sample.fields.writeNumbers(sample.fields.presence, baseTime: 0, to: &$0)
        }
        #expect(numbers.bytes == expected.bytes)
        #expect(Array(payload[record.metadata]) == sample.metadata)
        if case .inline(let range) = record.content {
          #expect(Array(payload[range]) == sample.bytes)
        } else {
          #expect(record.content == sample.content)
        }
      }
    }
  }

  @Test("A record may hold its own salt", .requirement("SEG-42"))
  func ownSalt() throws {
    let salt = [UInt8](20..<36)
    let payload: [UInt8] = [0, 0, 22, 1, 0, 0, 0, 4] + salt + [0x78]
    let record = try RecordBlock(payload: payload, firstSequence: 1, itemCount: 1).record(0)
    #expect(record.salt.map { Array(payload[$0]) } == salt)
    #expect(record.content == .inline(24..<25))
  }

  @Test("Facts come back", .requirement("SEG-17", "SEG-18", "SEG-24"))
  func facts() throws {
    var random = SplitMix64(seed: 8)
    var writer = ByteWriter()
    var facts: [Fact] = []
    for kind in FactKind.allCases {
      let key = random.bytes(random.below(300))
      facts.append(Fact(kind: kind, key: key, value: random.bytes(random.below(500))))
    }
    for fact in facts { FactBlock.append(fact, to: &writer) }
    #expect(try FactBlock.decode(writer.bytes.rawSpan, itemCount: facts.count).map(\.fact) == facts)
    var long = ByteWriter()
    long.write(FactKind.settings.rawValue)
    long.writeVarint(64 << 10 + 1)
    #expect(throws: FormatError(.outOfBounds, at: 1)) {
      try FactBlock.decode(long.bytes.rawSpan, itemCount: 1)
    }
  }

  @Test(
    "Trees come back, members in order", .requirement("MET-1", "MET-3"),
    arguments: 0..<60 as Range<UInt64>)
  func trees(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let value = Self.tree(&random, depth: 6)
    let bytes = MetadataTree.encode(value)
    #expect(try MetadataTree.decode(bytes.rawSpan) == value)
    #expect(throws: FormatError.self) { try MetadataTree.decode((bytes + [0]).rawSpan) }
  }

  @Test("Nesting ends at 64", .requirement("MET-4"))
  func depth() throws {
    func nested(_ count: Int) -> [UInt8] {
      MetadataTree.encode((0..<count).reduce(MetadataValue.null) { value, _ in .array([value]) })
    }
    #expect(try MetadataTree.encode(MetadataTree.decode(nested(64).rawSpan)) == nested(64))
    for count in [65, 66, 5000] {
      #expect(throws: FormatError(.outOfBounds, at: 130)) {
        try MetadataTree.decode(nested(count).rawSpan)
      }
    }
  }

  @Test("The history digest leaves out how records are stored", .requirement("SEG-28", "SEG-29"))
  func history() throws {
    let frame = try CommitFrame(VectorFiles.commit.bytes.rawSpan)
    let input = CommitFrame.historyInput(previous: .zero, frame)
    #expect(input.count == 32 + 8 + 8 + 4 + 4 + 8 + 32)
    var stored = frame
    stored.blockByteCount += 1
    #expect(CommitFrame.historyInput(previous: .zero, stored) == input)
    stored.factCount += 1
    #expect(CommitFrame.historyInput(previous: .zero, stored) != input)
  }
}
