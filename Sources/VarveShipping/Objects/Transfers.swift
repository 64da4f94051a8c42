// Several transfers at a time: most of the time of each goes by waiting for the other side.

import Synchronization
import Varve

/// Moves objects, several at a time, and adds up how many bytes were moved.
struct Transfers: Sendable {
  private let concurrency: Concurrency
  private let total: UInt64
  private let onProgress: @Sendable (UInt64, UInt64) -> Void

  /// - Parameters:
  ///   - total: bytes that there are to move.
  ///   - onProgress: called with the bytes moved and those there are, by one thread at a time.
  init(
    _ concurrency: Concurrency, total: UInt64,
    _ onProgress: @escaping @Sendable (UInt64, UInt64) -> Void
  ) {
    self.concurrency = concurrency
    self.total = total
    self.onProgress = onProgress
  }

  /// Moves each of some objects. After a failure no other one is begun.
  ///
  /// - Parameter move: gets a closure to call with the bytes moved since the last call.
  /// - Throws: what the first that failed threw.
  func each(
    _ objects: [BackupObject],
    _ move: @Sendable (BackupObject, @escaping @Sendable (UInt64) -> Void) throws -> Void
  ) throws {
    let failure = Mutex<(any Error)?>(nil)
    let counter = ByteCounter()
    concurrency.perform(objects.count) { number in
      guard failure.withLock({ $0 == nil }) else { return }
      do {
        try move(objects[number]) { count in counter.add(count) { onProgress($0, total) } }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}

/// Adds up bytes of several threads.
private final class ByteCounter: Sendable {
  private let count = Mutex<UInt64>(0)

  func add(_ more: UInt64, _ tell: (UInt64) -> Void) {
    count.withLock { count in
      count += more
      tell(count)
    }
  }
}
