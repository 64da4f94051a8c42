// The committing side of an ingest: a queue of its own, so that reading and writing use both cores.

import Dispatch
import Synchronization
import Varve

/// Commits batches in order on another thread and merges indexes on a third.
final class Committer: Sendable {
  /// Content at which a batch is handed over: half of what may stay outside an index.
  static let batchByteCount = 2 << 20
  static let batchCount = 8192
  private static let batchesInFlightMax = 2

  /// What may stay outside an index when an ingest ends: read again in a few milliseconds by
  /// whoever opens the store next, and cheaper than an index for every appended line.
  private static let tailLeftByteCount = 256 << 10

  static func isLarge(_ batch: WriteBatch) -> Bool {
    batch.contentByteCount + batch.factByteCount >= batchByteCount || batch.count >= batchCount
  }

  private struct State {
    var result = CommitResult()
    /// Batches that wait for their commit, oldest first.
    var queue: [WriteBatch] = []
    /// Batches that were committed, to be filled again: their memory is worth more than its making.
    var spare: [WriteBatch] = []
    var failure: StoreError?
    var isMerging = false
    /// Forgettings that the ingest knows of: what it commits of originals is made from that view.
    var knownForgettings: UInt64?
  }

  private let store: Store
  private let commits = DispatchQueue(label: "varve.commit")
  private let merges = DispatchQueue(label: "varve.merge")
  private let slots = DispatchSemaphore(value: batchesInFlightMax)
  private let state = Mutex(State())
  private let onCommit: (@Sendable (UInt64) -> Void)?

  init(_ store: Store, onCommit: (@Sendable (UInt64) -> Void)?) {
    self.store = store
    self.onCommit = onCommit
  }

  /// Starts an ingest that was made from a view of the store.
  func begin(knownForgettings: UInt64) {
    state.withLock { $0.knownForgettings = knownForgettings }
  }

  /// Waits for a free slot and commits in the background; throws what an earlier commit threw.
  func submit(_ filled: WriteBatch) throws(StoreError) {
    if let failure = state.withLock({ $0.failure }) { throw failure }
    var batch = filled
    batch.knownForgettings = state.withLock { $0.knownForgettings }
    slots.wait()
    state.withLock { $0.queue.append(batch) }
    commits.async { [self] in
      defer { slots.signal() }
      guard var batch = takeNext() else { return }
      do throws(StoreError) {
        let result = try store.commit(emptying: &batch)
        recycle(batch, result)
        onCommit?(result.lastSequence)
        mergeLater()
      } catch {
        state.withLock { $0.failure = error }
      }
    }
  }

  /// Whether the next batch would wait: then the reading thread may as well do some of the work.
  var isBehind: Bool { state.withLock { $0.queue.count + 1 >= Self.batchesInFlightMax } }

  /// The next batch to commit; nil once a commit failed.
  private func takeNext() -> WriteBatch? {
    state.withLock { state in
      let next = state.queue.removeFirst()
      return state.failure == nil ? next : nil
    }
  }

  private func recycle(_ batch: WriteBatch, _ result: CommitResult) {
    state.withLock { state in
      state.result.add(result)
      if state.spare.count < Self.batchesInFlightMax { state.spare.append(batch) }
    }
  }

  /// An empty batch.
  func makeBatch() -> WriteBatch { state.withLock { $0.spare.popLast() } ?? WriteBatch() }

  private func mergeLater() {
    let starts = state.withLock { state in
      defer { state.isMerging = true }
      return !state.isMerging
    }
    guard starts else { return }
    merges.async { [self] in
      // A merge that fails changes nothing; the next run tries again.
      _ = try? store.maintain(
        isLoading: true, isCancelled: { [self] in state.withLock { $0.failure != nil } })
      state.withLock { $0.isMerging = false }
    }
  }

  /// Waits for all commits.
  func drain() throws(StoreError) {
    commits.sync {}
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// Waits for all commits, puts the tail into an index and merges what is due.
  func finish() throws(StoreError) -> CommitResult {
    commits.sync {}
    merges.sync {}
    if let failure = state.withLock({ $0.failure }) { throw failure }
    try store.flush(ifOver: Self.tailLeftByteCount)
    try store.maintain()
    return state.withLock { $0.result }
  }
}
