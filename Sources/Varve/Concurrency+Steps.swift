// Steps that do not touch each other, several at a time.

import Synchronization
import VarveStorage

extension Concurrency {
  /// Takes each of some steps, as many at a time as there are threads.
  ///
  /// - Throws: what the first of the steps that failed threw.
  func each<Step: Sendable>(
    _ steps: [Step], _ take: @Sendable (Step) throws(StorageError) -> Void
  ) throws(StorageError) {
    let errors = Mutex([StorageError?](repeating: nil, count: steps.count))
    perform(steps.count) { number in
      do throws(StorageError) {
        try take(steps[number])
      } catch {
        errors.withLock { $0[number] = error }
      }
    }
    for case let error? in errors.withLock({ $0 }) { throw error }
  }
}
