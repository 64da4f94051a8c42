// The committed occurrences that no index covers yet, as rows in memory.

package import VarveFormat

/// One committed occurrence.
package struct TailRow: Sendable {
  package var hash: ContentHash
  package var identity: OccurrenceIdentity
  /// Text fields refer to the tail's strings.
  package var fields: OccurrenceFields
  /// Sequence of the message; equal to the row's own for a first sighting.
  package var message: UInt64
  package var contentByteCount: UInt64
  /// `EventKey` of its metadata.
  package var event: UInt64
  /// `TurnDuration` of its metadata.
  package var turnDuration: UInt64

  package init(
    hash: ContentHash, identity: OccurrenceIdentity, fields: OccurrenceFields, message: UInt64,
    contentByteCount: UInt64, event: UInt64 = 0, turnDuration: UInt64 = 0
  ) {
    self.event = event
    self.turnDuration = turnDuration
    self.hash = hash
    self.identity = identity
    self.fields = fields
    self.message = message
    self.contentByteCount = contentByteCount
  }
}

/// Where a block of records is: what the block map of an index holds. Chapter 5, BTR-31.
package struct BlockLocation: Equatable, Sendable {
  package static let byteCount = 24

  package var firstSequence: UInt64
  package var segment: UInt32
  package var itemCount: UInt32
  package var offset: UInt64

  package init(firstSequence: UInt64, segment: UInt32, itemCount: UInt32, offset: UInt64) {
    self.firstSequence = firstSequence
    self.segment = segment
    self.itemCount = itemCount
    self.offset = offset
  }
}

/// Where a fact is.
package struct FactLocation: Sendable {
  package var kind: FactKind
  /// SHA-256 of its key.
  package var keyHash: ContentHash
  package var segment: UInt32
  package var offset: UInt64
  package var item: UInt32

  package init(
    kind: FactKind, keyHash: ContentHash, segment: UInt32, offset: UInt64, item: UInt32
  ) {
    self.kind = kind
    self.keyHash = keyHash
    self.segment = segment
    self.offset = offset
    self.item = item
  }
}

/// The whole tail. A value: a reader's copy is frozen at the moment it was taken.
package struct TailRows: Sendable {
  /// Sequence of the first row.
  package private(set) var firstSequence: UInt64
  package private(set) var rows: [TailRow] = []
  package private(set) var blocks: [BlockLocation] = []
  package private(set) var facts: [FactLocation] = []
  package var strings = StringTable()
  /// Raw content bytes of its records, which `Limits.tailByteCount` bounds.
  package private(set) var rawByteCount = 0

  /// First sightings by content hash.
  private var messages = SlotTable()
  private var identities = TailIdentities()
  private var sightings = TailSightings()

  package init(firstSequence: UInt64) { self.firstSequence = firstSequence }

  package var nextSequence: UInt64 { firstSequence + UInt64(rows.count) }

  package var isEmpty: Bool { rows.isEmpty && facts.isEmpty }

  /// Sequence of the message with this content, if the tail saw it first.
  package func message(_ hash: ContentHash) -> UInt64? {
    messages.find(hash.a) { rows[$0].hash == hash }.map { firstSequence + UInt64($0) }
  }

  /// Whether the tail has a sighting. Files are read in order, so nearly always the answer is in
  /// the last place of its file.
  package mutating func contains(_ identity: OccurrenceIdentity) -> Bool {
    identities.contains(identity, in: rows)
  }

  /// Whether a rule of echoes may ask for a row: CON-24, CON-41, CON-44.
  private static func hasRule(_ row: TailRow) -> Bool {
    row.event != 0 || row.fields.kind == .prompt || row.fields.kind == .toolOutput
  }

  package mutating func append(_ row: TailRow) {
    let position = rows.count
    let isFirst = row.message == firstSequence + UInt64(position)
    if isFirst, !row.fields.isForgotten { messages.insert(row.hash.a, position) }
    identities.note(row.identity)
    sightings.append(row.message, firstSequence: firstSequence, isFirst: isFirst)
    rawByteCount += Int(row.contentByteCount) + 64
    rows.append(row)
  }

  package mutating func append(_ block: BlockLocation) { blocks.append(block) }

  /// What a fact weighs in the tail. A chunk of an original is only skipped over when the tail is
  /// read again, so it weighs an eighth.
  package static func rawByteCount(of fact: Fact) -> Int {
    fact.key.count + (fact.kind == .sourceChunk ? fact.value.count / 8 : fact.value.count)
  }

  package mutating func append(_ fact: FactLocation, byteCount: Int) {
    facts.append(fact)
    rawByteCount += byteCount
  }

  /// How much there was at some moment.
  package struct Mark: Sendable {
    let rowCount: Int
    let blockCount: Int
    let factCount: Int
    let rawByteCount: Int
  }

  package var mark: Mark {
    Mark(
      rowCount: rows.count, blockCount: blocks.count, factCount: facts.count,
      rawByteCount: rawByteCount)
  }

  /// Undoes appends of a commit that did not become durable. Cost: that of the rows that stay.
  package mutating func rewind(to mark: Mark) {
    let kept = rows.prefix(mark.rowCount)
    rows = []
    messages.removeAll()
    identities = TailIdentities()
    sightings = TailSightings()
    for row in kept { append(row) }
    blocks.removeLast(blocks.count - mark.blockCount)
    facts.removeLast(facts.count - mark.factCount)
    rawByteCount = mark.rawByteCount
  }

  /// Starts over behind what an index covers now; the memory is kept for the next rows.
  package mutating func restart(at sequence: UInt64) {
    firstSequence = sequence
    rows.removeAll(keepingCapacity: true)
    blocks.removeAll(keepingCapacity: true)
    facts.removeAll(keepingCapacity: true)
    strings.removeAll()
    rawByteCount = 0
    messages.removeAll()
    identities = TailIdentities()
    sightings = TailSightings()
  }

  /// Rows of the tail with the content of a message that a rule of echoes may ask for, newest
  /// first.
  package func forEachSighting(
    of message: UInt64, _ body: (Int) -> Bool
  ) {
    var next = sightings.last(of: message, firstSequence: firstSequence)
    while let position = next {
      if Self.hasRule(rows[position]), !body(position) { return }
      next = sightings.earlier(position)
    }
  }
}
