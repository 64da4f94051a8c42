// A text column over several indexes: the ordinals of each become those of all.

import VarveFormat
import VarveStorage

/// One text field of all occurrences of a snapshot, in order of their sequences.
struct TextColumn: Sendable {
  /// 0 for none, else the place in `texts` plus 1.
  private(set) var places: [UInt32] = []
  /// Distinct texts, in order of first use.
  private(set) var texts: [[UInt8]] = []

  /// A column without rows.
  init() {}

  init(_ id: ColumnID, of indexes: [IndexFile]) throws(StorageError) {
    var numbers: [[UInt8]: UInt32] = [:]
    var places: [UInt32] = []
    places.reserveCapacity(try indexes.rowCount(of: id))
    for index in indexes {
      let start = places.count
      let ordinals = try Self.append(id, of: index, to: &places)
      // The place of each text of this index, first the one of none.
      var map: [UInt32] = [0]
      for ordinal in ordinals {
        let text = try index.text(ordinal - 1)
        if numbers[text] == nil {
          texts.append(text)
          numbers[text] = UInt32(texts.count)
        }
        map.append(numbers[text] ?? 0)
      }
      guard map != Array(0..<UInt32(map.count)) else { continue }
      for row in start..<places.count { places[row] = map[Int(places[row])] }
    }
    self.places = places
  }

  /// Appends the texts of an index, numbered from 1 in order of first use.
  ///
  /// - Returns: the ordinal of each number, less one.
  private static func append(
    _ id: ColumnID, of index: IndexFile, to places: inout [UInt32]
  ) throws(StorageError) -> [Int] {
    var ordinals: [Int] = []
    var numbers = [UInt32](repeating: 0, count: try index.textCount() + 1)
    try index.forEachBlock(of: id) { values throws(FormatError) in
      for i in values.indices {
        guard values[i] < UInt64(numbers.count) else { throw FormatError(.outOfBounds, at: i) }
        let ordinal = Int(values[i])
        if ordinal > 0, numbers[ordinal] == 0 {
          ordinals.append(ordinal)
          numbers[ordinal] = UInt32(ordinals.count)
        }
        places.append(numbers[ordinal])
      }
    }
    return ordinals
  }

  /// The text of a place; nil for 0.
  func text(_ place: UInt32) -> String? {
    place == 0 ? nil : String(decoding: texts[Int(place) - 1], as: UTF8.self)
  }
}

extension [IndexFile] {
  /// The rows of a column of all indexes, as the columns say: nothing is reserved for others.
  ///
  /// - Throws: ``StorageError``: `limit` if a row's number does not fit 32 bits.
  func rowCount(of id: ColumnID) throws(StorageError) -> Int {
    var count = 0
    for index in self {
      count += try index.rowCount(of: id)
      guard count < Int(UInt32.max) - 1 else {
        throw StorageError(
          .limit(Int(UInt32.max)), path: index.path, doing: "read more rows than a report takes")
      }
    }
    return count
  }
}
