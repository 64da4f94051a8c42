// Executes what VarveStorage and VarveSearch know how to do: segments written anew, then their
// indexes, then their full text. What comes out waits under temporary names to be published at
// once.

import VarveFormat
import VarveSearch
import VarveStorage

/// Writes segments of a view anew, with all that is derived from them.
struct Rewriting {
  let store: Store
  /// Of which indexes cover everything that is written anew.
  let view: StoreView
  let names: TemporaryNames
  var edits = LogEdits()
  /// Of all blocks; nil keeps that of each.
  var compression: CompressionKind?
  var concurrently = Concurrency.none
  var isCancelled: @Sendable () -> Bool = { false }

  /// The segments that the edits change, each by itself.
  func changedSegments() throws(StorageError) -> [[SegmentEntry]] {
    let rewriter = SegmentRewriter(view, edits: edits)
    var changed: [[SegmentEntry]] = []
    for entry in view.version.manifest.segments where entry.state != .active {
      if try rewriter.changes(entry) { changed.append([entry]) }
    }
    return changed
  }

  /// Writes groups of neighbouring segments, each as one.
  ///
  /// - Parameter ids: the numbers of the new segments, one for each group.
  func run(
    _ groups: [[SegmentEntry]], ids: [UInt64]
  ) throws(StoreError) -> MadeCompaction {
    var made = MadeCompaction()
    let version = try engine { () throws(StorageError) in
      let (version, moves) = try writeSegments(groups, ids: ids, &made)
      return try writeIndexes(version, moves, groups, &made)
    }
    try writeTexts(StoreView(indexesOf: version), &made)
    return made
  }

  private func writeSegments(
    _ groups: [[SegmentEntry]], ids: [UInt64], _ made: inout MadeCompaction
  ) throws(StorageError) -> (Version, BlockMoves) {
    var manifest = view.version.manifest
    var segments = view.version.segments
    var rewriter = SegmentRewriter(view, edits: edits, compression: compression)
    for (group, id) in zip(groups, ids) {
      try checkNotCancelled()
      let file = try store.fileSystem.create(try names.next("segment"))
      let written = try rewriter.write(group, id: id, file: file)
      made.segments.append(.init(group.map(\.id), [written]))
      segments[id] = try SegmentFile(
        try store.fileSystem.open(written.temporary), id: id, storeID: manifest.storeID)
      guard let first = manifest.segments.firstIndex(where: { $0.id == group.first?.id }) else {
        continue
      }
      let entry = SegmentEntry(
        id: id, state: .sealed, byteCount: written.byteCount,
        firstSequence: group.first?.firstSequence ?? 0,
        recordCount: group.reduce(0) { $0 + $1.recordCount }, digest: written.digest)
      manifest.segments.replaceSubrange(first..<(first + group.count), with: [entry])
    }
    let version = Version(manifest: manifest, digest: .zero, indexes: [], segments: segments)
    return (version, rewriter.moves)
  }

  private func checkNotCancelled() throws(StorageError) {
    if isCancelled() { throw StorageError(.cancelled, path: store.path, doing: "compact") }
  }

  private func writeIndexes(
    _ version: Version, _ moves: BlockMoves, _ groups: [[SegmentEntry]],
    _ made: inout MadeCompaction
  ) throws(StorageError) -> Version {
    var indexes = IndexRewriter(
      version, fileSystem: store.fileSystem, tailByteCount: store.options.tailByteCount
    ) { () throws(StorageError) in try names.next("index") }
    let moved = groups.joined()
    let first = moved.map(\.firstSequence).min() ?? 0
    let end = moved.map { $0.firstSequence + $0.recordCount }.max() ?? 0
    for (entry, index) in zip(view.version.manifest.indexes, view.version.indexes) {
      try checkNotCancelled()
      // Facts at a border may be in either neighbour.
      if index.nextSequence < first || index.firstSequence > end {
        try indexes.keep(index, moves)
        continue
      }
      let range = index.firstSequence..<index.nextSequence
      let losesFacts = try indexes.losesFacts(index, moves)
      if losesFacts || edits.changes(range) {
        made.indexes.append(.init([entry.id], [try indexes.build(index, entry, moves)]))
      } else {
        let relocated = try indexes.relocate(index, entry, moves, isCancelled: isCancelled)
        made.indexes.append(.init([entry.id], [relocated]))
      }
    }
    return indexes.version
  }

  /// Indexes the text again of files over something that the edits change.
  private func writeTexts(_ new: StoreView, _ made: inout MadeCompaction) throws(StoreError) {
    guard !edits.isEmpty else { return }
    let settings = try Snapshot(view).wantedSettings()
    let entries = view.version.manifest.fullTexts
    let isUniform = entries.allSatisfy { $0.settings == settings.digest }
    for entry in entries {
      let range = entry.firstSequence..<(entry.firstSequence + entry.recordCount)
      guard !isUniform || edits.changes(range) else { continue }
      let text = try store.makeText(over: range, new, settings, concurrently)
      made.fullTexts.append(.init([entry.id], text.map { [$0] } ?? []))
    }
  }
}

/// Names below `tmp/` that cleaning by others leaves alone while they are held.
final class TemporaryNames {
  private let store: Store
  private var held: [(path: String, lock: any FileLock)] = []

  init(_ store: Store) { self.store = store }

  func next(_ what: String) throws(StorageError) -> String {
    var generator = SystemRandomNumberGenerator()
    let path = store.paths.temporary("merge-\(what)-\(generator.next() as UInt64)")
    guard let lock = try store.fileSystem.tryLock(path + ".lock", holder: what) else {
      throw StorageError(.busy, path: path, doing: "a temporary file is held")
    }
    held.append((path, lock))
    return path
  }

  /// Removes what was not published, and all locks.
  func discard() {
    for name in held {
      try? store.fileSystem.unlink(name.path)
      try? store.fileSystem.unlink(name.path + ".lock")
      name.lock.release()
    }
    held = []
  }
}
