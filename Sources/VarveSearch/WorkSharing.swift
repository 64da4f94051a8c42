// Shares the work of one query among threads. Whoever searches gives the threads; without any, all
// happens on the calling one.

import Synchronization
import VarveFormat

/// Runs pieces of one query that do not touch each other.
package struct WorkSharing: Sendable {
  /// Pieces that are worth having.
  let width: Int
  /// Fewer documents are not worth another thread.
  let documentCountMin: Int
  private let perform: @Sendable (Int, @Sendable (Int) -> Void) -> Void

  /// Waking a thread costs 0.1 ms and more; this many documents take half a millisecond.
  package static let documentCountMinDefault = 16_384

  /// - Parameter perform: calls the closure once for each number below the given one and returns
  ///   when all calls have.
  package init(
    width: Int, documentCountMin: Int = Self.documentCountMinDefault,
    _ perform: @escaping @Sendable (Int, @Sendable (Int) -> Void) -> Void
  ) {
    self.width = max(1, width)
    self.documentCountMin = documentCountMin
    self.perform = perform
  }

  /// One piece after another on the calling thread.
  package static let none = WorkSharing(width: 1) { count, body in
    for i in 0..<count { body(i) }
  }

  /// The results of pieces, in order; the error of the first piece that has one.
  func map<T: Sendable>(
    _ count: Int, _ body: @Sendable (Int) throws(FormatError) -> T
  ) throws(FormatError) -> [T] {
    let results = Mutex([Result<T, FormatError>?](repeating: nil, count: count))
    perform(count) { i in
      let result: Result<T, FormatError>
      do throws(FormatError) { result = .success(try body(i)) } catch { result = .failure(error) }
      results.withLock { $0[i] = result }
    }
    var found: [T] = []
    for result in results.withLock({ $0 }) {
      if let result { found.append(try result.get()) }
    }
    return found
  }
}
