// A store that is read in a backup target: what one machine ships with its indexes, others read.

import ArgumentParser
import Varve
import VarveShipping
import VarveSources

enum TargetStore {
  /// Opens the newest backup with indexes of a target; nil if a text names none, but a directory of
  /// a store.
  ///
  /// - Parameter text: an address, the name of a target of the configuration, or a directory that
  ///   holds backups.
  static func open(_ text: String) throws -> Store? {
    guard try isTarget(text) else { return nil }
    let names = try Configuration.load().targets
    // What the configuration says of an address holds for it, by whatever it is named.
    let name = names.first { trimmed($0.value.address) == trimmed(text) }?.key
    let access = try TargetArguments.parse([]).access(names[text] == nil ? name ?? text : text)
    let reader = BackupReader(try access.objects())
    let (backups, older) = try ShippingLog.backups(of: access, reader, onProblem: Backups.note)
    if let older {
      throw StoreError(
        .damaged, path: text, detail: "\(older); 'restore' takes an older one all the same")
    }
    guard let newest = backups.last else {
      throw StoreError(.notFound, path: text, detail: "there are no backups")
    }
    guard Set(backups.map(\.store)).count == 1 else {
      throw StoreError(
        .ambiguous, path: text,
        detail: "the target has backups of several stores; to be read each needs a target of its "
          + "own")
    }
    guard let backup = backups.last(where: \.hasIndexes) else {
      throw StoreError(
        .request("no_indexes"), path: text,
        detail: "its backups have no indexes: 'varve backup --with-indexes' ships them, 'restore' "
          + "builds them")
    }
    if backup.key != newest.key {
      Output.note(
        Escape.terminal(
          "varve: \(text): the newest backup has no indexes; this is generation "
            + "\(backup.generation) of \(TimeText.local(backup.time))"))
    }
    return try ProgressBar.during(isWanted: true) { onProgress in
      try reader.open(
        backup, cache: cache(of: access.identity), transfers: TransferArguments.concurrencyDefault,
        onProgress: onProgress, isCancelled: { Process.isStopped })
    }
  }

  /// Whether a text names a target, and not a directory of a store.
  static func isTarget(_ text: String) throws -> Bool {
    if text.contains("://") { return true }
    // A store may have a target in a folder of it, but is none.
    if Store.isStore(at: text) { return false }
    if DirectoryTarget.isTarget(text) { return true }
    return try Configuration.load().targets[text] != nil
  }

  private static func trimmed(_ address: String) -> Substring {
    address.hasSuffix("/") ? address.dropLast() : address[...]
  }

  /// Where what was fetched of targets is kept.
  static var cacheFolder: String {
    let folder =
      Process.environment("XDG_CACHE_HOME") ?? (Process.environment("HOME") ?? ".") + "/.cache"
    return folder + "/varve/targets"
  }

  private static func cache(of identity: String) -> String {
    cacheFolder + "/" + "\(ContentDigest.hash(Array(identity.utf8)))".prefix(16)
  }

  /// Takes away what was fetched of a target: it may hold what was forgotten.
  static func removeCache(of identity: String) { Process.removeTree(cache(of: identity)) }
}
