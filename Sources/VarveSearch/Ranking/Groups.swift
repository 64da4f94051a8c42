// Puts documents into groups of equal cost, cheapest first, and no more of them than a page needs.

enum Groups {
  /// Costs up to which groups are counted instead of sorted.
  private static let countedMax = 4096

  /// Groups of places of `costs`, each in ascending order.
  ///
  /// - Parameter needed: documents that are wanted; groups that only come after them are left out,
  ///   and the answer says so.
  static func make(
    _ costs: [Int], needed: Int
  ) -> (groups: [(cost: Int, members: [Int])], isWhole: Bool) {
    guard let low = costs.min(), let high = costs.max() else { return ([], true) }
    if low == high { return ([(low, Array(costs.indices))], true) }
    if high &- low >= 0, high &- low <= countedMax { return counted(costs, low, high, needed) }
    return sorted(costs, needed: needed)
  }

  private static func counted(
    _ costs: [Int], _ low: Int, _ high: Int, _ needed: Int
  ) -> (groups: [(cost: Int, members: [Int])], isWhole: Bool) {
    var counts = [Int](repeating: 0, count: high - low + 1)
    for cost in costs { counts[cost - low] += 1 }
    var places = [Int](repeating: -1, count: counts.count)
    var groups: [(cost: Int, members: [Int])] = []
    var total = 0
    for (i, count) in counts.enumerated() where count > 0 && total < needed {
      places[i] = groups.count
      groups.append((low + i, []))
      groups[groups.count - 1].members.reserveCapacity(count)
      total += count
    }
    for (member, cost) in costs.enumerated() where places[cost - low] >= 0 {
      groups[places[cost - low]].members.append(member)
    }
    return (groups, total == costs.count)
  }

  private static func sorted(
    _ costs: [Int], needed: Int
  ) -> (groups: [(cost: Int, members: [Int])], isWhole: Bool) {
    var members = Array(costs.indices)
    var isWhole = true
    if needed < costs.count / 4 {
      let limit = smallest(costs, needed)
      members.removeAll { costs[$0] > limit }
      isWhole = members.count == costs.count
    }
    members.sort { costs[$0] != costs[$1] ? costs[$0] < costs[$1] : $0 < $1 }
    var groups: [(cost: Int, members: [Int])] = []
    for member in members {
      if groups.last?.cost == costs[member] {
        groups[groups.count - 1].members.append(member)
      } else {
        groups.append((costs[member], [member]))
      }
    }
    return (groups, isWhole)
  }

  /// The cost that `count` documents do not exceed: a heap of the smallest so far.
  private static func smallest(_ costs: [Int], _ count: Int) -> Int {
    var heap: [Int] = []
    heap.reserveCapacity(count)
    for cost in costs {
      if heap.count < max(1, count) {
        heap.append(cost)
        var child = heap.count - 1
        while child > 0, heap[(child - 1) / 2] < heap[child] {
          heap.swapAt(child, (child - 1) / 2)
          child = (child - 1) / 2
        }
      } else if cost < heap[0] {
        heap[0] = cost
        sink(&heap)
      }
    }
    return heap[0]
  }

  private static func sink(_ heap: inout [Int]) {
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, heap[child + 1] > heap[child] { child += 1 }
      guard heap[child] > heap[parent] else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
