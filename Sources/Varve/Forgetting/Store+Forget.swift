// Forgetting: tombstones first, then the log without what was forgotten, with indexes and full text
// that never knew it, published as one generation.

import VarveFormat
import VarveSearch
import VarveStorage

/// What to forget, and what else in the log must change with it.
public struct ForgetOrder: Sendable {
  /// What goes.
  public var selection: ForgetSelection
  /// Why; kept with the tombstone.
  public var reason = ""
  /// Facts that are written with the tombstone: originals without what was forgotten.
  public var facts: [Fact] = []
  /// Facts that go, in all their versions, by kind and key.
  public var obsoleteFacts: [(kind: FactKind, key: [UInt8])] = []
  /// The only source chunks that stay, where others go.
  public var neededChunks: Set<ContentHash>?
  /// Source files of which nothing is archived again when they are replaced.
  public var sources: [ForgetRequest.Source] = []

  /// An order to forget what was selected.
  public init(_ selection: ForgetSelection) { self.selection = selection }
}

/// What was forgotten.
public struct ForgetResult: Sendable, Equatable {
  /// Occurrences.
  public var occurrences = 0
  /// Messages whose last occurrence went.
  public var messages = 0
  /// Segments that were written anew.
  public var segments = 0

  /// Nothing yet.
  public init() {}
}

extension Store {
  /// Forgets occurrences: they are gone from every answer and from every file when it returns.
  ///
  /// What stays of each is a digest in the log, so that the history can still be verified, and a
  /// keyed mask in a tombstone, which keeps the same sighting from being committed again. The
  /// writer's lock is held until the new generation is published; readers go on with what they
  /// have. If it fails or is interrupted before, only the tombstone is there: forget again.
  ///
  /// Cost: the segments that hold something of it are written again, and the indexes and full-text
  /// files over them built again.
  ///
  /// - Parameters:
  ///   - concurrently: runs passes over text at a time.
  ///   - order: makes the order from a snapshot of what is committed under the lock.
  /// - Throws: ``StoreError`` as ``commit(_:)``, or what `order` throws.
  public func forget(
    concurrently: Concurrency = .none, _ order: (Snapshot) throws -> ForgetOrder
  ) throws -> ForgetResult {
    try withPipeline { log, pipeline in
      guard let view = log.currentView() else {
        throw StoreError(.poisoned, path: path, detail: "open the store again")
      }
      let order = try order(Snapshot(view, searching: searching))
      var result = ForgetResult()
      guard !order.selection.sequences.isEmpty || !order.obsoleteFacts.isEmpty
      else {
        return result
      }
      // Before the tombstone: what has no room must not be half done.
      try requireRoom(for: log.version.manifest.segments, log.version, withTexts: true)
      result.occurrences = order.selection.sequences.count
      result.messages = order.selection.messageCount
      let batch = try tombstone(order, view)
      var edits = order.selection.edits
      try engine { () throws(StorageError) in
        edits.lastCommit = log.history.commitNumber
        edits.neededChunks = order.neededChunks
        for fact in order.obsoleteFacts {
          edits.facts.insert(FactKey(fact.kind, key: fact.key))
        }
        var pending = [batch]
        _ = try pipeline.commit(log, now: fileSystem.now()) { _ in
          defer { pending = [] }
          return pending
        } willSync: {
        }
        // Its records must be in sealed segments, whole, before they can be written anew.
        try log.publishIndex()
        try log.endSegment()
      }
      result.segments = try rewrite(edits, log, concurrently)
      return result
    }
  }

  /// Writes what the edits change anew and publishes it; returns how many segments that were.
  private func rewrite(
    _ edits: LogEdits, _ log: LogWriter, _ concurrently: Concurrency
  ) throws(StoreError) -> Int {
    let names = TemporaryNames(self)
    defer { names.discard() }
    var rewriting = Rewriting(store: self, view: StoreView(indexesOf: log.version), names: names)
    rewriting.edits = edits
    rewriting.concurrently = concurrently
    let groups = try engine { () throws(StorageError) in try rewriting.changedSegments() }
    guard !groups.isEmpty else { return 0 }
    let first = try engine { () throws(StorageError) in try log.reserveSegments(groups.count) }
    let made = try rewriting.run(groups, firstID: first)
    defer { discardTexts(made.fullTexts.flatMap(\.made)) }
    let isPublished = try engine { () throws(StorageError) in try log.publish(made) }
    guard isPublished else {
      throw StoreError(.busy, path: path, detail: "the indexes changed under the writer's lock")
    }
    return groups.count
  }

  private func tombstone(
    _ order: ForgetOrder, _ view: StoreView
  ) throws -> WriteBatch {
    let known = try engine { () throws(StorageError) in try Tombstones(view) } ?? Tombstones()
    var masks: Set<Tombstones.Mask> = []
    for sequence in order.selection.sequences {
      let (hash, session, time) = try engine { () throws(StorageError) in
        let block = try view.block(containing: sequence)
        let record = try view.record(sequence, in: block)
        let session = block.text(record.fields[.session]).map { Array(block.payload[$0]) } ?? []
        return (Digest.hash(try view.content(record, in: block)), session, record.fields.time)
      }
      masks.insert(known.sighting(hash, session: session, time: time))
      if order.selection.isEverywhere { masks.insert(known.mask(.content, hash.bytes)) }
    }
    for source in order.sources {
      masks.insert(known.source(host: source.host, path: source.path))
    }
    var batch = WriteBatch()
    let facts = known.facts(
      ForgetOperation(
        time: fileSystem.now(), reason: order.reason,
        sequences: order.selection.sequences, messages: order.selection.messageCount,
        masks: masks.sorted { ($0.high, $0.low) < ($1.high, $1.low) }))
    for fact in facts + order.facts { try batch.append(fact) }
    batch.prepare()
    return batch
  }
}

/// Source files of which something was forgotten.
public struct ForgottenSources: Sendable {
  fileprivate let tombstones: Tombstones

  /// Whether something of a file was forgotten, so that its next versions are not archived.
  public func contains(_ source: ForgetRequest.Source) -> Bool {
    tombstones.contains(tombstones.source(host: source.host, path: source.path))
  }
}

extension Snapshot {
  /// The source files of which something was forgotten; nil if nothing ever was.
  public func forgottenSources() throws(StoreError) -> ForgottenSources? {
    try engine { () throws(StorageError) in try Tombstones(view) }
      .map { ForgottenSources(tombstones: $0) }
  }
}
