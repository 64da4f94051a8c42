// SHA-256 over spans. The only file that imports Crypto, so that another library can take its
// place.

import Crypto
package import VarveFormat

/// A running SHA-256 (FIPS 180-4).
package struct Digest: Sendable {
  private var state = SHA256()

  package init() {}

  package mutating func update(_ bytes: RawSpan) {
    // SAFETY: the pointer is used only inside the closure.
    unsafe bytes.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
  }

  package mutating func update(_ bytes: [UInt8]) { update(bytes.rawSpan) }

  package func finish() -> ContentHash {
    // SAFETY: the closure reads the 32 bytes of the result and keeps no pointer.
    unsafe state.finalize().withUnsafeBytes { digest in
      unsafe ContentHash(RawSpan(_unsafeBytes: digest))
    }
  }

  package static func hash(_ bytes: RawSpan) -> ContentHash {
    var digest = Digest()
    digest.update(bytes)
    return digest.finish()
  }

  package static func hash(_ bytes: [UInt8]) -> ContentHash { hash(bytes.rawSpan) }

  /// HMAC-SHA-256 (RFC 2104).
  package static func keyed(_ bytes: [UInt8], key: [UInt8]) -> ContentHash {
    let code = HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: key))
    let bytes = Array(code)
    return ContentHash(bytes.rawSpan)
  }
}
