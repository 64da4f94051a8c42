// Salts of record digests: a keyed pseudo-random function of the commit's seed. Chapter 3, SEG-42.
// SipHash-2-4 with 128-bit output: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input
// PRF", INDOCRYPT 2012, and the reference implementation's 128-bit variant.

/// SipHash-2-4-128 of one 8-byte little-endian integer.
package enum RecordSalt {
  /// The salt of the record or fact with this index in its commit.
  package static func salt(
    seedHigh: UInt64, seedLow: UInt64, index: UInt64
  ) -> (UInt64, UInt64) {
    // The seed's 16 bytes as two little-endian words, as SipHash reads its key.
    let k0 = seedHigh.byteSwapped
    let k1 = seedLow.byteSwapped
    var v0 = k0 ^ 0x736f_6d65_7073_6575
    var v1 = k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
    var v2 = k0 ^ 0x6c79_6765_6e65_7261
    var v3 = k1 ^ 0x7465_6462_7974_6573
    func round() {
      v0 = v0 &+ v1
      v1 = (v1 << 13 | v1 >> 51) ^ v0
      v0 = v0 << 32 | v0 >> 32
      v2 = v2 &+ v3
      v3 = (v3 << 16 | v3 >> 48) ^ v2
      v0 = v0 &+ v3
      v3 = (v3 << 21 | v3 >> 43) ^ v0
      v2 = v2 &+ v1
      v1 = (v1 << 17 | v1 >> 47) ^ v2
      v2 = v2 << 32 | v2 >> 32
    }
    for word in [index, UInt64(8) << 56] {
      v3 ^= word
      round()
      round()
      v0 ^= word
    }
    v2 ^= 0xee
    for _ in 0..<4 { round() }
    let low = v0 ^ v1 ^ v2 ^ v3
    v1 ^= 0xdd
    for _ in 0..<4 { round() }
    return (low, v0 ^ v1 ^ v2 ^ v3)
  }
}
