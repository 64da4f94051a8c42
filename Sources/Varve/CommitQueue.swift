// Group commit: who waits for a sync shares it. After the leader and followers of D. DeWitt et al.,
// "Implementation Techniques for Main Memory Database Systems", SIGMOD 1984, section 5.2.

import Synchronization
import VarveStorage

/// A batch that waits for its commit.
final class PendingCommit: Sendable {
  let batch: Mutex<WriteBatch>
  let contentByteCount: Int
  let result = Mutex<Result<CommitResult, StoreError>?>(nil)
  /// Opened when there is a result, or when this committer has to lead.
  let gate = Gate()

  init(_ batch: sending WriteBatch) {
    contentByteCount = batch.contentByteCount
    self.batch = Mutex(batch)
  }

  func resolve(_ value: Result<CommitResult, StoreError>) {
    result.withLock { $0 = value }
    gate.open()
  }
}

/// Batches of committers that came while another commit was under way.
final class CommitQueue: Sendable {
  private struct State {
    var waiting: [PendingCommit] = []
    var isLed = false
    /// Committers that shared the last sync.
    var lastGroupCount = 1
  }

  private let state = Mutex(State())

  /// Adds batches of one committer; true if it leads: it commits what `take` gives, then calls
  /// `handOver`.
  func join(_ pending: [PendingCommit]) -> Bool {
    state.withLock { state in
      state.waiting += pending
      defer { state.isLed = true }
      return !state.isLed
    }
  }

  /// Waits a moment for those that shared the last sync: they have just been woken, and who leads
  /// without them would sync for itself while all others wait for the next sync.
  func gather() {
    let start = ContinuousClock.now
    while state.withLock({ $0.waiting.count < $0.lastGroupCount }),
      ContinuousClock.now - start < Self.patience
    {
      Gate.letOthersRun()
    }
  }

  /// Longest wait of `gather`, less than a sync.
  private static let patience = Duration.microseconds(100)

  /// Notes how many shared a sync.
  func note(groupCount: Int) { state.withLock { $0.lastGroupCount = groupCount } }

  /// The batches that wait, oldest first, up to some bytes of content but at least one.
  func take(upTo byteCount: Int) -> [PendingCommit] {
    state.withLock { state in
      var bytes = 0
      var count = 0
      while count < state.waiting.count, count == 0 || bytes < byteCount {
        bytes += state.waiting[count].contentByteCount
        count += 1
      }
      let group = Array(state.waiting[..<count])
      state.waiting.removeFirst(count)
      return group
    }
  }

  /// Ends a lead: the oldest that waits leads from here.
  func handOver() {
    let next = state.withLock { state in
      state.isLed = !state.waiting.isEmpty
      return state.waiting.first
    }
    next?.gate.open()
  }
}
