// The texts of a column as reports show them.

extension TextColumn {
  /// A place as a cell of a report.
  func value(_ place: UInt32) -> Report.Value { text(place).map { .text($0) } ?? .null }
}

/// The texts of a column as they are shown, and their order: few of them stand in many rows.
struct TextNames {
  /// The text of each place less one.
  let names: [String]
  /// The rank of each place by the bytes of its text; the greatest number for place 0, which has
  /// none.
  let ranks: [UInt32]
  /// The place of each rank.
  private let places: [Int]

  init(_ column: TextColumn) {
    let texts = column.texts
    names = texts.map { String(decoding: $0, as: UTF8.self) }
    places = texts.indices.sorted { texts[$0].lexicographicallyPrecedes(texts[$1]) }
    var ranks = [UInt32](repeating: .max, count: texts.count + 1)
    for (rank, text) in places.enumerated() { ranks[text + 1] = UInt32(rank) }
    self.ranks = ranks
  }

  /// The texts of places, none of which is 0, in the order of their bytes.
  func sorted(_ found: [UInt32]) -> [String] {
    guard found.count * 4 > names.count else {
      return found.map { ranks[Int($0)] }.sorted().map { names[places[Int($0)]] }
    }
    // Going through all of them is cheaper than sorting many.
    var isFound = [Bool](repeating: false, count: names.count)
    for place in found { isFound[Int(place) - 1] = true }
    var sorted: [String] = []
    sorted.reserveCapacity(found.count)
    for place in places where isFound[place] { sorted.append(names[place]) }
    return sorted
  }
}
