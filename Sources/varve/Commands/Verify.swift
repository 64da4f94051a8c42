// `varve verify`: reads everything and says whether it is sound.

import ArgumentParser
import Varve

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read every byte of the store and report what is wrong.",
    discussion: "Exits 0 if all is well, 1 if --expect-at-least is not met, 4 if there is damage.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments

  @Option(
    name: .long,
    help: ArgumentHelp("Fail unless the store holds this many occurrences.", valueName: "count"))
  var expectAtLeast: UInt64?

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    let report = try snapshot.verify()
    let isEnough = expectAtLeast.map { report.occurrences >= $0 } ?? true
    if json.json {
      JSON.object([
        ("ok", .bool(report.isSound && isEnough)),
        (
          "checked",
          .object([
            ("files", .int(report.files)), ("commits", .int(report.commits)),
            ("occurrences", .int(report.occurrences)), ("bytes", .int(report.bytes)),
          ])
        ),
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
    }
    if !report.isSound { throw Exit(code: 4) }
    if let expectAtLeast, !isEnough {
      Output.note(
        "varve: expected at least \(expectAtLeast) occurrences, found \(report.occurrences)")
      throw Exit(code: 1)
    }
  }
}
