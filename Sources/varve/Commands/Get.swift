// `varve get`: one message with all its sightings.

import ArgumentParser
import Varve

struct Get: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show one message and everywhere it was seen.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments
  @OptionGroup var redact: RedactArguments

  @Argument(help: ArgumentHelp("Hash or id, or 4 or more of its first digits.", valueName: "id"))
  var id: String

  @Flag(name: .long, help: "Write the content's bytes and nothing else.")
  var raw = false

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    let hash = try Names.hash(id, snapshot)
    guard let message = try snapshot.message(hash) else {
      throw StoreError(.notFound, detail: "no message is called '\(id)'")
    }
    let content = redact.bytes(message.content)
    if raw { return Output.raw(content) }
    let sequences = try snapshot.sightings(of: message.sequence)
    var occurrences: [Occurrence] = []
    for sequence in sequences {
      occurrences.append(redact.occurrence(try snapshot.occurrence(sequence)))
    }
    guard let first = occurrences.first else { return }
    if json.json {
      JSON.object(
        [
          ("id", .string(message.id)), ("hash", .string("\(message.hash)")),
          JSON.content(content),
        ] + OccurrenceJSON.fields(first) + [
          OccurrenceJSON.metadata(first),
          ("occurrenceCount", .int(occurrences.count)),
          (
            "occurrences",
            .array(
              occurrences.map {
                .object(
                  OccurrenceJSON.place($0) + OccurrenceJSON.fields($0)
                    + [OccurrenceJSON.metadata($0)])
              })
          ),
        ]
      ).print()
      return
    }
    Output.line(Style.bold("\(message.hash)"))
    Output.line("id \(message.id), \(message.content.count) bytes, seen \(occurrences.count) times")
    for occurrence in occurrences.prefix(20) { Output.line("  " + OccurrenceText.line(occurrence)) }
    if occurrences.count > 20 {
      Output.line("  … and \(occurrences.count - 20) more; --json lists them")
    }
    Output.line()
    Output.line(Escape.terminal(content, keepingLines: true))
  }
}

/// Occurrences as lines for people.
enum OccurrenceText {
  static func line(_ occurrence: Occurrence) -> String {
    var parts = [TimeText.local(occurrence.time), occurrence.kind.name]
    if occurrence.isError { parts.append("error") }
    if let level = occurrence.level { parts.append(level) }
    if let tool = occurrence.tool { parts.append(tool) }
    if let session = occurrence.session { parts.append(String(session.prefix(8))) }
    if let source = OccurrenceJSON.source(occurrence) {
      parts.append(occurrence.place.line > 0 ? "\(source):\(occurrence.place.line)" : source)
    }
    if occurrence.isEcho { parts.append("echo") }
    return Escape.terminal(parts.joined(separator: "  "))
  }
}
