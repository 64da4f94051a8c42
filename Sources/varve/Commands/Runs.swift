// `varve runs`: the audit trail, one row a file and run.

import ArgumentParser
import Varve
import VarveSources

struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what was ingested when: one row a run and file, the latest first.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments

  @Option(name: .customLong("run"), help: ArgumentHelp("Only this run.", valueName: "number"))
  var only: UInt64?

  @Option(
    name: [.customShort("n"), .long], help: ArgumentHelp("How many rows.", valueName: "count"))
  var limit: Int = 50

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    let runs = try snapshot.runs()
    let files = try snapshot.runFiles().reversed()
    let counts = try snapshot.occurrencesByRunAndPath()
    var rows: [JSON] = []
    var shown = 0
    for file in files {
      if let only, file.run != only { continue }
      guard shown < limit else { break }
      shown += 1
      let of = runs.first { $0.number == file.run }
      let new = counts[RunPath(run: file.run, path: file.path)] ?? 0
      let repeated = max(0, (file.value["read"]?.int ?? 0) - Int64(new))
      if json.json {
        rows.append(row(file, of, new: new, repeated: repeated))
      } else {
        Output.line(
          Escape.terminal(
            "run \(file.run)  \(TimeText.local(file.value["started"]?.int))  \(new) new, "
              + "\(repeated) repeated, \(file.value["skipped"]?.int ?? 0) skipped  "
              + "\(file.value["status"]?.text ?? "")  \(file.path)"))
      }
    }
    if json.json { JSON.object([("runs", .array(rows)), ("next", .null)]).print() }
    if shown == 0 { throw Exit(code: 1) }
  }

  private func row(_ file: RunFile, _ run: Run?, new: Int, repeated: Int64) -> JSON {
    let started = file.value["started"]?.int
    let completed = file.value["completed"]?.int
    var seconds: JSON = .null
    if let started, let completed {
      seconds = .number(String(Double(completed - started) / 1000))
    }
    func value(_ name: String) -> JSON { file.value[name].map { JSON($0) } ?? .null }
    return .object([
      ("id", .int(file.run)), ("phase", value("phase")), ("file", .string(file.path)),
      ("bytes", value("bytes")), ("sha256Before", value("sha256Before")),
      ("sha256After", value("sha256After")), ("new", .int(new)), ("repeated", .int(repeated)),
      ("skipped", value("skipped")),
      ("errors", .int(value: file.value["status"]?.text == "failed")),
      ("started", .time(started)), ("completed", .time(completed)), ("durationSeconds", seconds),
      ("status", value("status")), ("note", .text(run?.value["note"]?.text)),
      ("host", .text(run?.value["host"]?.text)), ("user", .text(run?.value["user"]?.text)),
      ("version", .text(run?.value["version"]?.text)),
    ])
  }
}

extension JSON {
  fileprivate static func int(value isSet: Bool) -> JSON { .int(isSet ? 1 : 0) }
}
