// `varve doctor`: what is at risk, not read, not understood; what could be freed.

import ArgumentParser
import Varve
import VarveSources

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is at risk, not ingested, not understood, and what could be freed.",
    discussion: """
      Looks at homes (those that were ingested on this host, or the PATHs given) and at the store; \
      changes nothing. Exit code 1 if there are warnings. The client deletes files that it has not \
      touched for cleanupPeriodDays of its settings (30 by default).

      With --max-backup-age and --max-drill-age also whether the store was shipped, and a backup \
      of it restored, from this machine as lately as that.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments
  @OptionGroup var filter: SourceFilterArguments

  @Argument(help: ArgumentHelp("Homes to look at.", valueName: "path"))
  var paths: [String] = []

  @Option(name: .long, help: ArgumentHelp("Host under which the homes were read."))
  var host: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Warn unless a backup is as young as this, as 26h.", valueName: "span"))
  var maxBackupAge: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Warn unless a good drill is as young as this, as 35d.", valueName: "span"))
  var maxDrillAge: String?

  private static let samplesShown = 5

  func validate() throws {
    for span in [maxBackupAge, maxDrillAge] { _ = try span.map(TimeText.span) }
  }

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    let host = host ?? SourceHost.name
    let homes = try paths.isEmpty ? knownHomes(snapshot, host) : paths
    var reports: [HomeHealth] = []
    var warnings: [String] = []
    for home in homes {
      do {
        reports.append(
          try HomeHealth(home, snapshot, host: host, filter: filter.filter))
      } catch let error as SourceError {
        warnings.append("\(error)")
      }
    }
    for report in reports { warnings += Self.warnings(report) }
    let raw = try snapshot.countsByKind()[.raw] ?? 0
    let samples = try snapshot.first(Self.samplesShown, of: .raw).map(snapshot.occurrence)
    if raw > 0 { warnings.append("\(raw) records are not understood; they are kept as kind raw") }
    warnings += try damage(snapshot)
    if homes.isEmpty { warnings.append("no home was ingested on host \(host)") }
    let shipping = try ShippingHealth(of: "\(snapshot.storeID)", now: Process.now())
    warnings += try shipping.warnings(
      maxBackupAge: maxBackupAge.map(TimeText.span), maxDrillAge: maxDrillAge.map(TimeText.span))
    if json.json {
      printJSON(reports, raw, samples, warnings, shipping)
    } else {
      printText(reports, raw, samples)
      shipping.print()
      for warning in warnings { Output.line(Style.red("warning: ") + Escape.terminal(warning)) }
      if warnings.isEmpty { Output.line("ok") }
    }
    if !warnings.isEmpty { throw Exit(code: 1) }
  }

  private func knownHomes(_ snapshot: Snapshot, _ host: String) throws -> [String] {
    let prefix = Array(host.utf8) + [0]
    return try snapshot.facts(.home).filter { $0.key.starts(with: prefix) }.map {
      String(decoding: $0.key[prefix.count...], as: UTF8.self)
    }
  }

  private static func warnings(_ report: HomeHealth) -> [String] {
    var warnings: [String] = []
    let unread = report.missing.files + report.changed.files
    if unread > 0 {
      let command = "varve ingest \(Escape.shell(report.home))"
      warnings.append(
        "\(report.home): \(unread) files are not in the store as they are now "
          + "(\(report.missing.files) never read); run '\(command)'")
    }
    if report.endangeredUnkept.files > 0 {
      let count = report.endangeredUnkept.files
      warnings.append("\(report.home): the client may delete \(count) of them within a week")
    }
    for failure in report.failures { warnings.append("\(failure)") }
    return warnings
  }

  /// What the last run met.
  private func damage(_ snapshot: Snapshot) throws -> [String] {
    guard let run = try snapshot.runs().last else { return ["nothing was ingested yet"] }
    var found: [String] = []
    let skipped = run.value["skipped"]?.int ?? 0
    if skipped > 0 {
      found.append("run \(run.number) skipped \(skipped) records; 'varve runs' says in which files")
    }
    if let status = run.value["status"]?.text, status != "done" {
      found.append("run \(run.number) ended as \(status)")
    }
    return found
  }

  // MARK: Output

  private func sum(_ sum: HomeHealth.Sum) -> JSON {
    .object([("files", .int(sum.files)), ("bytes", .int(sum.bytes))])
  }

  private func printJSON(
    _ reports: [HomeHealth], _ raw: Int, _ samples: [Occurrence], _ warnings: [String],
    _ shipping: ShippingHealth
  ) {
    let homes = reports.map { report in
      let folders = report.byFolder.sorted { $0.key < $1.key }
      return JSON.object([
        ("home", .string(report.home)), ("cleanupPeriodDays", .int(report.cleanupDays)),
        ("all", sum(report.all)), ("kept", sum(report.kept)), ("missing", sum(report.missing)),
        ("changed", sum(report.changed)), ("endangered", sum(report.endangered)),
        ("endangeredUnkept", sum(report.endangeredUnkept)), ("freeable", sum(report.freeable)),
        ("nextDeletion", .time(report.nextDeletion)),
        ("folders", .object(folders.map { ($0.key, sum($0.value)) })),
        ("missingFiles", .array(report.missingNames.map { .string($0) })),
        ("leftOut", .array(report.leftOut.map { .string($0) })),
      ])
    }
    JSON.object([
      ("ok", .bool(warnings.isEmpty)), ("warnings", .array(warnings.map { .string($0) })),
      ("homes", .array(homes)),
      (
        "notUnderstood",
        .object([
          ("count", .int(raw)),
          ("samples", .array(samples.map { .object(OccurrenceJSON.place($0)) })),
        ])
      ), ("shipping", shipping.json),
    ]).print()
  }

  private func printText(_ reports: [HomeHealth], _ raw: Int, _ samples: [Occurrence]) {
    func line(_ name: String, _ sum: HomeHealth.Sum) {
      let padded = name + String(repeating: " ", count: max(1, 34 - name.count))
      Output.line("  \(padded)\(sum.files) files, \(sum.bytes >> 10) KiB")
    }
    for report in reports {
      Output.line(Style.bold(Escape.terminal(report.home)))
      line("in all", report.all)
      line("kept in the store as they are", report.kept)
      line("never read", report.missing)
      line("changed since they were read", report.changed)
      line("the client deletes within a week", report.endangered)
      line("of these kept, so free to go", report.freeable)
      let next = TimeText.local(report.nextDeletion)
      Output.line("  cleanupPeriodDays \(report.cleanupDays); next deletion \(next)")
      for (folder, sum) in report.byFolder.sorted(by: { $0.value.bytes > $1.value.bytes }) {
        line("  " + Escape.terminal(folder), sum)
      }
      if !report.leftOut.isEmpty {
        let names = report.leftOut.prefix(20).joined(separator: ", ")
        Output.line("  left out: " + Escape.terminal(names))
      }
    }
    if raw > 0 {
      Output.line("not understood: \(raw)")
      for sample in samples { Output.line("  " + OccurrenceText.line(sample)) }
    }
  }
}
