// Puts places into the order of documents and positions.

/// Orders of places.
enum HitOrder {
  /// Puts places in order. Two words may stand at one place: a long one and what it begins with.
  static func sort(_ hits: inout [Hit]) {
    if !isSorted(hits) { hits.sort { $0.bits < $1.bits } }
  }

  static func isSorted(_ hits: [Hit]) -> Bool {
    let span = hits.span
    for i in 1..<max(1, span.count) where span[i].bits < span[i - 1].bits { return false }
    return true
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
    do {
      var places = ordered.mutableSpan
      for i in 0..<count { insertionSort(&places, Int(starts[i])..<Int(starts[i + 1])) }
    }
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

  // MARK: Windows

  /// Puts the places of a window in order: a counting sort by document, then a few places each.
  ///
  /// - Parameters:
  ///   - found: gets the places.
  ///   - starts: gets where those of each member begin.
  static func place(
    _ hits: [Hit], _ members: WindowMembers, _ found: inout [Hit], _ starts: inout [Int32]
  ) {
    found.removeAll(keepingCapacity: true)
    found.append(addingCapacity: hits.count) { output in
      for _ in hits.indices { output.append(Hit(bits: 0)) }
    }
    let count = members.documents.count
    if starts.count < count + 1 { starts = [Int32](repeating: 0, count: count + 1) }
    let input = hits.span
    var starts = starts.mutableSpan
    var ordered = found.mutableSpan
    for number in 0...count { starts[number] = 0 }
    for i in input.indices { starts[members.number(of: input[i].document)] += 1 }
    var sum: Int32 = 0
    for number in 0...count {
      sum += starts[number]
      starts[number] = sum
    }
    // From behind, so that each start ends up where its places begin.
    for i in input.indices.reversed() {
      let number = members.number(of: input[i].document)
      starts[number] -= 1
      ordered[Int(starts[number])] = input[i]
    }
    for i in 1..<max(1, input.count) where ordered[i].bits < ordered[i - 1].bits {
      let number = members.number(of: ordered[i].document)
      insertionSort(&ordered, Int(starts[number])..<Int(starts[number + 1]))
    }
  }

  private static func insertionSort(_ hits: inout MutableSpan<Hit>, _ range: Range<Int>) {
    if range.count > 32 {
      var some = range.map { hits[$0] }
      some.sort { $0.bits < $1.bits }
      for (i, hit) in some.enumerated() { hits[range.lowerBound + i] = hit }
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
