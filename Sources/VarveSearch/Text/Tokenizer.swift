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
    var scratch: [UInt8] = []
    let table = Separators.ascii
    var at = 0
    let end = text.byteCount
    while at < end {
      let byte = text.load(UInt8.self, at: at)
      if byte < 0x80, table[Int(byte)] != 0 {
        let next: UInt8 = at + 1 < end ? text.load(UInt8.self, at: at + 1) : 0
        if byte == 0x2C || byte == 0x2E, next == 0x20 {
          sink.separator(.hard, at..<(at + 2))
          at += 2
        } else {
          sink.separator(table[Int(byte)] == 2 ? .hard : .soft, at..<(at + 1))
          at += 1
        }
        continue
      }
      // A run without ASCII separators.
      let start = at
      var isPlain = true
      scratch.removeAll(keepingCapacity: true)
      while at < end {
        let byte = text.load(UInt8.self, at: at)
        if byte >= 0x80 {
          isPlain = false
        } else if table[Int(byte)] != 0 {
          break
        } else if byte < 0x20 || byte == 0x7F {
          at += 1
          continue
        }
        scratch.append(byte &- 0x41 < 26 ? byte + 0x20 : byte)
        at += 1
      }
      if isPlain {
        sink.word(scratch.rawSpan, start..<at)
      } else {
        let run = text.array(start..<at)
        ScalarRuns.forEach(run, offset: start, &sink)
      }
    }
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

/// The slow path: text cut by scalars.
enum ScalarRuns {
  /// The scalars of some bytes with their ranges; what is not UTF-8 becomes U+FFFD.
  static func scalars(_ bytes: [UInt8], offset: Int) -> [(Unicode.Scalar, Range<Int>)] {
    var found: [(Unicode.Scalar, Range<Int>)] = []
    found.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      let first = bytes[at]
      var count = 1
      if first >= 0xC2, first < 0xE0 { count = 2 }
      if first >= 0xE0, first < 0xF0 { count = 3 }
      if first >= 0xF0, first < 0xF5 { count = 4 }
      var scalar: Unicode.Scalar?
      if at + count <= bytes.count {
        scalar = String(validating: bytes[at..<(at + count)], as: UTF8.self)?.unicodeScalars.first
      }
      if scalar == nil { count = 1 }
      found.append((scalar ?? "\u{FFFD}", (offset + at)..<(offset + at + count)))
      at += count
    }
    return found
  }

  static func forEach<Sink: TokenSink>(_ bytes: [UInt8], offset: Int, _ sink: inout Sink) {
    let scalars = scalars(bytes, offset: offset)
    var start = 0
    for i in scalars.indices {
      let kind = Separators.kind(scalars[i].0)
      guard kind != .none else { continue }
      words(scalars[start..<i], &sink)
      sink.separator(kind, scalars[i].1)
      start = i + 1
    }
    words(scalars[start...], &sink)
  }

  /// Cuts a run without separators where the script changes, CJK into pairs.
  static func words<Sink: TokenSink>(
    _ run: ArraySlice<(Unicode.Scalar, Range<Int>)>, _ sink: inout Sink
  ) {
    var start = run.startIndex
    var script = Script.other
    for i in run.indices {
      let next = Script(run[i].0)
      guard next != .other else { continue }
      if script != .other, next != script {
        word(run[start..<i], script, &sink)
        start = i
      }
      script = next
    }
    if start < run.endIndex { word(run[start...], script, &sink) }
  }

  private static func word<Sink: TokenSink>(
    _ run: ArraySlice<(Unicode.Scalar, Range<Int>)>, _ script: Script, _ sink: inout Sink
  ) {
    if script == .cj, run.count > 2 {
      for i in run.indices.dropLast() { emit(run[i...(i + 1)], &sink) }
      return
    }
    emit(run, &sink)
  }

  private static func emit<Sink: TokenSink>(
    _ run: ArraySlice<(Unicode.Scalar, Range<Int>)>, _ sink: inout Sink
  ) {
    guard let first = run.first, let last = run.last else { return }
    let normal = Normalizer.utf8(
      Normalizer.folded(Normalizer.decomposed(run.map(\.0)[...])))
    sink.word(normal.rawSpan, first.1.lowerBound..<last.1.upperBound)
  }
}
