// `varve watch`: reads sources as they grow.

import ArgumentParser
import Varve
import VarveSources

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Read sources continuously, as they grow.",
    discussion: """
      Does what 'ingest' does, then waits for changes; a new line can be listed within a second. \
      Other commands and a second 'ingest' work beside it. Ends on SIGINT or SIGTERM after the \
      file it is reading, with exit code 0. tools/ has units for systemd and launchd.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var wait: WaitArguments
  @OptionGroup var filter: SourceFilterArguments

  @Argument(help: ArgumentHelp("What to read.", valueName: "path"))
  var paths: [String] = []

  @Option(name: .long, help: ArgumentHelp("Host on which the sources lie.", valueName: "name"))
  var host: String?

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
    importing.filter = filter.filter
    Process.catchStops()
    if !quiet { Output.note("watching \(Escape.terminal(paths.joined(separator: ", ")))") }
    try Watch(into: store, homes: paths, options: importing).run(
      isStopped: { Process.isStopped },
      onPart: { report in
        for failure in report.failures { Output.note("varve: " + Escape.terminal("\(failure)")) }
        // A failure leaves the text to the next part; searches find it all the same.
        try? store.indexText(ifOver: Limits.tailByteCount)
        guard !quiet, report.committed.occurrencesNew > 0 else { return }
        Output.line(
          "\(TimeText.local(Process.now()))  \(report.committed.occurrencesNew) new occurrences")
        Output.flush()
      })
  }
}
