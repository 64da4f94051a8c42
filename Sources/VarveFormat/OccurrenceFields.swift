// Everything about one sighting except its content and metadata, as plain values. Chapter 3,
// SEG-10.

/// The fields of an occurrence; text fields are references into some table of strings.
@usableFromInline
package struct OccurrenceFields: Sendable {
  /// Marks an absent time.
  @inlinable package static var noTime: Int64 { .min }

  /// References by `TextField.rawValue`; -1 where the field is absent.
  @usableFromInline package var text: SIMD16<Int32>
  /// Milliseconds since 1970 UTC, or `noTime`.
  @usableFromInline package var time: Int64
  /// When the record was extracted by an older tool, or `noTime`.
  @usableFromInline package var extractedAt: Int64
  /// Line in the source file, from 1; 0 if unknown.
  @usableFromInline package var line: UInt64
  /// Byte offset of the record in its source file.
  @usableFromInline package var offset: UInt64
  /// Byte count of the record in its source file.
  @usableFromInline package var length: UInt64
  /// Ingest run.
  @usableFromInline package var run: UInt64
  /// How often the file at this path was replaced before.
  @usableFromInline package var incarnation: UInt32
  /// Which block of the record, from 0.
  @usableFromInline package var part: UInt16
  @usableFromInline package var kind: Kind
  @usableFromInline package var isError: Bool
  @usableFromInline package var isEcho: Bool
  /// Nothing of the occurrence is left; the other fields say nothing then.
  @usableFromInline package var isForgotten = false

  @inlinable
  package init(kind: Kind) {
    text = SIMD16(repeating: -1)
    time = Self.noTime
    extractedAt = Self.noTime
    line = 0
    offset = 0
    length = 0
    run = 0
    incarnation = 0
    part = 0
    self.kind = kind
    isError = false
    isEcho = false
  }

  @inlinable
  package subscript(_ field: TextField) -> Int32 {
    get { text[field.rawValue] }
    set { text[field.rawValue] = newValue }
  }
}

/// Bits of a record's presence map above the text fields. Chapter 3, SEG-10.
@usableFromInline
package enum PresenceBit {
  @inlinable package static var time: UInt32 { 1 << 13 }
  @inlinable package static var extractedAt: UInt32 { 1 << 14 }
  @inlinable package static var line: UInt32 { 1 << 15 }
  @inlinable package static var offset: UInt32 { 1 << 16 }
  @inlinable package static var length: UInt32 { 1 << 17 }
  @inlinable package static var part: UInt32 { 1 << 18 }
  @inlinable package static var incarnation: UInt32 { 1 << 19 }
  @inlinable package static var run: UInt32 { 1 << 20 }
  @inlinable package static var metadata: UInt32 { 1 << 21 }
  @inlinable package static var error: UInt32 { 1 << 22 }
  @inlinable package static var echo: UInt32 { 1 << 23 }
  @inlinable package static var repeated: UInt32 { 1 << 24 }
  @inlinable package static var reference: UInt32 { 1 << 25 }
  @inlinable package static var salt: UInt32 { 1 << 26 }
  /// The record repeated another one that was forgotten (SEG-52).
  @inlinable package static var promoted: UInt32 { 1 << 27 }
  @inlinable package static var reserved: UInt32 { ~((1 << 28) - 1) }
  /// Bits that say how a record is stored, not what it is; left out of its digest (SEG-41).
  @inlinable package static var storage: UInt32 { repeated | reference | salt | promoted }
}

extension OccurrenceFields {
  /// The presence map of these fields, without metadata and storage bits.
  @inlinable
  package var presence: UInt32 {
    var bits: UInt32 = 0
    for i in 0..<TextField.count where text[i] >= 0 { bits |= 1 << UInt32(i) }
    if time != Self.noTime { bits |= PresenceBit.time }
    if extractedAt != Self.noTime { bits |= PresenceBit.extractedAt }
    if line != 0 { bits |= PresenceBit.line }
    if offset != 0 { bits |= PresenceBit.offset }
    if length != 0 { bits |= PresenceBit.length }
    if part != 0 { bits |= PresenceBit.part }
    if incarnation != 0 { bits |= PresenceBit.incarnation }
    if run != 0 { bits |= PresenceBit.run }
    if isError { bits |= PresenceBit.error }
    if isEcho { bits |= PresenceBit.echo }
    return bits
  }

  /// Writes the numbers that the presence map names, times relative to a base.
  @inlinable
  package func writeNumbers(
    _ presence: UInt32, baseTime: Int64, to output: inout OutputSpan<UInt8>
  ) {
    if presence & PresenceBit.time != 0 { output.writeZigzag(time &- baseTime) }
    if presence & PresenceBit.extractedAt != 0 { output.writeZigzag(extractedAt &- baseTime) }
    if presence & PresenceBit.line != 0 { output.writeVarint(line) }
    if presence & PresenceBit.offset != 0 { output.writeVarint(offset) }
    if presence & PresenceBit.length != 0 { output.writeVarint(length) }
    if presence & PresenceBit.part != 0 { output.writeVarint(UInt64(part)) }
    if presence & PresenceBit.incarnation != 0 { output.writeVarint(UInt64(incarnation)) }
    if presence & PresenceBit.run != 0 { output.writeVarint(run) }
  }

  /// Most bytes that the numbers take: eight varints.
  @inlinable package static var numbersByteCountMax: Int { 80 }

  /// Reads what `writeNumbers` wrote.
  package mutating func readNumbers(
    _ presence: UInt32, baseTime: Int64, from reader: inout ByteReader
  ) throws(FormatError) {
    if presence & PresenceBit.time != 0 { time = try reader.readZigzag() &+ baseTime }
    if presence & PresenceBit.extractedAt != 0 { extractedAt = try reader.readZigzag() &+ baseTime }
    if presence & PresenceBit.line != 0 { line = try reader.readVarint() }
    if presence & PresenceBit.offset != 0 { offset = try reader.readVarint() }
    if presence & PresenceBit.length != 0 { length = try reader.readVarint() }
    if presence & PresenceBit.part != 0 {
      part = UInt16(try reader.readCount(max: Int(UInt16.max)))
    }
    if presence & PresenceBit.incarnation != 0 {
      incarnation = UInt32(try reader.readCount(max: Int(UInt32.max)))
    }
    if presence & PresenceBit.run != 0 { run = try reader.readVarint() }
    isError = presence & PresenceBit.error != 0
    isEcho = presence & PresenceBit.echo != 0
  }
}
