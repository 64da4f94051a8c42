// `varve verify`: reads everything and says whether it is sound.

import ArgumentParser
import Varve
import VarveShipping
import VarveSources

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read every byte of a store, or check a backup target, and report what is wrong.",
    discussion: """
      With --quick only envelopes are read: headers, section tables, footers, manifests and sizes. \
      That takes milliseconds at any size and finds what is missing or cut, not a changed byte.

      Exits 0 if all is well, 1 if --expect-at-least is not met, 4 if there is damage.

      With --attested, the line that 'attest' printed earlier: nothing that it covers was changed \
      since, and what was forgotten since is listed.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments
  @OptionGroup var target: TargetArguments

  @Argument(
    help: ArgumentHelp(
      "A store or a directory of backups, told by what is in it, or a target (default: --store).",
      valueName: "path"))
  var place: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Of a target, how many percent of the objects are read and hashed; the rest is told by size.",
      valueName: "percent"))
  var readData = 0

  func validate() throws {
    guard (0...100).contains(readData) else {
      throw ValidationError("--read-data must be 0 to 100")
    }
    guard !quick || attested == nil && expectAtLeast == nil else {
      throw ValidationError("--quick reads no commits: leave out --attested and --expect-at-least")
    }
  }

  @Flag(name: .long, help: "Read envelopes only, in milliseconds.")
  var quick = false

  @Option(
    name: .long,
    help: ArgumentHelp("Fail unless the store holds this many occurrences.", valueName: "count"))
  var expectAtLeast: UInt64?

  @Option(
    name: .long,
    help: ArgumentHelp("A line of 'attest' that was kept elsewhere.", valueName: "line"))
  var attested: String?

  func run() throws {
    var attestation: Attestation?
    if let attested {
      guard let line = Attestation(attested) else {
        throw ValidationError("--attested is not a line of 'varve attest'")
      }
      attestation = line
    }
    let place = place ?? storeArguments.path
    if try TargetStore.isTarget(place) {
      guard attested == nil, expectAtLeast == nil, !quick else {
        throw ValidationError(
          "--attested, --expect-at-least and --quick are for a store, not for a target")
      }
      return try verifyTarget(place)
    }
    guard readData == 0 else {
      throw ValidationError("--read-data is for a target; of a store everything is read")
    }
    let store = try Store.open(at: place, options: StoreOptions(access: .read))
    let report = try store.verify(
      isQuick: quick, attestation: attestation, concurrently: .dispatch)
    let isEnough = expectAtLeast.map { report.occurrences >= $0 } ?? true
    if json.json {
      JSON.object([
        ("ok", .bool(report.isSound && isEnough)),
        (
          "checked",
          .object([
            ("files", .int(report.files)), ("commits", .int(report.commits)),
            ("occurrences", .int(report.occurrences)), ("forgotten", .int(report.forgotten)),
            ("bytes", .int(report.bytes)),
          ])
        ),
        ("forgottenSince", .array(report.forgottenSince.map(forgetting))),
        (
          "problems",
          .array(report.problems.map(problem))
        ),
      ]).print()
    } else {
      for problem in report.problems {
        let place = problem.offset.map { ", byte \($0)" } ?? ""
        Output.line(Escape.terminal("\(problem.file)\(place): \(problem.kind)"))
      }
      let read =
        quick
        ? "envelopes of" : "\(report.commits) commits, \(report.occurrences) occurrences,"
      Output.line(
        "\(report.isSound ? "ok" : "DAMAGED"): \(read) \(report.files) files, "
          + "\(report.bytes) bytes")
      if report.forgotten > 0 { Output.line("  \(report.forgotten) forgotten") }
      if attestation != nil, report.isSound { Output.line("  unchanged since the attested line") }
      for forgetting in report.forgottenSince { Output.line(text(forgetting)) }
    }
    if !report.isSound { throw Exit(code: 4) }
    if let expectAtLeast, !isEnough {
      Output.note(
        "varve: expected at least \(expectAtLeast) occurrences, found \(report.occurrences)")
      throw Exit(code: 1)
    }
  }

  private func verifyTarget(_ path: String) throws {
    Process.catchStops()
    let access = try target.access(path)
    let reader = BackupReader(try access.objects())
    var report = try reader.verify(
      readingPercent: readData, isCancelled: { Process.isStopped })
    if report.problems.isEmpty,
      let older = try ShippingLog.backups(of: access, reader).older
    {
      report.problems.append(VerificationProblem(file: access.text, kind: older))
    }
    if json.json {
      JSON.object([
        ("ok", .bool(report.problems.isEmpty && report.backups > 0)),
        (
          "checked",
          .object([
            ("backups", .int(report.backups)), ("objects", .int(report.objects)),
            ("objectsRead", .int(report.objectsRead)), ("bytes", .int(report.bytes)),
          ])
        ), ("problems", .array(report.problems.map(problem))),
      ]).print()
    } else {
      for problem in report.problems {
        Output.line(Escape.terminal("\(problem.file): \(problem.kind)"))
      }
      let read =
        readData > 0
        ? "\(report.objectsRead) of them read, \(report.bytes) bytes"
        : (report.problems.isEmpty ? "their sizes are right" : "looked at by size")
          + "; --read-data reads them"
      if report.backups > 0 || !report.problems.isEmpty {
        Output.line(
          "\(report.problems.isEmpty ? "ok" : "DAMAGED"): "
            + "\(Count.text(report.backups, "backup")), "
            + "\(Count.text(report.objects, "object")), \(read)")
      }
    }
    if !report.problems.isEmpty {
      let isOfFiles = report.problems.contains {
        $0.file.hasPrefix("segments/") || $0.file.hasPrefix("indexes/")
      }
      if isOfFiles {
        Output.note("varve: take a damaged object away and back up again: it is shipped anew")
      }
      throw Exit(code: 4)
    }
    if report.backups == 0 {
      Output.note("varve: \(Escape.terminal(path)): there are no backups")
      throw Exit(code: 1)
    }
  }

  private func problem(_ found: VerificationProblem) -> JSON {
    .object([
      ("file", .string(found.file)), ("offset", found.offset.map { .int($0) } ?? .null),
      ("kind", .string(found.kind)),
    ])
  }

  private func forgetting(_ found: Forgetting) -> JSON {
    .object([
      ("number", .int(found.number)), ("time", .time(found.time)),
      ("reason", .string(found.reason)), ("occurrences", .int(found.occurrences)),
      ("messages", .int(found.messages)),
      (
        "sequences",
        .array(found.sequences.map { .array([.int($0.lowerBound), .int($0.upperBound)]) })
      ),
    ])
  }

  /// Ranges of a forgetting that people are shown.
  private static let rangesShownMax = 10

  private func text(_ found: Forgetting) -> String {
    let ranges = found.sequences.prefix(Self.rangesShownMax).map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
    }
    let more = found.sequences.count > Self.rangesShownMax ? ", …" : ""
    let reason = found.reason.isEmpty ? "" : " (\(found.reason))"
    let count = Count.text(found.occurrences, "occurrence")
    return Escape.terminal(
      "  forgotten since, \(TimeText.local(found.time))\(reason): \(count), "
        + "sequences \(ranges.joined(separator: ", "))\(more)")
  }
}
