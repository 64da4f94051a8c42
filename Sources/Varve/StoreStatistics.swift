// Sums over a snapshot, and the digest that two stores with the same sightings share.

import VarveFormat
import VarveStorage

/// Figures of a snapshot.
public struct StoreStatistics: Equatable, Sendable {
  /// Unique contents.
  public var messages: UInt64 = 0
  /// Sightings.
  public var occurrences: UInt64 = 0
  /// Sightings of events that were reported before.
  public var echoes: UInt64 = 0
  /// Sightings with the error flag.
  public var errors: UInt64 = 0
  /// Sightings without time.
  public var withoutTime: UInt64 = 0
  /// Distinct projects.
  public var projects = 0
  /// Distinct sessions.
  public var sessions = 0
  /// Segments.
  public var segments = 0
  /// Indexes.
  public var indexes = 0
  /// Bytes of all files of the generation.
  public var storeBytes: UInt64 = 0
  /// Bytes of segments.
  public var segmentBytes: UInt64 = 0
  /// Bytes of indexes.
  public var indexBytes: UInt64 = 0
  /// Bytes of full-text files.
  public var textBytes: UInt64 = 0
  /// Bytes of the contents of all messages.
  public var contentBytes: UInt64 = 0
  /// Bytes of the contents of all occurrences.
  public var occurrenceBytes: UInt64 = 0
}

extension Snapshot {
  /// Sums over the snapshot. Cost: the dictionaries and two columns of each index.
  public func statistics() throws(StoreError) -> StoreStatistics {
    try engine { () throws(StorageError) in
      var result = StoreStatistics()
      var projects: Set<[UInt8]> = []
      var sessions: Set<[UInt8]> = []
      for index in try view.indexes() {
        let sums = index.statistics
        result.messages += sums.messages
        result.occurrences += sums.occurrences
        result.echoes += sums.echoes
        result.errors += sums.errors
        result.withoutTime += sums.withoutTime
        result.contentBytes += sums.contentByteCount
        result.occurrenceBytes += sums.occurrenceByteCount
        try Self.collect(index, .project, into: &projects)
        try Self.collect(index, .session, into: &sessions)
      }
      result.projects = projects.count
      result.sessions = sessions.count
      let manifest = view.version.manifest
      result.segments = manifest.segments.count
      result.indexes = manifest.indexes.count
      for segment in view.version.segments.values {
        result.segmentBytes += try segment.file.byteCount()
      }
      result.indexBytes = manifest.indexes.reduce(0) { $0 + $1.byteCount }
      result.textBytes = manifest.fullTexts.reduce(0) { $0 + $1.byteCount }
      result.storeBytes = result.segmentBytes + result.indexBytes + result.textBytes
      return result
    }
  }

  private static func collect(
    _ index: IndexFile, _ column: ColumnID, into texts: inout Set<[UInt8]>
  ) throws(StorageError) {
    var used = [Bool](repeating: false, count: try index.textCount() + 1)
    for value in try index.column(column) where value < used.count { used[Int(value)] = true }
    for ordinal in 1..<max(1, used.count) where used[ordinal] {
      texts.insert(try index.text(ordinal - 1))
    }
  }

  /// SHA-256 over the sorted hashes of all messages and the sorted identities of all occurrences:
  /// independent of batches, runs, order and compaction. Cost: two trees of each index are read.
  public func digest() throws(StoreError) -> ContentHash {
    try engine { () throws(StorageError) in
      var digest = Digest()
      for kind in [TreeKind.hash, .identity] {
        var walks: [(cursor: BTreeCursor, key: TreeKey)] = []
        for index in try view.indexes() {
          var cursor = try index.tree(kind).cursor(from: TreeKey(0))
          if let first = try cursor.next() { walks.append((cursor, first.key)) }
        }
        var buffer = ByteWriter(reserving: 64 << 10)
        while let best = walks.indices.min(by: { walks[$0].key < walks[$1].key }) {
          let key = walks[best].key
          key.append(kind.keyByteCount, to: &buffer)
          if buffer.count >= 32 << 10 {
            digest.update(buffer.bytes)
            buffer.bytes.removeAll(keepingCapacity: true)
          }
          if let next = try walks[best].cursor.next() {
            walks[best].key = next.key
          } else {
            walks.remove(at: best)
          }
        }
        digest.update(buffer.bytes)
      }
      return digest.finish()
    }
  }
}
