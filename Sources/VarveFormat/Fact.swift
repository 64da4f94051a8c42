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

/// A fact as it stands in a block.
package enum StoredFact: Equatable, Sendable {
  /// A fact, and the salt of its digest where the commit's seed does not give it (SEG-42).
  case fact(Fact, salt: FactSalt?)
  /// What is left of one that was forgotten or replaced: its digest (SEG-51).
  case forgotten(ContentHash)

  /// The fact, unless only its digest is left.
  package var fact: Fact? { if case .fact(let fact, _) = self { fact } else { nil } }
}

/// The salt of a fact's digest.
package struct FactSalt: Equatable, Sendable {
  package var first: UInt64
  package var second: UInt64

  package init(_ words: (UInt64, UInt64)) { (first, second) = words }

  package var words: (UInt64, UInt64) { (first, second) }
}

package enum FactBlock {
  /// Set in the kind of a fact whose salt follows.
  private static let saltBit: UInt8 = 0x80
  /// Stands where other facts have their kind (SEG-51).
  private static let forgottenTag: UInt8 = 0x7F

  /// Appends what is in a block to the payload of another.
  package static func append(_ stored: StoredFact, to writer: inout ByteWriter) {
    switch stored {
    case .fact(let fact, nil):
      append(fact, to: &writer)
    case .fact(let fact, let salt?):
      writer.write(fact.kind.rawValue | saltBit)
      writer.write(salt.first)
      writer.write(salt.second)
      appendKeyAndValue(fact, to: &writer)
    case .forgotten(let digest):
      writer.write(forgottenTag)
      digest.write(to: &writer)
    }
  }

  /// Appends one fact to a payload.
  package static func append(_ fact: Fact, to writer: inout ByteWriter) {
    writer.write(fact.kind.rawValue)
    appendKeyAndValue(fact, to: &writer)
  }

  private static func appendKeyAndValue(_ fact: Fact, to writer: inout ByteWriter) {
    writer.writeVarint(fact.key.count)
    writer.write(fact.key)
    writer.writeVarint(fact.value.count)
    writer.write(fact.value)
  }

  /// Decodes everything in a payload.
  package static func decode(
    _ payload: RawSpan, itemCount: Int
  ) throws(FormatError) -> [StoredFact] {
    var reader = ByteReader(payload)
    var facts: [StoredFact] = []
    for _ in 0..<itemCount {
      let at = reader.offset
      let tag = try reader.read(UInt8.self)
      if tag == forgottenTag {
        facts.append(.forgotten(try reader.readHash()))
        continue
      }
      guard let kind = FactKind(rawValue: tag & ~saltBit) else {
        throw FormatError(.unknownTag, at: at)
      }
      var salt: FactSalt?
      if tag & saltBit != 0 {
        salt = FactSalt((try reader.read(UInt64.self), try reader.read(UInt64.self)))
      }
      let keyCount = try reader.readCount(max: Limits.fieldByteCount)
      let key = try reader.readBytes(keyCount)
      let valueCount = try reader.readCount(max: Limits.factByteCount)
      let fact = Fact(kind: kind, key: key, value: try reader.readBytes(valueCount))
      facts.append(.fact(fact, salt: salt))
    }
    try reader.expectEnd()
    return facts
  }
}
