// What unlocks the keys of a target.

import Varve
import VarveFormat

/// Where the key comes from that the keys of a target are wrapped under. Shows nothing of it.
public enum KeySource: Sendable, CustomStringConvertible {
  /// The bytes of a file, at least ``fileByteCountMin`` of them, chosen at random.
  case file([UInt8])
  /// A passphrase; scrypt makes it costly to guess.
  case passphrase([UInt8])
  /// The key that was shown once when the target was first used.
  case recovery(RecoveryKey)
  /// A service that keeps the key and only uses it.
  case service(any KeyService)

  /// Bytes that the file of a key has at least.
  public static let fileByteCountMin = 32

  /// What kind of source it is.
  public var kind: KeySlotKind {
    switch self {
    case .file: .file
    case .passphrase: .passphrase
    case .recovery: .recovery
    case .service: .service
    }
  }

  /// Its kind alone.
  public var description: String { "\(kind)" }
}

/// The kinds of sources, as slots name them.
public enum KeySlotKind: UInt8, Sendable, CaseIterable {
  case file = 1
  case passphrase = 2
  case recovery = 3
  case service = 4
}

/// Encrypts and decrypts small secrets somewhere else, so that the key never leaves that place.
public protocol KeyService: Sendable {
  /// What people call the key.
  var name: String { get }

  /// A new random key of 32 bytes, as it is and encrypted.
  ///
  /// - Parameter context: what must be said again to decrypt it.
  func makeKey(context: String) throws -> (plain: [UInt8], wrapped: [UInt8])

  /// Decrypts such a key.
  func unwrap(_ wrapped: [UInt8], context: String) throws -> [UInt8]
}

/// A key for the case that all others are lost: 32 random bytes, written down by a person.
public struct RecoveryKey: Sendable, Equatable, CustomStringConvertible {
  let bytes: [UInt8]

  init() { bytes = Ciphers.random(Ciphers.keyByteCount) }

  /// Reads what was shown; blanks, dashes and case do not matter.
  ///
  /// - Returns: nil if a digit is missing or wrong.
  public init?(_ text: String) {
    let digits = text.filter { !$0.isWhitespace && $0 != "-" }
    guard let all = Hex.decode(digits), all.count == Ciphers.keyByteCount + Self.checkByteCount
    else { return nil }
    bytes = Array(all.prefix(Ciphers.keyByteCount))
    guard Self.check(bytes) == Array(all.suffix(Self.checkByteCount)) else { return nil }
  }

  private static let checkByteCount = 2

  private static func check(_ bytes: [UInt8]) -> [UInt8] {
    Array(ContentDigest.hash(bytes).bytes.prefix(checkByteCount))
  }

  /// The key itself, in groups of four digits: for the one time that it is shown.
  public var text: String {
    let digits = Array(Hex.encode(bytes + Self.check(bytes)))
    return stride(from: 0, to: digits.count, by: 4)
      .map { String(digits[$0..<min($0 + 4, digits.count)]) }.joined(separator: "-")
  }

  /// Nothing of it.
  public var description: String { "recovery key" }
}
