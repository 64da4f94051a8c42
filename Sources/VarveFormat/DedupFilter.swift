// A split-block Bloom filter in front of a tree. Chapter 5, FLT-1 to FLT-5. As in the Apache
// Parquet format (BloomFilter.md), after F. Putze, P. Sanders, J. Singler, "Cache-, hash- and
// space-efficient Bloom filters", WEA 2007.

/// Builds a filter for a known number of keys.
package struct DedupFilterBuilder: Sendable {
  private var words: [UInt32]
  private let blockCount: UInt64

  /// About 12 bits a key: at most 1 % false answers.
  package init(keyCount: Int) {
    let blocks = max(1, (keyCount * 12 + 255) / 256)
    words = [UInt32](repeating: 0, count: blocks * 8)
    blockCount = UInt64(blocks)
  }

  package mutating func insert(_ hash: UInt64) {
    let block = Int(((hash >> 32) &* blockCount) >> 32)
    let key = UInt32(truncatingIfNeeded: hash)
    for i in 0..<8 {
      words[block * 8 + i] |= 1 << ((key &* DedupFilter.salt(i)) >> 27)
    }
  }

  package func finish() -> [UInt8] {
    var writer = ByteWriter(reserving: 8 + words.count * 4)
    writer.write(UInt32(blockCount))
    writer.write(UInt32(0))
    for word in words { writer.write(word) }
    return writer.bytes
  }
}

/// Questions to an encoded filter. Hot: see HouseTests.
@usableFromInline
package enum DedupFilter {
  @inlinable @inline(__always)
  package static func salt(_ index: Int) -> UInt32 {
    switch index {
    case 0: 0x47b6_137b
    case 1: 0x4497_4d91
    case 2: 0x8824_ad5b
    case 3: 0xa2b7_289d
    case 4: 0x7054_95c7
    case 5: 0x2df1_424b
    case 6: 0x9efc_4947
    default: 0x5c6b_fb31
    }
  }

  /// The filter's view of a content hash.
  @inlinable
  package static func hash(_ hash: ContentHash) -> UInt64 { hash.a }

  /// The filter's view of an identity: its words, mixed by MurmurHash3's finalizer.
  @inlinable
  package static func hash(_ identity: OccurrenceIdentity) -> UInt64 {
    var h = identity.content ^ identity.scopeLow
    h ^= (identity.offset &+ UInt64(identity.part) << 48) &* 0x9E37_79B9_7F4A_7C15
    h = (h ^ (h >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    h = (h ^ (h >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return h ^ (h >> 33)
  }

  /// Checks the shape of an encoded filter.
  package static func check(_ bytes: RawSpan) throws(FormatError) {
    guard bytes.byteCount >= 8 else { throw FormatError(.truncated, at: 0) }
    let blocks = Int(bytes.load(UInt32.self, at: 0))
    guard blocks > 0, bytes.byteCount == 8 + blocks * 32 else {
      throw FormatError(.inconsistent, at: 0)
    }
    guard bytes.load(UInt32.self, at: 4) == 0 else { throw FormatError(.reservedNotZero, at: 4) }
  }

  /// False: certainly not there. True: perhaps.
  @inlinable
  package static func mayContain(_ hash: UInt64, in bytes: RawSpan) -> Bool {
    let blocks = UInt64(bytes.load(UInt32.self, at: 0))
    let start = 8 + Int(((hash >> 32) &* blocks) >> 32) * 32
    let key = UInt32(truncatingIfNeeded: hash)
    for i in 0..<8 {
      let word = bytes.load(UInt32.self, at: start + i * 4)
      if word & (1 << ((key &* salt(i)) >> 27)) == 0 { return false }
    }
    return true
  }
}
