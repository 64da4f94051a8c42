// `varve grep`: the lines that a pattern matches, in the raw content of messages.

import ArgumentParser
import Varve
import VarveSources

struct Grep: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find lines in the raw content of messages by a pattern.",
    discussion: """
      PATTERN is a regular expression as rg takes it, without back references and look-around; \
      it is matched in time linear in the content, whatever it is. Each distinct content is \
      searched once and named by the beginning of its hash, which `varve get` takes; the oldest \
      comes first.

      On a terminal the lines of a message stand under it; in a pipe each line is \
      HASH:LINE:TEXT, context HASH-LINE-TEXT. Exit code 1: nothing found.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var filters: FilterArguments
  @OptionGroup var json: JSONArguments
  @OptionGroup var redact: RedactArguments

  @Argument(help: "What to look for.")
  var pattern: String

  @Flag(name: [.customShort("i"), .long], help: "Letters match in either case.")
  var ignoreCase = false

  @Flag(name: [.customShort("F"), .long], help: "The pattern is plain text, not an expression.")
  var fixedStrings = false

  @Flag(name: [.customShort("w"), .long], help: "Matches must be whole words.")
  var wordRegexp = false

  @Flag(name: [.customShort("v"), .long], help: "Lines that do not match.")
  var invertMatch = false

  @Flag(name: [.customShort("c"), .long], help: "Only how many lines of each message match.")
  var count = false

  @Flag(name: [.customShort("l"), .long], help: "Only the hashes of messages that match.")
  var filesWithMatches = false

  @Option(
    name: [.customShort("A"), .long], help: ArgumentHelp("Lines after each match.", valueName: "n"))
  var afterContext: Int = 0

  @Option(
    name: [.customShort("B"), .long],
    help: ArgumentHelp("Lines before each match.", valueName: "n"))
  var beforeContext: Int = 0

  @Option(
    name: [.customShort("C"), .long],
    help: ArgumentHelp("Lines before and after each match.", valueName: "n"))
  var context: Int?

  @Option(
    name: .long, help: ArgumentHelp("A condition; all must hold.", valueName: "condition"))
  var filter: [String] = []

  @Option(
    name: .long, help: ArgumentHelp("Stop after so many messages.", valueName: "count"))
  var limit: Int?

  func validate() throws {
    guard afterContext >= 0, beforeContext >= 0, context ?? 0 >= 0 else {
      throw ValidationError("-A, -B and -C start at 0")
    }
    guard limit ?? 1 > 0 else { throw ValidationError("--limit starts at 1") }
    guard !(count && filesWithMatches) else {
      throw ValidationError("-c and -l exclude each other")
    }
  }

  func run() throws {
    let store = try storeArguments.openForReading()
    let snapshot = try store.snapshot()
    var query = GrepQuery(pattern)
    query.ignoresCase = ignoreCase
    query.isLiteral = fixedStrings
    query.matchesWords = wordRegexp
    query.isInverted = invertMatch
    query.filters = filter + (try filters.conditions(snapshot))
    query.detail = count ? .lines : filesWithMatches ? .messages : .content
    let printer = GrepPrinter(
      snapshot: snapshot, redact: redact, detail: query.detail,
      before: context ?? beforeContext, after: context ?? afterContext)
    var found = 0
    var lineCount = 0
    var failure: (any Error)?
    try snapshot.grep(query, concurrently: .dispatch) { hit in
      do {
        if json.json {
          // As they come: there may be more than memory holds.
          Output.text(found == 0 ? "{\"matches\":[" : ",")
          Output.raw(try printer.row(hit).bytes)
        } else {
          try printer.show(hit)
        }
      } catch {
        failure = error
        return false
      }
      found += 1
      lineCount += hit.lines.count
      return limit.map { found < $0 } ?? true
    }
    if let failure { throw failure }
    if json.json {
      Output.line(
        (found == 0 ? "{\"matches\":[" : "")
          + "],\"messages\":\(found),\"lines\":\(lineCount),\"next\":null}")
    }
    if found == 0 { throw Exit(code: 1) }
  }
}

/// Prints what `grep` found.
private struct GrepPrinter {
  let snapshot: Snapshot
  let redact: RedactArguments
  let detail: GrepQuery.Detail
  let before: Int
  let after: Int

  func show(_ hit: GrepHit) throws {
    let hash = "\(hit.hash)".prefix(12)
    switch detail {
    case .messages: Output.line(String(hash))
    case .lines: Output.line("\(hash):\(hit.lines.count)")
    case .content:
      if Process.isOutputTerminal {
        let occurrence = try snapshot.occurrence(hit.occurrence)
        Output.line(Style.dim("\(hash)  " + OccurrenceText.line(occurrence)))
      }
      for line in lines(hit) { Output.line(text(line, hit, String(hash))) }
    }
  }

  func row(_ hit: GrepHit) throws -> JSON {
    var members: [(String, JSON)] = [("hash", .string("\(hit.hash)"))]
    if detail == .messages { return .object(members) }
    members.append(("count", .int(hit.lines.count)))
    if detail == .lines { return .object(members) }
    let occurrence = try snapshot.occurrence(hit.occurrence)
    members += OccurrenceJSON.fields(occurrence)
    members.append(
      (
        "lines",
        .array(
          lines(hit).map { line in
            var parts: [(String, JSON)] = [
              ("number", .int(line.number)), ("isMatch", .bool(line.isMatch)),
            ]
            let (key, value) = JSON.content(redact.bytes(Array(hit.content[line.range])))
            parts.append((key == "content" ? "text" : "textBase64", value))
            if line.isMatch, !redact.redact {
              parts.append(
                (
                  "matches",
                  .array(
                    line.matches.map {
                      .object([
                        ("start", .int($0.lowerBound - line.range.lowerBound)),
                        ("length", .int($0.count)),
                      ])
                    })
                ))
            }
            return .object(parts)
          })
      ))
    return .object(members)
  }

  private struct Line {
    var number: Int
    var range: Range<Int>
    var matches: [Range<Int>] = []
    var isMatch: Bool
  }

  /// The lines that match with those around them.
  private func lines(_ hit: GrepHit) -> [Line] {
    let own = hit.lines.map {
      Line(number: $0.number, range: $0.range, matches: $0.matches, isMatch: true)
    }
    guard before > 0 || after > 0 else { return own }
    var wanted: [Int: Line] = [:]
    for line in own {
      var next = line
      for _ in 0..<before {
        guard let previous = neighbour(before: next, hit.content) else { break }
        next = previous
        if wanted[next.number] == nil { wanted[next.number] = next }
      }
      next = line
      for _ in 0..<after {
        guard let following = neighbour(after: next, hit.content) else { break }
        next = following
        if wanted[next.number] == nil { wanted[next.number] = next }
      }
      wanted[line.number] = line
    }
    return wanted.values.sorted { $0.number < $1.number }
  }

  private func neighbour(before line: Line, _ content: [UInt8]) -> Line? {
    guard line.range.lowerBound > 0 else { return nil }
    let end = line.range.lowerBound - 1
    let start = content[..<end].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return Line(number: line.number - 1, range: start..<end, isMatch: false)
  }

  private func neighbour(after line: Line, _ content: [UInt8]) -> Line? {
    let start = line.range.upperBound + 1
    guard start < content.count else { return nil }
    let end = content[start...].firstIndex(of: 0x0A) ?? content.count
    return Line(number: line.number + 1, range: start..<end, isMatch: false)
  }

  private func text(_ line: Line, _ hit: GrepHit, _ hash: String) -> String {
    let mark = line.isMatch ? ":" : "-"
    let text = marked(line, hit)
    return Process.isOutputTerminal
      ? "  \(line.number)\(mark) \(text)" : "\(hash)\(mark)\(line.number)\(mark)\(text)"
  }

  /// The text of a line, harmless for a terminal, with its matches in colour and, on a terminal,
  /// cut to what is around the first one.
  private func marked(_ line: Line, _ hit: GrepHit) -> String {
    if redact.redact { return Escape.terminal(redact.bytes(Array(hit.content[line.range]))) }
    var range = line.range
    let width = Process.isOutputTerminal ? 4 * Process.columns : Int.max
    if range.count > width {
      let first = line.matches.first?.lowerBound ?? range.lowerBound
      let start = max(range.lowerBound, first - width / 4)
      range = start..<min(range.upperBound, start + width)
    }
    var result = range.lowerBound > line.range.lowerBound ? "…" : ""
    var at = range.lowerBound
    for match in line.matches where Style.isOn {
      let match = match.clamped(to: range)
      guard !match.isEmpty, match.lowerBound >= at else { continue }
      result += Escape.terminal(Array(hit.content[at..<match.lowerBound]))
      result += "\u{1B}[1;33m" + Escape.terminal(Array(hit.content[match])) + "\u{1B}[0m"
      at = match.upperBound
    }
    result += Escape.terminal(Array(hit.content[at..<range.upperBound]))
    return range.upperBound < line.range.upperBound ? result + "…" : result
  }
}
