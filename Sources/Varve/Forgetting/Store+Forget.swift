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
  /// The tombstones of another store that take the place of a new one: this one is an older copy of
  /// it.
  public var adopted: ForgettingSet?

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
      guard
        !order.selection.sequences.isEmpty || !order.obsoleteFacts.isEmpty || order.adopted != nil
      else { return result }
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
      result.segments = try rewrite(edits, log, adopted: order.adopted, concurrently)
      return result
    }
  }

  /// Writes what the edits change anew and publishes it; returns how many segments that were.
  private func rewrite(
    _ edits: LogEdits, _ log: LogWriter, adopted: ForgettingSet?, _ concurrently: Concurrency
  ) throws(StoreError) -> Int {
    guard !edits.isEmpty else { return 0 }
    let names = TemporaryNames(self)
    defer { names.discard() }
    var rewriting = Rewriting(store: self, view: StoreView(indexesOf: log.version), names: names)
    rewriting.edits = edits
    rewriting.concurrently = concurrently
    let groups = try engine { () throws(StorageError) in try rewriting.changedSegments() }
    guard !groups.isEmpty else { return 0 }
    let ids = try engine { () throws(StorageError) -> [UInt64] in
      if let adopted {
        let ids = Self.ids(of: groups.map { $0[0].id }, adopting: adopted)
        let taken = log.version.manifest.segments.map(\.id)
        if Set(ids + taken).count == ids.count + taken.count {
          try log.reserveSegments(below: (ids.max() ?? 0) + 1)
          return ids
        }
      }
      let first = try log.reserveSegments(groups.count)
      return groups.indices.map { first + UInt64($0) }
    }
    let made = try rewriting.run(groups, ids: ids)
    defer { discardTexts(made.fullTexts.flatMap(\.made)) }
    let isPublished = try engine { () throws(StorageError) in try log.publish(made) }
    guard isPublished else {
      throw StoreError(.busy, path: path, detail: "the indexes changed under the writer's lock")
    }
    return groups.count
  }

  /// The numbers of segments without what was forgotten elsewhere: the same in all copies that have
  /// the segments, so that they are the same files there. Of the 32 bits that indexes have for it
  /// the upper ones are the forgetting's; where a number is taken the next free ones are taken.
  private static func ids(of segments: [UInt64], adopting set: ForgettingSet) -> [UInt64] {
    segments.map { $0 & 0x3F_FFFF | (set.count & 0x1FF) << 22 }
  }

  private func tombstone(
    _ order: ForgetOrder, _ view: StoreView
  ) throws -> WriteBatch {
    if let adopted = order.adopted {
      let count = try engine { () throws(StorageError) in try Tombstones(view)?.operationCount }
      return try batch(of: adopted.facts(beyond: count ?? 0) + order.facts)
    }
    let known = try engine { () throws(StorageError) in try Tombstones(view) } ?? Tombstones()
    var masks: Set<Tombstones.Mask> = []
    for sequence in order.selection.sequences {
      let sighting = try engine { () throws(StorageError) in
        try known.sighting(of: sequence, in: view)
      }
      guard let (mask, hash) = sighting else { continue }
      masks.insert(mask)
      if order.selection.isEverywhere { masks.insert(known.mask(.content, hash.bytes)) }
    }
    for source in order.sources {
      masks.insert(known.source(host: source.host, path: source.path))
    }
    let facts = known.facts(
      ForgetOperation(
        time: fileSystem.now(), reason: order.reason,
        sequences: order.selection.sequences, messages: order.selection.messageCount,
        masks: masks.sorted { ($0.high, $0.low) < ($1.high, $1.low) }))
    return try batch(of: facts + order.facts)
  }

  private func batch(of facts: [Fact]) throws -> WriteBatch {
    var batch = WriteBatch()
    for fact in facts { try batch.append(fact) }
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
