// `varve secrets`: where credentials stand, without showing them.

import ArgumentParser
import Varve
import VarveSources

struct Secrets: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find credentials by rules and say where they are, without printing them.",
    discussion: """
      Looks through the content of every message. Nothing is changed; --redact of get, list, \
      session, report, export and 'source show' hides what the same rules find. A credential \
      that is listed should be revoked where it was issued. Exit code 1 if there is none.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var filters: FilterArguments
  @OptionGroup var json: JSONArguments

  @Option(name: .long, help: ArgumentHelp("Only this rule; can be repeated.", valueName: "name"))
  var rule: [String] = []

  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("How many.", valueName: "count"))
  var limit: Int = 50

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more") }
  }

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    var (cursor, accepts) = try filters.cursor(snapshot, order: .newestFirst)
    var seen: Set<UInt64> = []
    var rows: [JSON] = []
    var byRule: [String: Int] = [:]
    var count = 0
    while let occurrence = try cursor.next() {
      guard accepts(occurrence), seen.insert(occurrence.message).inserted else { continue }
      let message = try snapshot.message(at: occurrence.message)
      for finding in SecretScanner.findings(message.content)
      where rule.isEmpty || rule.contains(finding.rule) {
        count += 1
        byRule[finding.rule, default: 0] += 1
        guard count <= limit else { continue }
        if json.json {
          rows.append(row(finding, occurrence, message))
        } else {
          let place = "\(message.hash)".prefix(12) + "  byte \(finding.range.lowerBound)"
          Output.line(Style.bold(finding.rule) + "  " + place)
          Output.line("  " + OccurrenceText.line(occurrence))
        }
      }
    }
    show(rows, byRule, count)
    if count == 0 { throw Exit(code: 1) }
  }

  private func row(
    _ finding: SecretFinding, _ occurrence: Occurrence, _ message: Message
  ) -> JSON {
    .object(
      [
        ("rule", .string(finding.rule)), ("hash", .string("\(message.hash)")),
        ("at", .int(finding.range.lowerBound)), ("count", .int(finding.range.count)),
      ] + OccurrenceJSON.fields(occurrence) + OccurrenceJSON.place(occurrence))
  }

  private func show(_ rows: [JSON], _ byRule: [String: Int], _ count: Int) {
    let sums = byRule.sorted { $0.key < $1.key }
    if json.json {
      JSON.object([
        ("secrets", .array(rows)), ("next", .null), ("count", .int(count)),
        ("byRule", .object(sums.map { ($0.key, .int($0.value)) })),
      ]).print()
      return
    }
    for (rule, number) in sums { Output.note("\(rule): \(number)") }
    if count > limit { Output.note("\(count - limit) more; --limit shows them") }
  }
}
