// Distinct messages by group, without a set: most messages have one row, and the rows of the others
// are looked at message by message.

import VarveFormat
import VarveSearch

/// The rows whose messages other rows have too, by message.
struct RepeatedMessages: Sendable {
  /// Those rows, ascending.
  let rows: [UInt32]
  /// Places in `rows`, those of one message together, ascending.
  fileprivate let places: [UInt32]
  /// Where the places of each message begin, and where the last ones end.
  fileprivate let starts: [UInt32]

  /// Cost: a binary search for each of the rows.
  init(_ columns: ReportColumns) {
    var rows: [UInt32] = []
    columns.repeats.appendMembers(in: 0..<columns.rowCount, to: &rows)
    self.rows = rows
    // A message goes by the place of its first row, which is its own.
    let owners = rows.map { row in
      let message = columns.messages[Int(row)]
      return message == row
        ? UInt32.max : UInt32(rows.partitioningIndex { $0 >= message })
    }
    var starts = [UInt32](repeating: 0, count: rows.count + 1)
    for (place, owner) in owners.enumerated() {
      starts[(owner == .max ? place : Int(owner)) + 1] += 1
    }
    for place in rows.indices { starts[place + 1] += starts[place] }
    let borders = starts
    var places = [UInt32](repeating: 0, count: rows.count)
    for (place, owner) in owners.enumerated() {
      let message = owner == .max ? place : Int(owner)
      places[Int(starts[message])] = UInt32(place)
      starts[message] += 1
    }
    self.places = places
    self.starts = borders
  }
}

/// By how much the rows of each group are more than their messages.
struct MessageCounter: Sendable {
  private let repeated: RepeatedMessages
  /// Rows that were added whose messages other rows have too, as places among all such rows.
  private var places: [UInt32] = []
  /// The group of each.
  private var groups: [UInt32] = []
  /// The first of all such rows that was not reached yet.
  private var next: Int?

  init(_ columns: ReportColumns) { repeated = columns.repeatedMessages }

  /// Adds rows, ascending, all after those that were added before.
  mutating func add(_ rows: Span<UInt32>, _ groups: Span<UInt32>) {
    guard rows.count > 0 else { return }
    let all = repeated.rows
    var next = next ?? all.partitioningIndex { $0 >= rows[0] }
    defer { self.next = next }
    var i = 0
    while next < all.count, all[next] <= rows[rows.count - 1] {
      while rows[i] < all[next] { i += 1 }
      if rows[i] == all[next] {
        places.append(UInt32(next))
        self.groups.append(groups[i])
      }
      next += 1
    }
  }

  /// Adds what later rows came to.
  ///
  /// - Parameter groups: the group here of each group there; nil if they are the same.
  mutating func add(_ later: MessageCounter, groups: [UInt32]? = nil) {
    places += later.places
    self.groups += groups.map { groups in later.groups.map { groups[Int($0)] } } ?? later.groups
  }

  /// Rows of each group less its messages.
  func surplus(_ groupCount: Int) -> [Int64] {
    var surplus = [Int64](repeating: 0, count: groupCount)
    var groupOfPlace = [UInt32](repeating: .max, count: repeated.rows.count)
    for (place, group) in zip(places, groups) { groupOfPlace[Int(place)] = group }
    // The last message that each group was seen with.
    var seen = [UInt32](repeating: .max, count: groupCount)
    for message in repeated.rows.indices {
      for at in repeated.starts[message]..<repeated.starts[message + 1] {
        let group = groupOfPlace[Int(repeated.places[Int(at)])]
        guard group != .max else { continue }
        if seen[Int(group)] == UInt32(message) {
          surplus[Int(group)] += 1
        } else {
          seen[Int(group)] = UInt32(message)
        }
      }
    }
    return surplus
  }
}
