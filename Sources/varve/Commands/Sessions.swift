// `varve sessions`: all sessions, the latest first.

import ArgumentParser
import Varve
import VarveSources

struct Sessions: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List sessions, the latest first.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments

  @Option(
    name: .long,
    help: ArgumentHelp("Only this project: a path or its last components.", valueName: "path"))
  var project: String?

  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("How many.", valueName: "count"))
  var limit: Int = 50

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more") }
  }

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    let project = try project.map { try Names.project($0, snapshot) }
    let all = try snapshot.sessions().filter { project == nil || $0.project == project }
    let shown = all.prefix(limit)
    if json.json {
      var rows: [JSON] = []
      let presence = try snapshot.transcriptPresence(host: SourceHost.name)
      for session in shown {
        rows.append(row(session, try title(session, snapshot), presence[session.name]))
      }
      JSON.object([
        ("sessions", .array(rows)), ("count", .int(all.count)), ("next", .null),
      ]).print()
    } else {
      for session in shown {
        let title = try title(session, snapshot) ?? ""
        Output.line(
          Escape.terminal(
            "\(session.name)  \(TimeText.local(session.last))  \(session.occurrences) "
              + "occurrences, \(session.errors) errors  \(session.project ?? "-")"))
        if !title.isEmpty {
          Output.line("  " + Escape.snippet(Array(title.utf8), width: Process.columns - 2))
        }
      }
      if all.count > shown.count, Process.isErrorTerminal {
        Output.note("\(all.count - shown.count) more; --limit shows them")
      }
    }
    if shown.isEmpty { throw Exit(code: 1) }
  }

  /// The last title of a session, else its first prompt.
  private func title(_ session: ActivitySummary, _ snapshot: Snapshot) throws -> String? {
    var cursor = try snapshot.occurrences(in: .session(session.name), order: .oldestFirst)
    var prompt: UInt64?
    var looked = 0
    while looked < 200, let occurrence = try cursor.next() {
      looked += 1
      if occurrence.kind == .title {
        return String(
          decoding: try snapshot.message(at: occurrence.message).content, as: UTF8.self)
      }
      if occurrence.kind == .prompt, prompt == nil { prompt = occurrence.message }
    }
    return try prompt.map {
      String(decoding: try snapshot.message(at: $0).content.prefix(200), as: UTF8.self)
    }
  }

  private func row(
    _ session: ActivitySummary, _ title: String?, _ isPresent: Bool?
  ) -> JSON {
    var seconds: JSON = .null
    if let first = session.first, let last = session.last {
      let (difference, isOverflow) = last.subtractingReportingOverflow(first)
      if !isOverflow { seconds = .int(difference / 1000) }
    }
    let resume = session.project.map {
      "cd \(Escape.shell($0)) && claude --resume \(Escape.shellWord(session.name))"
    }
    return .object([
      ("id", .string(session.name)), ("title", .text(title)), ("project", .text(session.project)),
      ("started", .time(session.first)), ("ended", .time(session.last)),
      ("durationSeconds", seconds), ("occurrences", .int(session.occurrences)),
      ("errors", .int(session.errors)), ("sourcePresent", isPresent.map { .bool($0) } ?? .null),
      ("resume", .text(resume)),
    ])
  }
}
