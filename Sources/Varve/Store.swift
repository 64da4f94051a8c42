// The open engine over a directory: commits go in, snapshots come out.

package import VarveStorage
import Synchronization

/// An append-only store of messages.
///
/// A store is safe to use from any number of threads. Commits are serialised and grouped:
/// committers that wait for the same sync share it. Snapshots are fixed views that never block a
/// writer. All calls are synchronous; from async code call them on a thread that may block.
public final class Store: Sendable {
  private struct Writing: ~Copyable {
    var log: LogWriter?
    var pipeline = CommitPipeline()
  }

  /// Directory of the store.
  public let path: String
  package let paths: StorePaths
  package let fileSystem: any FileSystem
  let options: StoreOptions
  private let writing: Mutex<Writing>
  private let queue = CommitQueue()
  private let reading: Mutex<StoreView?>
  let searching: SearchCache
  private let holder: String
  private let registration: WriterRegistry.Registration?

  /// Opens a store.
  ///
  /// Opening reads CURRENT, one manifest and the tables of the indexes: its cost does not grow with
  /// the number of messages.
  ///
  /// - Parameters:
  ///   - path: the store's directory.
  ///   - options: access, waiting and maintenance.
  /// - Throws: ``StoreError``: `notAStore`, `newerFormat`, `damaged`, `alreadyOpen`, `system`.
  public static func open(
    at path: String, options: StoreOptions = StoreOptions()
  ) throws(StoreError) -> Store {
    try open(at: path, options: options, fileSystem: PosixFileSystem())
  }

  /// Opens a store on any file system; what the tests use. Without registration a test can play two
  /// processes in one.
  package static func open(
    at path: String, options: StoreOptions, fileSystem: any FileSystem, registers: Bool = true
  ) throws(StoreError) -> Store {
    if options.access == .write, options.createIfMissing {
      let paths = StorePaths(path)
      if !fileSystem.exists(paths.current) {
        try engine { () throws(StorageError) in
          try StoreCreation.create(path, fileSystem: fileSystem)
        }
      }
    }
    return try Store(
      path: path, options: options, fileSystem: fileSystem, registers: registers)
  }

  private init(
    path: String, options: StoreOptions, fileSystem: any FileSystem, registers: Bool
  ) throws(StoreError) {
    self.path = path
    self.options = options
    self.fileSystem = fileSystem
    searching = SearchCache(
      resultCountMax: options.resultCacheCount, resultLifetimeSeconds: options.resultCacheSeconds)
    let paths = StorePaths(path)
    self.paths = paths
    holder = "process \(ProcessIdentity.current)"
    let version = try engine { () throws(StorageError) in
      try Self.openVersion(paths, fileSystem, reusing: nil)
    }
    if options.access == .write {
      let registration =
        registers ? WriterRegistry.shared.register(version.manifest.storeID, at: paths.root) : nil
      if registers, registration == nil {
        throw StoreError(
          .alreadyOpen, path: path, detail: "open for writing in this process already")
      }
      self.registration = registration
      let log = try engine { () throws(StorageError) in
        try LogWriter(
          version, paths: paths, fileSystem: fileSystem,
          segmentByteCount: options.segmentByteCount)
      }
      writing = Mutex(Writing(log: log))
    } else {
      registration = nil
      writing = Mutex(Writing(log: nil))
    }
    reading = Mutex(nil)
  }

  /// Opens the newest generation; starts over if files vanish because a newer one replaced them.
  static func openVersion(
    _ paths: StorePaths, _ fileSystem: any FileSystem, reusing previous: Version?
  ) throws(StorageError) -> Version {
    let manifests = ManifestStore(paths, fileSystem)
    var last: ContentHash?
    while true {
      let current = try manifests.current()
      if let previous, previous.manifestDigest == current.digest { return previous }
      do throws(StorageError) {
        let manifest = try manifests.manifest(current.header.number, digest: current.digest)
        return try Version.open(
          manifest, digest: current.digest, paths: paths, fileSystem: fileSystem,
          reusing: previous)
      } catch {
        // Gone because a newer generation replaced it, or really gone: CURRENT tells which.
        guard error.code == .missing, last != current.digest else { throw error }
        last = current.digest
      }
    }
  }

  // MARK: Writing

  /// Makes a batch durable: when it returns, the batch survives power loss.
  ///
  /// Sightings that the store has already are counted as repeated and change nothing.
  ///
  /// - Parameter batch: what to commit, at most `Limits.batchByteCount` of content.
  /// - Returns: what was new.
  /// - Throws: ``StoreError``: `busy` after `lockWaitMilliseconds`, `poisoned`, `system`, `limit`,
  ///   `readOnly`, `damaged`. Nothing of the batch is visible then; after a failed sync (`system`)
  ///   and a crash it may turn out to be there whole.
  @discardableResult
  public func commit(_ batch: consuming WriteBatch) throws(StoreError) -> CommitResult {
    var batch = batch
    return try commit(emptying: &batch)
  }

  /// The same for a batch that is filled again and again: on success it is empty and keeps its
  /// memory, on an error it is as it was.
  ///
  /// - Parameter batch: what to commit, at most `Limits.batchByteCount` of content.
  /// - Returns: what was new.
  /// - Throws: as ``commit(_:)``.
  @discardableResult
  public func commit(emptying batch: inout WriteBatch) throws(StoreError) -> CommitResult {
    guard options.access == .write else {
      throw StoreError(.readOnly, path: path, detail: "the store was opened for reading")
    }
    guard batch.contentByteCount <= Limits.batchByteCount else {
      throw StoreError(
        .limit, path: path,
        detail: "a batch of \(batch.contentByteCount) bytes; the limit is \(Limits.batchByteCount)")
    }
    batch.prepare()
    let pending = PendingCommit(batch)
    batch = WriteBatch()
    defer { pending.batch.withLock { swap(&batch, &$0) } }
    let figures = try finish(pending, isLeading: queue.join([pending]))
    pending.batch.withLock { $0.removeAll() }
    return figures
  }

  /// Commits batches with one sync, each as a commit of its own, in their order. After a crash the
  /// first ones may be there without the others.
  ///
  /// - Parameter batches: what to commit, each at most `Limits.batchByteCount` of content; more
  ///   than a few MiB in all take more syncs.
  /// - Returns: what was new in each.
  /// - Throws: as ``commit(_:)``, for the first batch that failed; others may be committed.
  @discardableResult
  public func commit(together batches: [WriteBatch]) throws(StoreError) -> [CommitResult] {
    guard options.access == .write else {
      throw StoreError(.readOnly, path: path, detail: "the store was opened for reading")
    }
    guard batches.allSatisfy({ $0.contentByteCount <= Limits.batchByteCount }) else {
      throw StoreError(
        .limit, path: path, detail: "a batch is larger than \(Limits.batchByteCount) bytes")
    }
    let group = batches.map { batch in
      var prepared = batch
      prepared.prepare()
      return PendingCommit(prepared)
    }
    var isLeading = queue.join(group)
    var results: [CommitResult] = []
    for pending in group {
      results.append(try finish(pending, isLeading: isLeading))
      isLeading = false
    }
    return results
  }

  /// Waits until a batch is committed, and commits what waits whenever its committer leads.
  private func finish(
    _ pending: PendingCommit, isLeading: Bool
  ) throws(StoreError) -> CommitResult {
    var isLeading = isLeading
    while true {
      if isLeading {
        let (gate, isMaintenanceDue) = writing.withLock { commitWaiting(&$0) }
        queue.handOver()
        gate.open()
        if isMaintenanceDue { maintainInline() }
      }
      if let result = pending.result.withLock({ $0 }) { return try result.get().fresh(path) }
      isLeading = queue.waitToLead(pending)
    }
  }

  /// Commits what waits and gives each batch its result.
  ///
  /// - Returns: the gate where the committers sleep, and whether the indexes want work.
  private func commitWaiting(_ writing: inout Writing) -> (Gate, isMaintenanceDue: Bool) {
    var group: [PendingCommit] = []
    var gate: Gate?
    var isMaintenanceDue = false
    let outcome: Result<[CommitResult], StoreError>
    guard let log = writing.log else { preconditionFailure("a commit of a store for reading") }
    do throws(StorageError) {
      try log.acquire(waitMilliseconds: options.lockWaitMilliseconds, holder: holder)
      defer { log.release() }
      outcome = .success(
        try writing.pipeline.commit(log, now: fileSystem.now()) { byteCount in
          // Who comes while others are being encoded still shares their sync.
          let more = queue.take(upTo: Limits.tailByteCount - byteCount)
          group += more
          return more.map { $0.batch.withLock { $0 } }
        } willSync: {
          gate = queue.close()
        })
      isMaintenanceDue = self.isMaintenanceDue(log)
    } catch {
      // Without the lock nothing was taken: who waits gets the same answer.
      if group.isEmpty { group = queue.take(upTo: .max) }
      outcome = .failure(StoreError(error))
    }
    for (index, pending) in group.enumerated() {
      pending.result.withLock { $0 = outcome.map { $0[index] } }
    }
    return (gate ?? queue.close(), isMaintenanceDue)
  }

  private func isMaintenanceDue(_ log: LogWriter) -> Bool {
    log.tailByteCount >= options.tailByteCount
      || options.maintenance == .inline && IndexMaintenance.isMergeDue(log.version)
  }

  /// What a committer does for the indexes. Its batch is durable already: a failure belongs to the
  /// next call, not to this one.
  private func maintainInline() {
    try? withLog { (log) throws(StorageError) in
      if log.tailByteCount >= options.tailByteCount { try log.publishIndex() }
    }
    if options.maintenance == .inline { writing.withLock { mergeDue(&$0) } }
  }

  private func mergeDue(_ writing: inout Writing) {
    guard let log = writing.log else { return }
    // A merge that fails leaves the store as it was; the next one tries again.
    while let done = try? IndexMaintenance.mergeOnce(
      version: log.version, paths: paths, fileSystem: fileSystem, isCancelled: { false })
    {
      guard (try? install(done, log)) == true else { return }
    }
  }

  private func install(_ merged: MergedIndex, _ log: LogWriter) throws(StorageError) -> Bool {
    try log.acquire(waitMilliseconds: options.lockWaitMilliseconds, holder: holder)
    defer { log.release() }
    return try IndexMaintenance.publish(merged, log, fileSystem)
  }

  /// Puts the tail into an index, so that a later opening has nothing to scan.
  ///
  /// - Parameter byteCount: a tail of fewer raw bytes is left as it is.
  /// - Throws: ``StoreError``, as ``commit(_:)``.
  public func flush(ifOver byteCount: Int = 0) throws(StoreError) {
    try withLog { (log) throws(StorageError) in
      if log.tailByteCount > byteCount || byteCount == 0 { try log.publishIndex() }
    }
    if options.maintenance == .inline { writing.withLock { mergeDue(&$0) } }
  }

  /// Merges indexes until none is due. Works without the writer's lock and takes it to publish.
  ///
  /// - Parameters:
  ///   - isLoading: more commits follow at once: merges that can wait for them are left for a later
  ///     call.
  ///   - isCancelled: asked between the parts of a merge.
  /// - Returns: how many merges were done.
  @discardableResult
  public func maintain(
    isLoading: Bool = false, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(StoreError) -> Int {
    var count = 0
    while !isCancelled() {
      let merged = try engine { () throws(StorageError) -> MergedIndex? in
        let version = try Self.openVersion(paths, fileSystem, reusing: currentVersion())
        return try IndexMaintenance.mergeOnce(
          version: version, paths: paths, fileSystem: fileSystem, isLoading: isLoading,
          isCancelled: isCancelled)
      }
      guard let merged else { break }
      let isPublished = try withLog { (log) throws(StorageError) in
        try IndexMaintenance.publish(merged, log, fileSystem)
      }
      if isPublished { count += 1 }
    }
    return count
  }

  /// How often searches were answered from memory.
  public var searchCacheStatistics: SearchCacheStatistics { searching.results.statistics }

  private func currentVersion() -> Version? { reading.withLock { $0?.version } }

  /// Runs something with the writer's lock held.
  func withLog<T: Sendable>(
    _ body: (LogWriter) throws(StorageError) -> T
  ) throws(StoreError) -> T {
    let result: Result<T, StoreError> = writing.withLock { writing in
      guard let log = writing.log else {
        return .failure(
          StoreError(.readOnly, path: path, detail: "the store was opened for reading"))
      }
      do throws(StorageError) {
        try log.acquire(waitMilliseconds: options.lockWaitMilliseconds, holder: holder)
        defer { log.release() }
        return .success(try body(log))
      } catch {
        return .failure(StoreError(error))
      }
    }
    return try result.get()
  }

  /// Runs something that also commits, with the writer's lock held.
  func withPipeline<T: Sendable>(
    _ body: (LogWriter, inout CommitPipeline) throws -> T
  ) throws -> T {
    let result: Result<T, any Error> = writing.withLock { writing in
      guard let log = writing.log else {
        return .failure(
          StoreError(.readOnly, path: path, detail: "the store was opened for reading"))
      }
      do {
        try engine { () throws(StorageError) in
          try log.acquire(waitMilliseconds: options.lockWaitMilliseconds, holder: holder)
        }
        defer { log.release() }
        return .success(try body(log, &writing.pipeline))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  // MARK: Reading

  /// A fixed view of everything that is durable now, also by other processes.
  ///
  /// - Throws: ``StoreError`` if files cannot be read.
  public func snapshot() throws(StoreError) -> Snapshot {
    let view = try engine { () throws(StorageError) -> StoreView in
      if let own = try ownView() { return own }
      let known = reading.withLock { $0 }
      let version = try Self.openVersion(paths, fileSystem, reusing: known?.version)
      if let known, known.version === version, try isUnchanged(known) { return known }
      let recovered = try Recovery.recover(
        version, known: nil, paths: paths, fileSystem: fileSystem)
      let fresh = StoreView(
        version: version, tail: FrozenTail(recovered.rows, storeID: version.manifest.storeID),
        history: recovered.history, end: recovered.end)
      reading.withLock { $0 = fresh }
      return fresh
    }
    return Snapshot(view, searching: searching)
  }

  /// The writer's own state, if nobody else wrote since.
  private func ownView() throws(StorageError) -> StoreView? {
    // A reader never waits for a writer: while one is at work, the files tell what is durable.
    let own: StoreView? = writing.withLockIfAvailable { $0.log?.currentView() } ?? nil
    guard let own, try isUnchanged(own) else { return nil }
    let current = try ManifestStore(paths, fileSystem).current()
    return current.digest == own.version.manifestDigest ? own : nil
  }

  private func isUnchanged(_ view: StoreView) throws(StorageError) -> Bool {
    guard
      let tail = Recovery.tailFile(paths, fileSystem, storeID: view.version.manifest.storeID)
    else { return false }
    let boot = fileSystem.bootID
    return tail.end == view.end && tail.commitNumber == view.history.commitNumber
      && tail.bootHigh == boot.high && tail.bootLow == boot.low
  }
}
