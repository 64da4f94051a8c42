// `varve backup`, `backups`, `restore`: copies of the store elsewhere, and back.

import ArgumentParser
import Varve
import VarveShipping
import VarveSources

struct Backup: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ship a backup of the store to directories and S3-compatible servers.",
    discussion: """
      Every backup is a whole one at the cost of what is new: segments never change, so those that \
      the target has are not shipped again. The active segment is ended first; where there are \
      many small ones, they become one and are shipped as that. Indexes are not \
      shipped, 'restore' builds them; with --with-indexes they are, and any machine reads the \
      target as a store: --store TARGET. Objects are named by their SHA-256: 'sha256sum' checks \
      them.

      A target is a directory, s3://BUCKET/PREFIX, or a name of the configuration. The first \
      backup with a key makes it an encrypted one and shows a recovery key, once. Others than \
      directories need a key or --no-encryption. Credentials come from the environment, a profile \
      or its credential process, as for the AWS tools.

      With --archive it goes to a prefix of its own, TARGET/archive, where the server is asked to \
      keep it: locked for years, in a storage class, under a key of its own. What it takes over \
      from earlier archives is locked as long. The server is asked of every object how it keeps \
      it; what it ignores is said, and the exit code is 3.

      A target that fails is reported and the others go on; the exit code is that of the first.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var wait: WaitArguments
  @OptionGroup var json: JSONArguments
  @OptionGroup var target: TargetArguments

  @Argument(
    help: ArgumentHelp(
      "Directories (made if they are not there), s3:// addresses, names.", valueName: "target"))
  var targets: [String]

  @OptionGroup var transfers: TransferArguments
  @OptionGroup var archive: ArchiveArguments
  @OptionGroup var recovery: RecoveryKeyArguments

  @Flag(name: .long, help: "Ship indexes, too, so that the target can be read where it is.")
  var withIndexes = false

  @Flag(name: .long, help: "Ship to a place where backups were, though there are none now.")
  var anew = false

  @Flag(name: .long, help: "Let the server of a target see what is shipped.")
  var noEncryption = false

  @Flag(name: [.short, .long], help: "Say nothing but errors.")
  var quiet = false

  func validate() throws {
    guard targets.count == 1 || target.passphraseFile != "-" else {
      throw ValidationError("standard input has one passphrase, for one target")
    }
    guard targets.count == 1 || recovery.recoveryKeyTo == nil else {
      throw ValidationError("--recovery-key-to has the key of one target")
    }
  }

  func run() throws {
    let store = try storeArguments.openForWriting(wait)
    Process.catchStops()
    var failure: (any Error)?
    var rows: [JSON] = []
    var isAllKept = true
    for text in targets {
      do {
        if text == storeArguments.path || Store.isStore(at: text) {
          throw ValidationError("'\(text)' is a store; backups need a directory of their own")
        }
        let access = try target.access(text, archive: archive.protection)
        if !anew { try ShippingLog.requireKnown(access) }
        let objects = try access.objectsForBackup(mayBePlain: noEncryption, recovery: recovery)
        Self.compareClocks(try access.target.now(), access.text)
        let (result, archived) = try ship(store, to: objects)
        ShippingLog.add(
          .init(
            kind: .backup, time: result.time, target: access.identity, name: access.text,
            store: result.store,
            generation: result.generation, isGood: true))
        rows.append(row(access.text, result, archived))
        if let archived {
          ArchiveArguments.note(archived, access.text)
          isAllKept = isAllKept && archived.ignored.isEmpty
        }
        if !quiet, !json.json {
          Output.line(Escape.terminal(self.text(access.text, result, archived)))
        }
      } catch {
        // The first one is said at the end, as every failure is.
        if failure != nil { Output.note("varve: \(ErrorReport.text(error))") }
        failure = failure ?? error
      }
    }
    if json.json { JSON.object([("backups", .array(rows)), ("next", .null)]).print() }
    if let failure { throw failure }
    if !isAllKept { throw Exit(code: 3) }
  }

  /// A backup, or an archive, which is one.
  private func ship(
    _ store: Store, to objects: ObjectStore
  ) throws -> (BackupResult, ArchiveResult?) {
    // On both cores; what others commit from here on is indexed by the backup.
    if withIndexes {
      try store.flush()
      try store.maintain()
      try store.indexText(concurrently: .dispatch)
    }
    return try ProgressBar.during(isWanted: !quiet && !json.json) { onProgress in
      if archive.archive {
        let archived = try store.archive(
          to: objects, withIndexes: withIndexes, transfers: transfers.concurrency,
          onProgress: onProgress, isCancelled: { Process.isStopped })
        return (archived.backup, archived)
      }
      return (
        try store.backUp(
          to: objects, withIndexes: withIndexes, transfers: transfers.concurrency,
          onProgress: onProgress, isCancelled: { Process.isStopped }), nil
      )
    }
  }

  private func text(
    _ target: String, _ result: BackupResult, _ archived: ArchiveResult?
  ) -> String {
    var shipped = [Count.text(result.segmentsShipped, "segment")]
    if withIndexes { shipped.append(Count.text(result.indexesShipped, "index file")) }
    let kept = archived.map { ArchiveArguments.text($0) } ?? ""
    return "\(target): generation \(result.generation), \(shipped.joined(separator: ", ")) and "
      + "\(result.bytesShipped) bytes shipped, \(result.segmentsKnown) there already\(kept)"
  }

  /// Backups are ordered by the time that they say; a clock that is off puts them out of order.
  private static func compareClocks(_ theirs: Int64, _ target: String) {
    let difference = abs(theirs.addingClamped(-Process.now()))
    guard difference > 600_000 else { return }
    Output.note(
      Escape.terminal(
        "varve: \(target): its clock and ours differ by \(TimeText.shortSpan(difference))"))
  }

  private func row(
    _ target: String, _ result: BackupResult, _ archived: ArchiveResult?
  ) -> JSON {
    .object([
      ("target", .string(target)), ("id", .string(result.key)),
      ("generation", .int(result.generation)), ("segmentsShipped", .int(result.segmentsShipped)),
      ("segmentsKnown", .int(result.segmentsKnown)),
      ("indexesShipped", .int(result.indexesShipped)), ("bytesShipped", .int(result.bytesShipped)),
      ("archive", archived.map { ArchiveArguments.json($0) } ?? .null),
    ])
  }
}

struct Backups: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the backups of a target, oldest first.")

  @OptionGroup var json: JSONArguments

  @OptionGroup var access: TargetArguments

  @Argument(
    help: ArgumentHelp(
      "A directory, an s3:// address or a name that has backups.", valueName: "target"))
  var target: String

  func run() throws {
    let access = try access.access(target)
    let (backups, older) = try ShippingLog.backups(
      of: access, BackupReader(access.objects()), onProblem: Self.note)
    if let older {
      Output.note("varve: \(Escape.terminal("\(target): \(older)"))")
    }
    if json.json {
      return JSON.object([
        (
          "backups",
          .array(
            backups.map {
              .object([
                ("id", .string($0.key)), ("generation", .int($0.generation)),
                ("time", .time($0.time)), ("bytes", .int($0.byteCount)), ("verifiedAt", .null),
                ("store", .string("\($0.store)")), ("commit", .int($0.commit)),
                ("digest", .string("\($0.contentDigest)")),
                ("historyDigest", .string("\($0.historyDigest)")),
                ("hasIndexes", .bool($0.hasIndexes)),
                ("forgettings", .int($0.forgettingCount)),
              ])
            })
        ), ("next", .null),
      ]).print()
    }
    let replaced = Pruning.replaced(among: backups)
    for backup in backups {
      Output.line(
        "\(TimeText.local(backup.time))  generation \(backup.generation)  "
          + "\(backup.byteCount) bytes  \("\(backup.contentDigest)".prefix(16))"
          + (replaced.contains(backup.key) ? "  replaced" : ""))
    }
    if backups.isEmpty {
      Output.note("varve: \(Escape.terminal(target)): there are no backups")
      throw Exit(code: 1)
    }
  }

  /// A record that is not right is said and left out.
  static func note(_ problem: VerificationProblem) {
    Output.note("varve: \(Escape.terminal("\(problem.file): \(problem.kind); left out"))")
  }
}

struct Restore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a store from a backup.",
    discussion: """
      Every byte is compared with its digest on the way, and the finished store with the digests \
      of the backup. The directory must not exist, or be empty; what fails leaves no store there.
      """)

  @OptionGroup var json: JSONArguments

  @OptionGroup var access: TargetArguments

  @Argument(
    help: ArgumentHelp(
      "A directory, an s3:// address or a name that has backups.", valueName: "target"))
  var target: String

  @OptionGroup var transfers: TransferArguments

  @Flag(name: [.short, .long], help: "Say nothing but errors.")
  var quiet = false

  @Option(name: .long, help: ArgumentHelp("Where the store is made.", valueName: "dir"))
  var into: String

  @Option(
    name: .long,
    help: ArgumentHelp("The last backup up to this time (default: the newest).", valueName: "time"))
  var at: String?

  @Option(name: .long, help: ArgumentHelp("The backup of this generation.", valueName: "number"))
  var generation: UInt64?

  @Option(
    name: .long, help: ArgumentHelp("The backup with this id, as 'backups --json' shows it."))
  var id: String?

  func validate() throws {
    guard at == nil || generation == nil else {
      throw ValidationError("give one of --at and --generation")
    }
  }

  func run() throws {
    let access = try access.access(target)
    let reader = BackupReader(try access.objects())
    var (backups, older) = try ShippingLog.backups(
      of: access, reader, onProblem: Backups.note)
    if id == nil, at == nil, generation == nil, let older {
      throw StoreError(
        .damaged, path: target, detail: "\(older); --generation or --id restores one all the same")
    }
    if let id { backups.removeAll { $0.key != id } }
    if let at {
      let limit = try TimeText.until(at)
      backups.removeAll { $0.time >= limit }
    }
    if let generation { backups.removeAll { $0.generation != generation } }
    guard let backup = backups.last else {
      throw StoreError(.notFound, path: target, detail: "the target has no such backup")
    }
    let stores = Set(backups.map { "\($0.store)" })
    guard stores.count == 1 else {
      throw StoreError(
        .ambiguous, path: target,
        detail: "the target has backups of \(stores.count) stores; choose one with --id")
    }
    Process.catchStops()
    let store = try ProgressBar.during(isWanted: !quiet && !json.json) { onProgress in
      try reader.restore(
        backup, into: into, concurrently: .dispatch, transfers: transfers.concurrency,
        onProgress: onProgress, isCancelled: { Process.isStopped })
    }
    let sums = try store.snapshot().statistics()
    if json.json {
      return JSON.object([
        ("id", .string(backup.key)), ("generation", .int(backup.generation)),
        ("occurrences", .int(sums.occurrences)), ("messages", .int(sums.messages)),
        ("digest", .string("\(backup.contentDigest)")),
      ]).print()
    }
    guard !quiet else { return }
    Output.line(
      Escape.terminal(
        "restored generation \(backup.generation) of \(TimeText.local(backup.time)) into \(into): "
          + "\(sums.occurrences) occurrences, digest \(backup.contentDigest)"))
  }
}
