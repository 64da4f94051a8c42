// What a regular expression means, before it becomes a program.

/// A condition between two bytes.
enum RegexAssertion: Hashable, Sendable {
  case lineStart
  case lineEnd
  case wordBoundary
  case notWordBoundary
  /// No word character before.
  case wordStart
  /// No word character after.
  case wordEnd

  /// The same, read backwards.
  var reversed: RegexAssertion {
    switch self {
    case .lineStart: .lineEnd
    case .lineEnd: .lineStart
    case .wordStart: .wordEnd
    case .wordEnd: .wordStart
    case .wordBoundary, .notWordBoundary: self
    }
  }
}

/// A part of a regular expression. Characters are UTF-8 sequences of bytes.
indirect enum RegexNode: Equatable, Sendable {
  case bytes(ByteSet)
  case assertion(RegexAssertion)
  case sequence([RegexNode])
  case either([RegexNode])
  /// From `min` to `max` times; nil for any number.
  case repeated(RegexNode, min: Int, max: Int?)

  static let empty = RegexNode.sequence([])

  /// The same, read backwards.
  var reversed: RegexNode {
    switch self {
    case .bytes: self
    case .assertion(let assertion): .assertion(assertion.reversed)
    case .sequence(let parts): .sequence(parts.reversed().map(\.reversed))
    case .either(let parts): .either(parts.map(\.reversed))
    case .repeated(let part, let min, let max): .repeated(part.reversed, min: min, max: max)
    }
  }

  static func byte(_ byte: UInt8) -> RegexNode { .bytes(ByteSet(byte...byte)) }

  static func text(_ bytes: [UInt8]) -> RegexNode { .sequence(bytes.map { byte($0) }) }
}
