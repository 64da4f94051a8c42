// Rows of the tail with the same content, linked from the newest to the oldest.

/// The links between rows of one message.
struct TailSightings: Sendable {
  private static let none: Int32 = -1
  /// For each row, the row before it with the same message.
  private var links: [Int32] = []
  /// For each row that is a first sighting, the newest row of its message.
  private var newest: [Int32] = []
  /// The newest row of messages that an index covers.
  private var newestOfIndexed: [UInt64: Int32] = [:]

  /// Adds the next row.
  mutating func append(_ message: UInt64, firstSequence: UInt64, isFirst: Bool) {
    let position = Int32(links.count)
    newest.append(isFirst ? position : Self.none)
    if isFirst {
      links.append(Self.none)
    } else if message >= firstSequence, message - firstSequence < UInt64(links.count) {
      let first = Int(message - firstSequence)
      links.append(newest[first])
      newest[first] = position
    } else {
      links.append(newestOfIndexed.updateValue(position, forKey: message) ?? Self.none)
    }
  }

  /// The newest row of a message.
  func last(of message: UInt64, firstSequence: UInt64) -> Int? {
    if message >= firstSequence, message - firstSequence < UInt64(newest.count) {
      let position = newest[Int(message - firstSequence)]
      return position < 0 ? nil : Int(position)
    }
    return newestOfIndexed[message].map { Int($0) }
  }

  /// The row before one with the same message.
  func earlier(_ position: Int) -> Int? {
    links[position] < 0 ? nil : Int(links[position])
  }
}
