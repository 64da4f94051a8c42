// One commit without what was forgotten of it. What stays keeps its digest; what goes leaves it.

import VarveFormat

/// Writes the blocks of one commit anew.
struct CommitRewriter {
  let view: StoreView
  let edits: LogEdits
  let frame: CommitFrame
  /// Whether the commit loses its seed, so that what stays needs salts of its own (SEG-42).
  let isSalted: Bool
  let compression: CompressionKind

  func write(
    _ commit: ScannedCommit, _ segment: SegmentFile, to output: inout SegmentOutput,
    _ moves: inout BlockMoves, builder: inout RecordBlockBuilder, digester: inout RecordDigester
  ) throws(StorageError) {
    var index: UInt64 = 0
    for stored in commit.blocks {
      moves.add(segment.id, stored.offset, to: output.end)
      if stored.header.kind == .records {
        try writeRecords(
          stored, segment, &index, to: &output, builder: &builder, digester: &digester)
      } else {
        try writeFacts(stored, segment, &index, to: &output, &moves, digester: &digester)
      }
    }
  }

  // MARK: Records

  private func writeRecords(
    _ stored: SegmentFile.StoredBlock, _ segment: SegmentFile, _ index: inout UInt64,
    to output: inout SegmentOutput, builder: inout RecordBlockBuilder,
    digester: inout RecordDigester
  ) throws(StorageError) {
    let block = try segment.records(of: stored)
    var texts = StringTable()
    let payload = block.payload
    for number in 0..<block.stringCount {
      _ = texts.intern(payload.rawSpan.extracting(block.text(Int32(number)) ?? 0..<0))
    }
    var first = block.firstSequence
    for i in 0..<block.count {
      let sequence = block.firstSequence + UInt64(i)
      let record = try view.record(sequence, in: block)
      try add(
        record, sequence, in: block, texts, index: index, builder: &builder, digester: &digester)
      index += 1
      // A promoted record takes up its content: a block may outgrow what a reader accepts.
      if builder.byteCount >= 4 * Limits.blockTargetByteCount || i == block.count - 1 {
        let count = builder.count
        let made = builder.finish()
        try output.append(
          .records, made.rawSpan, firstSequence: first, itemCount: count, compression: compression)
        first = sequence + 1
      }
    }
  }

  private func add(
    _ record: DecodedRecord, _ sequence: UInt64, in block: RecordBlock, _ texts: StringTable,
    index: UInt64, builder: inout RecordBlockBuilder, digester: inout RecordDigester
  ) throws(StorageError) {
    let payload = block.payload
    if case .forgotten(let digest) = record.content {
      return builder.addForgotten(ContentHash(payload.rawSpan.extracting(digest)))
    }
    if edits.forgotten.contains(sequence) {
      return builder.addForgotten(
        try digest(record, in: block, index: index, digester: &digester))
    }
    var fields = record.fields
    for i in 0..<TextField.count where fields.text[i] >= 0 {
      guard let range = block.text(fields.text[i]),
        let text = texts.find(payload.rawSpan.extracting(range))
      else { continue }
      fields.text[i] = text
    }
    var content = record.content
    var bytes = payload
    var isPromoted = record.isPromoted
    if let first = edits.promoted[sequence] {
      bytes = try view.content(
        try view.record(first, in: try view.block(containing: first)),
        in: try view.block(containing: first))
      content = .inline(0..<bytes.count)
      isPromoted = true
    } else if case .repeated(let message) = content, let heir = edits.successors[message] {
      content = .repeated(heir)
    }
    let keepsSalt = isSalted || record.salt != nil
    let salt = RecordDigester.salt(of: record, in: block, frame, index: index)
    builder.add(
      fields, table: texts, metadata: payload.rawSpan.extracting(record.metadata),
      content: content, bytes: bytes.rawSpan, salt: keepsSalt ? salt : nil, isPromoted: isPromoted)
  }

  private func digest(
    _ record: DecodedRecord, in block: RecordBlock, index: UInt64, digester: inout RecordDigester
  ) throws(StorageError) -> ContentHash {
    let hash = Digest.hash(try view.content(record, in: block))
    let scope = TailLoader.scope(record.fields, block)
    let identity = OccurrenceIdentity(
      scopeHigh: scope.high, scopeLow: scope.low, offset: record.fields.offset,
      part: record.fields.part, content: hash)
    let row = TailRow(
      hash: hash, identity: identity, fields: record.fields, message: 0, contentByteCount: 0)
    return digester.record(row, record, in: block, frame, index: index)
  }

  // MARK: Facts

  private func writeFacts(
    _ stored: SegmentFile.StoredBlock, _ segment: SegmentFile, _ index: inout UInt64,
    to output: inout SegmentOutput, _ moves: inout BlockMoves, digester: inout RecordDigester
  ) throws(StorageError) {
    let facts = try segment.facts(of: stored)
    var payload = ByteWriter(reserving: stored.payload.count + 16 * facts.count)
    for (item, known) in facts.enumerated() {
      var made = known
      if case .fact(let fact, let own) = known {
        if edits.forgets(fact, commit: frame.number) {
          made = .forgotten(digester.fact(known, frame, index: index))
          moves.forget(segment.id, stored.offset, item: item)
        } else if isSalted, own == nil {
          let salt = RecordSalt.salt(
            seedHigh: frame.seedHigh, seedLow: frame.seedLow, index: index)
          made = .fact(fact, salt: FactSalt(salt))
        }
      }
      FactBlock.append(made, to: &payload)
      index += 1
    }
    try output.append(
      .facts, payload.bytes.rawSpan, firstSequence: 0, itemCount: facts.count,
      compression: compression)
  }
}
