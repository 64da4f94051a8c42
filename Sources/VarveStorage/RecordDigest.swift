// Digests of single records and facts, from which the history digest is made. Chapter 3, SEG-40 to
// SEG-44.

package import VarveFormat

/// Computes record digests with a reusable buffer.
package struct RecordDigester: Sendable {
  private var buffer = ByteWriter(reserving: 512)

  package init() {}

  /// Digest of an occurrence (SEG-40).
  package mutating func record(
    salt: (UInt64, UInt64), content: ContentHash, identity: OccurrenceIdentity,
    fields: OccurrenceFields, text: (Int32) -> Range<Int>, texts: RawSpan,
    metadata: RawSpan
  ) -> ContentHash {
    var presence = fields.presence
    if metadata.byteCount > 0 { presence |= PresenceBit.metadata }
    // Host and path are in the scope already.
    var textByteCount = 0
    for i in 0..<TextField.count where Self.isDigested(i, fields) {
      textByteCount += text(fields.text[i]).count + 10
    }
    buffer.bytes.removeAll(keepingCapacity: true)
    let room = 80 + OccurrenceFields.numbersByteCountMax + textByteCount + metadata.byteCount
    buffer.append(upTo: room) { output in
      output.write(salt.0)
      output.write(salt.1)
      output.write(content.a.byteSwapped)
      output.write(content.b.byteSwapped)
      output.write(content.c.byteSwapped)
      output.write(content.d.byteSwapped)
      output.write(identity.scopeHigh.byteSwapped)
      output.write(identity.scopeLow.byteSwapped)
      output.write(fields.kind.rawValue)
      output.write(presence)
      for i in 0..<TextField.count where Self.isDigested(i, fields) {
        output.writeCounted(texts.extracting(text(fields.text[i])))
      }
      fields.writeNumbers(presence, baseTime: 0, to: &output)
      if metadata.byteCount > 0 { output.writeCounted(metadata) }
    }
    return Digest.hash(buffer.bytes.rawSpan)
  }

  /// Digest of a record as it stands in a commit.
  ///
  /// - Parameter index: of the record in the commit.
  package mutating func record(
    _ row: TailRow, _ stored: DecodedRecord, in block: RecordBlock, _ frame: CommitFrame,
    index: UInt64
  ) -> ContentHash {
    let payload = block.payload
    return record(
      salt: Self.salt(of: stored, in: block, frame, index: index), content: row.hash,
      identity: row.identity, fields: stored.fields, text: { block.text($0) ?? 0..<0 },
      texts: payload.rawSpan, metadata: payload.rawSpan.extracting(stored.metadata))
  }

  /// The salt of a record (SEG-42): its own where it has one, else the one that the seed gives.
  package static func salt(
    of stored: DecodedRecord, in block: RecordBlock, _ frame: CommitFrame, index: UInt64
  ) -> (UInt64, UInt64) {
    guard let range = stored.salt else {
      return RecordSalt.salt(seedHigh: frame.seedHigh, seedLow: frame.seedLow, index: index)
    }
    let payload = block.payload
    return (
      payload.rawSpan.load(at: range.lowerBound), payload.rawSpan.load(at: range.lowerBound + 8)
    )
  }

  /// Digest of a fact as it stands in a commit.
  package mutating func fact(
    _ stored: StoredFact, _ frame: CommitFrame, index: UInt64
  ) -> ContentHash {
    switch stored {
    case .forgotten(let digest):
      return digest
    case .fact(let fact, let own):
      let salt =
        own?.words
        ?? RecordSalt.salt(seedHigh: frame.seedHigh, seedLow: frame.seedLow, index: index)
      return self.fact(salt: salt, fact)
    }
  }

  private static func isDigested(_ field: Int, _ fields: OccurrenceFields) -> Bool {
    fields.text[field] >= 0 && field != TextField.host.rawValue && field != TextField.path.rawValue
  }

  /// Digest of a fact (SEG-43).
  package mutating func fact(salt: (UInt64, UInt64), _ fact: Fact) -> ContentHash {
    buffer.bytes.removeAll(keepingCapacity: true)
    buffer.write(salt.0)
    buffer.write(salt.1)
    if fact.kind == .sourceChunk {
      // Its key is the digest of its value already.
      buffer.write(fact.kind.rawValue)
      buffer.writeVarint(fact.key.count)
      buffer.write(fact.key)
    } else {
      FactBlock.append(fact, to: &buffer)
    }
    return Digest.hash(buffer.bytes.rawSpan)
  }
}

/// Where a sighting comes from, without the place in the file. SEG-12.
package enum Scope {
  /// First 16 bytes of the SHA-256 over host, NUL, path, NUL and the incarnation as 4 bytes.
  package static func digest(
    host: RawSpan, path: RawSpan, incarnation: UInt32
  ) -> (high: UInt64, low: UInt64) {
    var input = ByteWriter(reserving: host.byteCount + path.byteCount + 6)
    input.write(host)
    input.write(UInt8(0))
    input.write(path)
    input.write(UInt8(0))
    input.write(incarnation)
    let hash = Digest.hash(input.bytes)
    return (hash.a, hash.b)
  }
}
