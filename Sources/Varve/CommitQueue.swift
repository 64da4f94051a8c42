// Group commit: who waits for a sync shares it. After the leader and followers of D. DeWitt et al.,
// "Implementation Techniques for Main Memory Database Systems", SIGMOD 1984, section 5.2.

import Synchronization
import VarveStorage

/// A batch that waits for its commit.
final class PendingCommit: Sendable {
  let batch: Mutex<WriteBatch>
  let contentByteCount: Int
  let result = Mutex<Result<CommitResult, StoreError>?>(nil)
  /// Where its committer sleeps; changed only under the lock of the queue.
  fileprivate let gate = Mutex<Gate?>(nil)

  init(_ batch: sending WriteBatch) {
    contentByteCount = batch.contentByteCount
    self.batch = Mutex(batch)
  }
}

/// Batches of committers that came while another commit was under way.
///
/// The first that joins waits a moment for those that shared the last sync: they have just been
/// woken, and who leads without them would sync for itself while all others wait for the next sync.
/// Who completes the group leads at once. Committers that share a sync sleep at one gate, so that
/// one call wakes them all.
final class CommitQueue: Sendable {
  private enum Phase {
    /// Nobody waits.
    case idle
    /// Committers wait for others, one of them with a limit.
    case gathering
    /// A committer is at work.
    case led
  }

  private struct State {
    var waiting: [PendingCommit] = []
    var phase = Phase.idle
    /// The gate of all that wait.
    var gate = Gate()
    /// Committers that wait, and that shared the last sync.
    var committerCount = 0
    var lastCommitterCount = 1

    var isComplete: Bool { committerCount >= lastCommitterCount }
  }

  /// How long to wait for others, less than a sync; in nanoseconds.
  private static let patience: Int64 = 100_000

  private let state = Mutex(State())

  /// Adds the batches of one committer and sleeps until it has to lead or the first batch may have
  /// a result.
  ///
  /// - Returns: whether it leads: it takes batches, closes and hands over.
  func join(_ pending: [PendingCommit]) -> Bool {
    guard let first = pending.first else { return false }
    let (leads, isFirst) = state.withLock { state in
      for pending in pending { pending.gate.withLock { $0 = state.gate } }
      state.waiting += pending
      state.committerCount += 1
      guard state.phase != .led else { return (false, false) }
      defer { state.phase = state.isComplete ? .led : .gathering }
      return (state.isComplete, state.phase == .idle)
    }
    return leads || waitToLead(first, isLimited: isFirst)
  }

  /// Sleeps until a batch may have a result, or until its committer has to lead: then true.
  ///
  /// - Parameter isLimited: whether it is the one that leads when the others do not come.
  func waitToLead(_ pending: PendingCommit, isLimited: Bool = false) -> Bool {
    guard let gate = pending.gate.withLock({ $0 }) else { return false }
    var isLimited = isLimited
    while true {
      let passage = gate.wait(nanoseconds: isLimited ? Self.patience : -1)
      if passage == .open { return false }
      let leads = state.withLock { state in
        // While it slept somebody may have completed the group and led it.
        guard state.gate === gate, state.phase == .gathering,
          passage == .timeOver || state.isComplete
        else { return false }
        state.phase = .led
        return true
      }
      if leads { return true }
      isLimited = passage == .alone
    }
  }

  /// Takes what waits, oldest first, up to some bytes of content but at least one batch.
  func take(upTo byteCount: Int) -> [PendingCommit] {
    state.withLock { state in
      var bytes = 0
      var count = 0
      while count < state.waiting.count, count == 0 || bytes < byteCount {
        bytes += state.waiting[count].contentByteCount
        count += 1
      }
      defer { state.waiting.removeFirst(count) }
      return Array(state.waiting[..<count])
    }
  }

  /// Ends the gathering of a lead: who joins from here on waits for the next sync.
  ///
  /// - Returns: the gate of the committers whose batches were taken, to be opened when they have
  ///   their results.
  func close() -> Gate {
    state.withLock { state in
      state.lastCommitterCount = state.committerCount
      let closed = state.gate
      let next = Gate()
      // Who was not taken wakes with the group for nothing and sleeps at the next gate.
      for pending in state.waiting { pending.gate.withLock { $0 = next } }
      state.committerCount = state.waiting.isEmpty ? 0 : 1
      state.gate = next
      return closed
    }
  }

  /// Ends a lead: those that wait gather, or one of them leads from here.
  func handOver() {
    state.withLock { state in
      state.phase = state.waiting.isEmpty ? .idle : .gathering
      if state.phase == .gathering { state.gate.letOnePass() }
    }
  }
}
