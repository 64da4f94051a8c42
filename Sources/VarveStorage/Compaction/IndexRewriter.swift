// Indexes of a log whose segments were written anew: those of ranges that changed are built again
// from the log, the others only learn where their blocks are now.

import VarveFormat

/// An index that waits under a temporary name to be published.
package struct MadeIndex: Sendable {
  package let temporary: String
  package let firstSequence: UInt64
  package let recordCount: UInt64
  package let level: UInt8
  package let finished: FinishedIndex
}

/// Makes the indexes of a new list of segments, oldest first.
package struct IndexRewriter {
  private let fileSystem: any FileSystem
  /// Gives names below `tmp/` that cleaning by others leaves alone.
  private let temporary: () throws(StorageError) -> String
  private let tailByteCount: Int
  /// The segments as they will be, and the indexes that are made so far.
  package private(set) var version: Version

  /// - Parameters:
  ///   - version: with the new segments, open, and no indexes.
  ///   - tailByteCount: raw content of an index that is built again.
  ///   - temporary: names for files.
  package init(
    _ version: Version, fileSystem: any FileSystem, tailByteCount: Int,
    temporary: @escaping () throws(StorageError) -> String
  ) {
    self.version = version
    self.fileSystem = fileSystem
    self.tailByteCount = tailByteCount
    self.temporary = temporary
  }

  private mutating func add(_ index: IndexFile) {
    version = Version(
      manifest: version.manifest, digest: version.manifestDigest,
      indexes: version.indexes + [index], segments: version.segments)
  }

  /// Takes over an index that knows none of the segments that were written anew.
  package mutating func keep(_ index: IndexFile) { add(index) }

  /// Copies an index with the new places of its blocks.
  package mutating func relocate(
    _ index: IndexFile, level: UInt8, _ moves: BlockMoves,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(StorageError) -> MadeIndex {
    let merger = try IndexMerger([index], moves: moves, isCancelled: isCancelled)
    return try make(index.firstSequence, index.recordCount, level: level) {
      (writer: inout IndexFileWriter) throws(StorageError) in try merger.write(to: &writer)
    }
  }

  /// Builds the indexes of a range of sequences from the log, each of about a tail.
  ///
  /// - Parameter range: of one or more indexes that follow those made so far.
  package mutating func build(_ range: Range<UInt64>) throws(StorageError) -> [MadeIndex] {
    var made: [MadeIndex] = []
    var rows = TailRows(firstSequence: range.lowerBound)
    var loader = TailLoader(version)
    var history = TailLoader.History(commitNumber: 0, digest: .zero)
    for entry in version.manifest.segments where entry.state != .active {
      guard let segment = version.segments[entry.id] else { continue }
      var scanner = LogScanner(
        segment, from: UInt64(FileHeader.byteCount), limit: entry.byteCount)
      while let commit = scanner.next() {
        let frame = commit.frame
        // Commits without records may belong to either neighbour, so both get them (BTR-1).
        let isInRange =
          frame.firstSequence >= range.lowerBound
          && (frame.firstSequence < range.upperBound
            || frame.recordCount == 0 && frame.firstSequence == range.upperBound)
        guard isInRange else {
          history = .init(commitNumber: frame.number, digest: frame.historyDigest)
          continue
        }
        try loader.load(commit, segment: segment, into: &rows, history: &history)
        guard rows.rawByteCount >= tailByteCount, !rows.rows.isEmpty else { continue }
        made.append(try write(rows))
        rows = TailRows(firstSequence: rows.nextSequence)
        loader = TailLoader(version)
      }
      if let stopped = scanner.stopped { throw stopped }
    }
    if !rows.isEmpty { made.append(try write(rows)) }
    return made
  }

  private mutating func write(_ rows: TailRows) throws(StorageError) -> MadeIndex {
    try make(rows.firstSequence, UInt64(rows.rows.count), level: 0) {
      (writer: inout IndexFileWriter) throws(StorageError) in
      try IndexBuilder(rows, range: rows.rows.indices).write(to: &writer)
    }
  }

  private mutating func make(
    _ firstSequence: UInt64, _ recordCount: UInt64, level: UInt8,
    _ body: (inout IndexFileWriter) throws(StorageError) -> Void
  ) throws(StorageError) -> MadeIndex {
    let name = try temporary()
    let storeID = version.manifest.storeID
    var writer = IndexFileWriter(
      header: FileHeader(kind: .index, number: firstSequence, storeID: storeID),
      file: try fileSystem.create(name))
    try body(&writer)
    let finished = try writer.finish()
    add(
      try IndexFile(
        try fileSystem.open(name).map(), path: name, firstSequence: firstSequence,
        storeID: storeID))
    return MadeIndex(
      temporary: name, firstSequence: firstSequence, recordCount: recordCount, level: level,
      finished: finished)
  }
}
