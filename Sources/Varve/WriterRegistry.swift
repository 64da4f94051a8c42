// One writer a store and process: two would take turns at the lock but mislead their caller.

import Synchronization
import VarveFormat

/// Stores that this process has open for writing.
final class WriterRegistry: Sendable {
  static let shared = WriterRegistry()

  private let open = Mutex<Set<StoreID>>([])

  /// Ends with the store that holds it.
  final class Registration: Sendable {
    private let id: StoreID

    fileprivate init(_ id: StoreID) { self.id = id }

    deinit { WriterRegistry.shared.open.withLock { _ = $0.remove(id) } }
  }

  /// Nil if the store is open for writing already.
  func register(_ id: StoreID) -> Registration? {
    let isNew = open.withLock { $0.insert(id).inserted }
    return isNew ? Registration(id) : nil
  }
}
