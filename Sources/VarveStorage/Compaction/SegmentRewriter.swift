// Writes segments anew: commit by commit, with other compression, or without what was forgotten.
// Sequences, commits and the history digest stay as they were. Chapters 3 and 12.

package import VarveFormat

/// Writes sealed and cut segments of a view anew.
package struct SegmentRewriter {
  private let view: StoreView
  private let edits: LogEdits
  /// Nil keeps that of each block.
  private let compression: CompressionKind?
  private var digester = RecordDigester()
  private var builder = RecordBlockBuilder()
  /// Where all blocks went.
  package private(set) var moves = BlockMoves()

  /// - Parameter compression: of all blocks; nil keeps that of each.
  package init(_ view: StoreView, edits: LogEdits = LogEdits(), compression: CompressionKind? = nil)
  {
    self.view = view
    self.edits = edits
    self.compression = compression
  }

  private func segment(_ entry: SegmentEntry) throws(StorageError) -> SegmentFile {
    guard let segment = view.version.segments[entry.id] else {
      throw StorageError(.missing, path: "", doing: "segment \(entry.id) is not open")
    }
    return segment
  }

  /// Whether the edits change anything in a segment. Cost: it is read.
  package func changes(_ entry: SegmentEntry) throws(StorageError) -> Bool {
    let segment = try segment(entry)
    var scanner = LogScanner(segment, from: UInt64(FileHeader.byteCount), limit: entry.byteCount)
    while let commit = scanner.next() {
      if edits.changes(Self.sequences(commit)) { return true }
      if try forgetsFact(of: commit, in: segment) { return true }
    }
    if let stopped = scanner.stopped { throw stopped }
    return false
  }

  private static func sequences(_ commit: ScannedCommit) -> Range<UInt64> {
    let first = commit.frame.firstSequence
    return first..<(first + UInt64(commit.frame.recordCount))
  }

  private func forgetsFact(
    of commit: ScannedCommit, in segment: SegmentFile
  ) throws(StorageError) -> Bool {
    guard edits.forgetsFacts, commit.frame.number <= edits.lastCommit else { return false }
    for stored in commit.blocks where stored.header.kind == .facts {
      for item in try segment.facts(of: stored) {
        if let fact = item.fact, edits.forgets(fact, commit: commit.frame.number) { return true }
      }
    }
    return false
  }

  /// Writes segments that follow each other as one, and seals it.
  package mutating func write(
    _ entries: [SegmentEntry], id: UInt64, file: any WritableFile
  ) throws(StorageError) -> MadeSegment {
    var output = SegmentOutput(id: id, storeID: view.version.manifest.storeID, file: file)
    for entry in entries {
      let segment = try segment(entry)
      moves.begin(entry.id)
      var scanner = LogScanner(
        segment, from: UInt64(FileHeader.byteCount), limit: entry.byteCount)
      while let commit = scanner.next() { try write(commit, segment, to: &output) }
      if let stopped = scanner.stopped { throw stopped }
    }
    return try output.finish()
  }

  private mutating func write(
    _ commit: ScannedCommit, _ segment: SegmentFile, to output: inout SegmentOutput
  ) throws(StorageError) {
    var frame = commit.frame
    let start = output.end.offset
    let range = Self.sequences(commit)
    let isChanged = edits.changes(range)
    var loses = isChanged && range.contains { edits.forgotten.contains($0) }
    if !loses { loses = try forgetsFact(of: commit, in: segment) }
    if loses || isChanged {
      let rewritten = CommitRewriter(
        view: view, edits: edits, frame: frame, isSalted: loses,
        compression: compression ?? .lz4)
      try rewritten.write(
        commit, segment, to: &output, &moves, builder: &builder, digester: &digester)
      // The seed would tell whether a guess of what was forgotten is right.
      if loses { (frame.seedHigh, frame.seedLow) = (0, 0) }
    } else {
      for stored in commit.blocks { try keep(stored, segment, to: &output) }
    }
    frame.blockByteCount = output.end.offset - start
    try output.append(frame)
  }

  private mutating func keep(
    _ stored: SegmentFile.StoredBlock, _ segment: SegmentFile, to output: inout SegmentOutput
  ) throws(StorageError) {
    moves.add(segment.id, stored.offset, to: output.end)
    let header = stored.header
    if let compression, compression != header.compression {
      let payload = stored.payload
      return try output.append(
        header.kind, payload.rawSpan, firstSequence: header.firstSequence,
        itemCount: header.itemCount, compression: compression)
    }
    let count = Int(stored.end - stored.offset)
    try output.copy(
      header, try segment.file.readExactly(at: stored.offset, count: count, "copy a block"))
  }
}
