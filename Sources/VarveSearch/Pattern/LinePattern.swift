// A pattern as `grep` takes it, and the lines that hold it.

import VarveFormat

/// A compiled pattern; any number of threads may make matchers of it.
package struct LinePattern: Sendable {
  /// How a pattern is meant.
  package struct Options: Equatable, Hashable, Sendable {
    package var ignoresCase = false
    /// The pattern is a text, not an expression.
    package var isLiteral = false
    /// Matches must be whole words.
    package var matchesWords = false

    package init() {}
  }

  /// Longest pattern, in bytes.
  package static let byteCountMax = 64 << 10

  let forward: RegexProgram
  let backward: RegexProgram
  /// Made once; matchers copy it.
  let search: LazyDFA
  /// What every match holds, as the filters of trigrams have it.
  package let needs: PatternNeeds
  /// A text that every match holds.
  let finder: ByteFinder?
  /// Whether to hold the text is to match.
  let isText: Bool

  package init(_ pattern: String, _ options: Options) throws(PatternError) {
    guard pattern.utf8.count <= Self.byteCountMax else {
      throw PatternError(
        message: "a pattern may have at most \(Self.byteCountMax) bytes", offset: 0)
    }
    let plain =
      options.isLiteral
      ? RegexParser.texts(pattern, ignoresCase: options.ignoresCase)
      : try RegexParser.parse(pattern, ignoresCase: options.ignoresCase)
    try self.init(
      options.matchesWords
        ? .sequence([.assertion(.wordStart), plain, .assertion(.wordEnd)]) : plain)
  }

  /// Compiles what was parsed.
  init(_ node: RegexNode) throws(PatternError) {
    forward = try RegexProgram(node)
    backward = try RegexProgram(node.reversed)
    search = LazyDFA(forward, isUnanchored: true)
    needs = PatternNeeds(node, .grams)
    if let text = PatternNeeds(node, .none).longestText {
      finder = ByteFinder(text, foldsCase: false)
      isText = node == .text(text) && !text.contains(0x0A)
    } else if let text = PatternNeeds(node, .letters).longestText {
      finder = ByteFinder(text, foldsCase: true)
      isText = false
    } else {
      finder = nil
      isText = false
    }
  }

  package func makeMatcher() -> LineMatcher { LineMatcher(self) }
}

/// Finds lines; for one thread.
package struct LineMatcher {
  private let pattern: LinePattern
  private var search: LazyDFA
  private var backward: LazyDFA?
  private var anchored: LazyDFA?

  init(_ pattern: LinePattern) {
    self.pattern = pattern
    search = pattern.search
  }

  /// Whether every match holds a text that can be looked for.
  package var looksForText: Bool { pattern.finder != nil }

  /// The first place of that text in a range.
  package func firstText(in text: RawSpan, _ range: Range<Int>) -> Int? {
    pattern.finder?.first(in: text, range)
  }

  /// Calls a closure with each line that holds the pattern, without its end; false ends it.
  package mutating func forEachLine(
    in text: RawSpan, _ body: (Range<Int>) -> Bool
  ) {
    let end = text.byteCount
    var at = 0
    while at < end {
      var from = at
      if let finder = pattern.finder {
        guard let place = finder.first(in: text, at..<end) else { return }
        from = Self.lineStart(text, place, notBefore: at)
        if pattern.isText {
          let line = from..<Self.lineEnd(text, place)
          guard body(line) else { return }
          at = line.upperBound + 1
          continue
        }
        let lineEnd = Self.lineEnd(text, place)
        if search.firstMatch(in: text, from: from, to: lineEnd) != nil {
          guard body(from..<lineEnd) else { return }
        }
        at = lineEnd + 1
        continue
      }
      guard let place = search.firstMatch(in: text, from: from, to: end) else { return }
      // Known at the byte behind the match, or at the end of the line.
      from = Self.lineStart(text, place, notBefore: at)
      let line = from..<Self.lineEnd(text, place)
      guard body(line) else { return }
      at = line.upperBound + 1
    }
  }

  private static func lineStart(_ text: RawSpan, _ place: Int, notBefore: Int) -> Int {
    var at = place
    while at > notBefore, text.load(UInt8.self, at: at - 1) != 0x0A { at -= 1 }
    return at
  }

  private static func lineEnd(_ text: RawSpan, _ place: Int) -> Int {
    var at = place
    let end = text.byteCount
    while at < end, text.load(UInt8.self, at: at) != 0x0A { at += 1 }
    return at
  }

  /// Longest line in which matches are told apart, in bytes.
  private static let spanLineByteCountMax = 64 << 10

  /// The matches in a line, from left to right, the longest where several start; for showing them,
  /// so a line that is too long has none.
  package mutating func matches(in text: RawSpan, line: Range<Int>) -> [Range<Int>] {
    guard line.count <= Self.spanLineByteCountMax else { return [] }
    var reverse = backward ?? LazyDFA(pattern.backward, isUnanchored: true)
    var forward = anchored ?? LazyDFA(pattern.forward, isUnanchored: false)
    var starts: [Int] = []
    reverse.starts(in: text, line: line) { starts.append($0) }
    var found: [Range<Int>] = []
    var next = line.lowerBound
    // Each start could read to the end of the line: so many bytes and no more.
    var budget = 16 * Self.spanLineByteCountMax
    for start in starts.reversed() where start >= next && budget > 0 {
      guard
        let end = forward.longestMatch(in: text, line: line, from: start, budget: &budget),
        end > start
      else { continue }
      found.append(start..<end)
      next = end
    }
    backward = reverse
    anchored = forward
    return found
  }
}
