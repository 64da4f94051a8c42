// Independent work on the threads of Dispatch, for programs that have them anyway.

import Dispatch
import Synchronization
public import Varve

extension Concurrency {
  /// As many threads as Dispatch finds useful.
  public static let dispatch = Concurrency { count, body in
    DispatchQueue.concurrentPerform(iterations: count) { body($0) }
  }

  /// A number of threads, whatever processors there are: for work that waits for others.
  ///
  /// - Parameter count: 1 or more.
  public static func waiting(threads count: Int) -> Concurrency {
    guard count > 1 else { return .none }
    return Concurrency(width: count) { pieceCount, body in
      let pieces = Pieces(pieceCount)
      // All threads are done when the closure returns.
      withoutActuallyEscaping(body) { body in
        let work: @Sendable () -> Void = {
          while let piece = pieces.next() { body(piece) }
        }
        let group = DispatchGroup()
        let queue = DispatchQueue(label: "varve.waiting", attributes: .concurrent)
        for _ in 1..<max(1, min(count, pieceCount)) { queue.async(group: group, execute: work) }
        work()
        group.wait()
      }
    }
  }
}

/// Numbers that threads take, each once.
private final class Pieces: Sendable {
  private let count: Int
  private let taken = Mutex(0)

  init(_ count: Int) { self.count = count }

  func next() -> Int? {
    taken.withLock { taken in
      guard taken < count else { return nil }
      defer { taken += 1 }
      return taken
    }
  }
}
