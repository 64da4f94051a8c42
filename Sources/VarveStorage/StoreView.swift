// What can be asked of a generation and its tail without knowing who asks: the base of every
// snapshot.

import Synchronization
package import VarveFormat

/// A tail frozen for readers, with its index built when a walk first needs it.
package final class FrozenTail: Sendable {
  package let rows: TailRows
  private let image: Mutex<IndexFile?>
  private let storeID: StoreID

  package init(_ rows: TailRows, storeID: StoreID) {
    self.rows = rows
    self.storeID = storeID
    image = Mutex(nil)
  }

  /// The tail as an index in memory; nil if it has no rows.
  package func index() throws(StorageError) -> IndexFile? {
    guard !rows.rows.isEmpty else { return nil }
    if let known = image.withLock({ $0 }) { return known }
    var writer = IndexFileWriter(
      header: FileHeader(kind: .index, number: 0, storeID: storeID), file: nil)
    try IndexBuilder(rows, range: rows.rows.indices).write(to: &writer, withBlocksAndFacts: false)
    let finished = try writer.finish()
    let built = try IndexFile(
      ByteRegion(finished.image), path: "(tail)", firstSequence: rows.firstSequence,
      storeID: storeID)
    image.withLock { $0 = built }
    return built
  }
}

/// One generation and one tail, together a fixed state of the store.
package struct StoreView: Sendable {
  package let version: Version
  package let tail: FrozenTail
  /// The history at the end of the tail.
  package let history: TailLoader.History
  /// Where the tail ends in the log.
  package let end: LogPosition
  private let recent = RecentBlocks()
  private let recentFacts = RecentFacts()

  package init(
    version: Version, tail: FrozenTail, history: TailLoader.History, end: LogPosition
  ) {
    self.version = version
    self.tail = tail
    self.history = history
    self.end = end
  }

  /// A view of what the indexes of a version cover.
  package init(indexesOf version: Version) {
    let manifest = version.manifest
    self.init(
      version: version,
      tail: FrozenTail(
        TailRows(firstSequence: manifest.nextSequence), storeID: manifest.storeID),
      history: .init(commitNumber: manifest.commitNumber, digest: manifest.historyDigest),
      end: manifest.indexedEnd)
  }

  package var nextSequence: UInt64 { tail.rows.nextSequence }

  /// The indexes, oldest first, the tail's last.
  package func indexes() throws(StorageError) -> [IndexFile] {
    if let index = try tail.index() { return version.indexes + [index] }
    return version.indexes
  }

  /// Sequence of the message with this content. Cost: one filter an index, one descent.
  package func message(_ hash: ContentHash) throws(StorageError) -> UInt64? {
    if let sequence = tail.rows.message(hash) { return sequence }
    return try version.message(hash)
  }

  /// The block that holds a record.
  package func location(_ sequence: UInt64) throws(StorageError) -> BlockLocation? {
    if sequence >= tail.rows.firstSequence { return tailLocation(sequence) }
    return try version.index(covering: sequence)?.block(containing: sequence)
  }

  private func tailLocation(_ sequence: UInt64) -> BlockLocation? {
    let blocks = tail.rows.blocks
    var low = 0
    var high = blocks.count
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].firstSequence <= sequence { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let block = blocks[low - 1]
    return sequence - block.firstSequence < UInt64(block.itemCount) ? block : nil
  }

  /// The block of records that holds a sequence; from memory if it was read lately.
  package func block(containing sequence: UInt64) throws(StorageError) -> RecordBlock {
    if let known = recent.block(containing: sequence) { return known }
    let block = try readBlock(containing: sequence)
    recent.insert(block)
    return block
  }

  private func readBlock(containing sequence: UInt64) throws(StorageError) -> RecordBlock {
    guard let location = try location(sequence), let segment = segment(location) else {
      throw StorageError(
        .corrupt, path: version.indexes.last?.path ?? "", doing: "no block holds record \(sequence)"
      )
    }
    let block = try segment.records(at: location.offset)
    guard block.firstSequence == location.firstSequence, block.count == Int(location.itemCount)
    else {
      throw StorageError(
        .corrupt, path: segment.path, offset: location.offset,
        doing: "the block is not the one in the block map")
    }
    return block
  }

  private func segment(_ location: BlockLocation) -> SegmentFile? {
    version.segments[UInt64(location.segment)]
  }

  /// Content bytes of a record.
  package func content(
    _ record: DecodedRecord, in block: RecordBlock
  ) throws(StorageError) -> [UInt8] {
    switch record.content {
    case .inline(let range):
      return Array(block.payload[range])
    case .repeated(let message):
      let origin = try self.block(containing: message)
      let first = try self.record(message, in: origin)
      switch first.content {
      case .inline, .reference: return try content(first, in: origin)
      case .repeated, .forgotten:
        throw StorageError(
          .corrupt, path: "", doing: "record \(message) is named as a first sighting but is none")
      }
    case .reference(let reference):
      return try content(reference)
    case .forgotten:
      throw StorageError(.corrupt, path: "", doing: "a forgotten record is asked for its content")
    }
  }

  private func content(_ reference: ContentReference) throws(StorageError) -> [UInt8] {
    guard let chunk = try fact(.sourceChunk, key: reference.chunk.bytes) else {
      throw StorageError(
        .corrupt, path: "", doing: "source chunk \(reference.chunk) is not in the store")
    }
    let end = reference.offset.addingReportingOverflow(reference.length)
    guard !end.overflow, end.partialValue <= UInt64(chunk.value.count) else {
      throw StorageError(.corrupt, path: "", doing: "a reference leaves its source chunk")
    }
    let range = Int(reference.offset)..<Int(end.partialValue)
    if reference.encoding == .raw { return Array(chunk.value[range]) }
    var content: [UInt8] = []
    try inFile("", "unescape referenced content") { () throws(FormatError) in
      try JSONString.unescape(chunk.value.rawSpan.extracting(range), appendingTo: &content)
    }
    return content
  }

  /// Decodes the record with a sequence from its block.
  package func record(
    _ sequence: UInt64, in block: RecordBlock
  ) throws(StorageError) -> DecodedRecord {
    try inFile("", "decode record") { () throws(FormatError) in
      try block.record(Int(sequence - block.firstSequence))
    }
  }

  /// SHA-256 of a message's content, read from the log.
  package func hash(ofMessage sequence: UInt64) throws(StorageError) -> ContentHash {
    if sequence >= tail.rows.firstSequence, sequence < tail.rows.nextSequence {
      return tail.rows.rows[Int(sequence - tail.rows.firstSequence)].hash
    }
    let block = try block(containing: sequence)
    return Digest.hash(try content(try record(sequence, in: block), in: block))
  }

  /// The latest fact with a key.
  package func fact(_ kind: FactKind, key: [UInt8]) throws(StorageError) -> Fact? {
    guard let place = try place(of: kind, key: key) else { return nil }
    return try fact(
      segment: place.segment, offset: place.offset, item: place.item, kind: kind)
  }

  /// Whether there is a fact with a key; reads no segment.
  package func hasFact(_ kind: FactKind, key: [UInt8]) throws(StorageError) -> Bool {
    try place(of: kind, key: key) != nil
  }

  /// Where the latest fact with a key stands; reads no segment.
  package func place(
    of kind: FactKind, key: [UInt8]
  ) throws(StorageError) -> FactLocation? {
    let keyHash = Digest.hash(key)
    for location in tail.rows.facts.reversed() where location.kind == kind {
      if location.keyHash == keyHash { return location }
    }
    for index in version.indexes.reversed() {
      if let value = try index.tree(.facts).find(TreeKeys.fact(kind, keyHash)) {
        return FactLocation(
          kind: kind, keyHash: keyHash, segment: value.first, offset: value.offset,
          item: value.item)
      }
    }
    return nil
  }

  /// The header of the block of records at a place; the block map must say the same of it.
  package func header(of location: BlockLocation) throws(StorageError) -> BlockHeader {
    let header = try header(segment: location.segment, offset: location.offset)
    guard header.kind == .records, header.firstSequence == location.firstSequence,
      header.firstSequence > 0, header.itemCount == Int(location.itemCount)
    else {
      throw StorageError(
        .corrupt, path: segment(location)?.path ?? "", offset: location.offset,
        doing: "the block is not the one in the block map")
    }
    return header
  }

  /// The header of a block of a segment.
  package func header(segment: UInt32, offset: UInt64) throws(StorageError) -> BlockHeader {
    guard let file = version.segments[UInt64(segment)] else {
      throw StorageError(.corrupt, path: "", doing: "segment \(segment) of a block is not there")
    }
    return try file.header(at: offset)
  }

  private func fact(
    segment: UInt32, offset: UInt64, item: UInt32, kind: FactKind
  ) throws(StorageError) -> Fact {
    let facts = try facts(segment: segment, offset: offset)
    guard Int(item) < facts.count, let fact = facts[Int(item)].fact, fact.kind == kind else {
      throw StorageError(.corrupt, path: "", offset: offset, doing: "a fact is not there")
    }
    return fact
  }

  /// All facts of a block.
  private func facts(segment: UInt32, offset: UInt64) throws(StorageError) -> [StoredFact] {
    if let known = recentFacts.facts(segment: segment, offset: offset) { return known }
    guard let file = version.segments[UInt64(segment)] else {
      throw StorageError(.corrupt, path: "", doing: "segment \(segment) of a fact is not there")
    }
    let block = try file.block(at: offset)
    guard block.header.kind == .facts else {
      throw StorageError(.corrupt, path: file.path, offset: offset, doing: "a fact is not there")
    }
    let facts = try file.facts(of: block)
    recentFacts.insert(
      facts, segment: segment, offset: offset, byteCount: block.payload.count)
    return facts
  }

  /// The latest fact of each key of a kind, in no particular order.
  package func facts(_ kind: FactKind) throws(StorageError) -> [Fact] {
    var places: [TreeKey: TreeValue] = [:]
    let first = TreeKey(UInt64(kind.rawValue) << 56)
    for index in version.indexes {
      var cursor = try index.tree(.facts).cursor(from: first)
      while let entry = try cursor.next(), entry.key.byte(at: 0) == kind.rawValue {
        places[entry.key] = entry.value
      }
    }
    for fact in tail.rows.facts where fact.kind == kind {
      places[TreeKeys.fact(kind, fact.keyHash)] = TreeValue(
        fact.segment, offset: fact.offset, item: fact.item)
    }
    // Facts of one block are decoded together: there are thousands, and few blocks.
    let values = places.values.sorted {
      ($0.first, $0.offset, $0.item) < ($1.first, $1.offset, $1.item)
    }
    var facts: [Fact] = []
    facts.reserveCapacity(values.count)
    var block: (segment: UInt32, offset: UInt64, facts: [StoredFact])?
    for value in values {
      if block?.segment != value.first || block?.offset != value.offset {
        let decoded = try self.facts(segment: value.first, offset: value.offset)
        block = (value.first, value.offset, decoded)
      }
      guard let stored = block?.facts, Int(value.item) < stored.count,
        let fact = stored[Int(value.item)].fact, fact.kind == kind
      else {
        throw StorageError(.corrupt, path: "", offset: value.offset, doing: "a fact is not there")
      }
      facts.append(fact)
    }
    return facts
  }
}
