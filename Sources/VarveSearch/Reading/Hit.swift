// One place of a word in a document.

import VarveFormat

/// One place of a derivation in a document, in one word whose order is that of documents, then
/// places, then plain words before phrases and exact ones before others.
struct Hit: Equatable, Sendable {
  private(set) var bits: UInt64

  @inline(__always)
  init(bits: UInt64) { self.bits = bits }

  @inline(__always)
  init(document: UInt32, key: UInt32, isPhrase: Bool = false, isExact: Bool) {
    bits = UInt64(document) << 34 | UInt64(key) << 2 | (isPhrase ? 2 : 0) | (isExact ? 0 : 1)
  }

  /// The same place in another document.
  @inline(__always)
  func moved(to document: UInt32) -> Hit {
    Hit(document: document, key: key, isPhrase: isPhrase, isExact: isExact)
  }

  @inline(__always) var document: UInt32 { UInt32(truncatingIfNeeded: bits >> 34) }
  /// Attribute and position.
  @inline(__always) var key: UInt32 { UInt32(truncatingIfNeeded: bits >> 2) }
  /// A word of a phrase that the document holds.
  @inline(__always) var isPhrase: Bool { bits & 2 != 0 }
  @inline(__always) var isExact: Bool { bits & 1 == 0 }
  @inline(__always) var attribute: UInt32 { key >> 16 }
  @inline(__always) var position: Int { Int(key & 0xFFFF) }
  /// Document and place.
  @inline(__always) var place: UInt64 { bits >> 2 }
}
