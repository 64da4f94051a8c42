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
  /// Whether something else keeps it from being deleted: a legal hold, a lock that some can lift,
  /// or one whose end cannot be read.
  var isHeldOtherwise = false

  /// No protection.
  public init() {}

  /// Nothing asked for.
  public var isEmpty: Bool { self == Protection() }

  /// What of this another protection, as a server says it, does not have.
  func missing(in kept: Protection) -> [Part] {
    var missing: [Part] = []
    // Servers keep whole seconds.
    if let lockedUntil, kept.lockedUntil.map({ $0 / 1000 < lockedUntil / 1000 }) ?? true {
      missing.append(.lock)
    }
    // The usual class has no header.
    if let storageClass, kept.storageClass ?? "STANDARD" != storageClass {
      missing.append(.storageClass)
    }
    if let serverKey, !Self.isSame(serverKey, kept.serverKey) { missing.append(.serverKey) }
    return missing
  }

  /// Whether a server's name of a key is the one that was asked for: either may be a whole name
  /// that ends with the id, and what an alias stands for only the server knows.
  private static func isSame(_ asked: String, _ kept: String?) -> Bool {
    func id(_ name: String) -> Substring { name.split { $0 == "/" || $0 == ":" }.last ?? "" }
    guard let kept else { return false }
    return asked.contains("alias/") || id(asked) == id(kept)
  }

  /// Whether an object must not be deleted at a time.
  func isLocked(at time: Int64) -> Bool { isHeldOtherwise || (lockedUntil ?? .min) > time }
}
