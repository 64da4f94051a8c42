// `varve top`: the busiest projects, sessions and components.

import ArgumentParser
import Varve
import VarveSources

struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Show the busiest projects, sessions and components.",
    discussion: "Short forms of varve report activity, session and components.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var filters: FilterArguments
  @OptionGroup var json: JSONArguments

  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp("How many of each.", valueName: "count"))
  var limit = 10

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be 1 or more") }
  }

  /// Name of the list, its report and the columns that fit.
  private static let lists: [(name: String, report: ReportQuery.Name, columns: [String])] = [
    ("projects", .activity, ["project", "messages", "sessions", "errors", "last"]),
    ("sessions", .session, ["session", "messages", "errors", "project", "started"]),
    ("components", .components, ["component", "occurrences", "sessions", "errors"]),
  ]

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    let conditions = try filters.conditions(snapshot)
    var members: [(String, JSON)] = []
    var isEmpty = true
    for list in Self.lists {
      var query = ReportQuery(list.report)
      query.filters = conditions
      query.limit = limit
      query.zone = Zone.offsets()
      let report = try snapshot.report(query, concurrently: .dispatch).columns(list.columns)
      isEmpty = isEmpty && report.rows.isEmpty
      if json.json {
        members.append((list.name, ReportPrinter.rows(report)))
      } else if !report.rows.isEmpty {
        if !members.isEmpty { Output.line() }
        ReportPrinter.table(report, withNotes: false)
        members.append((list.name, .null))
      }
    }
    if json.json { JSON.object(members).print() }
    if isEmpty { throw Exit(code: 1) }
  }
}
