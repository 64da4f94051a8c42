// Executes what VarveStorage and VarveSearch know how to do: segments without what was forgotten,
// then their indexes, then their full text, all published at once.

import VarveFormat
import VarveSearch
import VarveStorage

/// One rewriting of the log under the writer's lock.
struct Rewriting {
  private let store: Store
  private let log: LogWriter
  private let edits: LogEdits
  private let concurrently: Concurrency

  init(_ store: Store, _ log: LogWriter, edits: LogEdits, concurrently: Concurrency) {
    self.store = store
    self.log = log
    self.edits = edits
    self.concurrently = concurrently
  }

  /// Writes everything anew that the edits change; returns how many segments that were.
  func run() throws(StoreError) -> Int {
    let view = StoreView(indexesOf: log.version)
    var made = MadeCompaction()
    let names = TemporaryNames(store)
    defer { names.discard() }
    let version = try engine { () throws(StorageError) in
      try rewrite(view, &made, names)
    }
    guard !made.segments.isEmpty else { return 0 }
    try rewriteTexts(view, StoreView(indexesOf: version), &made)
    let isPublished = try engine { () throws(StorageError) in try log.publish(made) }
    guard isPublished else {
      throw StoreError(.damaged, path: store.path, detail: "another writer held no lock")
    }
    for text in made.fullTexts.flatMap(\.made) {
      try? store.fileSystem.unlink(text.temporary + ".lock")
    }
    return made.segments.count
  }

  /// Writes segments and indexes; returns the version that they make.
  private func rewrite(
    _ view: StoreView, _ made: inout MadeCompaction, _ names: TemporaryNames
  ) throws(StorageError) -> Version {
    var manifest = view.version.manifest
    var rewriter = SegmentRewriter(view, edits: edits)
    var segments = view.version.segments
    var changed: [SegmentEntry] = []
    for entry in manifest.segments where entry.state != .active {
      if try rewriter.changes(entry) { changed.append(entry) }
    }
    guard !changed.isEmpty else { return view.version }
    let first = try log.reserveSegments(changed.count)
    for (number, entry) in changed.enumerated() {
      let id = first + UInt64(number)
      let file = try store.fileSystem.create(try names.next("segment"))
      let written = try rewriter.write([entry], id: id, file: file)
      made.segments.append(.init([entry.id], [written]))
      segments[id] = try SegmentFile(
        try store.fileSystem.open(written.temporary), id: id, storeID: manifest.storeID)
      guard let place = manifest.segments.firstIndex(where: { $0.id == entry.id }) else { continue }
      manifest.segments[place].id = id
      manifest.segments[place].byteCount = written.byteCount
      manifest.segments[place].state = .sealed
      manifest.segments[place].digest = written.digest
    }
    return try rewriteIndexes(
      view, Version(manifest: manifest, digest: .zero, indexes: [], segments: segments),
      rewriter.moves, &made, names)
  }

  private func rewriteIndexes(
    _ view: StoreView, _ version: Version, _ moves: BlockMoves, _ made: inout MadeCompaction,
    _ names: TemporaryNames
  ) throws(StorageError) -> Version {
    var indexes = IndexRewriter(
      version, fileSystem: store.fileSystem, tailByteCount: store.options.tailByteCount
    ) { () throws(StorageError) in try names.next("index") }
    for (entry, index) in zip(view.version.manifest.indexes, view.version.indexes) {
      let range = entry.firstSequence..<(entry.firstSequence + entry.recordCount)
      let losesFacts = try indexes.losesFacts(index, moves)
      if losesFacts || edits.changes(range) {
        made.indexes.append(.init([entry.id], try indexes.build(index, entry, moves)))
      } else {
        made.indexes.append(.init([entry.id], [try indexes.relocate(index, entry, moves)]))
      }
    }
    return indexes.version
  }

  /// Indexes the text again of files over something that changed.
  private func rewriteTexts(
    _ old: StoreView, _ new: StoreView, _ made: inout MadeCompaction
  ) throws(StoreError) {
    let settings = try Snapshot(old).wantedSettings()
    let entries = old.version.manifest.fullTexts
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
