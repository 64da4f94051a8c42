// One writer a store and process: two would take turns at the lock but mislead their caller.

import Synchronization
import VarveFormat

/// Stores that this process has open for writing.
final class WriterRegistry: Sendable {
  static let shared = WriterRegistry()

  /// A store where it lies: one that was restored has the id of the one that was backed up. Of two
  /// names of one place the lock tells.
  fileprivate struct Place: Hashable {
    let id: StoreID
    let path: String
  }

  private let open = Mutex<Set<Place>>([])

  /// Ends with the store that holds it.
  final class Registration: Sendable {
    private let place: Place

    fileprivate init(_ place: Place) { self.place = place }

    deinit { WriterRegistry.shared.open.withLock { _ = $0.remove(place) } }
  }

  /// Nil if the store is open for writing already.
  func register(_ id: StoreID, at path: String) -> Registration? {
    let place = Place(id: id, path: path)
    let isNew = open.withLock { $0.insert(place).inserted }
    return isNew ? Registration(place) : nil
  }
}
