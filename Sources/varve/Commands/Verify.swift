// `varve verify`: reads everything and says whether it is sound.

import ArgumentParser
import Varve

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read every byte of the store and report what is wrong.",
    discussion: """
      Exits 0 if all is well, 1 if --expect-at-least is not met, 4 if there is damage.

      With --attested, the line that 'attest' printed earlier: nothing that it covers was changed \
      since, and what was forgotten since is listed.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments

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
    let snapshot = try storeArguments.openForReading().snapshot()
    let report = try snapshot.verify(attestation: attestation)
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
          .array(
            report.problems.map {
              .object([
                ("file", .string($0.file)), ("offset", $0.offset.map { .int($0) } ?? .null),
                ("kind", .string($0.kind)),
              ])
            })
        ),
      ]).print()
    } else {
      for problem in report.problems {
        let place = problem.offset.map { ", byte \($0)" } ?? ""
        Output.line(Escape.terminal("\(problem.file)\(place): \(problem.kind)"))
      }
      Output.line(
        "\(report.isSound ? "ok" : "DAMAGED"): \(report.commits) commits, "
          + "\(report.occurrences) occurrences, \(report.files) files, \(report.bytes) bytes")
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
    return Escape.terminal(
      "  forgotten since, \(TimeText.local(found.time))\(reason): "
        + "\(Count.text(found.occurrences, "occurrence")), sequences \(ranges.joined(separator: ", "))\(more)"
    )
  }
}
