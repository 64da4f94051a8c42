// Which indexes to merge: tiers by size, so that their number grows with the logarithm of the data.
// After the size-tiered strategy of Apache Cassandra and the universal style of RocksDB.

import VarveFormat

/// Decides from sizes alone; a pure function, so that it can be tested on lists of numbers.
package enum MergePolicy {
  /// Indexes of one tier that are merged into the next.
  package static let width = 8
  /// Rows up to which an index is of the lowest tier.
  package static let lowestTierRowCount: UInt64 = 4096

  /// The tier of an index: 0 for small ones, one more for each factor of `width`.
  package static func tier(_ rowCount: UInt64) -> Int {
    SizeTier.tier(rowCount, lowest: lowestTierRowCount, width: width)
  }

  /// Indexes of one tier that a writer in the middle of a large load leaves until it merges them:
  /// each row is written again once for two tiers instead of twice. What is due after the load is
  /// merged then.
  package static let widthWhileLoading = 32

  /// The range of indexes to merge now, oldest first; nil if there is nothing to do.
  ///
  /// - Parameter width: indexes of one tier from which on they are merged.
  package static func plan(_ rowCounts: [UInt64], width: Int = width) -> Range<Int>? {
    let tiers = rowCounts.map(tier)
    for wanted in 0...(tiers.max() ?? 0) {
      var start = tiers.count
      var held = 0
      while start > 0, tiers[start - 1] <= wanted {
        start -= 1
        if tiers[start] == wanted { held += 1 }
      }
      guard held >= width else { continue }
      let total = rowCounts[start...].reduce(0, +)
      if total <= UInt64(Limits.indexRecordCount) { return start..<tiers.count }
    }
    return nil
  }
}
