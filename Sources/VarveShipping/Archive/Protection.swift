// How a server is to keep the objects of an archive, and how it says that it does.

/// What keeps an object on a server from being deleted or read, and what it costs there.
public struct Protection: Sendable, Equatable {
  /// One thing that a server may ignore.
  public enum Part: String, Sendable, CaseIterable {
    /// Nothing and nobody deletes the object before a time.
    case lock
    /// The price of keeping and of reading it.
    case storageClass
    /// Encryption on the server with a key of its key management service.
    case serverKey
  }

  /// A class such as `GLACIER_IR`; nil for the usual one.
  public var storageClass: String?
  /// Until when nobody can delete it, the account's owner included (COMPLIANCE mode); milliseconds
  /// since 1970 UTC.
  public var lockedUntil: Int64?
  /// The key of the server's key management service that it is encrypted with there.
  public var serverKey: String?

  /// No protection.
  public init() {}

  /// Nothing asked for.
  public var isEmpty: Bool { self == Protection() }

  /// What of this another protection, as a server says it, does not have.
  func missing(in kept: Protection) -> [Part] {
    var missing: [Part] = []
    if let lockedUntil, kept.lockedUntil.map({ $0 < lockedUntil }) ?? true { missing.append(.lock) }
    if let storageClass, kept.storageClass != storageClass { missing.append(.storageClass) }
    // Servers answer with the whole name of a key, which ends with its id.
    if let serverKey, !(kept.serverKey?.hasSuffix(serverKey) ?? false) {
      missing.append(.serverKey)
    }
    return missing
  }
}
