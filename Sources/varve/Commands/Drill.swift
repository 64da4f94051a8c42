// `varve drill`: does the newest backup come back, whole, and how fast?

import ArgumentParser
import Varve
import VarveShipping
import VarveSources

struct Drill: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Restore the newest backup into a temporary place and check every byte of it.",
    discussion: """
      Compares the restored store with the digest of the backup, measures how long it takes, says \
      how much would have been lost, and notes it for 'doctor --max-drill-age'. The temporary \
      place is removed. Exit code 4 if the backup would not have helped.
      """)

  @OptionGroup var json: JSONArguments
  @OptionGroup var access: TargetArguments

  @Argument(
    help: ArgumentHelp(
      "A directory, an s3:// address or a name that has backups.", valueName: "target"))
  var target: String

  @Option(
    name: .long,
    help: ArgumentHelp("Where the temporary place is made (default: $TMPDIR).", valueName: "dir"))
  var temporary: String?

  @OptionGroup var transfers: TransferArguments

  @Option(
    name: .long, help: ArgumentHelp("The store whose backup is tried, where there are several."))
  var storeID: String?

  func run() throws {
    let access = try access.access(target)
    let reader = BackupReader(try access.objects())
    var (backups, older) = try ShippingLog.backups(of: access, reader, onProblem: Backups.note)
    if let storeID { backups.removeAll { !"\($0.store)".hasPrefix(storeID) } }
    guard let backup = backups.last else {
      throw StoreError(.notFound, path: target, detail: "the target has no such backup")
    }
    guard Set(backups.map { "\($0.store)" }).count == 1 else {
      throw StoreError(
        .ambiguous, path: target,
        detail: "the target has backups of several stores; say --store-id")
    }
    // Also when we are asked to stop the place is taken away: what was encrypted lies there openly.
    Process.catchStops()
    let place = try Process.temporaryDirectory(below: temporary)
    defer { Process.removeTree(place) }
    var result = try ProgressBar.during(isWanted: !json.json) { onProgress in
      try reader.drill(
        backup, into: place + "/store", concurrently: .dispatch,
        transfers: transfers.concurrency, onProgress: onProgress,
        isCancelled: { Process.isStopped })
    }
    if let older { result.problems.append(VerificationProblem(file: target, kind: older)) }
    ShippingLog.add(
      .init(
        kind: .drill, time: Process.now(), target: access.identity, name: target,
        store: "\(backup.store)", generation: backup.generation, isGood: result.isGood,
        restoreMilliseconds: result.restoreMilliseconds,
        recoveryPointMilliseconds: result.recoveryPointMilliseconds))
    show(result, backup)
    if !result.isGood { throw Exit(code: 4) }
  }

  private func show(_ result: DrillResult, _ backup: BackupInfo) {
    if json.json {
      return JSON.object([
        ("ok", .bool(result.isGood)), ("id", .string(backup.key)),
        ("generation", .int(backup.generation)), ("messages", .int(result.messages)),
        ("occurrences", .int(result.occurrences)), ("digestEqual", .bool(result.isDigestEqual)),
        ("restoreSeconds", Self.seconds(result.restoreMilliseconds)),
        ("verifySeconds", Self.seconds(result.verifyMilliseconds)),
        ("recoveryPointSeconds", Self.seconds(result.recoveryPointMilliseconds)),
        (
          "problems",
          .array(
            result.problems.map {
              .object([("file", .string($0.file)), ("kind", .string($0.kind))])
            })
        ),
      ]).print()
    }
    for problem in result.problems {
      Output.line(Escape.terminal("\(problem.file): \(problem.kind)"))
    }
    Output.line(
      "\(result.isGood ? "ok" : "FAILED"): generation \(backup.generation) of "
        + "\(TimeText.local(backup.time)), \(result.occurrences) occurrences, restored in "
        + "\(TimeText.shortSpan(result.restoreMilliseconds)), verified in "
        + "\(TimeText.shortSpan(result.verifyMilliseconds)); "
        + "\(TimeText.shortSpan(result.recoveryPointMilliseconds)) would have been lost")
  }

  private static func seconds(_ milliseconds: Int64) -> JSON {
    .number("\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst())")
  }
}
