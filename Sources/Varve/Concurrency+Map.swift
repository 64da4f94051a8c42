// Pieces of work that do not touch each other, and what they give.

import Synchronization

extension Concurrency {
  /// What a closure gives for each number below a count, in order; as many at a time as there are
  /// threads.
  func map<T: Sendable>(_ count: Int, _ body: @Sendable (Int) -> T) -> [T] {
    let found = Mutex([T?](repeating: nil, count: count))
    perform(count) { number in
      let made = body(number)
      found.withLock { $0[number] = made }
    }
    // Taken out, so that nobody else has them and they can be changed in place.
    return found.withLock { found in
      defer { found = [] }
      return found.compactMap { $0 }
    }
  }

  /// The same, of a closure that may fail.
  ///
  /// - Throws: what the first of those that failed threw.
  package func map<T: Sendable, Failure: Error>(
    _ count: Int, _ body: @Sendable (Int) throws(Failure) -> T
  ) throws(Failure) -> [T] {
    let results = map(count) { number -> Result<T, Failure> in
      do throws(Failure) { return .success(try body(number)) } catch { return .failure(error) }
    }
    var found: [T] = []
    for result in results { found.append(try result.get()) }
    return found
  }

  /// Rows in ranges, one for each thread that is worth waking for so many.
  func ranges(ofRows count: Int) -> [Range<Int>] {
    let width = count >= documentCountMin ? self.width : 1
    return (0..<width).map { count * $0 / width..<count * ($0 + 1) / width }
  }
}
