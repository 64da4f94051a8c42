// Indexes of a log whose segments were written anew: those of ranges that changed are built again
// from the log, the others only learn where their blocks are now.

package import VarveFormat

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
  /// A place in the log.
  private struct Place: Comparable {
    var order: Int
    var offset: UInt64

    static func < (left: Place, right: Place) -> Bool {
      (left.order, left.offset) < (right.order, right.offset)
    }
  }

  /// The last block of facts of the indexes so far.
  private var factsEnd: Place?
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
  package mutating func keep(_ index: IndexFile, _ moves: BlockMoves) throws(StorageError) {
    factsEnd = try end(ofFacts: index, moves) ?? factsEnd
    add(index)
  }

  /// Copies an index with the new places of its blocks.
  package mutating func relocate(
    _ index: IndexFile, _ entry: IndexEntry, _ moves: BlockMoves,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(StorageError) -> MadeIndex {
    let merger = try IndexMerger([index], moves: moves, isCancelled: isCancelled)
    factsEnd = try end(ofFacts: index, moves) ?? factsEnd
    return try make(entry.firstSequence, entry.recordCount, level: entry.level, number: entry.id) {
      (writer: inout IndexFileWriter) throws(StorageError) in try merger.write(to: &writer)
    }
  }

  /// Whether facts are gone that the next index counts.
  package func losesFacts(_ index: IndexFile, _ moves: BlockMoves) throws(StorageError) -> Bool {
    guard let end = try end(ofFacts: index, moves) else { return false }
    let orders = orders
    for block in try moves.blocksWithoutFacts() {
      guard let order = orders[UInt64(block.segment)] else { continue }
      let place = Place(order: order, offset: block.offset)
      if place <= end, factsEnd.map({ $0 < place }) ?? true { return true }
    }
    return false
  }

  /// Builds what takes the place of an index from the log: pieces of about a tail, merged into one.
  package mutating func build(
    _ index: IndexFile, _ entry: IndexEntry, _ moves: BlockMoves
  ) throws(StorageError) -> MadeIndex {
    let range = entry.firstSequence..<(entry.firstSequence + entry.recordCount)
    let (start, end) = (factsEnd, try end(ofFacts: index, moves))
    let earlier = version.indexes
    var piece: MadeIndex?
    var rows = TailRows(firstSequence: range.lowerBound)
    var loader = TailLoader(version)
    var history = TailLoader.History(commitNumber: 0, digest: .zero)
    for (order, segment) in segments.enumerated() {
      var scanner = LogScanner(
        segment.file, from: UInt64(FileHeader.byteCount), limit: segment.limit)
      while let commit = scanner.next() {
        let frame = commit.frame
        let place = Place(order: order, offset: commit.start)
        // Commits without records at a border are in the index that has their facts (BTR-1).
        let isBehindStart =
          frame.firstSequence > range.lowerBound || frame.recordCount > 0
          || start.map { place > $0 } ?? true
        let isBeforeEnd =
          frame.firstSequence < range.upperBound && frame.recordCount > 0
          || end.map { place <= $0 } ?? false
        guard frame.firstSequence >= range.lowerBound, isBehindStart, isBeforeEnd else {
          history = .init(commitNumber: frame.number, digest: frame.historyDigest)
          continue
        }
        try loader.load(commit, segment: segment.file, into: &rows, history: &history)
        guard rows.rawByteCount >= tailByteCount, !rows.rows.isEmpty else { continue }
        piece = try write(rows, number: entry.id)
        rows = TailRows(firstSequence: rows.nextSequence)
        loader = TailLoader(version)
      }
      if let stopped = scanner.stopped { throw stopped }
    }
    if !rows.isEmpty || piece == nil { piece = try write(rows, number: entry.id) }
    factsEnd = end ?? factsEnd
    let pieces = Array(version.indexes[earlier.count...])
    if pieces.count == 1, let piece { return piece }
    let merger = try IndexMerger(pieces)
    version = Version(
      manifest: version.manifest, digest: version.manifestDigest, indexes: earlier,
      segments: version.segments)
    return try make(entry.firstSequence, entry.recordCount, level: entry.level, number: entry.id) {
      (writer: inout IndexFileWriter) throws(StorageError) in try merger.write(to: &writer)
    }
  }

  /// The sealed segments in the order of the log.
  private var segments: [(file: SegmentFile, limit: UInt64)] {
    version.manifest.segments.compactMap { entry in
      guard entry.state != .active, let file = version.segments[entry.id] else { return nil }
      return (file, entry.byteCount)
    }
  }

  /// The position of each segment in the log.
  private var orders: [UInt64: Int] {
    var orders: [UInt64: Int] = [:]
    for (order, segment) in segments.enumerated() { orders[segment.file.id] = order }
    return orders
  }

  /// The last block of facts that an index knows.
  private func end(
    ofFacts index: IndexFile, _ moves: BlockMoves
  ) throws(StorageError) -> Place? {
    let orders = orders
    var end: Place?
    var cursor = try index.tree(.facts).cursor(from: TreeKey(0))
    while let entry = try cursor.next() {
      let place = try moves.place(entry.value.first, entry.value.offset)
      guard let order = orders[UInt64(place.segment)] else { continue }
      let found = Place(order: order, offset: place.offset)
      if end.map({ $0 < found }) ?? true { end = found }
    }
    return end
  }

  private mutating func write(_ rows: TailRows, number: UInt64) throws(StorageError) -> MadeIndex {
    try make(rows.firstSequence, UInt64(rows.rows.count), level: 0, number: number) {
      (writer: inout IndexFileWriter) throws(StorageError) in
      try IndexBuilder(rows, range: rows.rows.indices).write(to: &writer)
    }
  }

  /// - Parameter number: of the file's header; not above the one that it will have (ENV-16).
  private mutating func make(
    _ firstSequence: UInt64, _ recordCount: UInt64, level: UInt8, number: UInt64,
    _ body: (inout IndexFileWriter) throws(StorageError) -> Void
  ) throws(StorageError) -> MadeIndex {
    let name = try temporary()
    let storeID = version.manifest.storeID
    var writer = IndexFileWriter(
      header: FileHeader(kind: .index, number: number, storeID: storeID),
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
