// `varve export`: generic JSONL; ingesting it again gives the same digest.

import ArgumentParser
import Varve

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write occurrences as JSONL, oldest first.",
    discussion: "Ingesting all of it into an empty store gives a store with the same digest.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var filters: FilterArguments
  @OptionGroup var redact: RedactArguments

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    var (cursor, accepts) = try filters.cursor(snapshot, order: .oldestFirst)
    while let occurrence = try cursor.next() {
      guard accepts(occurrence) else { continue }
      let message = try snapshot.message(at: occurrence.message)
      line(redact.occurrence(occurrence), message).print()
    }
  }

  private func line(_ occurrence: Occurrence, _ message: Message) -> JSON {
    let content = redact.bytes(message.content)
    var members: [(String, JSON)] = [JSON.content(content)]
    // The hash of what is not there would only be reported as wrong.
    if content == message.content { members.append(("hash", .string("\(message.hash)"))) }
    members.append(("kind", .string(occurrence.kind.name)))
    func add(_ name: String, _ text: String?) {
      if let text { members.append((name, .string(text))) }
    }
    if let time = occurrence.time { members.append(("timestamp", .time(time))) }
    if let time = occurrence.extractedAt { members.append(("extractedAt", .time(time))) }
    add("project", occurrence.project)
    add("session_id", occurrence.session)
    add("source_type", occurrence.phase)
    add("level", occurrence.level)
    add("component", occurrence.component)
    add("role", occurrence.role)
    add("tool", occurrence.tool)
    add("model", occurrence.model)
    add("branch", occurrence.branch)
    add("agent", occurrence.agent)
    if occurrence.isError { members.append(("error", .bool(true))) }
    if occurrence.isEcho { members.append(("echo", .bool(true))) }
    if let metadata = occurrence.metadata { members.append(("metadata", JSON(metadata))) }
    var place: [(String, JSON)] = [
      ("host", .string(occurrence.place.host)), ("file", .string(occurrence.place.path)),
      ("incarnation", .int(Int(occurrence.place.incarnation))),
      ("offset", .int(occurrence.place.offset)), ("part", .int(Int(occurrence.place.part))),
      ("line", .int(occurrence.place.line)), ("length", .int(occurrence.place.length)),
    ]
    if let source = occurrence.statedSource { place.append(("source", .string(source))) }
    members.append(("varve", .object(place)))
    return .object(members)
  }
}
