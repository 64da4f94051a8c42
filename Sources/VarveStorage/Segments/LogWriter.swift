// The only code that changes a store: appends commits, publishes generations. Owned by one store
// and guarded by its mutex; between processes guarded by the lock file, which is held for one
// batch.
//
// Order of durability: bytes of a commit, `sync`, TAIL, acknowledgement. For a generation: its
// files, their directory, the manifest, its directory, CURRENT, its directory. Nothing is trusted
// earlier.

package import VarveFormat

/// Appends to the log and publishes generations of one directory.
package final class LogWriter {
  let paths: StorePaths
  let fileSystem: any FileSystem
  let manifests: ManifestStore
  package internal(set) var version: Version
  package var tail: TailRows
  package internal(set) var history: TailLoader.History
  package internal(set) var end: LogPosition
  var active: any WritableFile
  private var tailFile: (any WritableFile)?
  /// The held lock.
  var lock: (any FileLock)?
  /// The lock's file while nobody here holds it: opening it anew for each commit would show.
  private var restingLock: (any FileLock)?
  /// The CURRENT that names `version`; while its path names it there is no newer generation.
  var currentFile: (any ReadableFile)?
  /// Blocks of the active segment, if all of them were seen; sealing needs them.
  var blockEntries: [BlockEntry]?
  var isPoisoned = false
  var scopes = KnownScopes()
  private var view: StoreView?
  let segmentByteCount: UInt64
  var preallocation: Preallocation
  private var hasCleaned = false

  /// Opens the writing side of a store; nothing is read or changed before the first `acquire`.
  package init(
    _ version: Version, paths: StorePaths, fileSystem: any FileSystem,
    segmentByteCount: Int = Limits.segmentByteCount
  ) throws(StorageError) {
    self.paths = paths
    self.fileSystem = fileSystem
    self.version = version
    self.segmentByteCount = UInt64(segmentByteCount)
    preallocation = Preallocation(segmentByteCount: UInt64(segmentByteCount))
    manifests = ManifestStore(paths, fileSystem)
    tail = TailRows(firstSequence: version.manifest.nextSequence)
    history = .init(
      commitNumber: version.manifest.commitNumber, digest: version.manifest.historyDigest)
    end = version.manifest.indexedEnd
    active = try fileSystem.openForWriting(paths.segment(version.activeID))
  }

  /// A frozen view of what is committed, for readers; the same one until something changes.
  package func currentView() -> StoreView? {
    guard !isPoisoned else { return nil }
    if let view, view.version === version, view.end == end { return view }
    let fresh = StoreView(
      version: version, tail: FrozenTail(tail, storeID: version.manifest.storeID),
      history: history, end: end)
    view = fresh
    return fresh
  }

  // MARK: The lock

  /// Takes the writer's lock and reads CURRENT and TAIL anew.
  package func acquire(waitMilliseconds: Int, holder: String) throws(StorageError) {
    guard !isPoisoned else {
      throw StorageError(
        .poisoned, path: paths.root, doing: "a write or sync failed; open the store again")
    }
    // The writer's own view would make every append copy the tail.
    view = nil
    var waited = 0
    while true {
      if try takeLock(holder) { break }
      guard waited < waitMilliseconds else {
        throw StorageError(
          .busy, path: paths.lock, doing: "held by \(fileSystem.lockHolder(paths.lock))")
      }
      let step = min(20, waitMilliseconds - waited)
      fileSystem.pause(milliseconds: step)
      waited += step
    }
    do throws(StorageError) {
      try refresh()
    } catch {
      release()
      throw error
    }
  }

  private func takeLock(_ holder: String) throws(StorageError) -> Bool {
    if let known = restingLock, let isTaken = try known.takeAgain(holder: holder) {
      if isTaken { lock = known }
      return isTaken
    }
    restingLock = nil
    lock = try fileSystem.tryLock(paths.lock, holder: holder)
    return lock != nil
  }

  /// Lets other writers go on.
  package func release() {
    lock?.release()
    restingLock = lock ?? restingLock
    lock = nil
  }

  private func refresh() throws(StorageError) {
    let isNewest = currentFile.map { fileSystem.isStill($0, at: paths.current) } ?? false
    if !isNewest {
      let (current, file) = try manifests.openCurrent()
      if current.digest != version.manifestDigest {
        let manifest = try manifests.manifest(current.header.number, digest: current.digest)
        try adopt(
          try Version.open(
            manifest, digest: current.digest, paths: paths, fileSystem: fileSystem,
            reusing: version))
      }
      currentFile = file
    }
    if let seen = tailOnDisk(), seen.end == end, seen.commitNumber == history.commitNumber,
      try preallocation.isUntouched(active, end: end.offset),
      (seen.bootHigh, seen.bootLow) == fileSystem.bootID
    {
      // Nobody else wrote.
    } else {
      try recoverTail()
    }
    if !hasCleaned { try clean() }
  }

  /// What TAIL says. The file stays open, as it is only ever overwritten, unless somebody has
  /// removed or replaced it: others would never see what is written to a file without a name.
  private func tailOnDisk() -> TailFile? {
    if let known = tailFile, !fileSystem.isStill(known, at: paths.tail) { tailFile = nil }
    guard let tailFile else {
      return Recovery.tailFile(paths, fileSystem, storeID: version.manifest.storeID)
    }
    return Recovery.tail(in: tailFile, storeID: version.manifest.storeID)
  }

  private func adopt(_ newer: Version) throws(StorageError) {
    if newer.activeID != version.activeID {
      active = try fileSystem.openForWriting(paths.segment(newer.activeID))
    }
    blockEntries = nil
    version = newer
    tail = TailRows(firstSequence: newer.manifest.nextSequence)
    history = .init(commitNumber: newer.manifest.commitNumber, digest: newer.manifest.historyDigest)
    end = newer.manifest.indexedEnd
  }

  private func recoverTail() throws(StorageError) {
    let known = RecoveredTail(rows: tail, history: history, end: end, isClean: true)
    let found = try Recovery.recover(
      version, known: known, paths: paths, fileSystem: fileSystem)
    if found.end != end { blockEntries = nil }
    tail = found.rows
    history = found.history
    end = found.end
    if !found.isClean { try moveTail() }
    try preallocation.restart(active)
    try writeTail()
  }

  /// REC-8: copies the committed tail to a new segment, so that appending never follows doubtful
  /// bytes.
  private func moveTail() throws(StorageError) {
    var manifest = version.manifest
    let from = manifest.indexedEnd.offset
    let committed = try active.readExactly(
      at: from, count: Int(end.offset - from), "copy the committed tail")
    let id = manifest.nextSegmentID
    let file = try createSegment(id, storeID: manifest.storeID, body: committed)
    manifest.nextSegmentID += 1
    let last = manifest.segments.count - 1
    manifest.segments[last].state = .cut
    manifest.segments[last].byteCount = from
    let isVoid =
      manifest.segments[last].recordCount == 0 && from == UInt64(FileHeader.byteCount)
    let void = isVoid ? manifest.segments.remove(at: last).id : nil
    manifest.segments.append(
      SegmentEntry(
        id: id, state: .active, byteCount: UInt64(FileHeader.byteCount),
        firstSequence: manifest.nextSequence, recordCount: 0, digest: .zero))
    manifest.indexedEnd = LogPosition(segment: id, offset: UInt64(FileHeader.byteCount))
    do throws(StorageError) {
      try publish(manifest, newActive: file)
      if let void { try fileSystem.unlink(paths.segment(void)) }
    } catch {
      // The tail in memory may name a segment that is not the active one any more.
      isPoisoned = true
      throw error
    }
    // Rows of the tail name places in the old segment: read them again from the new one.
    tail = TailRows(firstSequence: manifest.nextSequence)
    history = .init(commitNumber: manifest.commitNumber, digest: manifest.historyDigest)
    end = manifest.indexedEnd
    blockEntries = nil
    guard let segment = version.segments[id] else { return }
    let limit = UInt64(FileHeader.byteCount + committed.count)
    var scanner = LogScanner(segment, from: end.offset, limit: limit)
    var loader = TailLoader(version)
    while let commit = scanner.next() {
      try loader.load(commit, segment: segment, into: &tail, history: &history)
      end.offset = commit.end
    }
    if let stopped = scanner.stopped { throw stopped }
  }

  func createSegment(
    _ id: UInt64, storeID: StoreID, body: [UInt8]
  ) throws(StorageError) -> any WritableFile {
    var writer = ByteWriter(reserving: FileHeader.byteCount + body.count)
    FileHeader(kind: .segment, number: id, storeID: storeID).write(to: &writer)
    writer.write(body)
    try manifests.write(
      writer.bytes, to: paths.segment(id), name: "segment-\(id)", directory: paths.segments)
    return try fileSystem.openForWriting(paths.segment(id))
  }

  // MARK: The tail

  package var tailMark: TailRows.Mark { tail.mark }

  package func rewind(to mark: TailRows.Mark) { tail.rewind(to: mark) }

  /// Raw content outside an index, in bytes.
  package var tailByteCount: Int { tail.rawByteCount }

  // MARK: Commits

  /// Appends the encoded blocks and frames of commits and makes them durable with one sync. Their
  /// rows are in the tail already; `mark` says since when, so that a failed write takes them out
  /// again.
  package func commit(
    _ bytes: [UInt8], history newHistory: TailLoader.History, blocks: [BlockEntry],
    since mark: TailRows.Mark
  ) throws(StorageError) {
    precondition(lock != nil, "a commit needs the lock")
    do throws(StorageError) {
      try preallocation.prepare(active, end: end.offset, count: bytes.count)
      try active.overwrite(bytes, at: end.offset)
      try active.sync()
      end.offset += UInt64(bytes.count)
      preallocation.advance(to: end.offset)
      history = newHistory
      try writeTail()
    } catch {
      isPoisoned = true
      tail.rewind(to: mark)
      throw error
    }
    blockEntries?.append(contentsOf: blocks)
  }

  /// MAN-14: tells other processes how far the log is durable. Never synced.
  func writeTail() throws(StorageError) {
    let boot = fileSystem.bootID
    let bytes = TailFile(
      generation: version.manifest.generation, storeID: version.manifest.storeID,
      bootHigh: boot.high, bootLow: boot.low, end: end, commitNumber: history.commitNumber
    ).encode()
    if tailFile == nil {
      tailFile =
        fileSystem.exists(paths.tail)
        ? try fileSystem.openForWriting(paths.tail) : try fileSystem.create(paths.tail)
    }
    try tailFile?.overwrite(bytes, at: 0)
  }

  // MARK: Cleaning

  /// DIR-8: removes what a crash left: temporary files and files that no manifest lists.
  private func clean() throws(StorageError) {
    // A copy of a store may lack the directories that were empty.
    for directory in [paths.temporary, paths.indexes] where !fileSystem.exists(directory) {
      try fileSystem.makeDirectory(directory)
      try fileSystem.syncDirectory(paths.root)
    }
    for name in try fileSystem.list(paths.temporary) where !name.hasSuffix(".lock") {
      let path = paths.temporary(name)
      if name.hasPrefix("merge-") {
        // A merge without the writer's lock holds a lock of its own.
        guard let lock = try fileSystem.tryLock(path + ".lock", holder: "") else { continue }
        try fileSystem.unlink(path)
        try fileSystem.unlink(path + ".lock")
        lock.release()
      } else {
        try fileSystem.unlink(path)
      }
    }
    let listed = Set(version.manifest.indexes.map(\.id))
    for name in try fileSystem.list(paths.indexes) {
      guard let id = StorePaths.number(name, suffix: ".vbt"), !listed.contains(id) else { continue }
      try fileSystem.unlink(paths.index(id))
    }
    let texts = Set(version.manifest.fullTexts.map(\.id))
    for name in try fileSystem.list(paths.indexes) {
      guard let id = StorePaths.number(name, suffix: ".vft"), !texts.contains(id) else { continue }
      try fileSystem.unlink(paths.fullText(id))
    }
    let segments = Set(version.manifest.segments.map(\.id))
    for name in try fileSystem.list(paths.segments) {
      guard let id = StorePaths.number(name, suffix: ".vseg"), !segments.contains(id) else {
        continue
      }
      try fileSystem.unlink(paths.segment(id))
    }
    hasCleaned = true
  }
}
