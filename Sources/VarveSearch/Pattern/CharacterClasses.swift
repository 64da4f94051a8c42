// The classes of characters that patterns name. Letters and digits are those of ASCII; everything
// outside of ASCII counts as a word character.

enum CharacterClasses {
  private static let digit = ScalarRanges([0x30...0x39])
  private static let space = ScalarRanges([0x09...0x0D, 0x20...0x20])
  private static let word = ScalarRanges([
    0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A, 0x80...ScalarRanges.most,
  ])

  /// The class behind a backslash.
  static func named(_ scalar: Unicode.Scalar) -> ScalarRanges? {
    switch scalar {
    case "d": digit
    case "D": digit.complement
    case "s": space
    case "S": space.complement
    case "w": word
    case "W": word.complement
    default: nil
    }
  }

  /// A class of POSIX.
  static func posix(_ name: String) -> ScalarRanges? {
    switch name {
    case "alnum": ScalarRanges([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
    case "alpha": ScalarRanges([0x41...0x5A, 0x61...0x7A])
    case "blank": ScalarRanges([0x09...0x09, 0x20...0x20])
    case "cntrl": ScalarRanges([0x00...0x1F, 0x7F...0x7F])
    case "digit": digit
    case "graph": ScalarRanges([0x21...0x7E])
    case "lower": ScalarRanges([0x61...0x7A])
    case "print": ScalarRanges([0x20...0x7E])
    case "punct": ScalarRanges([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
    case "space": space
    case "upper": ScalarRanges([0x41...0x5A])
    case "word": word
    case "xdigit": ScalarRanges([0x30...0x39, 0x41...0x46, 0x61...0x66])
    default: nil
    }
  }
}
