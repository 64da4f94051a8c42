// What a commit is compared with. Files are read in order, and a copy beside its twin, so that a
// few remembered scopes answer for nearly all new records without touching an index.

package import VarveFormat

/// What a commit is compared with, and what it adds to: the indexes of a version and the tail
/// behind them.
package struct CommitBase {
  package let version: Version
  /// Where the log ends.
  package let end: LogPosition
  package var tail: TailRows
  fileprivate var scopes: KnownScopes

  init(_ version: Version, end: LogPosition, tail: TailRows, scopes: KnownScopes) {
    self.version = version
    self.end = end
    self.tail = tail
    self.scopes = scopes
  }

  /// Whether a sighting is known.
  package mutating func contains(_ identity: OccurrenceIdentity) throws(StorageError) -> Bool {
    if tail.contains(identity) { return true }
    return try scopes.contains(identity, in: version)
  }
}

extension LogWriter {
  /// Runs something that adds rows to the tail. They are its own while it runs: through the class
  /// each access would be checked for overlap, and from another module copied.
  package func withBase<T>(
    _ body: (inout CommitBase) throws(StorageError) -> T
  ) throws(StorageError) -> T {
    var base = CommitBase(version, end: end, tail: Self.noRows, scopes: scopes)
    swap(&base.tail, &tail)
    scopes = KnownScopes()
    defer {
      swap(&base.tail, &tail)
      scopes = base.scopes
    }
    return try body(&base)
  }

  private static let noRows = TailRows(firstSequence: 0)
}

/// Remembers for the files being read which places of them the indexes cover.
struct KnownScopes: Sendable {
  /// The indexes that have records of one file, and from which offset to which.
  private struct Scope {
    let high: UInt64
    let low: UInt64
    let ranges: [(index: IndexFile, offsets: ClosedRange<UInt64>)]
  }

  private static let scopesMax = 4
  /// The version that `scopes` is of; what is known of another is forgotten.
  private var version: Version?
  private var scopes: [Scope] = []

  /// Whether an index of a version has a sighting.
  mutating func contains(
    _ identity: OccurrenceIdentity, in version: Version
  ) throws(StorageError) -> Bool {
    let position = try position(of: identity, in: version)
    for i in scopes[position].ranges.indices
    where scopes[position].ranges[i].offsets.contains(identity.offset) {
      if try scopes[position].ranges[i].index.occurrence(identity) != nil { return true }
    }
    return false
  }

  private mutating func position(
    of identity: OccurrenceIdentity, in version: Version
  ) throws(StorageError) -> Int {
    if self.version !== version {
      scopes.removeAll(keepingCapacity: true)
      self.version = version
    }
    for i in scopes.indices
    where scopes[i].high == identity.scopeHigh && scopes[i].low == identity.scopeLow { return i }
    var ranges: [(index: IndexFile, offsets: ClosedRange<UInt64>)] = []
    for index in version.indexes.reversed() {
      if let offsets = try index.offsets(ofScope: identity.scopeHigh, identity.scopeLow) {
        ranges.append((index, offsets))
      }
    }
    if scopes.count == Self.scopesMax { scopes.removeLast() }
    scopes.insert(
      Scope(high: identity.scopeHigh, low: identity.scopeLow, ranges: ranges), at: 0)
    return 0
  }
}
