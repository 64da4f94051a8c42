// What was shipped and drilled from this machine: `$XDG_STATE_HOME/varve/shipping.jsonl`, one JSON
// object a line. `doctor` reads it, and whoever reads a target compares: a target cannot say itself
// that it was put back to an older state.

import Varve
import VarveShipping
import VarveSources

enum ShippingLog {
  /// One line.
  struct Entry {
    enum Kind: String {
      case backup, drill
    }

    var kind: Kind
    /// Milliseconds since 1970 UTC.
    var time: Int64
    /// The target, wherever it is named from, and what it was called.
    var target: String
    var name: String
    var store: String
    var generation: UInt64
    var isGood: Bool
    var restoreMilliseconds: Int64 = 0
    var recoveryPointMilliseconds: Int64 = 0
  }

  private static let byteCountMax = 64 << 20

  static var path: String {
    let folder =
      Process.environment("XDG_STATE_HOME")
      ?? (Process.environment("HOME") ?? ".") + "/.local/state"
    return folder + "/varve/shipping.jsonl"
  }

  /// Adds a line. What cannot be noted is said, and is no failure of what was done.
  static func add(_ entry: Entry) {
    let line = JSON.object([
      ("kind", .string(entry.kind.rawValue)), ("time", .int(entry.time)),
      ("target", .string(entry.target)), ("name", .string(entry.name)),
      ("store", .string(entry.store)),
      ("generation", .int(entry.generation)), ("ok", .bool(entry.isGood)),
      ("restoreMilliseconds", .int(entry.restoreMilliseconds)),
      ("recoveryPointMilliseconds", .int(entry.recoveryPointMilliseconds)),
    ])
    do {
      try Process.append(String(decoding: line.bytes, as: UTF8.self), to: path)
    } catch {
      Output.note("varve: \(ErrorReport.text(error)); 'doctor' will not know of this")
    }
  }

  /// All lines, oldest first; what is no line of ours is left out.
  static func entries() throws -> [Entry] {
    guard Process.exists(path) else { return [] }
    let bytes = try Process.contents(of: path, limit: byteCountMax)
    return bytes.split(separator: 0x0A).compactMap { line in
      guard let tree = try? JSONTree.parse(Array(line)),
        let kind = tree["kind"]?.text.flatMap(Entry.Kind.init), let time = tree["time"]?.int,
        let target = tree["target"]?.text, let store = tree["store"]?.text,
        let generation = tree["generation"]?.int, case .bool(let isGood)? = tree["ok"]
      else { return nil }
      return Entry(
        kind: kind, time: time, target: target, name: tree["name"]?.text ?? target, store: store,
        generation: UInt64(clamping: generation), isGood: isGood,
        restoreMilliseconds: tree["restoreMilliseconds"]?.int ?? 0,
        recoveryPointMilliseconds: tree["recoveryPointMilliseconds"]?.int ?? 0)
    }
  }

  /// The targets that backups of a store were shipped to from here: what tells each from others,
  /// and what it is called.
  static func targets(of store: String) throws -> [(identity: String, name: String)] {
    let shipped = try entries().filter { $0.store == store && $0.kind == .backup && $0.isGood }
    return Dictionary(shipped.map { ($0.target, $0.name) }) { $1 }
      .map { ($0.key, $0.value) }.sorted { $0.1 < $1.1 }
  }

  /// The backups of a target, and what is wrong if none is as new as one that was shipped to it
  /// from here; nil if nothing is.
  static func backups(
    of access: TargetAccess, _ reader: BackupReader,
    onProblem: (VerificationProblem) throws -> Void = { _ in }
  ) throws -> (backups: [BackupInfo], older: String?) {
    // Before the list: a backup that ends in between is in both or in the list alone.
    let shipped = try entries().filter {
      ($0.target == access.identity || $0.target == access.target.name) && $0.kind == .backup
        && $0.isGood
    }
    let backups = try reader.backups(onProblem: onProblem)
    return (backups, older(backups, than: shipped))
  }

  /// Refuses a target that has no backups, though some were shipped there from here: a disk that is
  /// not mounted looks so.
  static func requireKnown(_ access: TargetAccess) throws {
    let shipped = try entries().last { $0.target == access.identity && $0.kind == .backup }
    guard let shipped, shipped.isGood, try BackupReader(access.target).isEmpty() else { return }
    throw StoreError(
      .notFound, path: access.text,
      detail:
        "generation \(shipped.generation) was shipped there, and there are no backups now: is "
        + "it mounted? --anew begins there anew")
  }

  private static func older(_ backups: [BackupInfo], than shipped: [Entry]) -> String? {
    for (store, entries) in Dictionary(grouping: shipped, by: \.store) {
      let newest = entries.map(\.generation).max() ?? 0
      let found = backups.filter { "\($0.store)" == store }.map(\.generation).max()
      guard newest > found ?? 0 else { continue }
      return "generation \(newest) was shipped there, the newest it has is "
        + "\(found.map { "\($0)" } ?? "none"): it was put back to an older state, or backups "
        + "were taken away"
    }
    return nil
  }
}
