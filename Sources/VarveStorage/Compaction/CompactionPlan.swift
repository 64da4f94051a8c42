// Which segments to write anew, from what is known of them: a pure function, so that it can be
// tested on lists of numbers.

/// Which neighbouring segments become one.
package enum CompactionPlan {
  /// What counts of a segment.
  package struct Segment {
    package var byteCount: UInt64
    /// Whether it is written anew for its own sake, alone if need be.
    package var isDue: Bool

    package init(byteCount: UInt64, isDue: Bool) {
      self.byteCount = byteCount
      self.isDue = isDue
    }
  }

  /// Runs of neighbours to be written as one, oldest first: each as large as a segment may become,
  /// and with more than one member or one that is due.
  ///
  /// - Parameter limit: bytes of a new segment.
  package static func groups(_ segments: [Segment], limit: UInt64) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var start = 0
    while start < segments.count {
      var end = start + 1
      var sum = segments[start].byteCount
      while end < segments.count, sum + segments[end].byteCount <= limit {
        sum += segments[end].byteCount
        end += 1
      }
      if end - start > 1 || segments[start].isDue { groups.append(start..<end) }
      start = end
    }
    return groups
  }

  /// Segments of one tier that become one of the next.
  package static let foldCount = 8
  /// Bytes up to which a segment is of the lowest tier.
  package static let lowestTierByteCount: UInt64 = 64 << 10

  /// The newest segments that are worth folding now: enough of one tier of sizes, and all smaller
  /// ones among them, as indexes are merged (`MergePolicy`). So each byte is written, and shipped,
  /// once more for each factor of `foldCount`, and the number of segments grows with the logarithm
  /// of what was committed.
  ///
  /// - Parameters:
  ///   - byteCounts: sealed segments, oldest first.
  ///   - limit: bytes of a new segment.
  package static func fold(_ byteCounts: [UInt64], limit: UInt64) -> Range<Int>? {
    let tiers = byteCounts.map {
      SizeTier.tier($0, lowest: lowestTierByteCount, width: foldCount)
    }
    for wanted in 0...(tiers.max() ?? 0) {
      var start = tiers.count
      var held = 0
      var sum: UInt64 = 0
      while start > 0, tiers[start - 1] <= wanted, sum + byteCounts[start - 1] <= limit {
        start -= 1
        sum += byteCounts[start]
        if tiers[start] == wanted { held += 1 }
      }
      if held >= foldCount { return start..<tiers.count }
    }
    return nil
  }
}
