// The best place of a word in each of many documents, read in passing.

import VarveFormat

/// For each document the least cost by position, and the attributes that the word stands in.
struct BestPlaces {
  /// Attributes that fit into the bits.
  static let attributeCountMax = 32

  /// The least cost by position of each document.
  private(set) var position: [UInt8]
  private var attributes: [UInt32]
  /// What a distance from the place in the query costs.
  private let costs: [UInt8]
  private let first: Int
  /// The document of the last place: several of its places follow each other.
  private var last = (document: -1, index: 0)

  /// - Parameters:
  ///   - table: the cost of each distance; it does not fall.
  ///   - first: the place in the query.
  init(count: Int, table: [Int32], first: Int) {
    let worst = UInt8(table[table.count - 1])
    position = [UInt8](repeating: worst, count: count)
    attributes = [UInt32](repeating: 0, count: count)
    costs = table.map { UInt8($0) }
    self.first = first
  }

  /// The least weight of the attributes that a document has the word in.
  func attribute(_ index: Int, _ weights: [Int32], worst: Int32) -> Int32 {
    var best = worst
    var left = attributes[index]
    while left != 0 {
      best = min(best, weights[left.trailingZeroBitCount])
      left &= left - 1
    }
    return best
  }

  /// Adds the places of a word.
  mutating func add(
    _ word: ResolvedWord, in set: DocSet, _ ranks: DocRanks, reader: HitReader
  ) throws(FormatError) {
    var places = self
    self.position = []
    self.attributes = []
    for list in word.lists {
      let part = reader.corpus.parts[list.part]
      try part.index.withPositions(list.info) { (bytes) throws(FormatError) in
        try part.index.withPostings(list.info) { (decoder) throws(FormatError) in
          try reader.walk(&decoder, bytes, part, in: set) { document, key in
            places.note(document, key, ranks)
          }
        }
      }
    }
    for value in word.values {
      let attribute = reader.corpus.attribute(ofValues: value.index)
      if let searched = reader.attributes, !searched.contains(attribute) { continue }
      reader.corpus.valueIndexes[value.index].visit(value.place, in: set) { document, position in
        places.note(document, attribute << 16 | position, ranks)
      }
    }
    self = places
  }

  @inline(__always)
  private mutating func note(_ document: Int, _ key: UInt32, _ ranks: DocRanks) {
    if document != last.document { last = (document, ranks.find(document) ?? 0) }
    let index = last.index
    attributes[index] |= 1 << (key >> 16)
    let cost = costs[min(abs(Int(key & 0xFFFF) - first), PositionCost.farthest)]
    if cost < position[index] { position[index] = cost }
  }
}

/// What the distance of a word from its place in the query costs.
enum PositionCost {
  static let max = 10
  /// Distances from this one on cost the same.
  static let farthest = 1025

  /// The cost of each distance up to the farthest, for a run of words each one further away.
  static func table(wordCount: Int) -> [Int32] {
    (0...farthest).map { distance in
      (0..<wordCount).reduce(0) { $0 + of(distance + $1) }
    }
  }

  private static func of(_ distance: Int) -> Int32 {
    switch distance {
    case 0: 0
    case 1: 1
    case 2...4: 2
    case 5...7: 3
    case 8...11: 4
    case 12...16: 5
    case 17...24: 6
    case 25...64: 7
    case 65...256: 8
    case 257...1024: 9
    default: 10
    }
  }
}
