// How a store is opened. Everything has a default that is safe.

import VarveStorage

/// Options of ``Store/open(at:options:)``.
public struct StoreOptions: Sendable {
  /// What a store is opened for.
  public enum Access: Sendable {
    /// Reading; nothing in the directory is changed, not even times.
    case read
    /// Reading and writing; the lock is taken for each batch.
    case write
  }

  /// Who merges indexes.
  public enum Maintenance: Sendable {
    /// The committing thread, after a commit that made it due.
    case inline
    /// The caller, with ``Store/maintain(isLoading:isCancelled:)`` on a thread of its own.
    case manual
  }

  /// Reading or writing.
  public var access: Access
  /// Whether a missing store is made; only with write access.
  public var createIfMissing: Bool
  /// How long a commit waits for another writer, in milliseconds.
  public var lockWaitMilliseconds: Int
  /// Who merges indexes.
  public var maintenance: Maintenance
  /// Size at which a segment is sealed, in bytes; smaller values are for tests.
  public var segmentByteCount: Int
  /// Raw content that may stay outside an index, in bytes; smaller values are for tests.
  public var tailByteCount: Int

  /// Results of searches that are kept in memory; 0 for none.
  public var resultCacheCount: Int
  /// How long such a result is kept, in seconds.
  public var resultCacheSeconds: Int

  /// Default options.
  ///
  /// - Parameter access: reading or writing.
  public init(access: Access = .write) {
    self.access = access
    createIfMissing = false
    lockWaitMilliseconds = 10_000
    maintenance = .inline
    segmentByteCount = Limits.segmentByteCount
    tailByteCount = Limits.tailByteCount
    resultCacheCount = 128
    resultCacheSeconds = 3600
  }
}

extension Store {
  /// Whether a directory is a store, of any version.
  public static func isStore(at path: String) -> Bool {
    PosixFileSystem().exists(StorePaths(path).current)
  }
}
