// The secrets of an encrypted target: one for the bytes of objects, one for their names.

import Varve
import VarveFormat

/// The keys of a target. They never change; what unlocks them may. Shows nothing of them.
public struct BackupKeys: Sendable, CustomStringConvertible {
  /// Objects are encrypted under keys derived from it.
  let data: [UInt8]
  /// Names are codes under it.
  let names: [UInt8]

  static let byteCount = 2 * Ciphers.keyByteCount

  /// New random keys.
  init() {
    data = Ciphers.random(Ciphers.keyByteCount)
    names = Ciphers.random(Ciphers.keyByteCount)
  }

  /// Keys as they are wrapped.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    data = Array(bytes.prefix(Ciphers.keyByteCount))
    names = Array(bytes.suffix(Ciphers.keyByteCount))
  }

  var bytes: [UInt8] { data + names }

  /// What tells the keys of one target from those of another, and nothing of them: 16 bytes.
  var ringID: StoreID {
    let code = Ciphers.hmac(Array("varve keys".utf8), key: names)
    return StoreID(high: Self.word(code, 0), low: Self.word(code, 8))
  }

  private static func word(_ bytes: [UInt8], _ at: Int) -> UInt64 {
    bytes[at..<(at + 8)].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The id of an object: a code of what it is and of its bytes, which says nothing of either.
  func id(_ kind: String, _ digest: ContentHash) -> ContentHash {
    let code = Ciphers.hmac(Array(kind.utf8) + digest.bytes, key: names)
    return ContentHash(code.rawSpan)
  }

  /// Nothing.
  public var description: String { "keys" }
}
