// A text column over several indexes: the ordinals of each become those of all.

import VarveFormat
import VarveStorage

/// One text field of all occurrences of a snapshot, in order of their sequences.
struct TextColumn: Sendable {
  /// 0 for none, else the place in `texts` plus 1.
  private(set) var places: [UInt32] = []
  /// Distinct texts, in order of first use.
  private(set) var texts: [[UInt8]] = []

  init(_ id: ColumnID, of indexes: [IndexFile]) throws(StorageError) {
    var numbers: [[UInt8]: UInt32] = [:]
    for index in indexes {
      let textCount = try index.textCount()
      var map = [UInt32](repeating: 0, count: textCount + 1)
      for ordinal in try index.column(id) {
        guard ordinal > 0 else {
          places.append(0)
          continue
        }
        guard ordinal <= UInt64(textCount) else {
          throw StorageError(.corrupt, path: index.path, doing: "a column names no text")
        }
        let ordinal = Int(ordinal)
        if map[ordinal] == 0 {
          let text = try index.text(ordinal - 1)
          if let known = numbers[text] {
            map[ordinal] = known
          } else {
            texts.append(text)
            numbers[text] = UInt32(texts.count)
            map[ordinal] = UInt32(texts.count)
          }
        }
        places.append(map[ordinal])
      }
    }
  }

  /// The text of a place; nil for 0.
  func text(_ place: UInt32) -> String? {
    place == 0 ? nil : String(decoding: texts[Int(place) - 1], as: UTF8.self)
  }
}
