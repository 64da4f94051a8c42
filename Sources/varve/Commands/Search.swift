// `varve search`: the messages that words mean, best first.

import ArgumentParser
import Varve
import VarveSources

struct Search: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find messages, also misspelled ones, best first.",
    discussion: """
      Words may be misspelled: one letter from 5 letters on, two from 9 on. The last word may be \
      the beginning of one. "Words in quotes" stand in a row, -word leaves out messages with a \
      word. Words from the end may be missing in a match unless --strategy says otherwise.

      Without --kind, progress, bookkeeping and records that nobody understood are left out, and \
      hits in subagents are folded under their session; --everything lifts both.

      --filter takes conditions such as "level = ERROR AND component = api", "kind IN [prompt, \
      answer]", "timestamp > 2026-11-01"; metadata goes by its path. Exit code 1: nothing found.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var filters: FilterArguments
  @OptionGroup var json: JSONArguments
  @OptionGroup var redact: RedactArguments

  @Argument(help: "What to look for.")
  var query: [String] = []

  @Option(
    name: .long, help: ArgumentHelp("A condition; all must hold.", valueName: "condition"))
  var filter: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Order by fields before exactness: timestamp:desc.", valueName: "field"))
  var sort: [String] = []

  @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Hits a page.", valueName: "count"))
  var limit: Int = 10

  @Option(name: .long, help: ArgumentHelp("Which page, from 1 on.", valueName: "number"))
  var page: Int = 1

  @Option(
    name: .long,
    help: ArgumentHelp("Count the values of fields, such as level,component.", valueName: "fields"))
  var facets: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What a match may leave out: last words, nothing (all), frequent words (frequency).",
      valueName: "name"))
  var strategy: String = "last"

  @Option(
    name: .long,
    help: ArgumentHelp("What totals and facets count: messages or occurrences.", valueName: "what"))
  var count: String = "messages"

  @Flag(name: .long, help: "Also progress, bookkeeping and raw records; nothing is folded.")
  var everything = false

  @Option(
    name: .long,
    help: ArgumentHelp("A whole request as JSON, from a file or - for stdin.", valueName: "file"))
  var request: String?

  func validate() throws {
    guard limit > 0, page > 0 else { throw ValidationError("--limit and --page start at 1") }
    guard SearchQuery.Strategy(rawValue: strategy) != nil else {
      throw ValidationError("--strategy is last, all or frequency, not '\(strategy)'")
    }
    guard ["messages", "occurrences"].contains(count) else {
      throw ValidationError("--count is messages or occurrences, not '\(count)'")
    }
  }

  func run() throws {
    let store = try storeArguments.openForReading()
    try TextBacklog.reduce(store, at: storeArguments.path)
    let snapshot = try store.snapshot()
    var query = try makeQuery(snapshot)
    if !json.json, request == nil {
      query.attributesToHighlight = ["content"]
      query.attributesToCrop = [.init("content", wordCount: HitText.wordCount)]
      query.highlightPreTag = HitText.start
      query.highlightPostTag = HitText.end
    }
    let results = try snapshot.search(query, concurrently: .dispatch)
    if json.json || request != nil { printJSON(results) } else { show(results) }
    if results.hits.isEmpty { throw Exit(code: 1) }
  }

  private func makeQuery(_ snapshot: Snapshot) throws -> SearchQuery {
    if let request {
      return try SearchQuery(
        tree: JSONTree.parse(try Process.contents(of: request, limit: SearchQuery.byteCountMax)))
    }
    var query = SearchQuery(self.query.joined(separator: " "))
    query.filters = filter + (try filters.conditions(snapshot))
    if filters.kind.isEmpty, !everything {
      query.filters.append("kind NOT IN [progress, meta, raw]")
    }
    query.sort = sort.map { $0.contains(":") ? $0 : $0 + ":asc" }
    query.offset = (page - 1) * limit
    query.limit = limit
    query.strategy = SearchQuery.Strategy(rawValue: strategy) ?? .last
    query.facets = (facets ?? "").split(separator: ",").map(String.init)
    query.countsOccurrences = count == "occurrences"
    return query
  }

  private func printJSON(_ results: SearchResults) {
    let tree = results.tree { hit in
      self.isWhole(results) ? MetadataValue.object([]) : SearchResults.hitTree(hit)
    }
    guard case .object(let members) = JSON(tree) else { return }
    let isWhole = self.isWhole(results)
    JSON.object(
      members.map { name, value in
        name == "hits" && isWhole ? (name, .array(results.hits.map(row))) : (name, value)
      }
    ).print()
  }

  /// Whether hits are printed as `get` prints messages. With --redact they always are, so that no
  /// other form of a text escapes it.
  private func isWhole(_ results: SearchResults) -> Bool {
    results.query.attributesToRetrieve == nil || redact.redact
  }

  private func row(_ hit: SearchResults.Hit) -> JSON {
    guard case .object(var members) = OccurrenceJSON.full(hit.occurrence, hit.message, redact)
    else { return .null }
    members.append(("occurrenceCount", .int(hit.occurrenceCount)))
    if let formatted = hit.formatted, !redact.redact {
      members.append(("_formatted", JSON(formatted)))
    }
    if let places = hit.matchesPosition { members.append(("_matchesPosition", JSON(places))) }
    if let score = hit.score { members.append(("_rankingScore", .number("\(score)"))) }
    if let details = hit.scoreDetails { members.append(("_rankingScoreDetails", JSON(details))) }
    return .object(members)
  }

  // MARK: For a person

  private func show(_ results: SearchResults) {
    var folded: [String: Int] = [:]
    var shownSessions: Set<String> = []
    for hit in results.hits {
      if !everything, hit.occurrence.agent != nil, let session = hit.occurrence.session,
        shownSessions.contains(session)
      {
        folded[session, default: 0] += 1
        continue
      }
      if let session = hit.occurrence.session { shownSessions.insert(session) }
      HitText.show(hit, redact)
    }
    for (session, count) in folded.sorted(by: { $0.key < $1.key }) {
      Output.line(
        Style.dim(
          "+ \(count) in subagents of session \(Escape.terminal(session)); --everything shows them")
      )
    }
    for facet in results.facets {
      Output.line(Style.bold(Escape.terminal(facet.name)))
      for value in facet.values {
        Output.line("  \(value.count)\t\(Escape.terminal(value.value))")
      }
    }
    guard Process.isErrorTerminal else { return }
    let last = results.query.offset + results.hits.count
    var text = "\(results.total) found in \(results.microseconds / 1000) ms"
    if results.total > last { text += "; --page \(page + 1) for more" }
    if !results.isComplete { text += "; the time budget ended before everything was ordered" }
    Output.note(text)
  }
}

/// A hit as lines on a terminal or in a pipe.
enum HitText {
  /// Words around the matches.
  static let wordCount = 24
  /// Private characters that content has no use for; they become colours.
  static let start = "\u{F8F0}"
  static let end = "\u{F8F1}"

  static func show(_ hit: SearchResults.Hit, _ redact: RedactArguments) {
    let occurrence = hit.occurrence
    var head = "\(hit.message.hash)".prefix(12) + "  " + OccurrenceText.line(occurrence)
    if hit.occurrenceCount > 1 { head += "  \(hit.occurrenceCount) times" }
    Output.line(Style.dim(String(head)))
    let content = hit.formatted?["content"].flatMap { value -> [UInt8]? in
      if case .string(let bytes) = value { return bytes }
      return nil
    }
    let width = Process.isOutputTerminal ? 3 * (Process.columns - 2) : 600
    let text = Escape.snippet(redact.bytes(content ?? hit.message.content), width: width)
    Output.line("  " + coloured(text))
    if let session = occurrence.session, let project = occurrence.project {
      Output.line(
        Style.dim(
          "  cd \(Escape.shell(Escape.terminal(project))) && claude --resume "
            + Escape.shellWord(Escape.terminal(session))))
    }
  }

  private static func coloured(_ text: String) -> String {
    var result = ""
    var isOpen = false
    for character in text {
      switch String(character) {
      case start:
        if Style.isOn { result += "\u{1B}[1;33m" }
        isOpen = true
      case end:
        if Style.isOn { result += "\u{1B}[0m" }
        isOpen = false
      default: result.append(character)
      }
    }
    if isOpen, Style.isOn { result += "\u{1B}[0m" }
    return result
  }
}

/// Text that no full-text file has yet.
enum TextBacklog {
  /// Bytes of content that a search may index for itself each time.
  static let byteCountMax = 32 << 20

  /// Indexes a large backlog once, if the store can be written.
  static func reduce(_ store: Store, at path: String) throws {
    guard try store.snapshot().unindexedTextByteCount() > byteCountMax else { return }
    guard let writer = try? Store.open(at: path, options: StoreOptions(access: .write)) else {
      return
    }
    if Process.isErrorTerminal { Output.note("indexing text, once ...") }
    try writer.flush()
    try writer.indexText(concurrently: .dispatch)
  }
}
