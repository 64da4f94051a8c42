// A reader's fixed view: one generation and the tail that was committed with it.

package import VarveStorage

/// A fixed view of a store. Cheap to take and to copy; it keeps the files it needs while it lives.
public struct Snapshot: Sendable {
  package let view: StoreView
  /// What searches of the store share.
  let searching: SearchCache

  init(_ view: StoreView, searching: SearchCache) {
    self.view = view
    self.searching = searching
  }

  /// A snapshot that shares nothing with others.
  package init(_ view: StoreView) { self.init(view, searching: SearchCache()) }

  /// Generation of the manifest.
  public var generation: UInt64 { view.version.manifest.generation }

  /// What tells the store from others, also in its backups.
  public var storeID: StoreID { view.version.manifest.storeID }

  /// Sequence that the next occurrence will get.
  public var nextSequence: UInt64 { view.nextSequence }

  /// Number of commits in the history.
  public var commitCount: UInt64 { view.history.commitNumber }

  /// The digest of the whole history; survives compaction and restore.
  public var historyDigest: ContentHash { view.history.digest }

  /// The message with a hash, with its content; nil if there is none.
  ///
  /// Cost: a filter probe an index, one descent of a tree, one block.
  public func message(_ hash: ContentHash) throws(StoreError) -> Message? {
    try engine { () throws(StorageError) in
      guard let sequence = try view.message(hash) else { return nil }
      let block = try view.block(containing: sequence)
      let content = try view.content(try view.record(sequence, in: block), in: block)
      return Message(hash: hash, sequence: sequence, content: content)
    }
  }

  /// The message whose first sighting has a sequence.
  public func message(at sequence: UInt64) throws(StoreError) -> Message {
    try engine { () throws(StorageError) in
      let block = try view.block(containing: sequence)
      let content = try view.content(try view.record(sequence, in: block), in: block)
      return Message(hash: Digest.hash(content), sequence: sequence, content: content)
    }
  }

  /// Hashes that start with the given bytes and optional half byte, at most `limit`, in order.
  public func hashes(
    prefix: HashPrefix, limit: Int
  ) throws(StoreError) -> [ContentHash] {
    try engine { () throws(StorageError) in
      var found: [ContentHash] = []
      for index in try view.indexes() {
        var cursor = try index.tree(.hash).cursor(from: TreeKey(prefix.lowest))
        var count = 0
        while count < limit, let entry = try cursor.next() {
          let hash = ContentHash(entry.key.a, entry.key.b, entry.key.c, entry.key.d)
          guard prefix.matches(hash) else { break }
          found.append(hash)
          count += 1
        }
      }
      return Array(found.sorted().prefix(limit))
    }
  }

  /// The occurrence with a sequence.
  public func occurrence(_ sequence: UInt64) throws(StoreError) -> Occurrence {
    try engine { () throws(StorageError) in
      let block = try view.block(containing: sequence)
      return try OccurrenceDecoder.occurrence(sequence, in: block, view: view)
    }
  }

  /// Sequences of all sightings of a message, oldest first.
  public func sightings(of message: UInt64) throws(StoreError) -> [UInt64] {
    try engine { () throws(StorageError) in
      var sequences = [message]
      for index in try view.indexes() where index.nextSequence > message {
        var cursor = try index.tree(.repeats).cursor(from: TreeKeys.repeats(message, relative: 0))
        while let entry = try cursor.next(), entry.key.a == message {
          sequences.append(index.firstSequence + entry.key.b >> 32)
        }
      }
      return sequences
    }
  }

  /// The latest fact with a key.
  public func fact(_ kind: FactKind, key: [UInt8]) throws(StoreError) -> Fact? {
    try engine { () throws(StorageError) in try view.fact(kind, key: key) }
  }

  /// Whether there is a fact with a key; cheaper than reading it.
  public func hasFact(_ kind: FactKind, key: [UInt8]) throws(StoreError) -> Bool {
    try engine { () throws(StorageError) in try view.hasFact(kind, key: key) }
  }

  /// The latest fact of each key of a kind, ordered by key.
  public func facts(_ kind: FactKind) throws(StoreError) -> [Fact] {
    try engine { () throws(StorageError) in
      try view.facts(kind).sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }
  }
}

/// The first hexadecimal digits of a hash or message id.
public struct HashPrefix: Sendable {
  let lowest: ContentHash
  private let highest: ContentHash
  private let isID: Bool

  /// Reads 4 to 64 digits; dashes of a message id are ignored. Nil for anything else.
  public init?(_ text: String) {
    let digits = text.filter { $0 != "-" }
    guard digits.count >= 4, digits.count <= 64 else { return nil }
    let low = digits + String(repeating: "0", count: 64 - digits.count)
    let high = digits + String(repeating: "f", count: 64 - digits.count)
    guard let lowest = ContentHash(hex: low), let highest = ContentHash(hex: high) else {
      return nil
    }
    isID = text.contains("-") && digits.count > 12
    // An id replaces 4 bits by its version and 2 by its variant, so those match anything.
    if isID {
      self.lowest = ContentHash(lowest.a & ~0xF000, 0, 0, 0)
      self.highest = ContentHash(highest.a | 0xF000, highest.b | (0xC0 << 56), .max, .max)
    } else {
      self.lowest = lowest
      self.highest = highest
    }
    idText = isID ? text.lowercased() : nil
  }

  private let idText: String?

  func matches(_ hash: ContentHash) -> Bool {
    guard hash <= highest else { return false }
    return true
  }

  /// Whether a hash found through the prefix really has it.
  public func accepts(_ hash: ContentHash) -> Bool {
    guard let idText else { return true }
    return hash.messageID.hasPrefix(idText)
  }
}
