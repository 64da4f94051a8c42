// Puts places into the order of documents and positions.

/// Orders of places.
enum HitOrder {
  /// Puts places in order and takes out doubles.
  static func sort(_ hits: inout [Hit]) {
    if isSorted(hits) { return }
    hits.sort { $0.bits < $1.bits }
    removeDoubles(&hits)
  }

  private static func isSorted(_ hits: [Hit]) -> Bool {
    let span = hits.span
    for i in 1..<max(1, span.count) where span[i].bits | 1 <= span[i - 1].bits | 1 { return false }
    return true
  }

  private static func removeDoubles(_ hits: inout [Hit]) {
    var kept = 0
    for i in hits.indices {
      // An exact one comes before its double.
      if kept > 0, hits[kept - 1].bits | 1 == hits[i].bits | 1 { continue }
      hits[kept] = hits[i]
      kept += 1
    }
    hits.removeLast(hits.count - kept)
  }

  /// Places in the order of the documents of a set, those of other documents left out: a radix sort
  /// by document, then a few places each.
  static func placed(_ hits: [Hit], count: Int, ranks: DocRanks) -> Places {
    if isSorted(hits) { return inOrder(hits, count: count, ranks: ranks) }
    var starts = [Int32](repeating: 0, count: count + 1)
    var numbers = [Int32](repeating: -1, count: hits.count)
    for i in hits.indices {
      guard let number = ranks.find(Int(hits[i].document)) else { continue }
      numbers[i] = Int32(number)
      starts[number] += 1
    }
    var sum: Int32 = 0
    for i in starts.indices {
      sum += starts[i]
      starts[i] = sum - starts[i]
    }
    var next = starts
    var ordered = [Hit](repeating: Hit(document: 0, key: 0, isExact: false), count: Int(sum))
    for i in hits.indices where numbers[i] >= 0 {
      let number = Int(numbers[i])
      ordered[Int(next[number])] = hits[i]
      next[number] += 1
    }
    var kept = 0
    for i in 0..<count {
      let range = Int(starts[i])..<Int(starts[i + 1])
      insertionSort(&ordered, range)
      starts[i] = Int32(kept)
      for j in range {
        if j > range.lowerBound, ordered[kept - 1].bits | 1 == ordered[j].bits | 1 { continue }
        ordered[kept] = ordered[j]
        kept += 1
      }
    }
    starts[count] = Int32(kept)
    ordered.removeLast(ordered.count - kept)
    return Places(hits: ordered, starts: starts)
  }

  private static func inOrder(_ hits: [Hit], count: Int, ranks: DocRanks) -> Places {
    var starts = [Int32](repeating: 0, count: count + 1)
    // Documents without a place begin where the next one does.
    var filled = 0
    var last = UInt32.max
    for i in hits.indices where hits[i].document != last {
      last = hits[i].document
      guard let number = ranks.find(Int(last)) else { continue }
      while filled <= number {
        starts[filled] = Int32(i)
        filled += 1
      }
    }
    while filled <= count {
      starts[filled] = Int32(hits.count)
      filled += 1
    }
    return Places(hits: hits, starts: starts)
  }

  private static func insertionSort(_ hits: inout [Hit], _ range: Range<Int>) {
    if range.count > 32 {
      hits[range].sort { $0.bits < $1.bits }
      return
    }
    var i = range.lowerBound + 1
    while i < range.upperBound {
      let hit = hits[i]
      var j = i
      while j > range.lowerBound, hits[j - 1].bits > hit.bits {
        hits[j] = hits[j - 1]
        j -= 1
      }
      hits[j] = hit
      i += 1
    }
  }
}
