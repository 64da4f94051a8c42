// The one error of the engine: what failed, where, and what to do about it.

@_exported public import VarveFormat
import VarveSearch
package import VarveStorage

/// Why an operation of a store failed.
public struct StoreError: Error, Sendable, CustomStringConvertible {
  /// The classes of failure that a caller can act on.
  public enum Code: Sendable, Equatable {
    /// A system call failed; the value is its `errno`.
    case system(Int32)
    /// Bytes of the store are damaged.
    case damaged
    /// The store was written by a newer version of the format.
    case newerFormat
    /// A file that is derived was written by an older version of the format and has to be made
    /// again.
    case outdated
    /// The directory is not a store.
    case notAStore
    /// Another process or store holds the writer's lock.
    case busy
    /// The store is open for writing elsewhere in this process.
    case alreadyOpen
    /// The store was opened for reading only.
    case readOnly
    /// A write or sync failed before; open the store again.
    case poisoned
    /// A named limit was exceeded.
    case limit
    /// Nothing has this name.
    case notFound
    /// Several things have this name.
    case ambiguous
    /// A server did not answer, or not as it should; the same may go through later.
    case unreachable
    /// A key, a credential or a permission is missing or wrong.
    case denied
    /// The progress hook asked to stop.
    case cancelled
    /// A search or setting is not valid; the text is the code that clients know.
    case request(String)
  }

  /// What kind of failure it is.
  public let code: Code
  /// The file or directory, or empty.
  public let path: String
  /// Byte offset in the file, where one is known.
  public let offset: UInt64?
  /// What was being done or found, in a few words.
  public let detail: String

  /// Creates an error.
  public init(_ code: Code, path: String = "", offset: UInt64? = nil, detail: String) {
    self.code = code
    self.path = path
    self.offset = offset
    self.detail = detail
  }

  package init(_ error: StorageError) {
    switch error.code {
    case .system(let number): code = .system(number)
    case .format(let format):
      code =
        switch format.code {
        case .unsupportedVersion: .newerFormat
        case .outdatedVersion: .outdated
        default: .damaged
        }
    case .corrupt, .missing: code = .damaged
    case .notAStore: code = .notAStore
    case .limit: code = .limit
    case .poisoned: code = .poisoned
    case .busy: code = .busy
    case .cancelled: code = .cancelled
    case .unreachable: code = .unreachable
    case .denied: code = .denied
    }
    path = error.path
    offset = error.offset
    if case .format(let format) = error.code {
      let isOutdated = format.code == .outdatedVersion
      detail =
        error.doing + ": "
        + (isOutdated
          ? "it is of an older version and has to be made again" : "\(format.code)")
    } else {
      detail = error.doing
    }
  }

  init(_ error: SearchError) {
    switch error {
    case .request(let name, let message): self.init(.request(name), detail: message)
    case .damaged(let format): self.init(.damaged, detail: "search: \(format.code)")
    }
  }

  /// One line: the file, the place, and what was found.
  public var description: String {
    var text = path
    if let offset { text += (text.isEmpty ? "" : ", ") + "byte \(offset)" }
    return text.isEmpty ? detail : "\(text): \(detail)"
  }
}

/// Runs storage code and gives its error the engine's type.
package func engine<T>(_ body: () throws(StorageError) -> T) throws(StoreError) -> T {
  do throws(StorageError) {
    return try body()
  } catch {
    throw StoreError(error)
  }
}
