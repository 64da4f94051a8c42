// `varve list`: occurrences, newest first.

import ArgumentParser
import Varve

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List occurrences, newest first.",
    discussion: "Occurrences without time come last. --next continues where a list ended.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var filters: FilterArguments
  @OptionGroup var json: JSONArguments
  @OptionGroup var redact: RedactArguments

  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("How many.", valueName: "count"))
  var limit: Int = 50

  @Flag(name: .long, help: "Oldest first.")
  var oldest = false

  @Option(
    name: .long, help: ArgumentHelp("The cursor that a list returned.", valueName: "cursor"))
  var next: UInt64?

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more") }
  }

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    var (cursor, accepts) = try filters.cursor(
      snapshot, order: oldest ? .oldestFirst : .newestFirst)
    if let next { try skip(&cursor, to: next) }
    var rows: [JSON] = []
    var count = 0
    var lastSequence: UInt64?
    var hasMore = false
    while let occurrence = try cursor.next() {
      guard accepts(occurrence) else { continue }
      guard count < limit else {
        hasMore = true
        break
      }
      count += 1
      lastSequence = occurrence.sequence
      let message = try snapshot.message(at: occurrence.message)
      if json.json {
        rows.append(OccurrenceJSON.full(occurrence, message, redact))
      } else {
        show(occurrence, message)
      }
    }
    if json.json {
      let cursor: JSON = hasMore ? lastSequence.map { .int($0) } ?? .null : .null
      JSON.object([("occurrences", .array(rows)), ("next", cursor)]).print()
    } else if hasMore, let lastSequence, Process.isErrorTerminal {
      Output.note("more with --next \(lastSequence)")
    }
    if count == 0 { throw Exit(code: 1) }
  }

  /// Cursors are sequences, so they stay valid when indexes are merged or segments rewritten.
  private func skip(_ cursor: inout OccurrenceCursor, to sequence: UInt64) throws {
    while let found = try cursor.nextSequence() {
      if found == sequence { return }
    }
    throw StoreError(.notFound, detail: "no occurrence \(sequence) is in this list")
  }

  private func show(_ occurrence: Occurrence, _ message: Message) {
    let head = OccurrenceText.line(occurrence)
    Output.line(Style.dim("\(message.hash)".prefix(12) + "  " + head))
    let width = Process.isOutputTerminal ? Process.columns - 2 : 200
    Output.line("  " + Escape.snippet(redact.bytes(message.content), width: width))
  }
}
