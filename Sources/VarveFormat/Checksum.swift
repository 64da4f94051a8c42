// CRC-32C (Castagnoli), format-spec chapter 1, ENV-6. RFC 3720 appendix B.4 gives the test vectors.

import CVarve

/// CRC-32C: finds accidents, not attackers; those are found by SHA-256.
package enum Checksum {
  static let hardware = cvarve_has_crc32c() == 1

  /// CRC-32C of the bytes, continuing from `seed` (the checksum of what came before).
  package static func crc32c(_ bytes: RawSpan, seed: UInt32 = 0) -> UInt32 {
    guard hardware else { return reference(bytes, seed: seed) }
    // SAFETY: the C function reads exactly the bytes of the span.
    return unsafe bytes.withUnsafeBytes {
      unsafe ~cvarve_crc32c(~seed, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1), $0.count)
    }
  }

  /// The same in plain Swift, for machines without the instruction and for the tests.
  package static func reference(_ bytes: RawSpan, seed: UInt32 = 0) -> UInt32 {
    var crc = ~seed
    for i in 0..<bytes.byteCount {
      let index = Int((crc ^ UInt32(bytes.load(UInt8.self, at: i))) & 0xFF)
      crc = table[index] ^ (crc >> 8)
    }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    var value = UInt32(index)
    for _ in 0..<8 { value = (value >> 1) ^ (value & 1 == 1 ? 0x82F6_3B78 : 0) }
    return value
  }
}
