// A backup read where it is: nothing is restored, what is needed is fetched once and kept.

public import Varve
import VarveFormat
import VarveStorage

extension BackupReader {
  /// Opens a backup that was shipped with its indexes as a store for reading.
  ///
  /// Indexes are fetched whole, at the first opening after they changed. Of an encrypted target the
  /// log is read in chunks, as it is asked for; of another one a segment is fetched whole when it
  /// is first read, as only the whole can be compared with its digest. What was fetched stays in
  /// the cache as long as the backup that was opened last needs it; it is not encrypted there.
  ///
  /// The store stays what the backup is. To see a newer one, open that.
  ///
  /// - Parameters:
  ///   - backup: which one; ``BackupInfo/hasIndexes``.
  ///   - cache: a directory of this target alone, made if it is not there; several processes may
  ///     share it.
  ///   - transfers: threads that fetch indexes.
  ///   - onProgress: called with the bytes of indexes fetched and those there are to fetch.
  ///   - isCancelled: asked between pieces.
  /// - Throws: ``StoreError``: `request` if it has no indexes, `damaged` if what the target has is
  ///   not what the backup says, what the target throws.
  public func open(
    _ backup: BackupInfo, cache: String, transfers: Concurrency = .none,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> Store {
    guard backup.hasIndexes else {
      throw StoreError(
        .request("no_indexes"), path: objects.name,
        detail: "the backup was shipped without indexes: restore it, or ship one with them")
    }
    let cache = try ObjectCache(cache, of: objects, isCancelled: isCancelled)
    try cache.keepOnly(backup.record.files)
    let missing = backup.record.indexes.filter { !cache.has($0) }
    let total = missing.reduce(0) { $0 &+ $1.byteCount }
    try Transfers(transfers, total: total, onProgress).each(missing) { object, onMove in
      _ = try cache.wholeFile(object, onMove)
    }
    return try Store.open(
      at: objects.name, options: StoreOptions(access: .read),
      fileSystem: BackupFileSystem(backup, cache))
  }
}
