// A set of byte values as four words of bits.

/// A set of byte values.
struct ByteSet: Hashable, Sendable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  init() {}

  init(_ range: ClosedRange<UInt8>) {
    for byte in range { insert(byte) }
  }

  mutating func insert(_ byte: UInt8) {
    let bit: UInt64 = 1 << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }

  func contains(_ byte: UInt8) -> Bool {
    let word: UInt64 =
      switch byte >> 6 {
      case 0: words.0
      case 1: words.1
      case 2: words.2
      default: words.3
      }
    return word & (1 << UInt64(byte & 63)) != 0
  }

  /// The members in ascending order.
  var bytes: [UInt8] { (0...255).filter { contains($0) } }

  static func == (left: ByteSet, right: ByteSet) -> Bool { left.words == right.words }

  func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }

  /// Letters, digits and the underscore, and every byte of what is not ASCII.
  static let word: ByteSet = {
    var set = ByteSet(0x80...0xFF)
    for byte in UInt8(0x30)...0x39 { set.insert(byte) }
    for byte in UInt8(0x41)...0x5A { set.insert(byte) }
    for byte in UInt8(0x61)...0x7A { set.insert(byte) }
    set.insert(0x5F)
    return set
  }()
}
