// Results of pieces of work that ran on several threads.

import Synchronization

final class Results<T: Sendable>: Sendable {
  private let values: Mutex<[Result<T, StoreError>?]>

  init(count: Int) { values = Mutex([Result<T, StoreError>?](repeating: nil, count: count)) }

  func set(_ index: Int, _ value: Result<T, StoreError>) {
    values.withLock { $0[index] = value }
  }

  /// All values, or the first error.
  func get() throws(StoreError) -> [T] {
    let all = values.withLock { $0 }
    var found: [T] = []
    for value in all {
      guard let value else {
        throw StoreError(.cancelled, detail: "a piece of work was not run")
      }
      found.append(try value.get())
    }
    return found
  }
}
