// What was read last, kept for the next one who asks: neighbours in the log are read one after
// another.

import Synchronization

/// A handful of items, the oldest replaced first.
final class RecentItems<Item: Sendable>: Sendable {
  private struct State {
    var items: [Item] = []
    var next = 0
  }

  private let countMax: Int
  private let state = Mutex(State())

  /// - Parameter countMax: items that are kept at most, 1 or more.
  init(countMax: Int) { self.countMax = countMax }

  /// An item that a closure accepts, if there is one.
  func first(where accepts: (Item) -> Bool) -> Item? {
    state.withLock { $0.items.first(where: accepts) }
  }

  func insert(_ item: Item) {
    state.withLock { state in
      if state.items.count < countMax {
        state.items.append(item)
      } else {
        state.items[state.next] = item
        state.next = (state.next + 1) % countMax
      }
    }
  }
}
