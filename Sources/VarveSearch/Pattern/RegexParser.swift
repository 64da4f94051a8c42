// Reads a regular expression: the syntax of `rg` and RE2 without what cannot be matched in linear
// time (back references, look-around).

/// What is wrong with a pattern, and where.
package struct PatternError: Error, Equatable, Sendable {
  /// One line.
  package var message: String
  /// Byte of the pattern.
  package var offset: Int
}

/// Parses one pattern.
struct RegexParser {
  /// Deepest nesting of groups, and of repetitions of one part.
  static let depthMax = 100
  /// Most times that a part may be counted to repeat.
  static let repeatMax = 1000

  private let scalars: [(value: Unicode.Scalar, offset: Int)]
  private let byteCount: Int
  private var at = 0
  private var depth = 0
  private var ignoresCase: Bool

  private init(_ pattern: String, ignoresCase: Bool) {
    var offset = 0
    var scalars: [(value: Unicode.Scalar, offset: Int)] = []
    for scalar in pattern.unicodeScalars {
      scalars.append((scalar, offset))
      offset += UTF8.width(scalar)
    }
    self.scalars = scalars
    byteCount = offset
    self.ignoresCase = ignoresCase
  }

  /// Parses a regular expression.
  static func parse(
    _ pattern: String, ignoresCase: Bool
  ) throws(PatternError) -> RegexNode {
    var parser = RegexParser(pattern, ignoresCase: ignoresCase)
    let node = try parser.alternatives()
    guard parser.at == parser.scalars.count else { throw parser.error("unopened group") }
    return node
  }

  /// Plain texts, one a line.
  static func texts(_ lines: String, ignoresCase: Bool) -> RegexNode {
    let parts = lines.unicodeScalars.split(separator: "\n").map { line in
      RegexNode.sequence(line.map { character($0, ignoresCase: ignoresCase) })
    }
    return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .either(parts)
  }

  private static func character(_ scalar: Unicode.Scalar, ignoresCase: Bool) -> RegexNode {
    let ranges = ScalarRanges([scalar.value...scalar.value])
    return (ignoresCase ? ranges.ignoringCase : ranges).node
  }

  private func error(_ message: String) -> PatternError {
    PatternError(message: message, offset: at < scalars.count ? scalars[at].offset : byteCount)
  }

  private var next: Unicode.Scalar? { at < scalars.count ? scalars[at].value : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    at += 1
    return true
  }

  // MARK: Structure

  private mutating func alternatives() throws(PatternError) -> RegexNode {
    var parts = [try sequence()]
    while take("|") { parts.append(try sequence()) }
    return parts.count == 1 ? parts[0] : .either(parts)
  }

  private mutating func sequence() throws(PatternError) -> RegexNode {
    var parts: [RegexNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let part = try atom()
      parts.append(try quantified(part))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func quantified(_ atom: RegexNode) throws(PatternError) -> RegexNode {
    var node = atom
    var count = 0
    while let scalar = next {
      let start = at
      count += 1
      guard count <= Self.depthMax else {
        throw error("more than \(Self.depthMax) repetitions of one part")
      }
      switch scalar {
      case "*":
        at += 1
        node = .repeated(node, min: 0, max: nil)
      case "+":
        at += 1
        node = .repeated(node, min: 1, max: nil)
      case "?":
        at += 1
        node = .repeated(node, min: 0, max: 1)
      case "{":
        guard let (min, max) = try counts() else {
          at = start
          return node
        }
        node = .repeated(node, min: min, max: max)
      default: return node
      }
      // Which of several matches is meant makes no difference to whether there is one.
      _ = take("?")
    }
    return node
  }

  /// `{m}`, `{m,}`, `{m,n}`; nil for a brace that counts nothing.
  private mutating func counts() throws(PatternError) -> (min: Int, max: Int?)? {
    at += 1
    guard let min = try number() else { return nil }
    var max: Int? = min
    if take(",") { max = try number() }
    guard take("}") else { return nil }
    if let max, max < min { throw error("the counts {\(min),\(max)} are the wrong way round") }
    return (min, max)
  }

  private mutating func number() throws(PatternError) -> Int? {
    var value: Int?
    while let scalar = next, ("0"..."9").contains(scalar) {
      value = (value ?? 0) * 10 + Int(scalar.value - 0x30)
      if value ?? 0 > Self.repeatMax {
        throw error("a part may be repeated at most \(Self.repeatMax) times")
      }
      at += 1
    }
    return value
  }

  // MARK: Atoms

  private mutating func atom() throws(PatternError) -> RegexNode {
    guard let scalar = next else { return .empty }
    switch scalar {
    case "(": return try group()
    case "[": return try bracket()
    case ".":
      at += 1
      return ScalarRanges([0x0A...0x0A]).complement.node
    case "^":
      at += 1
      return .assertion(.lineStart)
    case "$":
      at += 1
      return .assertion(.lineEnd)
    case "\\": return try escape()
    case "*", "+", "?": throw error("nothing stands before the '\(scalar)'")
    default:
      at += 1
      return Self.character(scalar, ignoresCase: ignoresCase)
    }
  }

  private mutating func group() throws(PatternError) -> RegexNode {
    depth += 1
    guard depth <= Self.depthMax else {
      throw error("groups are nested deeper than \(Self.depthMax)")
    }
    defer { depth -= 1 }
    let start = at
    at += 1
    let outer = ignoresCase
    if take("?") {
      if take("P") || next == "<" {
        guard take("<") else { throw error("an unknown kind of group") }
        if next == "=" || next == "!" { throw error("look-around is not supported") }
        while let scalar = next, scalar != ">" { at += 1 }
        guard take(">") else { throw error("the name of a group does not end") }
      } else {
        var isOn = true
        while let scalar = next, scalar != ":", scalar != ")" {
          switch scalar {
          case "i": ignoresCase = isOn
          case "m", "s", "u", "U": break
          case "-": isOn = false
          case "=", "!": throw error("look-around is not supported")
          default: throw error("an unknown flag '\(scalar)'")
          }
          at += 1
        }
        // Flags alone hold to the end of the group around them.
        if take(")") { return .empty }
        guard take(":") else { throw error("a group does not end") }
      }
    }
    let node = try alternatives()
    ignoresCase = outer
    guard take(")") else {
      at = start
      throw error("a group does not end")
    }
    return node
  }

  private mutating func escape() throws(PatternError) -> RegexNode {
    at += 1
    guard let scalar = next else { throw error("a backslash stands at the end") }
    switch scalar {
    case "b":
      at += 1
      return .assertion(.wordBoundary)
    case "B":
      at += 1
      return .assertion(.notWordBoundary)
    case "A":
      at += 1
      return .assertion(.lineStart)
    case "z", "Z":
      at += 1
      return .assertion(.lineEnd)
    case "1"..."9": throw error("back references are not supported")
    default: break
    }
    if let named = CharacterClasses.named(scalar) {
      at += 1
      return named.subtracting(0x0A).node
    }
    let value = try escapedScalar()
    return Self.character(value, ignoresCase: ignoresCase)
  }

  /// A scalar behind a backslash.
  private mutating func escapedScalar() throws(PatternError) -> Unicode.Scalar {
    guard let scalar = next else { throw error("a backslash stands at the end") }
    at += 1
    switch scalar {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "f": return "\u{0C}"
    case "v": return "\u{0B}"
    case "a": return "\u{07}"
    case "0": return "\0"
    case "x": return try hexScalar(2)
    case "u": return try hexScalar(4)
    case "U": return try hexScalar(8)
    default:
      let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
      if isLetter {
        at -= 1
        throw error("an unknown escape '\\\(scalar)'")
      }
      return scalar
    }
  }

  private mutating func hexScalar(_ digitCount: Int) throws(PatternError) -> Unicode.Scalar {
    let isBraced = take("{")
    var value: UInt32 = 0
    var count = 0
    while let scalar = next, let digit = Character(scalar).hexDigitValue, count < 8,
      isBraced || count < digitCount
    {
      value = value << 4 | UInt32(digit)
      count += 1
      at += 1
    }
    let isWhole = isBraced ? count > 0 && take("}") : count == digitCount
    guard isWhole, let scalar = Unicode.Scalar(value) else {
      throw error("not the number of a character")
    }
    return scalar
  }

  // MARK: Brackets

  private mutating func bracket() throws(PatternError) -> RegexNode {
    let start = at
    at += 1
    let isNegated = take("^")
    var set = ScalarRanges()
    var isFirst = true
    while true {
      guard let scalar = next else {
        at = start
        throw error("a bracket does not end")
      }
      if scalar == "]", !isFirst { break }
      isFirst = false
      if let named = try bracketClass() {
        set.formUnion(named)
        continue
      }
      let low = try bracketScalar()
      var high = low
      if next == "-", at + 1 < scalars.count, scalars[at + 1].value != "]" {
        at += 1
        high = try bracketScalar()
        guard low.value <= high.value else { throw error("a range is the wrong way round") }
      }
      set.insert(low.value...high.value)
    }
    at += 1
    if ignoresCase { set = set.ignoringCase }
    if isNegated { set = set.complement }
    return set.subtracting(0x0A).node
  }

  private mutating func bracketScalar() throws(PatternError) -> Unicode.Scalar {
    if take("\\") {
      if take("b") { return "\u{08}" }
      return try escapedScalar()
    }
    guard let scalar = next else { throw error("a bracket does not end") }
    at += 1
    return scalar
  }

  /// `\d` and its like, or `[:alpha:]`.
  private mutating func bracketClass() throws(PatternError) -> ScalarRanges? {
    if next == "\\", at + 1 < scalars.count,
      let named = CharacterClasses.named(scalars[at + 1].value)
    {
      at += 2
      return named
    }
    guard next == "[", at + 1 < scalars.count, scalars[at + 1].value == ":" else { return nil }
    var name = ""
    var i = at + 2
    while i < scalars.count, scalars[i].value != ":", name.utf8.count < 16 {
      name.unicodeScalars.append(scalars[i].value)
      i += 1
    }
    guard i + 1 < scalars.count, scalars[i].value == ":", scalars[i + 1].value == "]" else {
      return nil
    }
    guard let named = CharacterClasses.posix(name) else {
      throw error("an unknown class '[:\(name):]'")
    }
    at = i + 2
    return named
  }
}
