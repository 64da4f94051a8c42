// Tiers of sizes: what is merged with its like is written again once for each tier, and what is
// left grows with the logarithm of the whole. After the size-tiered strategy of Apache Cassandra
// and the universal style of RocksDB.

/// Sizes by powers of a width.
enum SizeTier {
  /// No size has a higher one.
  private static let highest = 20

  /// The tier of a size: 0 up to `lowest`, one more for each factor of `width`.
  static func tier(_ size: UInt64, lowest: UInt64, width: Int) -> Int {
    var tier = 0
    var limit = lowest
    while size > limit, tier < highest {
      tier += 1
      limit *= UInt64(width)
    }
    return tier
  }
}
