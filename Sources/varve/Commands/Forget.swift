// `varve forget`: shows what goes, asks, and lets it go for good.

import ArgumentParser
import Varve
import VarveSources

struct Forget: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Forget messages for good: from every answer and every file.",
    discussion: """
      Says what would go and asks, unless --yes is given. All conditions must hold; at least one \
      is needed. What goes are occurrences: a message stays as long as it was seen elsewhere, \
      which is listed, unless --everywhere takes it, too, and keeps it out wherever it comes from.

      The archived originals keep their length; the records that were forgotten become spaces, \
      with everything else that stands in the same lines. What stays are digests, so that the \
      history can still be verified, and a keyed tombstone with the reason, so that nothing comes \
      back when its source is read again. Backups that were made before keep it: it is said which, \
      and 'prune --apply-forgotten' writes them anew.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var filters: FilterArguments
  @OptionGroup var wait: WaitArguments
  @OptionGroup var json: JSONArguments

  @Argument(
    help: ArgumentHelp("Hashes or ids of messages, or 4 or more first digits.", valueName: "id"))
  var ids: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A condition of the filter language; can be repeated.", valueName: "condition"))
  var filter: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What came from this file: its path or the last components of it; can be repeated.",
      valueName: "path"))
  var source: [String] = []

  @Flag(name: .long, help: "The same contents elsewhere go, too, and are kept out from now on.")
  var everywhere = false

  @Option(name: .long, help: ArgumentHelp("Why; kept with the tombstone.", valueName: "text"))
  var reason = ""

  @Flag(name: [.short, .long], help: "Do not ask.")
  var yes = false

  @Flag(name: [.customShort("n"), .long], help: "Say what would go, and change nothing.")
  var dryRun = false

  func run() throws {
    _ = try storeArguments.pathForWriting()
    let snapshot = try storeArguments.openForReading().snapshot()
    let request = try request(snapshot)
    guard !request.isEmpty else {
      throw ValidationError("say what to forget: an id, or conditions such as --session")
    }
    let selection = try snapshot.selectForForgetting(request)
    let changes = try OriginalBlanking(snapshot).changes(for: selection)
    if !json.json { try show(selection, changes, snapshot) }
    guard !selection.sequences.isEmpty else {
      if json.json { print(ForgetResult(), selection, changes) }
      throw Exit(code: 1)
    }
    if dryRun {
      if json.json { print(ForgetResult(), selection, changes) }
      return
    }
    try confirm()
    let store = try storeArguments.openForWriting(wait)
    let result = try store.forget(request, reason: reason, concurrently: .dispatch)
    try store.maintain()
    try store.indexText(ifOver: Limits.tailByteCount, concurrently: .dispatch)
    let targets = try ShippingLog.targets(of: "\(snapshot.storeID)")
    // What was fetched of them lies there openly.
    for target in targets { TargetStore.removeCache(of: target.identity) }
    if json.json { return print(result, selection, changes, targets.map(\.name)) }
    defer {
      for (_, name) in targets {
        Output.line(
          Escape.terminal(
            "backups in \(name) that were made before may hold it; 'varve prune' says until when "
              + "by the rules that it is given, and with --apply-forgotten writes them anew"))
      }
    }
    Output.line(
      "forgotten: \(Count.text(result.occurrences, "occurrence")), "
        + Count.text(result.messages, "message"))
  }

  private func request(_ snapshot: Snapshot) throws -> ForgetRequest {
    var request = ForgetRequest()
    request.hashes = try ids.map { try Names.hash($0, snapshot) }
    request.filters = try filters.conditions(snapshot) + filter
    request.isEverywhere = everywhere
    for text in source { request.sources.append(try Names.source(text, snapshot)) }
    return request
  }

  /// Messages that stay elsewhere are listed up to this number.
  private static let remaindersShownMax = 20

  private func show(
    _ selection: ForgetSelection, _ changes: [OriginalBlanking.Change], _ snapshot: Snapshot
  ) throws {
    Output.line(
      "\(Count.text(selection.sequences.count, "occurrence")); "
        + "the last one of \(Count.text(selection.messageCount, "message"))")
    let bytes = changes.reduce(0) { $0 + $1.ranges.reduce(0) { $0 + $1.length } }
    if !changes.isEmpty {
      Output.line("\(Count.text(changes.count, "original")): \(bytes) bytes become blank")
    }
    guard !selection.remainders.isEmpty else { return }
    Output.line("\(Count.text(selection.remainders.count, "message")) stay elsewhere:")
    for remainder in selection.remainders.prefix(Self.remaindersShownMax) {
      Output.line("  \("\(remainder.hash)".prefix(16))  seen \(remainder.sequences.count) times")
      for sequence in remainder.sequences.prefix(3) {
        Output.line("    " + OccurrenceText.line(try snapshot.occurrence(sequence)))
      }
    }
    if selection.remainders.count > Self.remaindersShownMax {
      Output.line("  … and \(selection.remainders.count - Self.remaindersShownMax) more")
    }
  }

  private func confirm() throws {
    guard !yes else { return }
    guard Process.isInputTerminal else {
      throw ValidationError("nobody is there to ask; give --yes, or --dry-run to look first")
    }
    Output.flush()
    Output.note("Forget this for good? [y/N] ", isLine: false)
    guard let answer = readLine()?.lowercased(), answer == "y" || answer == "yes" else {
      Output.note("varve: nothing was changed")
      throw Exit(code: 1)
    }
  }

  private func print(
    _ result: ForgetResult, _ selection: ForgetSelection, _ changes: [OriginalBlanking.Change],
    _ targets: [String] = []
  ) {
    JSON.object([
      ("targets", .array(targets.map { .string($0) })),
      ("occurrences", .int(selection.sequences.count)), ("messages", .int(selection.messageCount)),
      ("forgotten", .int(result.occurrences)),
      (
        "remaining",
        .array(
          selection.remainders.map {
            .object([
              ("hash", .string("\($0.hash)")), ("occurrences", .int($0.sequences.count)),
            ])
          })
      ),
      (
        "originals",
        .array(
          changes.map { change in
            .object([
              ("host", .string(change.original.name.host)),
              ("path", .string(change.original.fullPath)),
              ("bytes", .int(change.ranges.reduce(0) { $0 + $1.length })),
            ])
          })
      ),
    ]).print()
  }
}

/// Numbers of things, for people.
enum Count {
  static func text(_ count: Int, _ what: String) -> String {
    "\(count) \(what)\(count == 1 ? "" : "s")"
  }
}
