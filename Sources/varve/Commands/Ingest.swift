// `varve ingest`: reads sources into the store.

import ArgumentParser
import Varve
import VarveSources

struct Ingest: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read sources into the store.",
    discussion: """
      A PATH is a home (a folder with history.jsonl, projects or debug), a folder of JSONL files, \
      a file, or - for standard input. Without PATH it is $CLAUDE_CONFIG_DIR, else ~/.claude. \
      Sources are opened read-only. The bytes of the files of homes are kept (see 'varve source'); \
      credential files, locks, sockets, plug-ins and caches are left out. What is in the store \
      already is counted as repeated; an interrupted ingest goes on where it stopped.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var wait: WaitArguments
  @OptionGroup var json: JSONArguments

  @Argument(help: ArgumentHelp("What to read.", valueName: "path"))
  var paths: [String] = []

  @OptionGroup var form: SourceFormArguments

  @Option(name: .long, help: ArgumentHelp("A note for the run's record.", valueName: "text"))
  var note: String = ""

  @Option(name: .long, help: ArgumentHelp("Host on which the sources lie.", valueName: "name"))
  var host: String?

  @OptionGroup var filter: SourceFilterArguments

  @Flag(name: .long, help: "Leave the text to a later ingest; searches are slower until then.")
  var noText = false

  @Flag(name: .long, help: "Do not keep the bytes of the files that are read.")
  var noOriginals = false

  @Flag(name: .long, help: "Keep the bytes of generic JSONL files, too.")
  var originals = false

  @Flag(name: .long, help: "Take files as complete, also where the last entry has no line end.")
  var complete = false

  @Flag(name: .long, help: "Print 'ACK <occurrences>' after each durable commit.")
  var acknowledge = false

  @Flag(name: [.short, .long], help: "Say nothing but errors.")
  var quiet = false

  func run() throws {
    let paths = try self.paths.isEmpty ? [SourceHome.standard()] : self.paths
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    options.maintenance = .manual
    options.lockWaitMilliseconds = wait.milliseconds
    let store = try Store.open(at: storeArguments.pathForWriting(), options: options)
    var importing = ImportOptions()
    if let host { importing.host = host }
    importing.user = Process.user()
    importing.version = ProgramVersion.text
    importing.note = note
    importing.format = form.format?.value
    importing.mapping = form.mapping
    importing.isComplete = complete
    importing.filter = filter.filter
    importing.keepsOriginals = !noOriginals
    importing.keepsGenericOriginals = originals
    if acknowledge {
      importing.onCommit = { occurrences in
        Output.line("ACK \(occurrences)")
        Output.flush()
      }
    }
    let report = try ProgressBar.during(isWanted: !quiet) { onProgress in
      importing.onProgress = { done, total in
        onProgress(done, total)
        return true
      }
      return try Importer(into: store, options: importing).run(paths)
    }
    if !noText { try store.indexText(ifOver: Limits.tailByteCount, concurrently: .dispatch) }
    show(report)
    let isDoubtful =
      report.skippedCount > 0 || !report.warnings.isEmpty || !report.failures.isEmpty
    if isDoubtful { throw Exit(code: 3) }
  }

  private func show(_ report: ImportReport) {
    if json.json {
      printJSON(report)
    } else if !quiet {
      printText(report)
    }
    for failure in report.failures { Output.note("varve: " + Escape.terminal("\(failure)")) }
    guard !quiet, !json.json else { return }
    for skipped in (report.skipped + report.warnings).prefix(20) {
      Output.note(
        Escape.terminal(
          "\(skipped.file):\(skipped.line): \(skipped.reason) (byte \(skipped.offset))"))
    }
    let more = report.skipped.count + report.warnings.count - 20
    if more > 0 { Output.note("… and \(more) more; --json lists them") }
  }

  private func printJSON(_ report: ImportReport) {
    func rows(_ records: [SkippedRecord]) -> JSON {
      .array(
        records.map {
          .object([
            ("file", .string($0.file)), ("line", .int($0.line)), ("offset", .int($0.offset)),
            ("reason", .string($0.reason)),
          ])
        })
    }
    func counts(_ counts: [String: Int]) -> JSON {
      .object(counts.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })
    }
    let committed = report.committed
    JSON.object([
      ("run", .int(report.run)), ("files", .int(report.files)),
      ("filesUnchanged", .int(report.unchangedFiles)), ("lines", .int(report.lines)),
      ("bytes", .int(report.bytes)), ("messagesNew", .int(committed.messagesNew)),
      ("occurrencesNew", .int(committed.occurrencesNew)), ("echoes", .int(committed.echoes)),
      ("repeated", .int(committed.repeated)), ("skippedCount", .int(report.skippedCount)),
      ("skippedByReason", counts(report.skippedByReason)), ("skipped", rows(report.skipped)),
      ("droppedByReason", counts(report.droppedByReason)), ("warnings", rows(report.warnings)),
      ("failures", .array(report.failures.map { .string($0.description) })),
      ("pendingFiles", .int(report.pendingFiles)),
      ("seconds", .number(String(Double(Int(report.seconds * 1000)) / 1000))),
    ]).print()
  }

  private func printText(_ report: ImportReport) {
    let committed = report.committed
    var text = "run \(report.run): \(report.files) files, \(report.lines) lines"
    if report.unchangedFiles > 0 { text += " (\(report.unchangedFiles) files unchanged)" }
    Output.line(text)
    Output.line("  new messages      \(committed.messagesNew)")
    Output.line(
      "  new occurrences   \(committed.occurrencesNew) (of them \(committed.echoes) echoes)")
    Output.line("  repeated          \(committed.repeated)")
    Output.line("  skipped lines     \(report.skippedCount)")
    for (reason, count) in report.skippedByReason.sorted(by: { $0.key < $1.key }) {
      Output.line("    \(count) \(Escape.terminal(reason))")
    }
    if !report.droppedByReason.isEmpty {
      let parts = report.droppedByReason.sorted { $0.key < $1.key }
        .map { "\($0.value) \($0.key)" }
      Output.line("  parts left out    \(parts.joined(separator: ", "))")
    }
    let speed = report.seconds > 0 ? Double(report.bytes) / report.seconds / 1e6 : 0
    Output.line(
      "  \(Double(Int(report.seconds * 100)) / 100) s, \(Int(speed)) MB/s, "
        + "\(report.bytes) bytes read")
  }
}
