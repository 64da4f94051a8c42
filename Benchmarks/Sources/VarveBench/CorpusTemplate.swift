/// Lines with holes: the small language in which log lines, code and tool output are written.
///
/// `~name~` is a hole that the composer fills, `~a|b|c~` a choice, and `\n`, `\t`, `\e` and `\\`
/// stand for the bytes they stand for elsewhere. Lines are parsed once, and the composer then only
/// walks over steps, so that the lists of templates can be long and readable at no cost.
enum CorpusHole: UInt8 {
  case literal, choice
  case word, words, phrase, ident, type, newIdent
  case path, file, directory, project, session, tool
  case uuid, span, request, toolUse, digest, digest16, commit
  case small, count, bytes, decimal, micros, epoch, place, pid, date
  case code, rules

  static let names: [String: CorpusHole] = [
    "word": .word, "words": .words, "phrase": .phrase, "ident": .ident, "type": .type,
    "newIdent": .newIdent, "path": .path, "file": .file, "directory": .directory,
    "project": .project, "session": .session, "tool": .tool, "uuid": .uuid, "span": .span,
    "request": .request, "toolUse": .toolUse, "digest": .digest, "digest16": .digest16,
    "commit": .commit, "small": .small, "count": .count, "bytes": .bytes, "decimal": .decimal,
    "micros": .micros, "epoch": .epoch, "place": .place, "pid": .pid, "date": .date, "code": .code,
    "rules": .rules,
  ]
}

/// One step of a template: bytes to copy, alternatives to choose from, or a hole to fill.
struct CorpusStep {
  var hole: CorpusHole
  /// For a literal the run in the templates' bytes; for a choice first and count of alternatives.
  var run: CorpusRun
}

/// A parsed line and what its head said about it.
struct CorpusTemplate {
  var level: CorpusLevel
  var component: CorpusRun
  var firstStep: Int
  var endStep: Int
}

/// The templates of the whole corpus in one place, in groups.
struct CorpusTemplates: ~Copyable {
  private(set) var bytes = CorpusBytes()
  private(set) var steps: [CorpusStep] = []
  private(set) var alternatives: [CorpusRun] = []
  private var templates: [CorpusTemplate] = []

  /// Adds the lines of a text as a group and returns the deck to draw them from, in which each
  /// template lies as often as its weight says.
  ///
  /// A line is `weight | text`, or `weight LEVEL component | text`; a component of `-` is none.
  mutating func addGroup(_ text: String) -> [CorpusTemplate] {
    var deck: [CorpusTemplate] = []
    for line in text.split(separator: "\n") {
      let halves = line.split(separator: "| ", maxSplits: 1, omittingEmptySubsequences: false)
      precondition(halves.count == 2, "a corpus template without a bar")
      let head = halves[0].split(separator: " ", maxSplits: 2)
      guard let weight = Int(head[0]) else {
        preconditionFailure("a corpus template without a weight")
      }
      let component = head.count > 2 && head[2] != "- " ? head[2].dropLast() : ""
      let first = steps.count
      let level = head.count > 1 ? CorpusLevel(named: head[1]) : .debug
      let componentRun = store(component.utf8)
      parse(Array(halves[1].utf8))
      let template = CorpusTemplate(
        level: level, component: componentRun, firstStep: first, endStep: steps.count)
      deck.append(contentsOf: repeatElement(template, count: weight))
    }
    return deck
  }

  private mutating func parse(_ text: [UInt8]) {
    for (index, piece) in text.split(separator: 126, omittingEmptySubsequences: false).enumerated()
    {
      if index % 2 == 0 {
        if !piece.isEmpty {
          steps.append(CorpusStep(hole: .literal, run: store(Self.unescaped(piece))))
        }
      } else if let hole = CorpusHole.names[String(decoding: piece, as: UTF8.self)] {
        steps.append(CorpusStep(hole: hole, run: CorpusRun(offset: 0, count: 0)))
      } else {
        let choices = piece.split(separator: 124, omittingEmptySubsequences: false)
        precondition(choices.count > 1, "no such hole in a corpus template")
        let first = alternatives.count
        for choice in choices {
          alternatives.append(store(Self.unescaped(choice)))
        }
        steps.append(
          CorpusStep(hole: .choice, run: CorpusRun(offset: first, count: choices.count)))
      }
    }
  }

  private mutating func store(_ text: some Sequence<UInt8>) -> CorpusRun {
    let offset = bytes.count
    bytes.append(text)
    return CorpusRun(offset: offset, count: bytes.count - offset)
  }

  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var isEscape = false
    for byte in text {
      switch (isEscape, byte) {
      case (false, 92):
        isEscape = true
        continue
      case (true, 110): result.append(10)
      case (true, 116): result.append(9)
      case (true, 101): result.append(27)
      default: result.append(byte)
      }
      isEscape = false
    }
    return result
  }
}

/// The level of a log line.
enum CorpusLevel {
  case debug, info, warn, error

  init(named name: Substring) {
    switch name {
    case "INFO": self = .info
    case "WARN": self = .warn
    case "ERROR": self = .error
    default: self = .debug
    }
  }

  var name: StaticString {
    switch self {
    case .debug: return "DEBUG"
    case .info: return "INFO"
    case .warn: return "WARN"
    case .error: return "ERROR"
    }
  }
}
