// What a commit makes durable together. Rows are plain values beside one arena of content, so that
// a reader of gigabytes allocates nothing per occurrence.

package import VarveFormat
import VarveStorage

/// Occurrences and facts to commit together.
public struct WriteBatch: Sendable {
  /// One occurrence of a batch; texts refer to the batch's strings.
  @usableFromInline
  package struct Row: Sendable {
    @usableFromInline package var fields: OccurrenceFields
    @usableFromInline package var content: Range<Int>
    @usableFromInline package var metadata: Range<Int>
  }

  package var strings = StringTable()
  package private(set) var rows: [Row] = []
  package private(set) var contents: [UInt8] = []
  package private(set) var metadata: [UInt8] = []
  package private(set) var facts: [Fact] = []
  package private(set) var hashes: [ContentHash] = []
  package private(set) var identities: [OccurrenceIdentity] = []
  /// Digests of the first rows, as they come out if all rows are new, which is the usual case.
  private(set) var digests: [ContentHash] = []
  /// What the salts of its records are made of.
  private(set) var seed: (UInt64, UInt64) = (0, 0)
  private var lastScope: (host: Int32, path: Int32, incarnation: UInt32)?
  private var lastScopeDigest: (high: UInt64, low: UInt64) = (0, 0)

  /// Creates an empty batch.
  public init() {}

  /// Of a batch whose facts were made from an earlier view of the store, how many forgettings that
  /// view had: if there are more by then, the commit is refused as `busy`, because the facts may
  /// name what is gone.
  public var knownForgettings: UInt64?

  /// Number of occurrences.
  public var count: Int { rows.count }

  /// Whether there is nothing to commit.
  public var isEmpty: Bool { rows.isEmpty && facts.isEmpty }

  /// Bytes of keys and values of facts so far.
  public private(set) var factByteCount = 0

  /// Bytes of content so far; at most `Limits.batchByteCount`.
  public var contentByteCount: Int { contents.count }

  /// Adds an occurrence with its content.
  ///
  /// - Parameters:
  ///   - occurrence: the sighting; `sequence` and `message` are ignored.
  ///   - content: the message's bytes, at most `Limits.contentByteCount`.
  /// - Throws: ``StoreError`` with code `limit` if content, metadata or a field is too large.
  public mutating func append(_ occurrence: Occurrence, content: [UInt8]) throws(StoreError) {
    var fields = OccurrenceFields(kind: occurrence.kind)
    for field in TextField.allCases {
      guard let text = occurrence[field] else { continue }
      fields[field] = strings.intern(Array(text.utf8))
    }
    fields.time = occurrence.time ?? OccurrenceFields.noTime
    fields.extractedAt = occurrence.extractedAt ?? OccurrenceFields.noTime
    fields.line = occurrence.place.line
    fields.offset = occurrence.place.offset
    fields.length = occurrence.place.length
    fields.part = occurrence.place.part
    fields.incarnation = occurrence.place.incarnation
    fields.run = occurrence.run
    fields.isError = occurrence.isError
    fields.isEcho = occurrence.isEcho
    let tree = occurrence.metadata.map { MetadataTree.encode($0) } ?? []
    try append(fields, content: content.rawSpan, metadata: tree.rawSpan)
  }

  /// Adds a keyed fact.
  ///
  /// - Throws: ``StoreError`` with code `limit` if key or value is too large.
  public mutating func append(_ fact: Fact) throws(StoreError) {
    guard fact.key.count <= Limits.fieldByteCount else {
      throw StoreError(
        .limit,
        detail: "a fact's key of \(fact.key.count) bytes; the limit is \(Limits.fieldByteCount)")
    }
    guard fact.value.count <= Limits.factByteCount else {
      throw StoreError(
        .limit,
        detail: "a fact's value of \(fact.value.count) bytes; the limit is \(Limits.factByteCount)")
    }
    facts.append(fact)
    factByteCount += fact.key.count + fact.value.count
  }

  /// Adds an occurrence whose texts were interned in `strings`.
  package mutating func append(
    _ fields: OccurrenceFields, content: RawSpan, metadata tree: RawSpan
  ) throws(StoreError) {
    guard content.byteCount <= Limits.contentByteCount else {
      throw StoreError(
        .limit,
        detail: "content of \(content.byteCount) bytes; the limit is \(Limits.contentByteCount)")
    }
    guard tree.byteCount <= Limits.metadataByteCount else {
      throw StoreError(
        .limit,
        detail: "metadata of \(tree.byteCount) bytes; the limit is \(Limits.metadataByteCount)")
    }
    for i in 0..<TextField.count where fields.text[i] >= 0 {
      let count = strings.range(fields.text[i]).count
      guard count <= Limits.fieldByteCount else {
        throw StoreError(
          .limit, detail: "a field of \(count) bytes; the limit is \(Limits.fieldByteCount)")
      }
    }
    let start = contents.count
    // SAFETY: the pointers are used only inside the closures.
    unsafe content.withUnsafeBytes { unsafe contents.append(contentsOf: $0) }
    let treeStart = metadata.count
    unsafe tree.withUnsafeBytes { unsafe metadata.append(contentsOf: $0) }
    rows.append(
      Row(
        fields: fields, content: start..<contents.count, metadata: treeStart..<metadata.count))
  }

  /// Hashes what was added since the last call. A commit does it too; doing it on the thread that
  /// reads the source keeps both cores busy.
  ///
  /// - Parameter withDigests: also hashes what the history is made of; for a reader that would wait
  ///   for the committing thread anyway. Part of it is done again if some of the batch is in the
  ///   store already.
  public mutating func prepare(withDigests: Bool = false) {
    if hashes.isEmpty { seed = CommitSeed.next() }
    hashes.reserveCapacity(rows.count)
    identities.reserveCapacity(rows.count)
    for index in hashes.count..<rows.count {
      let hash = Digest.hash(contents.rawSpan.extracting(rows[index].content))
      let scope = scope(rows[index].fields)
      hashes.append(hash)
      identities.append(
        OccurrenceIdentity(
          scopeHigh: scope.high, scopeLow: scope.low, offset: rows[index].fields.offset,
          part: rows[index].fields.part, content: hash))
    }
    guard withDigests else { return }
    var digester = RecordDigester()
    digests.reserveCapacity(rows.count)
    for index in digests.count..<rows.count {
      digests.append(digest(index, at: index, rows[index].fields, &digester))
    }
  }

  /// Digest of a row, with its fields as they are written, that becomes the record with a position
  /// in its commit.
  func digest(
    _ index: Int, at position: Int, _ fields: OccurrenceFields, _ digester: inout RecordDigester
  ) -> ContentHash {
    digester.record(
      salt: RecordSalt.salt(seedHigh: seed.0, seedLow: seed.1, index: UInt64(position)),
      content: hashes[index], identity: identities[index], fields: fields,
      text: { strings.range($0) }, texts: strings.arena.rawSpan,
      metadata: metadata.rawSpan.extracting(rows[index].metadata))
  }

  private mutating func scope(_ fields: OccurrenceFields) -> (high: UInt64, low: UInt64) {
    let host = fields[.host]
    let path = fields[.path]
    if let last = lastScope, last == (host, path, fields.incarnation) { return lastScopeDigest }
    let hostRange = host < 0 ? 0..<0 : strings.range(host)
    let pathRange = path < 0 ? 0..<0 : strings.range(path)
    lastScopeDigest = Scope.digest(
      host: strings.arena.rawSpan.extracting(hostRange),
      path: strings.arena.rawSpan.extracting(pathRange), incarnation: fields.incarnation)
    lastScope = (host, path, fields.incarnation)
    return lastScopeDigest
  }

  /// Empties the batch but keeps its memory.
  public mutating func removeAll() {
    strings.removeAll()
    rows.removeAll(keepingCapacity: true)
    contents.removeAll(keepingCapacity: true)
    metadata.removeAll(keepingCapacity: true)
    facts.removeAll()
    factByteCount = 0
    hashes.removeAll(keepingCapacity: true)
    identities.removeAll(keepingCapacity: true)
    digests.removeAll(keepingCapacity: true)
    lastScope = nil
  }
}
