// What changes when segments are written anew because something was forgotten. Chapter 12.

package import VarveFormat

/// Which fact.
package struct FactKey: Hashable, Sendable {
  package var kind: FactKind
  /// SHA-256 of its key.
  package var keyHash: ContentHash

  package init(_ kind: FactKind, key: [UInt8]) {
    self.kind = kind
    keyHash = Digest.hash(key)
  }
}

/// Changes to the records and facts of the log. Empty ones keep everything.
package struct LogEdits: Sendable {
  /// Records of which only the digests stay.
  package private(set) var forgotten: Set<UInt64> = []
  /// Records that become first sightings: for each, the record that has its content now.
  package private(set) var promoted: [UInt64: UInt64] = [:]
  /// First sightings that go: for each, the one that takes its place.
  package private(set) var successors: [UInt64: UInt64] = [:]
  /// All records that change, ascending.
  private var changed: [UInt64] = []
  /// Facts of which only the digests stay, up to `lastCommit`.
  package var facts: Set<FactKey> = []
  /// The only source chunks that stay of those commits, where others go.
  package var neededChunks: Set<ContentHash>?
  /// Facts of later commits stay.
  package var lastCommit: UInt64 = 0

  package init() {}

  package var isEmpty: Bool { changed.isEmpty && !forgetsFacts }

  /// Whether there are facts to forget.
  var forgetsFacts: Bool { !facts.isEmpty || neededChunks != nil }

  /// Forgets some sightings of one message.
  ///
  /// - Parameters:
  ///   - gone: ascending.
  ///   - sightings: all of them, ascending; the first one is the message's own.
  package mutating func forget(_ gone: [UInt64], of sightings: [UInt64]) {
    let goneSet = Set(gone)
    forgotten.formUnion(goneSet)
    changed += gone
    guard let message = sightings.first, goneSet.contains(message),
      let heir = sightings.first(where: { !goneSet.contains($0) })
    else { return }
    promoted[heir] = message
    successors[message] = heir
    changed += sightings.filter { !goneSet.contains($0) }
  }

  /// Puts the changes in order; call it after the last `forget`.
  package mutating func finish() { changed.sort() }

  /// Whether a record of a range changes.
  package func changes(_ range: Range<UInt64>) -> Bool {
    var low = 0
    var high = changed.count
    while low < high {
      let middle = (low + high) / 2
      if changed[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < changed.count && changed[low] < range.upperBound
  }

  func forgets(_ fact: Fact, commit: UInt64) -> Bool {
    guard commit <= lastCommit, forgetsFacts else { return false }
    if let neededChunks, fact.kind == .sourceChunk, fact.key.count == 32 {
      return !neededChunks.contains(ContentHash(fact.key.rawSpan))
    }
    return facts.contains(FactKey(fact.kind, key: fact.key))
  }
}
