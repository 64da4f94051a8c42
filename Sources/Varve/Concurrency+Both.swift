// Two halves of a pass over rows at a time.

import Synchronization

extension Concurrency {
  /// Rows that are worth another thread: a few milliseconds of work.
  private static let rowCountMin = 100_000

  /// What two closures give that do not touch each other.
  ///
  /// - Parameter rowCount: rows that each goes through.
  func both<A: Sendable, B: Sendable>(
    rowCount: Int, _ first: @Sendable () -> A, _ second: @Sendable () -> B
  ) -> (A, B) {
    guard width > 1, rowCount >= min(Self.rowCountMin, documentCountMin) else {
      return (first(), second())
    }
    let found = Mutex<(A?, B?)>((nil, nil))
    perform(2) { number in
      if number == 0 {
        let made = first()
        found.withLock { $0.0 = made }
      } else {
        let made = second()
        found.withLock { $0.1 = made }
      }
    }
    let (a, b) = found.withLock { $0 }
    return (a ?? first(), b ?? second())
  }
}
