// Turns scanned commits back into rows of the tail: what recovery and readers do with the log's
// end.

package import VarveFormat

/// Decodes commits into tail rows, checking the running digest on the way.
package struct TailLoader {
  private var digester = RecordDigester()
  private let version: Version
  private let storeID: StoreID
  /// Earlier messages that were looked up lately.
  private static let messagesMax = 65_536
  private var messages: [UInt64: (hash: ContentHash, count: Int)] = [:]

  private let lookups: StoreView

  /// - Parameter lookups: where earlier messages are found; by default what the indexes cover.
  package init(_ version: Version, lookups: StoreView? = nil) {
    self.version = version
    self.lookups = lookups ?? StoreView(indexesOf: version)
    storeID = version.manifest.storeID
  }

  /// The state of the history at some commit.
  package struct History: Equatable, Sendable {
    package var commitNumber: UInt64
    package var digest: ContentHash

    package init(commitNumber: UInt64, digest: ContentHash) {
      self.commitNumber = commitNumber
      self.digest = digest
    }
  }

  /// Adds one commit to the tail; throws if the commit does not continue the history.
  package mutating func load(
    _ commit: ScannedCommit, segment: SegmentFile, into tail: inout TailRows,
    history: inout History
  ) throws(StorageError) {
    let frame = commit.frame
    guard frame.number == history.commitNumber + 1, frame.firstSequence == tail.nextSequence else {
      throw StorageError(
        .corrupt, path: segment.path, offset: commit.start,
        doing: "commit \(frame.number) does not continue commit \(history.commitNumber)")
    }
    var digests = ByteWriter(reserving: 32 * Int(frame.recordCount))
    var index: UInt64 = 0
    for stored in commit.blocks {
      if stored.header.kind == .records {
        try loadRecords(
          stored, segment: segment, frame: frame, index: &index, digests: &digests, tail: &tail)
      } else {
        try loadFacts(
          stored, segment: segment, frame: frame, index: &index, digests: &digests, tail: &tail)
      }
    }
    let recordsDigest = Digest.hash(digests.bytes)
    let digest = Digest.hash(CommitFrame.historyInput(previous: history.digest, frame))
    guard recordsDigest == frame.recordsDigest, digest == frame.historyDigest else {
      throw StorageError(
        .corrupt, path: segment.path, offset: commit.end,
        doing: "the history digest of commit \(frame.number) does not match its records")
    }
    history = History(commitNumber: frame.number, digest: digest)
  }

  private mutating func loadRecords(
    _ stored: SegmentFile.StoredBlock, segment: SegmentFile, frame: CommitFrame,
    index: inout UInt64, digests: inout ByteWriter, tail: inout TailRows
  ) throws(StorageError) {
    let block = try segment.records(of: stored)
    tail.append(
      BlockLocation(
        firstSequence: block.firstSequence, segment: UInt32(segment.id),
        itemCount: UInt32(block.count), offset: stored.offset))
    for i in 0..<block.count {
      let record = try inFile(segment.path, base: stored.offset, "decode record") {
        () throws(FormatError) in try block.record(i)
      }
      if case .forgotten(let digest) = record.content {
        try Self.requireNoSeed(frame, segment, offset: stored.offset)
        let payload = block.payload
        digests.write(payload.rawSpan.extracting(digest))
        tail.append(Self.forgottenRow(at: tail.nextSequence))
      } else {
        let row = try row(record, in: block, tail: &tail)
        digester.record(row, record, in: block, frame, index: index).write(to: &digests)
        tail.append(row)
      }
      index += 1
    }
  }

  /// FGT-1: with a seed a guess of what was forgotten could be compared with its digest.
  private static func requireNoSeed(
    _ frame: CommitFrame, _ segment: SegmentFile, offset: UInt64
  ) throws(StorageError) {
    guard frame.seedHigh != 0 || frame.seedLow != 0 else { return }
    throw StorageError(
      .corrupt, path: segment.path, offset: offset,
      doing: "commit \(frame.number) has a seed and a forgotten item")
  }

  /// What holds the place of a forgotten record.
  private static func forgottenRow(at sequence: UInt64) -> TailRow {
    var fields = OccurrenceFields(kind: .raw)
    fields.isForgotten = true
    let identity = OccurrenceIdentity(
      scopeHigh: 0, scopeLow: 0, offset: 0, part: 0, content: .zero)
    return TailRow(
      hash: .zero, identity: identity, fields: fields, message: sequence, contentByteCount: 0)
  }

  /// Hash and size of an earlier message.
  private mutating func message(
    _ sequence: UInt64, tail: TailRows
  ) throws(StorageError) -> (hash: ContentHash, count: Int) {
    if sequence >= tail.firstSequence {
      guard sequence < tail.nextSequence else {
        throw StorageError(
          .corrupt, path: "", doing: "record \(tail.nextSequence) repeats a later one")
      }
      let row = tail.rows[Int(sequence - tail.firstSequence)]
      guard !row.fields.isForgotten else {
        throw StorageError(
          .corrupt, path: "", doing: "record \(tail.nextSequence) repeats a forgotten one")
      }
      return (row.hash, Int(row.contentByteCount))
    }
    if let known = messages[sequence] { return known }
    let block = try lookups.block(containing: sequence)
    let content = try lookups.content(try lookups.record(sequence, in: block), in: block)
    let found = (Digest.hash(content), content.count)
    if messages.count >= Self.messagesMax { messages.removeAll() }
    messages[sequence] = found
    return found
  }

  private mutating func row(
    _ record: DecodedRecord, in block: RecordBlock, tail: inout TailRows
  ) throws(StorageError) -> TailRow {
    let payload = block.payload
    var fields = record.fields
    fields.isEcho = record.isEcho
    // No index holds the stated source.
    fields[.source] = -1
    for i in 0..<TextField.count where fields.text[i] >= 0 {
      if let range = block.text(record.fields.text[i]) {
        fields.text[i] = tail.strings.intern(payload.rawSpan.extracting(range))
      }
    }
    var message = tail.nextSequence
    let known: (hash: ContentHash, count: Int)
    switch record.content {
    case .inline(let range):
      known = (Digest.hash(payload.rawSpan.extracting(range)), range.count)
    case .repeated(let first):
      message = first
      known = try self.message(first, tail: tail)
    case .reference:
      let view = StoreView(
        version: version, tail: FrozenTail(tail, storeID: storeID),
        history: History(
          commitNumber: 0, digest: .zero), end: version.manifest.indexedEnd)
      let content = try view.content(record, in: block)
      known = (Digest.hash(content), content.count)
    case .forgotten:
      return Self.forgottenRow(at: message)
    }
    let (hash, count) = known
    let scope = Self.scope(record.fields, block)
    let identity = OccurrenceIdentity(
      scopeHigh: scope.high, scopeLow: scope.low, offset: fields.offset, part: fields.part,
      content: hash)
    return TailRow(
      hash: hash, identity: identity, fields: fields, message: message,
      contentByteCount: UInt64(count),
      event: EventKey.key(payload.rawSpan.extracting(record.metadata)),
      turnDuration: TurnDuration.milliseconds(
        fields.kind, payload.rawSpan.extracting(record.metadata)))
  }

  /// The scope of a decoded record.
  package static func scope(
    _ fields: OccurrenceFields, _ block: RecordBlock
  ) -> (high: UInt64, low: UInt64) {
    let payload = block.payload
    let host = block.text(fields[.host]) ?? 0..<0
    let path = block.text(fields[.path]) ?? 0..<0
    return Scope.digest(
      host: payload.rawSpan.extracting(host), path: payload.rawSpan.extracting(path),
      incarnation: fields.incarnation)
  }

  private mutating func loadFacts(
    _ stored: SegmentFile.StoredBlock, segment: SegmentFile, frame: CommitFrame,
    index: inout UInt64, digests: inout ByteWriter, tail: inout TailRows
  ) throws(StorageError) {
    let facts = try segment.facts(of: stored)
    let offset = stored.offset
    for (item, stored) in facts.enumerated() {
      digester.fact(stored, frame, index: index).write(to: &digests)
      index += 1
      guard let fact = stored.fact else {
        try Self.requireNoSeed(frame, segment, offset: offset)
        continue
      }
      tail.append(
        FactLocation(
          kind: fact.kind, keyHash: Digest.hash(fact.key), segment: UInt32(segment.id),
          offset: offset, item: UInt32(item)),
        byteCount: TailRows.rawByteCount(of: fact))
    }
  }
}
