// Where the bytes of an original are cut into chunks. FastCDC: W. Xia et al., "FastCDC: a Fast and
// Efficient Content-Defined Chunking Approach for Data Deduplication", USENIX ATC 2016, with
// normalized chunking.

import VarveFormat

/// Finds chunk boundaries that depend on content alone, so that equal stretches of files share
/// chunks.
enum Chunker {
  /// Smallest chunk but the last of a file, in bytes.
  static let byteCountMin = 16 << 10
  /// Size from which on a boundary is found more easily.
  static let byteCountNormal = 64 << 10
  /// Largest chunk.
  static let byteCountMax = 256 << 10

  /// Two bits stricter than the average asks for, and two bits laxer.
  private static let strictMask: UInt64 = 0xFFFF_C000_0000_0000
  private static let laxMask: UInt64 = 0xFFFC_0000_0000_0000

  /// Length of the first chunk of a range; all of it if it holds no boundary. O(length).
  static func length(_ bytes: RawSpan, from start: Int, to end: Int) -> Int {
    let available = end - start
    guard available > byteCountMin else { return available }
    let limit = min(available, byteCountMax)
    let normal = min(limit, byteCountNormal)
    let gear = gear
    var hash: UInt64 = 0
    var at = byteCountMin
    while at < normal {
      hash = hash << 1 &+ gear[Int(bytes.load(UInt8.self, at: start + at))]
      at += 1
      if hash & strictMask == 0 { return at }
    }
    while at < limit {
      hash = hash << 1 &+ gear[Int(bytes.load(UInt8.self, at: start + at))]
      at += 1
      if hash & laxMask == 0 { return at }
    }
    return limit
  }

  /// Random values, one a byte: SplitMix64 (S. Vigna) from a fixed seed, the same for ever so that
  /// later ingests cut where earlier ones did.
  private static let gear: [UInt64] = {
    var state: UInt64 = 0x5661_7276_6543_6875
    return (0..<256).map { _ in
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      return z ^ z >> 31
    }
  }()
}
