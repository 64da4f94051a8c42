// Everything that reaches a terminal or a pipe goes through here; content only in escaped form.

import Synchronization

enum Output {
  private static let buffer = Mutex<[UInt8]>([])

  /// Writes text that holds no content, or content that was escaped.
  static func text(_ text: String) { raw(Array(text.utf8)) }

  static func line(_ text: String = "") { Self.text(text + "\n") }

  /// Writes bytes as they are: for `--raw` and JSON.
  static func raw(_ bytes: [UInt8]) {
    buffer.withLock { buffer in
      buffer.append(contentsOf: bytes)
      if buffer.count >= 64 << 10 {
        Process.write(buffer, to: 1)
        buffer.removeAll(keepingCapacity: true)
      }
    }
  }

  static func flush() {
    buffer.withLock { buffer in
      Process.write(buffer, to: 1)
      buffer.removeAll()
    }
  }

  /// Words for the person, beside the output.
  static func note(_ text: String, isLine: Bool = true) {
    flush()
    Process.write(Array((isLine ? text + "\n" : text).utf8), to: 2)
  }
}

/// Colours, where a person looks and did not ask for none.
enum Style {
  static let isOn =
    Process.isOutputTerminal && Process.environment("NO_COLOR") == nil
    && Process.environment("TERM") != "dumb"

  static func dim(_ text: String) -> String { wrap(text, "2") }
  static func bold(_ text: String) -> String { wrap(text, "1") }
  static func red(_ text: String) -> String { wrap(text, "31") }

  private static func wrap(_ text: String, _ code: String) -> String {
    isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}

/// Makes content harmless for a terminal: THREATS 11.
enum Escape {
  /// Text for one place on the screen: line feeds stay if asked for, every other control character,
  /// escape sequence and direction mark is shown as a visible mark.
  static func terminal(_ text: String, keepingLines: Bool = false) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A where keepingLines, 0x09 where keepingLines:
        result.unicodeScalars.append(scalar)
      case 0x0A: result += "⏎"
      case 0x09: result += " "
      case 0..<0x20:
        // Control pictures.
        if let picture = Unicode.Scalar(0x2400 + scalar.value) {
          result.unicodeScalars.append(picture)
        }
      case 0x7F: result += "␡"
      case 0x80..<0xA0: result += "\\x" + String(scalar.value, radix: 16)
      default:
        if scalar.properties.generalCategory == .format
          || scalar.properties.generalCategory == .lineSeparator
          || scalar.properties.generalCategory == .paragraphSeparator
        {
          result += "\\u{" + String(scalar.value, radix: 16) + "}"
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }

  static func terminal(_ bytes: [UInt8], keepingLines: Bool = false) -> String {
    terminal(String(decoding: bytes, as: UTF8.self), keepingLines: keepingLines)
  }

  /// One line of at most `width` characters.
  static func snippet(_ bytes: [UInt8], width: Int) -> String {
    let text = terminal(Array(bytes.prefix(max(16, width * 4))))
    guard text.count > width || bytes.count > width * 4 else { return text }
    return String(text.prefix(max(1, width - 1))) + "…"
  }

  /// One word of a shell, whatever it holds.
  static func shell(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }

  /// The same, bare where it is as harmless as a session's usual name.
  static func shellWord(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      switch $0 {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
      default: false
      }
    }
    return isPlain && !text.isEmpty && text.utf8.first != UInt8(ascii: "-") ? text : shell(text)
  }
}
