// What errors have in common: their first line without what differs from one to the next.

/// What is shown of an error.
struct ErrorText: Sendable {
  let signature: String
  let sample: String
  /// Whether it is what a server of the model context protocol wrote on its standard error, which
  /// the client logs as an error whatever it says.
  let isServerOutput: Bool

  init(_ content: [UInt8]) {
    let line = Self.firstLine(content)
    isServerOutput = line.hasPrefix("MCP server \"") && line.contains("\" Server stderr:")
    signature = Self.signature(line)
    sample = String(line.prefix(ErrorSignature.sampleLengthMax))
  }

  /// Longest beginning of a line that is looked at, in bytes.
  private static let lineByteCountMax = 400

  /// The first line that is not blank, trimmed.
  private static func firstLine(_ content: [UInt8]) -> String {
    var start = 0
    while start < content.count, content[start] <= 0x20 { start += 1 }
    var end = start
    while end < content.count, content[end] != 0x0A, end - start < lineByteCountMax { end += 1 }
    while end > start, content[end - 1] <= 0x20 { end -= 1 }
    return String(decoding: content[start..<end], as: UTF8.self)
  }

  /// The line with `<path>` for paths and `#` for numbers and for words of digits and letters that
  /// look like an id.
  private static func signature(_ line: String) -> String {
    var result = ""
    var word: [UInt8] = []
    func flush() {
      guard !word.isEmpty else { return }
      // The end of an element of markup is no path.
      result += result.hasSuffix("<") ? String(decoding: word, as: UTF8.self) : replaced(word)
      word.removeAll(keepingCapacity: true)
    }
    for byte in line.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80..., UInt8(ascii: "/"), UInt8(ascii: "."),
        UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "\\"):
        word.append(byte)
      default:
        flush()
        result.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    flush()
    return result
  }

  private static func replaced(_ word: [UInt8]) -> String {
    let text = String(decoding: word, as: UTF8.self)
    var slashes = 0
    var digits = 0
    var others = 0
    for byte in word {
      switch byte {
      case UInt8(ascii: "/"), UInt8(ascii: "\\"): slashes += 1
      case 0x30...0x39: digits += 1
      case 0x61...0x66, 0x41...0x46, UInt8(ascii: "-"), UInt8(ascii: "."): break
      default: others += 1
      }
    }
    let first = word[0]
    let isRooted = first == UInt8(ascii: "/") || first == UInt8(ascii: "~")
    if slashes >= 2 || slashes == 1 && (isRooted || digits > 0) { return "<path>" }
    guard digits > 0 else { return text }
    // A number, a version, a hash, a UUID; else only the digits of a word vary.
    if others == 0 { return "#" }
    if digits * 3 >= word.count, word.count >= 8 { return "#" }
    return withoutDigits(word)
  }

  /// Runs of digits as one `#` each.
  private static func withoutDigits(_ word: [UInt8]) -> String {
    var bytes: [UInt8] = []
    for byte in word {
      let isDigit = byte >= 0x30 && byte <= 0x39
      if !isDigit {
        bytes.append(byte)
      } else if bytes.last != UInt8(ascii: "#") {
        bytes.append(UInt8(ascii: "#"))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
