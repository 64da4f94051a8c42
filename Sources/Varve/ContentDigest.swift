// SHA-256 for those who read sources.

import VarveStorage

/// SHA-256, as messages are named by it.
public enum ContentDigest {
  /// The digest of some bytes.
  public static func hash(_ bytes: RawSpan) -> ContentHash { Digest.hash(bytes) }

  /// The digest of some bytes.
  public static func hash(_ bytes: [UInt8]) -> ContentHash { Digest.hash(bytes) }
}

/// A running SHA-256 over a stream.
public struct RunningDigest: Sendable {
  private var state = Digest()

  /// Starts with no bytes.
  public init() {}

  /// Adds bytes.
  public mutating func update(_ bytes: RawSpan) { state.update(bytes) }

  /// The digest of all bytes.
  public func finish() -> ContentHash { state.finish() }
}
