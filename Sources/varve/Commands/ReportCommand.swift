// `varve report`: what was done, when, by which part, what went wrong, what it took.
// `varve timeline` is the short form of one of them.

import ArgumentParser
import Varve
import VarveSources

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Report on activity, time, components, sessions, errors, usage or disk.",
    discussion: """
      activity    by project: sessions, messages, errors, first and last, days, active time
      timeline    by hour, day, week or month and project; the last 30 days unless --since is given
      components  by part of the tool, as debug logs name them
      session     heads of sessions; with --session that one and, but for --csv, all that is in it
      errors      by component and project, with what the errors look like
      usage       tokens and tool calls by project, day and model
      disk        what takes space, by project or with --by source by source

      Echoes (a prompt in the history and in the transcript, say) count once. Days are those of \
      --tz. On a terminal a timeline is a picture, in a pipe every report is a table.
      """)

  @Argument(
    help: ArgumentHelp(
      "activity, timeline, components, session, errors, usage or disk.", valueName: "name"))
  var name: ReportName

  @OptionGroup var arguments: ReportArguments

  func run() throws { try arguments.run(name.name) }
}

struct TimelineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timeline",
    abstract: "Show what happened when: varve report timeline.")

  @OptionGroup var arguments: ReportArguments

  func run() throws { try arguments.run(.timeline) }
}

/// A report by its name on the command line.
struct ReportName: ExpressibleByArgument {
  let name: ReportQuery.Name

  init?(argument: String) {
    guard let name = ReportQuery.Name(rawValue: argument) else { return nil }
    self.name = name
  }

  static var allValueStrings: [String] { ReportQuery.Name.allCases.map(\.rawValue) }
}

struct ReportArguments: ParsableArguments {
  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var filters: FilterArguments
  @OptionGroup var json: JSONArguments
  @OptionGroup var redact: RedactArguments

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A condition of the filter language; can be repeated.", valueName: "condition"))
  var filter: [String] = []

  @Option(name: .long, help: "What timeline and usage count by: hour, day, week or month.")
  var bucket: String?

  @Option(name: .long, help: "What disk has a row for: project or source.")
  var by: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Of errors, only what was never seen before that time.", valueName: "time"))
  var newSince: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Time zone whose days count, as Europe/Berlin (default: that of the system).",
      valueName: "zone"))
  var tz: String?

  @Option(name: .long, help: "What is counted: occurrences or (distinct) messages.")
  var count = "occurrences"

  @Option(
    name: .long,
    help: ArgumentHelp("Order by a key of the rows, as errors:desc.", valueName: "key[:asc|desc]"))
  var sort: String?

  @Option(
    name: [.customShort("n"), .long], help: ArgumentHelp("How many rows.", valueName: "count"))
  var limit: Int?

  @Flag(name: .long, help: "Print comma-separated values.")
  var csv = false

  @Flag(name: .long, help: "Print Markdown.")
  var markdown = false

  @Flag(name: .long, help: "Print one HTML page.")
  var html = false

  func validate() throws {
    guard bucket.map({ ReportBucket(rawValue: $0) != nil }) ?? true else {
      throw ValidationError("--bucket must be hour, day, week or month")
    }
    guard ReportQuery.Count(rawValue: count) != nil else {
      throw ValidationError("--count must be occurrences or messages")
    }
    guard by == nil || by == "project" || by == "source" else {
      throw ValidationError("--by must be project or source")
    }
    guard limit ?? 1 > 0 else { throw ValidationError("--limit must be 1 or more") }
    guard [json.json, csv, markdown, html].filter({ $0 }).count <= 1 else {
      throw ValidationError("give one of --json, --csv, --markdown and --html")
    }
  }

  /// Refuses options that a report has no use for: an answer would look as if they held.
  private func check(_ name: ReportQuery.Name) throws {
    func only(_ isGiven: Bool, _ option: String, _ names: [ReportQuery.Name]) throws {
      guard isGiven, !names.contains(name) else { return }
      let known = names.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("\(option) is for \(known), not for \(name.rawValue)")
    }
    try only(bucket != nil, "--bucket", [.timeline, .usage])
    try only(by != nil, "--by", [.disk])
    try only(newSince != nil, "--new-since", [.errors])
    let counting = ReportQuery.Name.allCases.filter { $0 != .disk }
    try only(count == "messages", "--count messages", counting)
    guard name == .session, filters.session != nil else { return }
    let isWhole =
      filter.isEmpty && filters.project == nil && filters.since == nil && filters.until == nil
      && filters.kind.isEmpty && filters.level.isEmpty && filters.component == nil
      && filters.role == nil && !filters.errors
    guard isWhole else {
      throw ValidationError(
        "report session --session shows all of a session; use list --session to filter one")
    }
  }

  func run(_ name: ReportQuery.Name) throws {
    try check(name)
    // Before any time is read: --since yesterday means a day of that zone.
    if let tz { try Zone.use(tz) }
    let snapshot = try storeArguments.openForReading().snapshot()
    let query = try self.query(name, snapshot)
    var report = try snapshot.report(
      query, redaction: redact.redaction, concurrently: .dispatch)
    if report.rows.isEmpty {
      show(report)
      throw Exit(code: 1)
    }
    if name == .activity { try nameProjects(&report, snapshot) }
    if name == .session, let session = filters.session, !csv {
      try showWhole(try Names.session(session, snapshot), report, snapshot)
    } else {
      show(report)
    }
  }

  /// The head of one session, and everything in it.
  private func showWhole(_ id: String, _ report: Report, _ snapshot: Snapshot) throws {
    guard json.json else {
      let shown = ShownSession(
        story: try snapshot.story(of: id), snapshot: snapshot, redact: redact)
      return try shown.show(markdown ? .markdown : html ? .html : .terminal)
    }
    let occurrences = try SessionJSON.occurrences(id, snapshot, redact)
    ReportPrinter.json(report, and: [("occurrences", .array(occurrences))])
  }

  private func query(_ name: ReportQuery.Name, _ snapshot: Snapshot) throws -> ReportQuery {
    var query = ReportQuery(name)
    var others = filters
    // Times are asked of the column itself, which needs no other one.
    query.since = try filters.since.map(TimeText.since)
    query.until = try filters.until.map(TimeText.until)
    others.since = nil
    others.until = nil
    query.filters = try others.conditions(snapshot) + filter
    query.bucket = bucket.flatMap { ReportBucket(rawValue: $0) } ?? .day
    query.isBySource = by == "source"
    query.newSince = try newSince.map(TimeText.since)
    query.count = ReportQuery.Count(rawValue: count) ?? .occurrences
    query.zone = Zone.offsets()
    query.limit = limit
    if name == .timeline, query.since == nil {
      let today = Process.local(Process.now())
      query.since = Process.startOfDay(
        year: today.year, month: today.month, day: today.day, dayOffset: 1 - Self.daysShown)
      query.until =
        query.until
        ?? Process.startOfDay(
          year: today.year, month: today.month, day: today.day, dayOffset: 1)
    }
    if let sort {
      let parts = sort.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let direction = parts.count == 2 ? parts[1] : "desc"
      guard direction == "asc" || direction == "desc" else {
        throw ValidationError("--sort is a key, with :asc or :desc")
      }
      query.order = .init(String(parts[0]), isDescending: direction == "desc")
    }
    return query
  }

  private static let daysShown = 30

  /// What people call the projects stands beside their paths.
  private func nameProjects(_ report: inout Report, _ snapshot: Snapshot) throws {
    report.columns.insert(.init("name", .text), at: 1)
    for i in report.rows.indices {
      var name = Report.Value.null
      if case .text(let path) = report.rows[i][0] {
        name = .text(try ProjectFacts(path, snapshot).name)
      }
      report.rows[i].insert(name, at: 1)
    }
  }

  private func show(_ report: Report) {
    if json.json {
      ReportPrinter.json(report)
    } else if csv {
      ReportPrinter.csv(report)
    } else if markdown {
      ReportPrinter.markdown(report)
    } else if html {
      ReportPage.print(report)
    } else if report.name == .timeline, Process.isOutputTerminal {
      ReportPrinter.bars(report)
    } else {
      ReportPrinter.table(report)
    }
  }
}
