// Short names and what they mean: the keys of a line are looked up by their length and at most two
// words.

import VarveFormat

/// A fixed set of names of at most 16 bytes.
struct NameTable<Meaning: Sendable>: Sendable {
  private struct Entry: Sendable {
    let name: Name
    let meaning: Meaning
  }

  /// A name, whole: the first and the last eight bytes overlap where it is shorter than 16.
  private struct Name: Equatable, Sendable {
    let count: Int
    let first: UInt64
    let last: UInt64

    init?(_ bytes: RawSpan) {
      guard bytes.byteCount <= 16 else { return nil }
      count = bytes.byteCount
      if count >= 8 {
        first = bytes.load(at: 0)
        last = bytes.load(at: count - 8)
      } else {
        var word: UInt64 = 0
        for i in 0..<count { word |= UInt64(bytes.load(UInt8.self, at: i)) << UInt64(8 * i) }
        first = word
        last = 0
      }
    }
  }

  private let entries: [Entry]

  init(_ names: [(StaticString, Meaning)]) {
    entries = names.compactMap { text, meaning in
      // SAFETY: the pointer of a static string holds `utf8CodeUnitCount` bytes for ever.
      let bytes = unsafe RawSpan(_unsafeStart: text.utf8Start, byteCount: text.utf8CodeUnitCount)
      return Name(bytes).map { Entry(name: $0, meaning: meaning) }
    }
    precondition(entries.count == names.count, "a name is too long")
  }

  /// The meaning of a name; nil if it is not in the table.
  func find(_ bytes: RawSpan) -> Meaning? {
    guard let wanted = Name(bytes) else { return nil }
    for entry in entries where entry.name == wanted { return entry.meaning }
    return nil
  }
}
