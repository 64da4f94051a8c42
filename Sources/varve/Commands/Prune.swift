// `varve prune`: old backups go, in two phases.

import ArgumentParser
import Varve
import VarveShipping

struct Prune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take old backups away from a target.",
    discussion: """
      What is not kept is only listed at first; a later run, a day after by the clock of the \
      target, deletes what is listed and still needed by nobody. So run it daily: it is safe at \
      any interruption and beside running backups. The newest backup of a store is always kept.

      The options say how many of the newest, and of how many days, weeks, months and years the \
      newest, are kept, in local time; a target of the configuration can say it under "keep".
      """)

  @OptionGroup var json: JSONArguments
  @OptionGroup var access: TargetArguments

  @Argument(
    help: ArgumentHelp(
      "A directory, an s3:// address or a name that has backups.", valueName: "target"))
  var target: String

  @Option(name: .long, help: ArgumentHelp("Newest backups to keep.", valueName: "count"))
  var keepLast: Int?
  @Option(name: .long, help: ArgumentHelp("Days to keep one of.", valueName: "count"))
  var keepDaily: Int?
  @Option(name: .long, help: ArgumentHelp("Weeks to keep one of.", valueName: "count"))
  var keepWeekly: Int?
  @Option(name: .long, help: ArgumentHelp("Months to keep one of.", valueName: "count"))
  var keepMonthly: Int?
  @Option(name: .long, help: ArgumentHelp("Years to keep one of.", valueName: "count"))
  var keepYearly: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How long what is listed stays; no backup may take longer (at least 1h, default 24h).",
      valueName: "span"))
  var grace = "24h"

  @Flag(name: .long, help: "Show what would be done; change nothing.")
  var dryRun = false

  func validate() throws {
    for count in [keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly] {
      guard (0...100_000).contains(count ?? 0) else {
        throw ValidationError("counts of what is kept are 0 to 100000")
      }
    }
    guard try TimeText.span(grace) >= Pruning.graceMin else {
      throw ValidationError("--grace is at least 1h: longer than any backup takes")
    }
  }

  func run() throws {
    let access = try access.access(target)
    let objects = try access.objects()
    let result = try Pruning(
      objects, keeping: policy(access.named.keep), grace: TimeText.span(grace)
    ).run(isDry: dryRun, localDay: Self.localDay)
    if json.json {
      return JSON.object([
        ("kept", .int(result.kept)), ("removed", .int(result.removed)),
        ("listed", .int(result.listed)), ("listedBytes", .int(result.listedByteCount)),
        ("deleted", .int(result.deleted)), ("deletedBytes", .int(result.deletedByteCount)),
        ("locked", .int(result.locked)), ("lockedUntil", .time(result.lockedUntil)),
        ("nextDue", .time(result.nextDue)), ("dryRun", .bool(dryRun)),
      ]).print()
    }
    let would = dryRun ? "would be " : ""
    Output.line("\(Count.text(result.kept, "backup")) kept, \(result.removed) not")
    Output.line(
      "\(Count.text(result.deleted, "object")) \(would)deleted, \(result.deletedByteCount) bytes")
    Output.line(
      "\(Count.text(result.listed, "object")) \(would)listed, \(result.listedByteCount) bytes")
    if result.locked > 0 {
      let end = result.lockedUntil.map { ", the last until \(TimeText.local($0))" } ?? ""
      Output.line("\(Count.text(result.locked, "object")) still locked\(end)")
    }
    if let due = result.nextDue, !dryRun {
      Output.line("what is listed goes by a run after \(TimeText.local(due))")
    }
  }

  /// What the flags say, else what the configuration does.
  private func policy(_ keep: [String: Int]) -> RetentionPolicy {
    var policy = RetentionPolicy()
    let hasFlags =
      [keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly].contains { $0 != nil }
    let keep = hasFlags ? [:] : keep
    policy.last = keepLast ?? keep["last"] ?? 0
    policy.daily = keepDaily ?? keep["daily"] ?? 0
    policy.weekly = keepWeekly ?? keep["weekly"] ?? 0
    policy.monthly = keepMonthly ?? keep["monthly"] ?? 0
    policy.yearly = keepYearly ?? keep["yearly"] ?? 0
    return policy
  }

  /// The local day of a time, counted from 1970-01-01.
  static func localDay(_ milliseconds: Int64) -> Int64 {
    CivilDate.floor(
      milliseconds.addingClamped(Process.localOffset(milliseconds)), 86_400_000)
  }
}
