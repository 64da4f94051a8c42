// The cryptography of shipping in one place: what of which library does what.

import Crypto
import CryptoExtras
import Varve
import VarveFormat

enum Ciphers {
  /// HMAC-SHA-256 (RFC 2104).
  static func hmac(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: key)))
  }

  /// MD5 (RFC 1321), which S3 asks for as a checksum; nothing relies on it.
  static func md5(_ bytes: [UInt8]) -> [UInt8] { Array(Insecure.MD5.hash(data: bytes)) }

  /// A key of 32 bytes for one purpose (HKDF-SHA-256, RFC 5869).
  static func derive(_ key: [UInt8], salt: [UInt8], purpose: String) -> [UInt8] {
    let derived = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: key), salt: salt, info: Array(purpose.utf8),
      outputByteCount: 32)
    return bytes(derived)
  }

  /// A key from a passphrase (scrypt, RFC 7914).
  ///
  /// - Parameter rounds: a power of 2; 128 * 8 bytes of memory for each.
  static func scrypt(_ passphrase: [UInt8], salt: [UInt8], rounds: Int) throws -> [UInt8] {
    bytes(
      try KDF.Scrypt.deriveKey(
        from: passphrase, salt: salt, outputByteCount: 32, rounds: rounds, blockSize: 8,
        parallelism: 1))
  }

  /// AES-256-GCM (NIST SP 800-38D): the text and a tag of 16 bytes.
  static func seal(
    _ plain: ArraySlice<UInt8>, key: [UInt8], nonce: [UInt8], with associated: [UInt8]
  ) throws -> [UInt8] {
    let box = try AES.GCM.seal(
      plain, using: SymmetricKey(data: key), nonce: AES.GCM.Nonce(data: nonce),
      authenticating: associated)
    return Array(box.ciphertext) + Array(box.tag)
  }

  /// What was sealed; nil if a bit of it, of the key or of what goes with it is another.
  static func open(
    _ sealed: ArraySlice<UInt8>, key: [UInt8], nonce: [UInt8], with associated: [UInt8]
  ) -> [UInt8]? {
    guard sealed.count >= tagByteCount, let nonce = try? AES.GCM.Nonce(data: nonce),
      let box = try? AES.GCM.SealedBox(
        nonce: nonce, ciphertext: sealed.dropLast(tagByteCount),
        tag: sealed.suffix(tagByteCount)),
      let plain = try? AES.GCM.open(
        box, using: SymmetricKey(data: key), authenticating: associated)
    else { return nil }
    return Array(plain)
  }

  static let tagByteCount = 16
  static let keyByteCount = 32

  /// Random bytes of the system's generator, for keys and salts.
  static func random(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  private static func bytes(_ key: SymmetricKey) -> [UInt8] {
    // SAFETY: the closure copies the bytes of the key and keeps no pointer.
    unsafe key.withUnsafeBytes { unsafe Array($0) }
  }
}
