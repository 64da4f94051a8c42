// The values of one field over all occurrences: what filters, sorts, facets and distinct read.

import VarveFormat

/// One value of a field.
package enum FieldValue: Equatable, Sendable {
  case number(Double)
  case string([UInt8])

  /// The value as it is shown.
  package var text: String {
    switch self {
    case .number(let number): NumberText.text(number)
    case .string(let bytes): String(decoding: bytes, as: UTF8.self)
    }
  }
}

/// Bits of an occurrence's flags for a field.
package enum FieldFlags {
  package static let exists: UInt8 = 1
  package static let isNull: UInt8 = 2
  package static let isEmpty: UInt8 = 4
}

/// A field over all occurrences in order of their sequences.
package final class FieldColumn: Sendable {
  package enum Storage: Sendable {
    /// At most one value each: 0 for none, else its place in `values` plus 1.
    case single([UInt32])
    /// Any number of values: where those of an occurrence end, and their places.
    case many(ends: [UInt32], places: [UInt32])
    /// A number each; not a number for none.
    case numbers([Double])
  }

  package let storage: Storage
  /// Distinct values; empty for numbers.
  package let values: [FieldValue]
  /// Strings of `values` in their form for comparing; empty for numbers.
  package let normalized: [[UInt8]]
  /// `FieldFlags` of each occurrence; nil where a value is all there is to know.
  package let flags: [UInt8]?

  package init(_ storage: Storage, values: [FieldValue], flags: [UInt8]? = nil) {
    self.storage = storage
    self.values = values
    self.flags = flags
    normalized = values.map {
      if case .string(let bytes) = $0 { Normalizer.value(bytes) } else { [] }
    }
  }

  package var rowCount: Int {
    switch storage {
    case .single(let places): places.count
    case .many(let ends, _): ends.count
    case .numbers(let numbers): numbers.count
    }
  }

  /// The values of an occurrence.
  package func forEachValue(_ row: Int, _ body: (FieldKey) -> Void) {
    switch storage {
    case .single(let places):
      if places[row] > 0 { body(key(Int(places[row]) - 1)) }
    case .many(let ends, let places):
      let start = row == 0 ? 0 : Int(ends[row - 1])
      for i in start..<Int(ends[row]) { body(key(Int(places[i]))) }
    case .numbers(let numbers):
      if !numbers[row].isNaN { body(.number(numbers[row])) }
    }
  }

  func key(_ place: Int) -> FieldKey {
    if case .number(let number) = values[place] { return .number(number) }
    return .string(normalized[place])
  }

  /// Whether an occurrence has the field.
  package func exists(_ row: Int) -> Bool {
    if let flags { return flags[row] & FieldFlags.exists != 0 }
    var has = false
    forEachValue(row) { _ in has = true }
    return has
  }
}

/// A value in the form in which it is compared: numbers before strings.
package enum FieldKey: Hashable, Comparable, Sendable {
  case number(Double)
  case string([UInt8])

  package static func < (left: FieldKey, right: FieldKey) -> Bool {
    switch (left, right) {
    case (.number(let a), .number(let b)): a < b
    case (.number, .string): true
    case (.string, .number): false
    case (.string(let a), .string(let b)): a.lexicographicallyPrecedes(b)
    }
  }
}
