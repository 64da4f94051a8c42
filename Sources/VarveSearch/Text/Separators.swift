// Which characters separate words, and which of them end a thought. SEARCH.md 2, "Separators".

import VarveFormat

/// What stands between words.
package enum SeparatorKind: UInt8, Sendable {
  case none = 0
  /// The next word is one position further.
  case soft = 1
  /// The next word is eight positions further.
  case hard = 2
}

enum Separators {
  /// What a byte is to the path for ASCII.
  enum ByteClass {
    static let letter: UInt8 = 0
    static let softSeparator: UInt8 = 1
    static let hardSeparator: UInt8 = 2
    /// Control characters vanish from words.
    static let control: UInt8 = 3
    static let beyondASCII: UInt8 = 4
  }

  /// The class of each byte.
  static let byteClasses: [UInt8] = (0..<256).map { byte in
    if byte >= 0x80 { return ByteClass.beyondASCII }
    if ascii[byte] != 0 { return ascii[byte] }
    return byte < 0x20 || byte == 0x7F ? ByteClass.control : ByteClass.letter
  }

  /// 0 for parts of words, 1 for soft and 2 for hard separators, of single ASCII characters.
  static let ascii: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 128)
    for character in " \t\n\r\"#%&'()*+,-./:@[\\]_{}`".utf8 { table[Int(character)] = 1 }
    for character in "!;?\0".utf8 { table[Int(character)] = 2 }
    return table
  }()

  /// Marks beyond ASCII that end a thought.
  private static let hard: Set<UInt32> = [
    0xA1, 0xA7, 0xB6, 0xBF, 0x37E, 0x55C, 0x55E, 0x589, 0x5C3, 0x60C, 0x61B, 0x61F, 0x6D4, 0x964,
    0x965, 0x104A, 0x104B, 0x1362, 0x1363, 0x17D4, 0x17D5, 0x1802, 0x1803, 0x203C, 0x203D, 0x2047,
    0x2048, 0x2049, 0x2026, 0x3001, 0x3002, 0xFE12, 0xFE50, 0xFE52, 0xFE54, 0xFE56, 0xFE57,
    0xFF01, 0xFF0C, 0xFF0E, 0xFF1B, 0xFF1F, 0xFF61, 0xFF64,
  ]

  /// Math signs that separate, and spaces that do not.
  private static let signs: Set<UInt32> = [
    0xD7, 0xF7, 0xB1, 0x2260, 0x2264, 0x2265, 0x2212, 0x200C,
  ]
  private static let joiningSpaces: Set<UInt32> = [0xA0, 0x202F, 0x205F]

  /// Kinds of the scalars below the ideographs, made once: the standard library searches for the
  /// category of each.
  private static let table: [UInt8] = (0..<tableEnd).map { code in
    Unicode.Scalar(code).map { lookUp($0).rawValue } ?? 0
  }
  private static let tableEnd: UInt32 = 0x3400

  /// The kind of a scalar; `none` for parts of words.
  static func kind(_ scalar: Unicode.Scalar) -> SeparatorKind {
    let code = scalar.value
    if code < tableEnd { return SeparatorKind(rawValue: table[Int(code)]) ?? .none }
    // Ideographs and syllables of Hangul: no separator is among them.
    if code < 0xA000 || code >= 0xAC00 && code < 0xD7A4 { return .none }
    return lookUp(scalar)
  }

  private static func lookUp(_ scalar: Unicode.Scalar) -> SeparatorKind {
    let code = scalar.value
    if code < 0x80 { return SeparatorKind(rawValue: ascii[Int(code)]) ?? .none }
    if hard.contains(code) { return .hard }
    if signs.contains(code) { return .soft }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return .soft
    case .spaceSeparator:
      return joiningSpaces.contains(code) ? .none : .soft
    default:
      return .none
    }
  }
}
