// A drill: a backup is worth what comes back from it.

public import Varve
import VarveFormat
package import VarveStorage

/// What a drill found.
public struct DrillResult: Sendable, Equatable {
  /// Messages of the restored store.
  public var messages: UInt64 = 0
  /// Occurrences of it.
  public var occurrences: UInt64 = 0
  /// Whether its digests are those that the backup's record says.
  public var isDigestEqual = false
  /// Everything that is wrong.
  public var problems: [VerificationProblem] = []
  /// How long it took until the store could be used, indexes among it.
  public var restoreMilliseconds: Int64 = 0
  /// How long it took to read and check every byte of it.
  public var verifyMilliseconds: Int64 = 0
  /// The age of the backup: what would have been lost.
  public var recoveryPointMilliseconds: Int64 = 0

  /// Whether the backup would have helped.
  public var isGood: Bool { isDigestEqual && problems.isEmpty }
}

extension BackupReader {
  /// Restores a backup, reads every byte of the store that comes of it, and says what it is worth.
  ///
  /// What is wrong with the backup is in the result; what keeps a drill from being made is thrown.
  ///
  /// - Parameter path: a directory that does not exist or is empty; what it holds then is the
  ///   caller's to remove.
  public func drill(
    _ backup: BackupInfo, into path: String, concurrently: Concurrency = .none,
    transfers: Concurrency = .none,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> DrillResult {
    try drill(
      backup, into: path, fileSystem: PosixFileSystem(), concurrently: concurrently,
      transfers: transfers, onProgress: onProgress, isCancelled: isCancelled)
  }

  /// The same on any file system; what the tests use.
  package func drill(
    _ backup: BackupInfo, into path: String, fileSystem: any FileSystem,
    concurrently: Concurrency = .none, transfers: Concurrency = .none,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> DrillResult {
    var result = DrillResult()
    let start = fileSystem.now()
    result.recoveryPointMilliseconds = max(0, start.addingClamped(-backup.time))
    do {
      let store = try restore(
        backup, into: path, fileSystem: fileSystem, concurrently: concurrently,
        transfers: transfers, onProgress: onProgress, isCancelled: isCancelled)
      result.restoreMilliseconds = fileSystem.now() - start
      let snapshot = try store.snapshot()
      let sums = try snapshot.statistics()
      result.messages = sums.messages
      result.occurrences = sums.occurrences
      result.isDigestEqual =
        try snapshot.digest() == backup.contentDigest
        && snapshot.historyDigest == backup.historyDigest
      result.problems = try store.verify(concurrently: concurrently, isCancelled: isCancelled)
        .problems
      result.verifyMilliseconds = fileSystem.now() - start - result.restoreMilliseconds
    } catch let error as StoreError where error.code == .damaged || error.code == .notFound {
      result.restoreMilliseconds = fileSystem.now() - start
      result.problems.append(
        VerificationProblem(file: error.path, offset: error.offset, kind: error.detail))
    }
    return result
  }
}
