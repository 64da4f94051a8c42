// `varve prune`: old backups go, in two phases.

import ArgumentParser
import Varve
import VarveShipping
import VarveSources

struct Prune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take old backups away from a target.",
    discussion: """
      What is not kept is only listed at first; a later run, a day after by the clock of the \
      target, deletes what is listed and still needed by nobody. So run it daily: it is safe at \
      any interruption and beside running backups. The newest backup of a store is always kept.

      What was forgotten since stays in backups that are kept, and it is said until when. With \
      --apply-forgotten each of them is restored in a temporary place, rid of it, checked, and \
      shipped anew with its generation and time; the old one goes as others do. Indexes are \
      shipped only of those that had them.

      The options say how many of the newest, and of how many days, weeks, months and years the \
      newest, are kept, in local time; a target of the configuration can say it under "keep".
      """)

  @OptionGroup var storeArguments: StoreArguments
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

  @Flag(name: .long, help: "Write kept backups anew without what the store forgot since.")
  var applyForgotten = false

  @Option(
    name: .long,
    help: ArgumentHelp("Where backups are restored for that (default: $TMPDIR).", valueName: "dir"))
  var temporary: String?

  @OptionGroup var transfers: TransferArguments

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
    let pruning = try Pruning(
      objects, keeping: policy(access.named.keep), grace: TimeText.span(grace))
    let forgotten = try forgettingSet()
    if applyForgotten { try requireOwn(objects) }
    var applied = Applied()
    if applyForgotten, !dryRun, let forgotten {
      applied = try rewriteKept(pruning, objects, forgotten)
      TargetStore.removeCache(of: access.identity)
    }
    let result = try pruning.run(isDry: dryRun, localDay: Self.localDay)
    let holding = try forgotten.map { set in
      try pruning.kept(localDay: Self.localDay).filter { $0.backup.holds(set) }
    }
    defer { Output.flush() }
    show(result, applied, holding)
    if let failure = applied.failure { throw failure }
  }

  private func show(
    _ result: PruneResult, _ applied: Applied, _ holding: [(backup: BackupInfo, untilDay: Int64?)]?
  ) {
    if json.json {
      return JSON.object([
        ("kept", .int(result.kept)), ("removed", .int(result.removed)),
        ("listed", .int(result.listed)), ("listedBytes", .int(result.listedByteCount)),
        ("deleted", .int(result.deleted)), ("deletedBytes", .int(result.deletedByteCount)),
        ("locked", .int(result.locked)), ("lockedUntil", .time(result.lockedUntil)),
        ("nextDue", .time(result.nextDue)), ("dryRun", .bool(dryRun)),
        ("rewritten", .int(applyForgotten && dryRun ? holding?.count ?? 0 : applied.count)),
        ("holdingForgotten", holding.map { .array($0.map { .string($0.backup.key) }) } ?? .null),
      ]).print()
    }
    let would = dryRun ? "would be " : ""
    Output.line("\(Count.text(result.kept, "backup")) kept, \(result.removed) not")
    Output.line(
      "\(Count.text(result.deleted, "object")) \(would)deleted, \(result.deletedByteCount) bytes")
    Output.line(
      "\(Count.text(result.listed, "object")) \(would)listed, \(result.listedByteCount) bytes")
    if applied.count > 0 {
      Output.line("\(Count.text(applied.count, "backup")) written anew without what was forgotten")
    }
    if let holding, !holding.isEmpty { say(holding) }
    if result.locked > 0 {
      let end = result.lockedUntil.map { ", the last until \(TimeText.local($0))" } ?? ""
      Output.line("\(Count.text(result.locked, "object")) still locked\(end)")
    }
    if let due = result.nextDue, !dryRun {
      Output.line("what is listed goes by a run after \(TimeText.local(due))")
    }
  }

  /// What the store forgot; nil if nothing, or if there is no store here to ask.
  private func forgettingSet() throws -> ForgettingSet? {
    if applyForgotten {
      return try storeArguments.openForReading().snapshot().forgettingSet()
    }
    // Pruning needs no store: what is wrong with it is said by others.
    guard Store.isStore(at: storeArguments.path) else {
      guard let path = storeArguments.store else { return nil }
      throw StoreError(.notAStore, path: path, detail: "it has no file CURRENT")
    }
    return try? storeArguments.openForReading().snapshot().forgettingSet()
  }

  /// What another store forgot says nothing of these backups.
  private func requireOwn(_ objects: ObjectStore) throws {
    let id = try storeArguments.openForReading().snapshot().storeID
    guard try BackupReader(objects).backups().contains(where: { $0.store == id }) else {
      throw ValidationError(
        "the target has no backups of the store at '\(storeArguments.path)'; give --store")
    }
  }

  /// What became of the backups that hold what was forgotten.
  private struct Applied {
    /// Written anew.
    var count = 0
    /// Why the first of those was not that stay as they are.
    var failure: (any Error)?
  }

  /// Writes the kept backups anew that hold what was forgotten. One that cannot be stays as it is,
  /// which is said, and the others go on.
  private func rewriteKept(
    _ pruning: Pruning, _ objects: ObjectStore, _ forgotten: ForgettingSet
  ) throws -> Applied {
    // What was encrypted lies in the temporary place openly, also when we are asked to stop.
    Process.catchStops()
    var applied = Applied()
    let now = try objects.target.now()
    for (backup, _) in try pruning.kept(localDay: Self.localDay) where backup.holds(forgotten) {
      do {
        if let end = try pruning.lockedUntil(backup, now) {
          let text = end == .max ? "" : " until \(TimeText.local(end))"
          throw StoreError(
            .denied, path: backup.key, detail: "it is locked\(text) and holds what was forgotten")
        }
        try rewrite(backup, objects, forgotten)
        applied.count += 1
      } catch let error as StoreError where Self.isOfTheBackup(error) {
        let error = StoreError(
          error.code, path: backup.key, offset: error.offset,
          detail: error.path.isEmpty || error.path == backup.key
            ? error.detail : "\(error.path): \(error.detail)")
        // The first one is said at the end, as every failure is.
        if applied.failure != nil { Output.note("varve: \(ErrorReport.text(error))") }
        applied.failure = applied.failure ?? error
      }
    }
    return applied
  }

  /// Whether others may go through where one did not.
  private static func isOfTheBackup(_ error: StoreError) -> Bool {
    switch error.code {
    case .damaged, .notFound, .denied, .request, .newerFormat, .outdated: true
    default: false
    }
  }

  private func rewrite(
    _ backup: BackupInfo, _ objects: ObjectStore, _ forgotten: ForgettingSet
  ) throws {
    let place = try Process.temporaryDirectory(below: temporary)
    defer { Process.removeTree(place) }
    let store = try ProgressBar.during(isWanted: !json.json) { onProgress in
      try BackupReader(objects).restore(
        backup, into: place + "/store", concurrently: .dispatch,
        transfers: transfers.concurrency, onProgress: onProgress,
        isCancelled: { Process.isStopped })
    }
    _ = try store.forget(forgotten, concurrently: .dispatch)
    if backup.hasIndexes { try store.indexText(concurrently: .dispatch) }
    let report = try store.verify(concurrently: .dispatch, isCancelled: { Process.isStopped })
    let left = try store.snapshot().selectForForgetting(forgotten).sequences
    guard report.problems.isEmpty, left.isEmpty else {
      let problem = report.problems.first.map { "\($0.file): \($0.kind)" } ?? "something is left"
      throw StoreError(
        .damaged, path: backup.key,
        detail: "without what was forgotten it would not be sound, and stays as it is: \(problem)")
    }
    _ = try ProgressBar.during(isWanted: !json.json) { onProgress in
      try store.backUp(
        replacing: backup, to: objects, transfers: transfers.concurrency,
        onProgress: onProgress, isCancelled: { Process.isStopped })
    }
  }

  private func say(_ holding: [(backup: BackupInfo, untilDay: Int64?)]) {
    let count = Count.text(holding.count, "kept backup")
    let last = holding.map(\.untilDay).contains(nil) ? nil : holding.compactMap(\.untilDay).max()
    let until = last.map { CivilDate(day: $0).text } ?? "newer ones take their place"
    let remedy =
      applyForgotten
      ? dryRun ? "would be written anew" : "they stay as they are"
      : "--apply-forgotten writes them anew"
    Output.line("\(count) may hold what was forgotten since, until \(until); \(remedy)")
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
