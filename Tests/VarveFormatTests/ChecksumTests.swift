// CRC-32C, SHA-256 values and the salts against published answers and second implementations.

import Testing
import VarveFormat
import VarveTestSupport

@Suite("Checksums")
struct ChecksumTests {
  @Test("CRC-32C of RFC 3720, appendix B.4", .requirement("ENV-6"))
  func rfc3720() {
    let read: [UInt8] =
      [0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0]
      + [0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0]
    let known: [([UInt8], UInt32)] = [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E),
      ((0..<32).reversed(), 0x113F_DB5C),
      (read, 0xD996_3A56),
      (Array("123456789".utf8), 0xE306_9283),
    ]
    for (bytes, checksum) in known {
      #expect(Checksum.crc32c(bytes.rawSpan) == checksum)
      #expect(Checksum.reference(bytes.rawSpan) == checksum)
    }
  }

  @Test("The instruction and the table agree, in one piece and in two", .requirement("ENV-6"))
  func hardware() {
    var random = SplitMix64(seed: 1)
    for count in Array(0..<70) + [1000, 4095] {
      let bytes = random.bytes(count)
      let whole = Checksum.crc32c(bytes.rawSpan)
      #expect(whole == Checksum.reference(bytes.rawSpan))
      let cut = random.below(count + 1)
      let first = Checksum.crc32c(bytes.rawSpan.extracting(0..<cut))
      #expect(Checksum.crc32c(bytes.rawSpan.extracting(cut..<count), seed: first) == whole)
    }
  }

  @Test("SHA-256 of FIPS 180-4, as hashes are written and ordered", .requirement("ENV-7"))
  func sha256() throws {
    let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    let hash = ContentHash(PlainSHA256.digest(Array("abc".utf8)).rawSpan)
    #expect(hash.description == hex)
    #expect(ContentHash(hex: hex) == hash)
    #expect(ContentHash(hex: String(hex.dropLast())) == nil)
    #expect(ContentHash(hex: hex.replacing("b", with: "g")) == nil)
    #expect(hash.messageID == "ba7816bf-8f01-8fea-8141-40de5dae2223")
    var random = SplitMix64(seed: 2)
    for _ in 0..<200 {
      let a = ContentHash(random.bytes(32).rawSpan)
      let b = ContentHash(random.bytes(32).rawSpan)
      #expect((a < b) == a.bytes.lexicographicallyPrecedes(b.bytes))
    }
  }

  /// SipHash-2-4 with 128-bit output for any message, written as the paper states it.
  private static func sipHash(key: [UInt8], message: [UInt8]) -> [UInt8] {
    func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
      bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    let k0 = word(key[..<8])
    let k1 = word(key[8...])
    var v: [UInt64] = [
      k0 ^ 0x736f_6d65_7073_6575, k1 ^ 0x646f_7261_6e64_6f6d ^ 0xEE, k0 ^ 0x6c79_6765_6e65_7261,
      k1 ^ 0x7465_6462_7974_6573,
    ]
    func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
    func round() {
      v[0] = v[0] &+ v[1]
      v[2] = v[2] &+ v[3]
      v[1] = rotate(v[1], 13) ^ v[0]
      v[3] = rotate(v[3], 16) ^ v[2]
      v[0] = rotate(v[0], 32)
      v[2] = v[2] &+ v[1]
      v[0] = v[0] &+ v[3]
      v[1] = rotate(v[1], 17) ^ v[2]
      v[3] = rotate(v[3], 21) ^ v[0]
      v[2] = rotate(v[2], 32)
    }
    var padded = message
    while padded.count % 8 != 7 { padded.append(0) }
    padded.append(UInt8(truncatingIfNeeded: message.count))
    for i in stride(from: 0, to: padded.count, by: 8) {
      let m = word(padded[i..<(i + 8)])
      v[3] ^= m
      round()
      round()
      v[0] ^= m
    }
    var writer = ByteWriter()
    v[2] ^= 0xEE
    for _ in 0..<4 { round() }
    writer.write(v[0] ^ v[1] ^ v[2] ^ v[3])
    v[1] ^= 0xDD
    for _ in 0..<4 { round() }
    writer.write(v[0] ^ v[1] ^ v[2] ^ v[3])
    return writer.bytes
  }

  @Test("Salts are SipHash-2-4-128 of the index", .requirement("SEG-42"))
  func salts() {
    // The first rows of vectors_sip128 in the reference implementation, key 00 to 0f.
    let key: [UInt8] = Array(0..<16)
    #expect(
      Hex.encode(Self.sipHash(key: key, message: [])) == "a3817f04ba25a8e66df67214c7550293")
    #expect(
      Hex.encode(Self.sipHash(key: key, message: [0])) == "da87c1d86b99af44347659119b22fc45")
    var random = SplitMix64(seed: 3)
    for i in 0..<200 {
      let seed = i == 0 ? key : random.bytes(16)
      let index = i == 0 ? 0x0706_0504_0302_0100 : random.next()
      var message = ByteWriter()
      message.write(index)
      let salt = RecordSalt.salt(
        seedHigh: seed.rawSpan.loadBigEndian(at: 0), seedLow: seed.rawSpan.loadBigEndian(at: 8),
        index: index)
      var bytes = ByteWriter()
      bytes.write(salt.0)
      bytes.write(salt.1)
      #expect(bytes.bytes == Self.sipHash(key: seed, message: message.bytes))
    }
  }
}
