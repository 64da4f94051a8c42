// Which bytes count as the same.

/// How content is folded before it is compared.
enum ByteFolding: Sendable {
  /// As it is.
  case none
  /// ASCII letters are small.
  case letters
  /// And all digits are 0: numbers and identifiers of machines would fill the filters of trigrams
  /// and tell little.
  case grams

  func folded(_ byte: UInt8) -> UInt8 {
    switch self {
    case .none: byte
    case .letters: Self.small(byte)
    case .grams: Self.gram(byte)
    }
  }

  @inline(__always)
  static func small(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  @inline(__always)
  static func gram(_ byte: UInt8) -> UInt8 { byte &- 0x30 < 10 ? 0x30 : small(byte) }
}
