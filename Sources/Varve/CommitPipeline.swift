// From batches to bytes: deduplicates, encodes blocks, computes the running digest. The only code
// that decides what a commit writes; `LogWriter` makes it durable.

import VarveFormat
import VarveStorage

/// Encodes commits for one log writer, reusing its buffers.
struct CommitPipeline {
  private var builder = RecordBlockBuilder()
  private var digester = RecordDigester()
  private var output = ByteWriter(reserving: 1 << 20)
  private var digests = ByteWriter(reserving: 1 << 20)
  private var entries: [BlockEntry] = []
  private var tailReferences: [Int32] = []
  private var blockFirstSequence: UInt64 = 0
  /// What must not come back, as the log of a version says.
  private var tombstones: (version: Version, known: Tombstones?)?
  /// Where the log ended before this commit.
  private var end = LogPosition(segment: 0, offset: 0)

  /// Commits batches with one sync; each becomes a commit of its own. The lock must be held.
  ///
  /// - Parameters:
  ///   - next: gives more batches until it gives none; its argument is the bytes encoded so far.
  ///   - willSync: called when all are encoded.
  mutating func commit(
    _ writer: LogWriter, now: Int64, _ next: (Int) -> [WriteBatch], willSync: () -> Void
  ) throws(StorageError) -> [CommitResult] {
    output.bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    end = writer.end
    var history = writer.history
    let durable = history.commitNumber
    let mark = writer.tailMark
    var results: [CommitResult] = []
    do throws(StorageError) {
      try loadTombstones(writer)
      try writer.withBase { (base) throws(StorageError) in
        while output.count < Limits.tailByteCount {
          let batches = next(output.count)
          if batches.isEmpty { break }
          for batch in batches {
            results.append(
              try encode(batch, &base, history: &history, durable: durable, now: now))
          }
        }
      }
    } catch {
      writer.rewind(to: mark)
      // Records that were encoded before the failure belong to no commit.
      builder = RecordBlockBuilder()
      throw error
    }
    willSync()
    if output.count > 0 {
      try writer.commit(output.bytes, history: history, blocks: entries, since: mark)
    }
    return results
  }

  /// What a forgetting commits is indexed before the lock is released, unless it was interrupted:
  /// then the tail has it.
  private mutating func loadTombstones(_ writer: LogWriter) throws(StorageError) {
    let version = writer.version
    if writer.tail.facts.contains(where: { $0.kind == .tombstone }),
      let view = writer.currentView()
    {
      tombstones = (version, try Tombstones(view))
      return
    }
    if let tombstones, tombstones.version === version { return }
    tombstones = (version, try Tombstones(StoreView(indexesOf: version)))
  }

  /// - Parameter durable: number of the last commit that was synced.
  private mutating func encode(
    _ batch: WriteBatch, _ base: inout CommitBase, history: inout TailLoader.History,
    durable: UInt64, now: Int64
  ) throws(StorageError) -> CommitResult {
    var result = CommitResult()
    if let known = batch.knownForgettings, !batch.facts.isEmpty,
      known != tombstones?.known?.operationCount ?? 0
    {
      result.isStale = true
      return result
    }
    let start = output.count
    let first = base.tail.nextSequence
    let seed = batch.seed
    digests.bytes.removeAll(keepingCapacity: true)
    tailReferences.removeAll(keepingCapacity: true)
    tailReferences.append(contentsOf: repeatElement(-1, count: batch.strings.count))
    blockFirstSequence = first
    let indexed = try base.version.messages(batch.hashes)
    for index in batch.rows.indices {
      try add(batch, index, indexed: indexed[index], &base, result: &result)
    }
    flush(&base)
    let recordCount = base.tail.nextSequence - first
    let factCount = addFacts(batch, &base, seed: seed, recordCount: recordCount)
    result.lastSequence = base.tail.nextSequence - 1
    guard recordCount > 0 || factCount > 0 else { return result }
    var frame = CommitFrame(
      number: history.commitNumber + 1, firstSequence: first, recordCount: UInt32(recordCount),
      factCount: UInt32(factCount), blockByteCount: UInt64(output.count - start), time: now,
      seedHigh: seed.0, seedLow: seed.1, recordsDigest: Digest.hash(digests.bytes),
      historyDigest: .zero)
    frame.historyDigest = Digest.hash(
      CommitFrame.historyInput(previous: history.digest, frame))
    let position = Int(history.commitNumber - durable)
    entry(.commit, at: output.count, items: position, sequence: first)
    frame.append(to: &output, groupPosition: position)
    closeEntry(from: output.count - CommitFrame.storedByteCount)
    history = .init(commitNumber: frame.number, digest: frame.historyDigest)
    return result
  }

  /// - Parameter indexed: sequence of the message with the row's content in an index; 0 if there is
  ///   none.
  private mutating func add(
    _ batch: WriteBatch, _ index: Int, indexed: UInt64, _ base: inout CommitBase,
    result: inout CommitResult
  ) throws(StorageError) {
    let identity = batch.identities[index]
    if try base.contains(identity) {
      result.repeated += 1
      return
    }
    let hash = batch.hashes[index]
    var fields = batch.rows[index].fields
    if let known = tombstones?.known {
      let session = fields[.session] < 0 ? [] : batch.strings.bytes(fields[.session])
      if known.covers(hash, session: session, time: fields.time) {
        result.forgotten += 1
        return
      }
    }
    let known = indexed != 0 ? indexed : base.tail.message(hash)
    let tree = batch.metadata.rawSpan.extracting(batch.rows[index].metadata)
    let event = EventKey.key(tree)
    if let known, !fields.isEcho,
      let rule = EchoRule(fields, identity: identity, event: event, batch: batch)
    {
      fields.isEcho = try rule.isEcho(of: known, &base)
    }
    let content = batch.rows[index].content
    let sequence = base.tail.nextSequence
    if builder.count == 0 { blockFirstSequence = sequence }
    builder.add(
      fields, table: batch.strings, metadata: tree,
      content: known.map { .repeated($0) } ?? .inline(content), bytes: batch.contents.rawSpan)
    let position = digests.count / 32
    let isForeseen =
      position == index && index < batch.digests.count
      && fields.isEcho == batch.rows[index].fields.isEcho
    let digest =
      isForeseen ? batch.digests[index] : batch.digest(index, at: position, fields, &digester)
    digest.write(to: &digests)
    result.occurrencesNew += 1
    if known == nil { result.messagesNew += 1 }
    if fields.isEcho { result.echoes += 1 }
    // No index holds the stated source.
    fields[.source] = -1
    for i in 0..<TextField.count where fields.text[i] >= 0 {
      fields.text[i] = tailReference(fields.text[i], batch: batch, &base.tail)
    }
    base.tail.append(
      TailRow(
        hash: hash, identity: identity, fields: fields, message: known ?? sequence,
        contentByteCount: UInt64(content.count), event: event,
        turnDuration: TurnDuration.milliseconds(fields.kind, tree)))
    if builder.byteCount >= Limits.blockTargetByteCount { flush(&base) }
  }

  private mutating func tailReference(
    _ id: Int32, batch: WriteBatch, _ tail: inout TailRows
  ) -> Int32 {
    let known = tailReferences[Int(id)]
    if known >= 0 { return known }
    let new = tail.strings.intern(
      batch.strings.arena.rawSpan.extracting(batch.strings.range(id)))
    tailReferences[Int(id)] = new
    return new
  }

  private mutating func flush(_ base: inout CommitBase) {
    guard builder.count > 0 else { return }
    let count = builder.count
    let payload = builder.finish()
    let at = output.count
    entry(.records, at: at, items: count, sequence: blockFirstSequence)
    BlockHeader.append(
      kind: .records, payload: payload.rawSpan, firstSequence: blockFirstSequence,
      itemCount: count, compression: .lz4, to: &output)
    closeEntry(from: at)
    base.tail.append(
      BlockLocation(
        firstSequence: blockFirstSequence, segment: UInt32(end.segment),
        itemCount: UInt32(count), offset: end.offset + UInt64(at)))
  }

  private mutating func entry(
    _ kind: BlockKind, at: Int, items: Int, sequence: UInt64
  ) {
    entries.append(
      BlockEntry(
        offset: end.offset + UInt64(at), firstSequence: sequence,
        itemCount: UInt32(items), kind: kind, storedByteCount: 0, rawByteCount: 0))
  }

  /// Fills in the sizes that are known once the block is written.
  private mutating func closeEntry(from at: Int) {
    let last = entries.count - 1
    entries[last].storedByteCount = output.bytes.rawSpan.load(at: at + 8)
    entries[last].rawByteCount = output.bytes.rawSpan.load(at: at + 12)
  }

  /// Writes the facts of a batch, chunks of originals in blocks apart (SEG-39); returns how many.
  private mutating func addFacts(
    _ batch: WriteBatch, _ base: inout CommitBase, seed: (UInt64, UInt64), recordCount: UInt64
  ) -> Int {
    var payload = ByteWriter()
    var pending: [Fact] = []
    // Chunks of originals apart: who looks for a watermark need not decompress them.
    let chunks = batch.facts.filter { $0.kind == .sourceChunk }
    let ordered = chunks + batch.facts.filter { $0.kind != .sourceChunk }
    for (index, fact) in ordered.enumerated() {
      if fact.kind != .sourceChunk, pending.last?.kind == .sourceChunk {
        flushFacts(&payload, &pending, &base.tail)
      }
      let salt = RecordSalt.salt(
        seedHigh: seed.0, seedLow: seed.1, index: recordCount + UInt64(index))
      digester.fact(salt: salt, fact).write(to: &digests)
      FactBlock.append(fact, to: &payload)
      pending.append(fact)
      let target =
        fact.kind == .sourceChunk
        ? Limits.chunkBlockTargetByteCount : Limits.blockTargetByteCount
      if payload.count >= target || index == batch.facts.count - 1 {
        flushFacts(&payload, &pending, &base.tail)
      }
    }
    return batch.facts.count
  }

  private mutating func flushFacts(
    _ payload: inout ByteWriter, _ facts: inout [Fact], _ tail: inout TailRows
  ) {
    let at = output.count
    entry(.facts, at: at, items: facts.count, sequence: 0)
    BlockHeader.append(
      kind: .facts, payload: payload.bytes.rawSpan, firstSequence: 0, itemCount: facts.count,
      compression: .lz4, to: &output)
    closeEntry(from: at)
    for (item, fact) in facts.enumerated() {
      tail.append(
        FactLocation(
          kind: fact.kind, keyHash: Digest.hash(fact.key), segment: UInt32(end.segment),
          offset: end.offset + UInt64(at), item: UInt32(item)),
        byteCount: TailRows.rawByteCount(of: fact))
    }
    payload.bytes.removeAll(keepingCapacity: true)
    facts.removeAll()
  }
}
