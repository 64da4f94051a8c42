// Reads filters as they are written. SEARCH.md 14, the grammar.

/// A parser by recursive descent; its depth is bounded.
package struct FilterParser {
  static let depthMax = 150
  static let byteCountMax = 1 << 20

  private struct Piece: Equatable {
    enum Kind { case word, quoted, symbol, end }
    var kind: Kind
    var text: String
    var start: Int
    var end: Int
  }

  private static let keywords: Set<String> = [
    "AND", "OR", "IN", "NOT", "TO", "EXISTS", "IS", "NULL", "EMPTY", "CONTAINS", "STARTS", "WITH",
    "_geoRadius", "_geoBoundingBox", "_geoPoint", "_geo",
  ]

  private let text: [Unicode.Scalar]
  private let source: String
  private var pieces: [Piece] = []
  private var at = 0

  /// Parses a filter; nil if it is blank.
  package static func parse(_ text: String) throws(SearchError) -> Filter? {
    guard text.utf8.count <= byteCountMax else {
      throw .filter("A filter has at most \(byteCountMax) bytes; this one has \(text.utf8.count).")
    }
    var parser = FilterParser(text)
    try parser.scan()
    guard parser.pieces.count > 1 else { return nil }
    let filter = try parser.any(0)
    guard parser.next.kind == .end else {
      throw parser.error(
        "Found unexpected characters at the end of the filter: `\(parser.rest)`. "
          + "You probably forgot an `OR` or an `AND` rule.", from: parser.next.start)
    }
    return filter
  }

  private init(_ text: String) {
    source = text
    self.text = Array(text.unicodeScalars)
  }

  private func error(_ message: String, from start: Int, to end: Int? = nil) -> SearchError {
    let end = end ?? text.count
    return .filter("\(message)\n\(start + 1):\(end + 1) \(source)")
  }

  private var next: Piece { pieces[at] }

  private var rest: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: text[min(next.start, text.count)...])
    return String(view)
  }

  // MARK: Pieces

  private mutating func scan() throws(SearchError) {
    var i = 0
    while i < text.count {
      let scalar = text[i]
      if scalar.properties.isWhitespace {
        i += 1
        continue
      }
      let start = i
      if scalar == "'" || scalar == "\"" {
        let value = try quoted(&i, scalar)
        pieces.append(Piece(kind: .quoted, text: value, start: start, end: i))
      } else if Self.isWord(scalar) {
        while i < text.count, Self.isWord(text[i]) { i += 1 }
        pieces.append(Piece(kind: .word, text: string(start..<i), start: start, end: i))
      } else if "<>!".unicodeScalars.contains(scalar), i + 1 < text.count, text[i + 1] == "=" {
        i += 2
        pieces.append(Piece(kind: .symbol, text: string(start..<i), start: start, end: i))
      } else {
        i += 1
        pieces.append(Piece(kind: .symbol, text: string(start..<i), start: start, end: i))
      }
    }
    pieces.append(Piece(kind: .end, text: "", start: text.count, end: text.count))
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar == "-" || scalar == "." || scalar == "*"
      || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }

  private func string(_ range: Range<Int>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: text[range])
    return String(view)
  }

  private func quoted(_ i: inout Int, _ quote: Unicode.Scalar) throws(SearchError) -> String {
    let start = i
    i += 1
    var value = String.UnicodeScalarView()
    while i < text.count, text[i] != quote {
      if text[i] == "\\", i + 1 < text.count {
        i += 1
        switch text[i] {
        case "n": value.append("\n")
        case "r": value.append("\r")
        case "t": value.append("\t")
        case "u" where i + 1 < text.count && text[i + 1] == "{":
          var code: UInt32 = 0
          i += 2
          while i < text.count, text[i] != "}", let digit = Self.hex(text[i]), code < 0x110000 {
            code = code * 16 + digit
            i += 1
          }
          value.append(Unicode.Scalar(code) ?? "\u{FFFD}")
        default: value.append(text[i])
        }
      } else {
        value.append(text[i])
      }
      i += 1
    }
    guard i < text.count else {
      throw error(
        "Expression `\(string(start..<text.count))` is missing the following closing delimiter: "
          + "`\(quote)`.", from: start)
    }
    i += 1
    return String(value)
  }

  private static func hex(_ scalar: Unicode.Scalar) -> UInt32? {
    Character(scalar).hexDigitValue.map { UInt32($0) }
  }

  // MARK: Grammar

  private mutating func take(_ word: String) -> Bool {
    guard next.kind == .word, next.text == word else { return false }
    at += 1
    return true
  }

  private mutating func take(symbol: String) -> Bool {
    guard next.kind == .symbol, next.text == symbol else { return false }
    at += 1
    return true
  }

  private mutating func any(_ depth: Int) throws(SearchError) -> Filter {
    guard depth <= Self.depthMax else {
      throw error(
        "The filter exceeded the maximum depth limit of \(Self.depthMax). "
          + "Try rewriting the filter so that it contains fewer nested conditions.",
        from: next.start)
    }
    var parts = [try all(depth)]
    while take("OR") { parts.append(try all(depth)) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func all(_ depth: Int) throws(SearchError) -> Filter {
    var parts = [try not(depth)]
    while take("AND") { parts.append(try not(depth)) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func not(_ depth: Int) throws(SearchError) -> Filter {
    var isNegated = false
    while take("NOT") { isNegated.toggle() }
    let filter = try primary(depth)
    return isNegated ? .not(filter) : filter
  }

  private mutating func primary(_ depth: Int) throws(SearchError) -> Filter {
    if take(symbol: "(") {
      let filter = try any(depth + 1)
      guard take(symbol: ")") else {
        throw error(
          "Expression `\(rest)` is missing the following closing delimiter: `)`.", from: next.start)
      }
      return filter
    }
    let field = try field()
    if next.kind == .symbol, let comparison = Filter.Comparison(rawValue: next.text) {
      at += 1
      return .test(field, .compare(comparison, try value()))
    }
    let isNegated = take("NOT")
    if let test = try named() { return isNegated ? .not(.test(field, test)) : .test(field, test) }
    if !isNegated {
      if take("IS") { return try null(field) }
      let low = try value()
      guard take("TO") else { throw unexpected() }
      return .test(field, .range(low, try value()))
    }
    throw unexpected()
  }

  private mutating func named() throws(SearchError) -> Filter.Test? {
    if take("EXISTS") { return .exists }
    if take("CONTAINS") { return .contains(try value()) }
    if take("STARTS") {
      guard take("WITH") else { throw unexpected() }
      return .startsWith(try value())
    }
    if take("IN") {
      guard take(symbol: "[") else {
        throw error("Expected `[` after `IN` keyword.", from: next.start)
      }
      var values: [String] = []
      while !take(symbol: "]") {
        values.append(try value())
        guard take(symbol: ",") else {
          guard take(symbol: "]") else {
            throw error(
              "Expected only comma-separated field names inside `IN[..]`.",
              from: next.start)
          }
          break
        }
      }
      return .isIn(values)
    }
    return nil
  }

  private mutating func null(_ field: FilterField) throws(SearchError) -> Filter {
    let isNegated = take("NOT")
    let test: Filter.Test
    if take("NULL") {
      test = .isNull
    } else if take("EMPTY") {
      test = .isEmpty
    } else {
      throw unexpected()
    }
    return isNegated ? .not(.test(field, test)) : .test(field, test)
  }

  private mutating func field() throws(SearchError) -> FilterField {
    let piece = next
    let isName =
      piece.kind == .quoted || piece.kind == .word && !Self.keywords.contains(piece.text)
    guard isName else { throw unexpected() }
    at += 1
    let quote = piece.kind == .quoted ? 1 : 0
    return FilterField(
      piece.text, start: piece.start + quote, end: piece.end - quote, text: source)
  }

  private mutating func value() throws(SearchError) -> String {
    let piece = next
    guard piece.kind == .quoted || piece.kind == .word && !Self.keywords.contains(piece.text) else {
      throw unexpected()
    }
    at += 1
    return piece.text
  }

  private func unexpected() -> SearchError {
    if next.kind == .end {
      return error(
        "Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, "
          + "`EXISTS`, `NOT EXISTS`, `IS NULL`, `IS NOT NULL`, `IS EMPTY`, `IS NOT EMPTY`, "
          + "`CONTAINS`, `NOT CONTAINS`, `STARTS WITH`, `NOT STARTS WITH`, `_geoRadius`, or "
          + "`_geoBoundingBox` at the end of the filter.", from: next.start)
    }
    return error(
      "Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, "
        + "`EXISTS`, `NOT EXISTS`, `IS NULL`, `IS NOT NULL`, `IS EMPTY`, `IS NOT EMPTY`, "
        + "`CONTAINS`, `NOT CONTAINS`, `STARTS WITH`, `NOT STARTS WITH`, `_geoRadius`, or "
        + "`_geoBoundingBox` at `\(rest)`.", from: next.start)
  }
}
