// `varve session`: one session in order.

import ArgumentParser
import Varve

struct SessionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "session", abstract: "Show one session from all sources, in order of time.",
    discussion: "An event that several sources report is shown once; --echoes shows all reports.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments
  @OptionGroup var redact: RedactArguments

  @Argument(help: ArgumentHelp("4 or more characters of the session's id.", valueName: "id"))
  var id: String

  @Flag(name: .long, help: "Show echoes too.")
  var echoes = false

  @Option(name: .long, help: ArgumentHelp("Only this kind; can be repeated.", valueName: "kind"))
  var kind: [String] = []

  func validate() throws {
    for name in kind where Kind(name: name) == nil {
      throw ValidationError("'\(name)' is no kind")
    }
  }

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    let session = try Names.session(id, snapshot)
    let kinds = kind.compactMap { Kind(name: $0) }
    var cursor = try snapshot.occurrences(in: .session(session), order: .oldestFirst)
    var rows: [JSON] = []
    var count = 0
    while let occurrence = try cursor.next() {
      if occurrence.isEcho && !echoes { continue }
      if !kinds.isEmpty && !kinds.contains(occurrence.kind) { continue }
      count += 1
      let message = try snapshot.message(at: occurrence.message)
      if json.json {
        rows.append(OccurrenceJSON.full(occurrence, message, redact))
      } else {
        Output.line(Style.bold(OccurrenceText.line(occurrence)))
        Output.line(Escape.terminal(redact.bytes(message.content), keepingLines: true))
        Output.line()
      }
    }
    if json.json {
      JSON.object([
        ("session", .string(session)), ("occurrences", .array(rows)), ("next", .null),
      ]).print()
    }
    if count == 0 { throw Exit(code: 1) }
  }
}
