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
}
