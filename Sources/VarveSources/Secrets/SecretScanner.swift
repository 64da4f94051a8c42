// Finds credentials in text by rules, in one pass and linear time: THREATS 14. Nothing is changed
// in the store; what is shown or handed on can be redacted.

import VarveFormat

/// A credential in some bytes.
public struct SecretFinding: Equatable, Sendable {
  /// Which rule found it.
  public var rule: String
  /// Where it lies.
  public var range: Range<Int>
}

/// Finds and hides credentials.
public enum SecretScanner {
  /// All credentials of some bytes, in order, none overlapping another. O(count).
  public static func findings(_ bytes: [UInt8]) -> [SecretFinding] {
    let text = bytes.rawSpan
    var found: [SecretFinding] = []
    var at = 0
    while at < text.byteCount {
      let byte = text.load(UInt8.self, at: at)
      guard triggers[Int(byte)], let finding = finding(text, at) else {
        at += 1
        continue
      }
      // A value found behind its name may begin with what was found before.
      if let last = found.last, finding.range.lowerBound < last.range.upperBound {
        at += 1
        continue
      }
      found.append(finding)
      at = max(at + 1, finding.range.upperBound)
    }
    return found
  }

  /// The bytes with every credential replaced by `[redacted:<rule>]`.
  public static func redacted(_ bytes: [UInt8]) -> [UInt8] {
    let found = findings(bytes)
    guard !found.isEmpty else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var at = 0
    for finding in found {
      result += bytes[at..<finding.range.lowerBound]
      result += Array("[redacted:\(finding.rule)]".utf8)
      at = finding.range.upperBound
    }
    result += bytes[at...]
    return result
  }

  /// First bytes of anything that a rule looks for.
  private static let triggers: [Bool] = {
    var triggers = [Bool](repeating: false, count: 256)
    for rule in PrefixRule.all { triggers[Int(rule.prefix[0])] = true }
    for byte in [":", "=", "-", "e", "B", "b"] as [Unicode.Scalar] {
      triggers[Int(UInt8(ascii: byte))] = true
    }
    return triggers
  }()

  private static let byFirst: [[PrefixRule]] = {
    var table = [[PrefixRule]](repeating: [], count: 256)
    for rule in PrefixRule.all { table[Int(rule.prefix[0])].append(rule) }
    return table
  }()

  private static func finding(_ text: RawSpan, _ at: Int) -> SecretFinding? {
    let byte = text.load(UInt8.self, at: at)
    for rule in byFirst[Int(byte)] {
      if let range = prefixed(text, at, rule) {
        return SecretFinding(rule: rule.name, range: range)
      }
    }
    switch byte {
    case UInt8(ascii: "-"):
      return privateKey(text, at).map { SecretFinding(rule: "private-key", range: $0) }
    case UInt8(ascii: "e"):
      return token(text, at).map { SecretFinding(rule: "jwt", range: $0) }
    case UInt8(ascii: "B"), UInt8(ascii: "b"):
      return bearer(text, at).map { SecretFinding(rule: "bearer-token", range: $0) }
    case UInt8(ascii: ":"):
      return urlPassword(text, at).map { named(text, $0, "url-password") }
        ?? assigned(text, at).map { named(text, $0, "assigned-secret") }
    case UInt8(ascii: "="):
      return assigned(text, at).map { named(text, $0, "assigned-secret") }
    default:
      return nil
    }
  }

  /// A value found by where it stands, under the name of the rule that knows how it starts.
  private static func named(
    _ text: RawSpan, _ range: Range<Int>, _ rule: String
  ) -> SecretFinding {
    let known = byFirst[Int(text.load(UInt8.self, at: range.lowerBound))].first {
      prefixed(text, range.lowerBound, $0) == range
    }
    return SecretFinding(rule: known?.name ?? rule, range: range)
  }

  // MARK: Rules

  private static func isWord(_ text: RawSpan, _ at: Int) -> Bool {
    at >= 0 && at < text.byteCount
      && SecretAlphabet.alphanumeric.contains(text.load(UInt8.self, at: at))
  }

  private static func starts(_ text: RawSpan, _ at: Int, _ prefix: [UInt8]) -> Bool {
    guard at + prefix.count <= text.byteCount else { return false }
    for i in prefix.indices where text.load(UInt8.self, at: at + i) != prefix[i] { return false }
    return true
  }

  /// End of a run of bytes of an alphabet, at most `limit` long.
  private static func end(
    _ text: RawSpan, _ at: Int, _ alphabet: SecretAlphabet, limit: Int
  ) -> Int {
    var end = at
    while end < text.byteCount, end - at < limit,
      alphabet.contains(text.load(UInt8.self, at: end))
    {
      end += 1
    }
    return end
  }

  private static func prefixed(_ text: RawSpan, _ at: Int, _ rule: PrefixRule) -> Range<Int>? {
    guard starts(text, at, rule.prefix), !isWord(text, at - 1) else { return nil }
    let start = at + rule.prefix.count
    let end = end(text, start, rule.alphabet, limit: rule.count.upperBound + 1)
    guard rule.count.contains(end - start), !isWord(text, end) else { return nil }
    // One byte over and over is what people write in place of a key.
    guard entropy(text, start..<end) > 2 else { return nil }
    return at..<end
  }

  private static let begin = Array("-----BEGIN ".utf8)
  private static let privateWord = Array("PRIVATE KEY".utf8)
  private static let ending = Array("-----END ".utf8)
  private static let keyByteCountMax = 64 << 10

  /// From `-----BEGIN ... PRIVATE KEY` to the end of the line that ends it.
  private static func privateKey(_ text: RawSpan, _ at: Int) -> Range<Int>? {
    guard starts(text, at, begin) else { return nil }
    let header = at + begin.count
    var word = header
    while word < min(header + 30, text.byteCount), !starts(text, word, privateWord) { word += 1 }
    guard starts(text, word, privateWord) else { return nil }
    let limit = min(text.byteCount, at + keyByteCountMax)
    var next = word
    while let dash = text.firstIndex(of: UInt8(ascii: "-"), in: next..<limit) {
      if starts(text, dash, ending) {
        let tail = dash + ending.count
        let close = text.firstIndex(of: UInt8(ascii: "-"), in: tail..<limit) ?? limit
        return at..<end(text, close, .word, limit: 5)
      }
      next = dash + 1
    }
    return at..<limit
  }

  private static let objectStart = Array("eyJ".utf8)

  /// Three parts of base64url, the first two JSON objects (RFC 7519).
  private static func token(_ text: RawSpan, _ at: Int) -> Range<Int>? {
    guard starts(text, at, objectStart), !isWord(text, at - 1) else { return nil }
    let first = end(text, at, .word, limit: 8192)
    guard first - at >= 12, starts(text, first, [UInt8(ascii: ".")] + objectStart) else {
      return nil
    }
    let second = end(text, first + 1, .word, limit: 16_384)
    guard second - first >= 12, second < text.byteCount,
      text.load(UInt8.self, at: second) == UInt8(ascii: ".")
    else { return nil }
    let third = end(text, second + 1, .word, limit: 8192)
    return third - second > 10 ? at..<third : nil
  }

  private static func bearer(_ text: RawSpan, _ at: Int) -> Range<Int>? {
    guard starts(text, at + 1, Array("earer ".utf8)), !isWord(text, at - 1) else { return nil }
    let start = at + 7
    let end = end(text, start, .dotted, limit: 4096)
    guard end - start >= 20, isSecret(text, start..<end) else { return nil }
    return start..<end
  }

  /// The password of `scheme://user:password@host`; `at` is the colon before it.
  private static func urlPassword(_ text: RawSpan, _ at: Int) -> Range<Int>? {
    var end = at + 1
    while end < text.byteCount, end - at < 256 {
      let byte = text.load(UInt8.self, at: end)
      if byte == UInt8(ascii: "@") { break }
      if byte <= 0x20 || [0x22, 0x27, 0x2F, 0x3C, 0x3E, 0x60, 0x7B, 0x24].contains(byte) {
        return nil
      }
      end += 1
    }
    guard end < text.byteCount, text.load(UInt8.self, at: end) == UInt8(ascii: "@"),
      end - at > 3, isWord(text, end + 1)
    else { return nil }
    var start = at
    while start > 0, at - start < 128, isWord(text, start - 1) || isNameMark(text, start - 1) {
      start -= 1
    }
    guard start >= 3, starts(text, start - 3, Array("://".utf8)), isWord(text, start - 4) else {
      return nil
    }
    return isPlaceholder(text, (at + 1)..<end) ? nil : (at + 1)..<end
  }

  private static func isNameMark(_ text: RawSpan, _ at: Int) -> Bool {
    [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "%")]
      .contains(text.load(UInt8.self, at: at))
  }

  /// The value behind `name =` or `"name":`, where the name says that it is secret.
  private static func assigned(_ text: RawSpan, _ at: Int) -> Range<Int>? {
    var nameEnd = at
    while nameEnd > 0, [0x20, 0x22, 0x27, 0x5C].contains(text.load(UInt8.self, at: nameEnd - 1)),
      at - nameEnd < 4
    {
      nameEnd -= 1
    }
    var start = nameEnd
    while start > 0, nameEnd - start < 48,
      SecretAlphabet.word.contains(text.load(UInt8.self, at: start - 1))
    {
      start -= 1
    }
    guard nameEnd - start >= 5, isSecretName(text.array(start..<nameEnd)) else { return nil }
    var from = at + 1
    while from < text.byteCount, from - at < 6,
      [0x20, 0x22, 0x27, 0x5C, 0x3D, 0x60].contains(text.load(UInt8.self, at: from))
    {
      from += 1
    }
    var end = from
    while end < text.byteCount, end - from <= AssignmentRule.valueByteCount.upperBound {
      let byte = text.load(UInt8.self, at: end)
      let isValue =
        SecretAlphabet.dotted.contains(byte)
        || [0x2B, 0x2F, 0x3D, 0x7E, 0x21, 0x40, 0x23, 0x25, 0x5E, 0x26, 0x2A].contains(byte)
      guard isValue else { break }
      end += 1
    }
    guard AssignmentRule.valueByteCount.contains(end - from), isSecret(text, from..<end) else {
      return nil
    }
    return from..<end
  }

  private static func isSecretName(_ name: [UInt8]) -> Bool {
    let lower = name.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
    return AssignmentRule.names.contains { ends(lower, with: $0) }
  }

  private static func ends(_ name: [UInt8], with word: [UInt8]) -> Bool {
    name.count >= word.count && name.suffix(word.count).elementsEqual(word)
  }

  /// Letters and digits, no placeholder, no path, and as mixed as only chance is.
  private static func isSecret(_ text: RawSpan, _ range: Range<Int>) -> Bool {
    var digits = 0
    var letters = 0
    var slashes = 0
    for i in range {
      let byte = text.load(UInt8.self, at: i)
      if byte >= 0x30 && byte <= 0x39 {
        digits += 1
      } else if byte == UInt8(ascii: "/") {
        slashes += 1
      } else if SecretAlphabet.alphanumeric.contains(byte) {
        letters += 1
      }
    }
    guard digits >= 2, letters >= 4, slashes <= 2 else { return false }
    return entropy(text, range) >= AssignmentRule.entropyMin && !isPlaceholder(text, range)
  }

  private static func isPlaceholder(_ text: RawSpan, _ range: Range<Int>) -> Bool {
    let lower = text.array(range).map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
    return AssignmentRule.placeholders.contains { word in
      guard lower.count >= word.count else { return false }
      return (0...(lower.count - word.count)).contains { start in
        lower[start..<(start + word.count)].elementsEqual(word)
      }
    }
  }

  /// Bits a byte of the distribution of the bytes.
  private static func entropy(_ text: RawSpan, _ range: Range<Int>) -> Double {
    guard !range.isEmpty else { return 0 }
    var counts = [Int](repeating: 0, count: 256)
    for i in range { counts[Int(text.load(UInt8.self, at: i))] += 1 }
    let total = Double(range.count)
    var bits = 0.0
    for count in counts where count > 0 {
      let share = Double(count) / total
      bits -= share * Logarithm.base2(share)
    }
    return bits
  }
}

/// The base 2 logarithm without a mathematical library: exponent and a series for the fraction.
enum Logarithm {
  /// For finite values above 0; to about 10 digits.
  static func base2(_ value: Double) -> Double {
    let significand = value.significand
    // log2(s) = 2 / ln 2 * artanh((s - 1) / (s + 1)).
    let x = (significand - 1) / (significand + 1)
    var power = x
    var sum = 0.0
    var n = 1.0
    for _ in 0..<14 {
      sum += power / n
      power *= x * x
      n += 2
    }
    return Double(value.exponent) + sum * 2 / 0.693_147_180_559_945_3
  }
}
