// Keyed values of the log: runs, watermarks, settings, source chunks. Chapter 3, SEG-17 to SEG-19.

/// What a fact is about; numbers are never reused.
public enum FactKind: UInt8, Sendable, CaseIterable {
  /// An ingest run; key: run number as 8 bytes, big-endian.
  case ingestRun = 1
  /// What one run did with one file; key: run number, then the path.
  case runFile = 2
  /// How far a source file was read; key: host, NUL, home, NUL, path.
  case watermark = 3
  /// Name, description, activity of a project; key: its path.
  case project = 4
  /// Facts of a session; key: its identifier.
  case session = 5
  /// Settings; key: their name.
  case settings = 6
  /// Bytes of an archived original; key: their SHA-256.
  case sourceChunk = 7
  /// An original; key: host, NUL, home, NUL, path, NUL, incarnation.
  case fileMap = 8
  /// Something that was forgotten; key: the record digest.
  case tombstone = 9
  /// A home; key: host, NUL, its path.
  case home = 10
  /// A part of the list of chunks of an original; key: that of its file map, then its number.
  case chunkList = 11
}

/// One keyed value; the latest in the log holds.
public struct Fact: Equatable, Sendable {
  /// What it is about.
  public var kind: FactKind
  /// Which one.
  public var key: [UInt8]
  /// The value: a metadata tree, or bytes for source chunks.
  public var value: [UInt8]

  /// Creates a fact.
  public init(kind: FactKind, key: [UInt8], value: [UInt8]) {
    self.kind = kind
    self.key = key
    self.value = value
  }
}

package enum FactBlock {
  /// Appends one fact to a payload.
  package static func append(_ fact: Fact, to writer: inout ByteWriter) {
    writer.write(fact.kind.rawValue)
    writer.writeVarint(fact.key.count)
    writer.write(fact.key)
    writer.writeVarint(fact.value.count)
    writer.write(fact.value)
  }

  /// Decodes all facts of a payload.
  package static func decode(
    _ payload: RawSpan, itemCount: Int
  ) throws(FormatError) -> [Fact] {
    var reader = ByteReader(payload)
    var facts: [Fact] = []
    for _ in 0..<itemCount {
      let at = reader.offset
      guard let kind = FactKind(rawValue: try reader.read(UInt8.self)) else {
        throw FormatError(.unknownTag, at: at)
      }
      let keyCount = try reader.readCount(max: Limits.fieldByteCount)
      let key = try reader.readBytes(keyCount)
      let valueCount = try reader.readCount(max: Limits.factByteCount)
      facts.append(Fact(kind: kind, key: key, value: try reader.readBytes(valueCount)))
    }
    try reader.expectEnd()
    return facts
  }
}
