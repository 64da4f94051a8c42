// `varve session`: one session in order.

import ArgumentParser
import Varve

struct SessionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "session", abstract: "Show one session from all sources, in order of time.",
    discussion: """
      An event that several sources report is shown once; --echoes shows all reports. Results \
      stand under their calls, the work of a subagent together where it began; --json keeps the \
      order of time. --html and --markdown make a file to hand on, best with --redact.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments
  @OptionGroup var redact: RedactArguments

  @Argument(help: ArgumentHelp("4 or more characters of the session's id.", valueName: "id"))
  var id: String

  @Flag(name: .long, help: "Show echoes too.")
  var echoes = false

  @Option(name: .long, help: ArgumentHelp("Only this kind; can be repeated.", valueName: "kind"))
  var kind: [String] = []

  @Flag(name: .long, help: "Print Markdown.")
  var markdown = false

  @Flag(name: .long, help: "Print one HTML page.")
  var html = false

  func validate() throws {
    for name in kind where Kind(name: name) == nil {
      throw ValidationError("'\(name)' is no kind")
    }
    guard [json.json, markdown, html].filter({ $0 }).count <= 1 else {
      throw ValidationError("give one of --json, --markdown and --html")
    }
  }

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    let session = try Names.session(id, snapshot)
    let kinds = Set(kind.compactMap { Kind(name: $0) })
    if json.json {
      let rows = try SessionJSON.occurrences(
        session, kinds: kinds, withEchoes: echoes, snapshot, redact)
      JSON.object([
        ("session", .string(session)), ("occurrences", .array(rows)), ("next", .null),
      ]).print()
      if rows.isEmpty { throw Exit(code: 1) }
      return
    }
    let story = try snapshot.story(of: session, kinds: kinds, withEchoes: echoes)
    let shown = ShownSession(story: story, snapshot: snapshot, redact: redact)
    try shown.show(markdown ? .markdown : html ? .html : .terminal)
    if story.entries.isEmpty { throw Exit(code: 1) }
  }
}

/// A session as JSON: its occurrences in order of time.
enum SessionJSON {
  static func occurrences(
    _ session: String, kinds: Set<Kind> = [], withEchoes: Bool = false, _ snapshot: Snapshot,
    _ redact: RedactArguments
  ) throws -> [JSON] {
    var cursor = try snapshot.occurrences(in: .session(session), order: .oldestFirst)
    var rows: [JSON] = []
    while let occurrence = try cursor.next() {
      if occurrence.isEcho && !withEchoes { continue }
      if !kinds.isEmpty && !kinds.contains(occurrence.kind) { continue }
      let message = try snapshot.message(at: occurrence.message)
      rows.append(OccurrenceJSON.full(occurrence, message, redact))
    }
    return rows
  }
}
