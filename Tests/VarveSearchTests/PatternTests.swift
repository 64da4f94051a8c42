// Patterns against a matcher that is nothing but their definition, and the texts that they need.

import Testing
import VarveFormat
import VarveTestSupport

@testable import VarveSearch

/// Matches by trying everything.
private struct PatternModel {
  let line: [UInt8]

  private func isWord(_ at: Int) -> Bool {
    line.indices.contains(at) && ByteSet.word.contains(line[at])
  }

  private func holds(_ assertion: RegexAssertion, _ at: Int) -> Bool {
    switch assertion {
    case .lineStart: at == 0
    case .lineEnd: at == line.count
    case .wordBoundary: isWord(at - 1) != isWord(at)
    case .notWordBoundary: isWord(at - 1) == isWord(at)
    case .wordStart: !isWord(at - 1)
    case .wordEnd: !isWord(at)
    }
  }

  /// Where matches of a node that start at a place may end.
  func ends(_ node: RegexNode, from at: Int) -> Set<Int> {
    switch node {
    case .bytes(let set): return at < line.count && set.contains(line[at]) ? [at + 1] : []
    case .assertion(let assertion): return holds(assertion, at) ? [at] : []
    case .sequence(let parts):
      return parts.reduce([at]) { starts, part in
        starts.reduce(into: []) { $0.formUnion(ends(part, from: $1)) }
      }
    case .either(let parts):
      return parts.reduce(into: []) { $0.formUnion(ends($1, from: at)) }
    case .repeated(let part, let min, let max):
      var all: Set<Int> = min == 0 ? [at] : []
      var current: Set<Int> = [at]
      var seen: Set<Int> = []
      for count in 1...Swift.max(1, Swift.min(max ?? .max, line.count + 1 + min)) where max != 0 {
        current = current.reduce(into: []) { $0.formUnion(ends(part, from: $1)) }
        if count >= min { all.formUnion(current) }
        if current.isEmpty || count >= min && current.isSubset(of: seen) { break }
        if count >= min { seen.formUnion(current) }
      }
      return all
    }
  }

  /// The matches from left to right, the longest of those that start at one place.
  func matches(_ node: RegexNode) -> (any: Bool, spans: [Range<Int>]) {
    var any = false
    var spans: [Range<Int>] = []
    for start in 0...line.count {
      guard let end = ends(node, from: start).max() else { continue }
      any = true
      if end > start, start >= spans.last?.upperBound ?? 0 { spans.append(start..<end) }
    }
    return (any, spans)
  }
}

@Suite("Patterns") struct PatternTests {
  private func lines(
    _ pattern: String, _ text: String, _ change: (inout LinePattern.Options) -> Void = { _ in }
  ) throws -> [String] {
    var options = LinePattern.Options()
    change(&options)
    var matcher = try LinePattern(pattern, options).makeMatcher()
    let bytes = Array(text.utf8)
    var found: [String] = []
    matcher.forEachLine(in: bytes.rawSpan) { line in
      found.append(String(decoding: bytes[line], as: UTF8.self))
      return true
    }
    return found
  }

  @Test(
    "Expressions mean what they mean to rg",
    arguments: [
      ("ab+c", "abc\nac\nabbbc", "abc abbbc"), ("^a", "ab\nba\nab", "ab ab"),
      ("b$", "ab\nba\nb", "ab b"), ("a.c", "abc\nac\naéc\na\nc", "abc aéc"),
      ("[^a-c]d", "ad\nxd\nd", "xd"), ("[[:digit:]]{2,3}x", "1x\n12x\n1234x", "12x 1234x"),
      ("(?i)straße", "STRASSE\nSTRAßE", "STRAßE"), ("a|b|", "x\ny", "x y"),
      (#"\bcat\b"#, "cat\nconcat\na cat.", "cat a cat."), (#"\Bcat"#, "cat\nconcat", "concat"),
      (#"\d+\.\d+"#, "1.5\n1x5", "1.5"), (#"a{0}b"#, "b\nab", "b ab"),
      ("x*", "\na", " a"), (#"\x41\u{e9}"#, "Aé\nae", "Aé"), ("[]a]b", "]b\nab\nb", "]b ab"),
      ("(?:ab){2}", "abab\nab", "abab"), ("{", "a{b\nab", "a{b"), (#"[\w-]+@"#, "a-b@\n@", "a-b@"),
    ])
  func table(pattern: String, text: String, expected: String) throws {
    #expect(try lines(pattern, text).joined(separator: " ") == expected)
  }

  @Test("Words, cases and plain texts")
  func options() throws {
    #expect(try lines("a.c", "a.c\nabc") { $0.isLiteral = true } == ["a.c"])
    #expect(try lines("one\ntwo", "one\n2\ntwo") { $0.isLiteral = true } == ["one", "two"])
    #expect(try lines("Error", "ERROR\nerr") { $0.ignoresCase = true } == ["ERROR"])
    #expect(try lines("cat|dog", "cats\na dog") { $0.matchesWords = true } == ["a dog"])
    #expect(try lines("é", "caf\u{C9}") { $0.ignoresCase = true } == ["caf\u{C9}"])
  }

  @Test(
    "What is no expression is named with its place",
    arguments: [
      ("(a", 0), ("a)", 1), ("[a", 0), ("*a", 0), (#"\1"#, 1), ("(?=a)", 2), ("a{2000}", 5),
      (#"\q"#, 1), ("[z-a]", 4), ("a\\", 2),
    ])
  func errors(pattern: String, offset: Int) throws {
    let error = #expect(throws: PatternError.self) { try LinePattern(pattern, .init()) }
    #expect(error?.offset == offset, "\(error?.message ?? "")")
  }

  @Test("Patterns that are too large or too deep are refused")
  func limits() throws {
    for pattern in [
      "((a{1000}){1000}){1000}", String(repeating: "(", count: 200),
      String(repeating: "a", count: LinePattern.byteCountMax + 1),
      "a" + String(repeating: "*", count: 60_000),
    ] {
      #expect(throws: PatternError.self) { try LinePattern(pattern, .init()) }
    }
  }

  @Test("What takes others exponential time takes one pass", .timeLimit(.minutes(1)))
  func linear() throws {
    let text = String(repeating: "a", count: 100_000) + "b"
    for pattern in ["(a+)+$", "(a|aa)+$", "(a*)*c", "(.*)(.*)(.*)(.*)x$"] {
      #expect(try lines(pattern, text).isEmpty)
    }
    #expect(try lines("(a?){30}a{30}", String(repeating: "a", count: 30)).count == 1)
  }

  @Test("What is empty however often costs nothing", .timeLimit(.minutes(1)))
  func empties() throws {
    let nested =
      String(repeating: "(", count: 60) + String(repeating: "){1000}", count: 60) + "b"
    #expect(try lines(nested, "a\nb") == ["b"])
    #expect(
      try lines(
        String(repeating: "(?:", count: 20) + "b"
          + String(repeating: "){1}", count: 20), "a\nb") == ["b"])
  }

  @Test("States take bounded memory, and what they forget is worked out again")
  func states() throws {
    // As many states as there are texts of 30 letters, each of about 15 instructions.
    let node = try RegexParser.parse("a(a|b){30}c", ignoresCase: false)
    let program = try RegexProgram(node)
    let limit = 4000
    var automaton = LazyDFA(program, isUnanchored: true, instructionCountMax: limit)
    var generator = SplitMix64(seed: 5)
    var most = 0
    var text: [UInt8] = []
    for _ in 0..<200 {
      text = (0..<50).map { _ in generator.below(2) == 0 ? 0x61 : 0x62 }
      #expect(automaton.firstMatch(in: text.rawSpan, from: 0, to: text.count) == nil)
      most = max(most, automaton.instructionCount)
    }
    #expect(most > limit / 2, "the limit was in sight")
    #expect(most <= limit + program.instructions.count)
    text[text.count - 31] = 0x61
    text.append(0x63)
    let end = text.count
    #expect(automaton.firstMatch(in: text.rawSpan, from: 0, to: end) == end)
  }

  private static func node(_ generator: inout SplitMix64, depth: Int) -> RegexNode {
    let letters = Array("abAB _é".utf8)
    switch generator.below(depth > 0 ? 9 : 3) {
    case 0, 1: return .byte(letters[generator.below(letters.count)])
    case 2:
      let assertions: [RegexAssertion] = [
        .lineStart, .lineEnd, .wordBoundary, .notWordBoundary, .wordStart, .wordEnd,
      ]
      return .assertion(assertions[generator.below(assertions.count)])
    case 3, 4, 5:
      return .sequence(
        (0..<(1 + generator.below(3))).map { _ in node(&generator, depth: depth - 1) })
    case 6:
      return .either((0..<(1 + generator.below(3))).map { _ in node(&generator, depth: depth - 1) })
    default:
      let min = generator.below(3)
      let max = generator.below(2) == 0 ? nil : min + generator.below(2)
      return .repeated(node(&generator, depth: depth - 1), min: min, max: max)
    }
  }

  @Test(
    "Random expressions match what their definition matches", arguments: 0..<20 as Range<UInt64>)
  func model(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    var found = 0
    for _ in 0..<100 {
      let node = Self.node(&generator, depth: 4)
      let pattern = try LinePattern(node)
      let letters = Array("abAB _é".utf8)
      let rows = (0..<6).map { _ in
        (0..<generator.below(9)).map { _ in letters[generator.below(letters.count)] }
      }
      let text = Array(rows.joined(separator: [0x0A]))
      var matcher = pattern.makeMatcher()
      var lines: [Range<Int>] = []
      matcher.forEachLine(in: text.rawSpan) { line in
        lines.append(line)
        return true
      }
      var expected: [Range<Int>] = []
      var at = 0
      for row in rows where at < text.count || !row.isEmpty {
        let range = at..<(at + row.count)
        at = range.upperBound + 1
        // What ends with a line feed has no empty line behind it.
        if range.lowerBound == text.count { continue }
        let (any, spans) = PatternModel(line: row).matches(node)
        guard any else { continue }
        expected.append(range)
        let moved = spans.map {
          ($0.lowerBound + range.lowerBound)..<($0.upperBound + range.lowerBound)
        }
        #expect(matcher.matches(in: text.rawSpan, line: range) == moved, "\(node) in \(row)")
        #expect(Self.satisfies(row.map { ByteFolding.gram($0) }, pattern.needs), "\(node): \(row)")
        found += 1
      }
      #expect(lines == expected, "\(node) in \(rows)")
    }
    #expect(found > 50)
  }

  private static func satisfies(_ row: [UInt8], _ needs: PatternNeeds) -> Bool {
    switch needs {
    case .anything: true
    case .text(let text):
      text.isEmpty || row.indices.contains { row[$0...].starts(with: text) }
    case .all(let parts): parts.allSatisfy { satisfies(row, $0) }
    case .either(let parts): parts.contains { satisfies(row, $0) }
    }
  }

  @Test("An expression needs its longest texts", .requirement("INV-59"))
  func needs() throws {
    func needs(_ pattern: String) throws -> PatternNeeds { try LinePattern(pattern, .init()).needs }
    #expect(try needs("Foo.*bar") == .all([.text(Array("foo".utf8)), .text(Array("bar".utf8))]))
    #expect(
      try needs("(abc|def)+") == .either([.text(Array("abc".utf8)), .text(Array("def".utf8))]))
    #expect(try needs(#"\d{3} ms"#) == .text(Array("000 ms".utf8)))
    #expect(try needs("(abc)?") == .anything)
    #expect(try needs(".*") == .anything)
  }
}
