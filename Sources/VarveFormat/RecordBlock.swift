// The payload of a block of records. Chapter 3, SEG-9 to SEG-16.

/// Collects records and encodes them as the payload of one block.
package struct RecordBlockBuilder: Sendable {
  private var strings = ByteWriter(reserving: 4 << 10)
  private var records = ByteWriter(reserving: 32 << 10)
  private var body = ByteWriter(reserving: 512)
  private var localReferences: [Int32] = []
  private var used: [Int32] = []
  private var baseTime = OccurrenceFields.noTime
  /// Records so far.
  package private(set) var count = 0

  package init() {}

  /// Bytes of the payload so far, nearly.
  package var byteCount: Int { strings.count + records.count + 16 }

  /// Adds one record; `fields.text` refers to `table`.
  ///
  /// - Parameters:
  ///   - salt: of its digest, where the commit's seed does not give it (SEG-42).
  ///   - isPromoted: it repeated a record that was forgotten (SEG-52).
  package mutating func add(
    _ fields: OccurrenceFields, table: borrowing StringTable, metadata: RawSpan,
    content: RecordContent, bytes: RawSpan, salt: (UInt64, UInt64)? = nil, isPromoted: Bool = false
  ) {
    var presence = fields.presence
    if salt != nil { presence |= PresenceBit.salt }
    if isPromoted { presence |= PresenceBit.promoted }
    if baseTime == OccurrenceFields.noTime {
      baseTime = fields.time != OccurrenceFields.noTime ? fields.time : 0
    }
    if metadata.byteCount > 0 { presence |= PresenceBit.metadata }
    switch content {
    case .inline: break
    case .repeated: presence |= PresenceBit.repeated
    case .reference: presence |= PresenceBit.reference
    case .forgotten: preconditionFailure("nothing is left to encode")
    }
    encodeBody(fields, presence, table: table, metadata: metadata, salt: salt, content)
    let inline: Range<Int>
    if case .inline(let range) = content { inline = range } else { inline = 0..<0 }
    let encoded = body.bytes
    Self.append(encoded.rawSpan, bytes.extracting(inline), to: &records)
    count += 1
  }

  /// Adds what is left of a forgotten record (SEG-50).
  package mutating func addForgotten(_ digest: ContentHash) {
    var body = ByteWriter(reserving: 37)
    body.write(DecodedRecord.forgottenTag)
    body.write(UInt32(0))
    digest.write(to: &body)
    records.writeVarint(body.count)
    records.write(body.bytes)
    count += 1
  }

  /// Appends a record of two parts with its length.
  private static func append(_ body: RawSpan, _ content: RawSpan, to records: inout ByteWriter) {
    let count = body.byteCount + content.byteCount
    records.append(upTo: count + 10) { output in
      output.writeVarint(UInt64(count))
      output.write(body)
      output.write(content)
    }
  }

  /// Encodes everything of a record but an inline content.
  private mutating func encodeBody(
    _ fields: OccurrenceFields, _ presence: UInt32, table: borrowing StringTable,
    metadata: RawSpan, salt: (UInt64, UInt64)?, _ content: RecordContent
  ) {
    var references = SIMD16<Int32>(repeating: -1)
    for i in 0..<TextField.count where fields.text[i] >= 0 {
      references[i] = local(fields.text[i], table: table)
    }
    body.bytes.removeAll(keepingCapacity: true)
    let baseTime = baseTime
    let room = 5 + 5 * TextField.count + OccurrenceFields.numbersByteCountMax
    body.append(upTo: room + 36 + metadata.byteCount) { output in
      output.write(fields.kind.rawValue)
      output.write(presence)
      for i in 0..<TextField.count where references[i] >= 0 {
        output.writeVarint(UInt64(references[i]))
      }
      fields.writeNumbers(presence, baseTime: baseTime, to: &output)
      if metadata.byteCount > 0 { output.writeCounted(metadata) }
      if let salt {
        output.write(salt.0)
        output.write(salt.1)
      }
      if case .repeated(let sequence) = content { output.writeVarint(sequence) }
    }
    if case .reference(let reference) = content { reference.write(to: &body) }
  }

  private mutating func local(_ id: Int32, table: borrowing StringTable) -> Int32 {
    let index = Int(id)
    while localReferences.count <= index { localReferences.append(-1) }
    let known = localReferences[index]
    if known >= 0 { return known }
    let new = Int32(used.count)
    used.append(id)
    localReferences[index] = new
    strings.writeCounted(table.arena.rawSpan.extracting(table.range(id)))
    return new
  }

  /// Encodes the payload and starts an empty block.
  package mutating func finish() -> [UInt8] {
    var payload = ByteWriter(reserving: byteCount)
    payload.writeZigzag(baseTime == OccurrenceFields.noTime ? 0 : baseTime)
    payload.writeVarint(used.count)
    payload.write(strings.bytes)
    payload.write(records.bytes)
    for id in used { localReferences[Int(id)] = -1 }
    used.removeAll(keepingCapacity: true)
    strings.bytes.removeAll(keepingCapacity: true)
    records.bytes.removeAll(keepingCapacity: true)
    baseTime = OccurrenceFields.noTime
    count = 0
    return payload.bytes
  }
}

/// One decoded record; text fields refer to the block's strings.
package struct DecodedRecord: Sendable {
  /// Stands where other records have their kind (SEG-50).
  package static let forgottenTag: UInt8 = 255

  /// As they were committed, which is what the record's digest covers.
  package var fields: OccurrenceFields
  /// Range of the encoded metadata tree in the payload; empty if there is none.
  package var metadata: Range<Int>
  package var content: RecordContent
  /// Salt of the record's digest, where it is stored with the record.
  package var salt: Range<Int>?
  /// Whether it repeated another record that was forgotten (SEG-52).
  package var isPromoted = false

  /// Whether another occurrence, which is still there, reports the same event.
  package var isEcho: Bool { fields.isEcho && !isPromoted }

  /// Whether nothing but its digest is left.
  package var isForgotten: Bool { if case .forgotten = content { true } else { false } }
}

/// A decoded payload of records, immutable and shareable.
package final class RecordBlock: Sendable {
  package let payload: [UInt8]
  package let firstSequence: UInt64
  private let baseTime: Int64
  private let strings: [Range<Int>]
  private let bodies: [Range<Int>]

  /// Checks the shape of a payload; bodies are checked when they are decoded.
  package init(
    payload: [UInt8], firstSequence: UInt64, itemCount: Int
  ) throws(FormatError) {
    self.payload = payload
    self.firstSequence = firstSequence
    var reader = ByteReader(payload.rawSpan)
    baseTime = try reader.readZigzag()
    let stringCount = try reader.readCount(max: payload.count)
    var strings: [Range<Int>] = []
    strings.reserveCapacity(stringCount)
    for _ in 0..<stringCount {
      let count = try reader.readCount(max: Limits.fieldByteCount)
      strings.append(try reader.readRange(count))
    }
    var bodies: [Range<Int>] = []
    bodies.reserveCapacity(itemCount)
    for _ in 0..<itemCount {
      let count = try reader.readCount(max: Limits.blockByteCount)
      bodies.append(try reader.readRange(count))
    }
    try reader.expectEnd()
    self.strings = strings
    self.bodies = bodies
  }

  package var count: Int { bodies.count }

  /// Whether the content of some record stands elsewhere, in an original.
  package var hasReferences: Bool {
    let payload = payload
    let bytes = payload.rawSpan
    for body in bodies where body.count >= 5 {
      let presence = bytes.load(UInt32.self, at: body.lowerBound + 1)
      if presence & PresenceBit.reference != 0 { return true }
    }
    return false
  }

  /// The record that a byte of the payload belongs to; nil for what stands before the records.
  package func index(at offset: Int) -> Int? {
    var low = 0
    var high = bodies.count
    while low < high {
      let middle = (low + high) / 2
      if bodies[middle].upperBound <= offset { low = middle + 1 } else { high = middle }
    }
    return low < bodies.count && bodies[low].contains(offset) ? low : nil
  }

  /// Where a record stands in the payload.
  package func place(_ index: Int) -> Range<Int> { bodies[index] }

  /// Bytes of a string of this block.
  package func text(_ reference: Int32) -> Range<Int>? {
    reference >= 0 ? strings[Int(reference)] : nil
  }

  /// Number of strings of this block.
  package var stringCount: Int { strings.count }

  /// Decodes the record at an index.
  package func record(_ index: Int) throws(FormatError) -> DecodedRecord {
    let range = bodies[index]
    let payload = payload
    var reader = ByteReader(
      payload.rawSpan.extracting(0..<range.upperBound), at: range.lowerBound)
    let kindAt = reader.offset
    let tag = try reader.read(UInt8.self)
    if tag == DecodedRecord.forgottenTag { return try Self.forgotten(&reader) }
    guard let kind = Kind(rawValue: tag) else {
      throw FormatError(.unknownTag, at: kindAt)
    }
    let presence = try reader.read(UInt32.self)
    guard presence & PresenceBit.reserved == 0 else {
      throw FormatError(.reservedNotZero, at: kindAt + 1)
    }
    var fields = OccurrenceFields(kind: kind)
    for i in 0..<TextField.count where presence & (1 << UInt32(i)) != 0 {
      let at = reader.offset
      let id = try reader.readCount(max: Int(Int32.max))
      guard id < strings.count else { throw FormatError(.outOfBounds, at: at) }
      fields.text[i] = Int32(id)
    }
    try fields.readNumbers(presence, baseTime: baseTime, from: &reader)
    var metadata = reader.offset..<reader.offset
    if presence & PresenceBit.metadata != 0 {
      let count = try reader.readCount(max: Limits.metadataByteCount)
      metadata = try reader.readRange(count)
    }
    var salt: Range<Int>?
    if presence & PresenceBit.salt != 0 { salt = try reader.readRange(16) }
    let content: RecordContent
    switch presence & (PresenceBit.repeated | PresenceBit.reference) {
    case 0:
      guard reader.remaining <= Limits.contentByteCount else {
        throw FormatError(.outOfBounds, at: reader.offset)
      }
      content = .inline(try reader.readRange(reader.remaining))
    case PresenceBit.repeated:
      guard presence & PresenceBit.promoted == 0 else {
        throw FormatError(.inconsistent, at: kindAt + 1)
      }
      content = .repeated(try reader.readVarint())
    case PresenceBit.reference:
      content = .reference(try ContentReference(from: &reader))
    default:
      throw FormatError(.inconsistent, at: kindAt + 1)
    }
    try reader.expectEnd()
    return DecodedRecord(
      fields: fields, metadata: metadata, content: content, salt: salt,
      isPromoted: presence & PresenceBit.promoted != 0)
  }

  private static func forgotten(_ reader: inout ByteReader) throws(FormatError) -> DecodedRecord {
    let at = reader.offset
    guard try reader.read(UInt32.self) == 0 else { throw FormatError(.reservedNotZero, at: at) }
    let digest = try reader.readRange(32)
    try reader.expectEnd()
    var fields = OccurrenceFields(kind: .raw)
    fields.isForgotten = true
    return DecodedRecord(
      fields: fields, metadata: digest.upperBound..<digest.upperBound, content: .forgotten(digest))
  }
}
