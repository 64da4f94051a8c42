// Cuts text into words and separators. SEARCH.md 2. Text without settings of its own goes through a
// path for ASCII; what is not ASCII is cut by scalars and scripts.

import VarveFormat

/// Settings that change how text is cut.
package struct TokenizerSettings: Equatable, Sendable {
  /// Strings that separate in addition.
  package var separators: [String] = []
  /// Strings that do not separate.
  package var nonSeparators: [String] = []
  /// Strings that are words before separators apply.
  package var dictionary: [String] = []

  package init() {}

  var isPlain: Bool { separators.isEmpty && nonSeparators.isEmpty && dictionary.isEmpty }
}

/// A piece of text.
package struct Token: Sendable {
  /// Bytes of the original.
  package var range: Range<Int>
  /// `none` for a word.
  package var separator: SeparatorKind
  /// The normalized word; empty for separators.
  package var word: [UInt8]
  /// The word before the lossy steps, where stop words are asked for.
  package var decomposed: [UInt8]
}

/// Receives what a tokenizer finds.
protocol TokenSink {
  /// A word; `bytes` is its normal form.
  mutating func word(_ bytes: RawSpan, _ range: Range<Int>)
  mutating func separator(_ kind: SeparatorKind, _ range: Range<Int>)
}

/// Cuts text. A value; any number of threads may use it.
package struct Tokenizer: Sendable {
  package let settings: TokenizerSettings
  private let custom: CustomSeparators?

  package init(_ settings: TokenizerSettings = TokenizerSettings()) {
    self.settings = settings
    custom = settings.isPlain ? nil : CustomSeparators(settings)
  }

  /// All tokens of a text, for queries and for showing.
  package func tokens(_ text: RawSpan) -> [Token] {
    var sink = TokenList(text)
    forEach(text, &sink)
    return sink.tokens
  }

  /// Hands the tokens of a text to a sink, in order.
  func forEach<Sink: TokenSink>(_ text: RawSpan, _ sink: inout Sink) {
    if let custom {
      custom.forEach(text, &sink)
      return
    }
    let folded = Self.lowercased(text)
    let classes = Separators.byteClasses
    typealias ByteClass = Separators.ByteClass
    var at = 0
    let end = text.byteCount
    while at < end {
      let byte = folded[at]
      let kind = classes[Int(byte)]
      if kind == ByteClass.softSeparator || kind == ByteClass.hardSeparator {
        if byte == 0x2C || byte == 0x2E, at + 1 < end, folded[at + 1] == 0x20 {
          sink.separator(.hard, at..<(at + 2))
          at += 2
        } else {
          sink.separator(kind == ByteClass.hardSeparator ? .hard : .soft, at..<(at + 1))
          at += 1
        }
        continue
      }
      // A run without ASCII separators.
      let start = at
      while at < end, classes[Int(folded[at])] == ByteClass.letter { at += 1 }
      if at == end || classes[Int(folded[at])] <= ByteClass.hardSeparator {
        sink.word(folded.rawSpan.extracting(start..<at), start..<at)
      } else {
        at = mixedRun(text, folded, from: start, firstOther: at, &sink)
      }
    }
  }

  /// A run with bytes that are not ASCII or not part of a word; gives where it ends.
  private func mixedRun<Sink: TokenSink>(
    _ text: RawSpan, _ folded: [UInt8], from start: Int, firstOther: Int, _ sink: inout Sink
  ) -> Int {
    typealias ByteClass = Separators.ByteClass
    let classes = Separators.byteClasses
    var at = firstOther
    var isASCII = true
    while at < folded.count {
      let kind = classes[Int(folded[at])]
      if kind == ByteClass.softSeparator || kind == ByteClass.hardSeparator { break }
      if kind == ByteClass.beyondASCII { isASCII = false }
      at += 1
    }
    if isASCII {
      let word = folded[start..<at].filter { classes[Int($0)] == ByteClass.letter }
      sink.word(word.rawSpan, start..<at)
    } else {
      ScalarRuns.forEach(text.array(start..<at), offset: start, &sink)
    }
    return at
  }

  /// The bytes with small ASCII letters.
  private static func lowercased(_ text: RawSpan) -> [UInt8] {
    var folded = text.array(0..<text.byteCount)
    var bytes = folded.mutableSpan
    for i in bytes.indices {
      let byte = bytes[i]
      bytes[i] = byte &+ (byte &- 0x41 < 26 ? 0x20 : 0)
    }
    return folded
  }
}

/// Collects tokens.
private struct TokenList: TokenSink {
  var tokens: [Token] = []
  private let text: [UInt8]

  init(_ text: RawSpan) { self.text = text.array(0..<text.byteCount) }

  mutating func word(_ bytes: RawSpan, _ range: Range<Int>) {
    let original = String(decoding: text[range], as: UTF8.self)
    let decomposed = Normalizer.utf8(
      Normalizer.decomposed(Array(original.unicodeScalars)[...]))
    tokens.append(
      Token(
        range: range, separator: .none, word: bytes.array(0..<bytes.byteCount),
        decomposed: decomposed))
  }

  mutating func separator(_ kind: SeparatorKind, _ range: Range<Int>) {
    tokens.append(Token(range: range, separator: kind, word: [], decomposed: []))
  }
}
