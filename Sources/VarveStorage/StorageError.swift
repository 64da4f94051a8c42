// The one error of the storage layer: what failed, on which file, where, and why.

public import VarveFormat

/// What went wrong below the engine.
public struct StorageError: Error, Sendable {
  /// The classes of failure that a caller can tell apart.
  public enum Code: Sendable, Equatable {
    /// A system call failed with this `errno`.
    case system(Int32)
    /// Bytes of a file are not what the format says.
    case format(FormatError)
    /// The contents of a file contradict what the store knows about it.
    case corrupt
    /// A file that the manifest lists is not there.
    case missing
    /// The directory holds no store.
    case notAStore
    /// A named limit was exceeded; the value is what was asked for.
    case limit(Int)
    /// A write or sync failed before; the writer must be opened again.
    case poisoned
    /// Another process or store holds the writer's lock.
    case busy
    /// The operation was cancelled by its progress hook.
    case cancelled
    /// The place where the file is does not answer, or not as it should.
    case unreachable
    /// The place where the file is refuses.
    case denied
  }

  /// What kind of failure it is.
  public let code: Code
  /// The file or directory it happened on.
  public let path: String
  /// Byte offset in the file, where one is known.
  public let offset: UInt64?
  /// What was being done or expected, in a few words.
  public let doing: String

  /// Creates an error.
  public init(_ code: Code, path: String, offset: UInt64? = nil, doing: String) {
    self.code = code
    self.path = path
    self.offset = offset
    self.doing = doing
  }

  /// Wraps an error of the format layer, moving its offset to the file's.
  package init(_ error: FormatError, path: String, base: UInt64 = 0, doing: String) {
    self.init(
      .format(error), path: path, offset: base &+ UInt64(max(0, error.offset)), doing: doing)
  }
}

/// Runs a format-layer call and gives its error the file and offset that it lacks.
package func inFile<T>(
  _ path: String, base: UInt64 = 0, _ doing: String, _ body: () throws(FormatError) -> T
) throws(StorageError) -> T {
  do throws(FormatError) {
    return try body()
  } catch {
    throw StorageError(error, path: path, base: base, doing: doing)
  }
}
