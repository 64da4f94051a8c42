// Sets of documents as bits. A million documents are 125 kB: unions and intersections of whole sets
// cost less than the bookkeeping of anything cleverer.

package import VarveFormat

/// A set of documents of one snapshot.
package struct DocSet: Equatable, Sendable {
  package private(set) var words: [UInt64]
  /// Documents that could be in it.
  package let capacity: Int

  package init(capacity: Int) {
    self.capacity = capacity
    words = [UInt64](repeating: 0, count: (capacity + 63) / 64)
  }

  /// All documents.
  package init(allOf capacity: Int) {
    self.capacity = capacity
    words = [UInt64](repeating: .max, count: (capacity + 63) / 64)
    if capacity % 64 != 0 { words[words.count - 1] = (1 << UInt64(capacity % 64)) - 1 }
  }

  @inline(__always)
  package mutating func insert(_ doc: Int) { words[doc >> 6] |= 1 << UInt64(doc & 63) }

  mutating func remove(_ doc: Int) { words[doc >> 6] &= ~(1 << UInt64(doc & 63)) }

  /// Adds those documents of a block that satisfy a condition.
  ///
  /// - Parameters:
  ///   - docs: all below the capacity when `base` is added.
  ///   - isWanted: by the place in the block.
  @inline(__always)
  mutating func insert(_ docs: [UInt32], _ count: Int, base: Int, where isWanted: (Int) -> Bool) {
    var output = words.mutableSpan
    let docs = docs.span
    for i in 0..<count {
      let doc = base &+ Int(docs[i])
      // Without a jump: nobody can foresee the condition.
      output[doc >> 6] |= (isWanted(i) ? 1 : 0) << UInt64(doc & 63)
    }
  }

  /// The members that satisfy a condition.
  @inline(__always)
  func filtered(_ isKept: (Int) -> Bool) -> DocSet {
    var found = DocSet(capacity: capacity)
    for i in words.indices {
      var left = words[i]
      var kept: UInt64 = 0
      while left != 0 {
        let bit = left.trailingZeroBitCount
        // Without a jump: nobody can foresee the condition.
        kept |= (isKept(i << 6 + bit) ? 1 : 0) << UInt64(bit)
        left &= left - 1
      }
      if kept != 0 { found.words[i] = kept }
    }
    return found
  }

  @inline(__always)
  package func contains(_ doc: Int) -> Bool { words[doc >> 6] & (1 << UInt64(doc & 63)) != 0 }

  /// Adds the documents of a list that were not read yet.
  ///
  /// - Parameters:
  ///   - base: added to each.
  ///   - limit: documents of the index.
  ///   - end: a document of the list from which on none is asked for.
  package mutating func insert(
    _ decoder: inout PostingsDecoder, base: Int, limit: Int, before end: Int = .max
  ) throws(FormatError) {
    precondition(base + limit <= capacity)
    var output = words.mutableSpan
    while decoder.leastNext < end,
      try decoder.insertNext(into: &output, base: base, limit: limit)
    {}
  }

  /// How many documents.
  ///
  /// Words are added up bit by bit before they are counted, with an eighth of the counts: H. S.
  /// Warren, "Hacker's Delight", 2nd edition, 5-1, after R. Harley and D. Seal.
  package var count: Int {
    let words = words.span
    var (ones, twos, fours): (UInt64, UInt64, UInt64) = (0, 0, 0)
    var total = 0
    var i = 0
    while i + 8 <= words.count {
      let twosA = Self.add(words[i], words[i + 1], to: &ones)
      let twosB = Self.add(words[i + 2], words[i + 3], to: &ones)
      let foursA = Self.add(twosA, twosB, to: &twos)
      let twosC = Self.add(words[i + 4], words[i + 5], to: &ones)
      let twosD = Self.add(words[i + 6], words[i + 7], to: &ones)
      let foursB = Self.add(twosC, twosD, to: &twos)
      total += Self.add(foursA, foursB, to: &fours).nonzeroBitCount
      i += 8
    }
    total = 8 * total + 4 * fours.nonzeroBitCount
    total += 2 * twos.nonzeroBitCount + ones.nonzeroBitCount
    while i < words.count {
      total += words[i].nonzeroBitCount
      i += 1
    }
    return total
  }

  /// Adds two numbers of a bit to a third one, 64 times; what has to be carried.
  @inline(__always)
  private static func add(_ a: UInt64, _ b: UInt64, to sum: inout UInt64) -> UInt64 {
    let partial = sum ^ a
    let carry = sum & a | partial & b
    sum = partial ^ b
    return carry
  }

  package var isEmpty: Bool {
    for word in words where word != 0 { return false }
    return true
  }

  /// Whether it has one document.
  var isSingle: Bool {
    var hasOne = false
    for word in words where word != 0 {
      if hasOne || word & (word - 1) != 0 { return false }
      hasOne = true
    }
    return hasOne
  }

  package mutating func formUnion(_ other: borrowing DocSet) {
    precondition(words.count == other.words.count)
    var output = words.mutableSpan
    let input = other.words.span
    for i in input.indices { output[i] |= input[i] }
  }

  package mutating func formIntersection(_ other: borrowing DocSet) {
    precondition(words.count == other.words.count)
    var output = words.mutableSpan
    let input = other.words.span
    for i in input.indices { output[i] &= input[i] }
  }

  package mutating func subtract(_ other: borrowing DocSet) {
    precondition(words.count == other.words.count)
    var output = words.mutableSpan
    let input = other.words.span
    for i in input.indices { output[i] &= ~input[i] }
  }

  package func intersection(_ other: borrowing DocSet) -> DocSet {
    var result = self
    result.formIntersection(other)
    return result
  }

  package func subtracting(_ other: borrowing DocSet) -> DocSet {
    var result = self
    result.subtract(other)
    return result
  }

  /// Whether both have a document in common.
  package func intersects(_ other: borrowing DocSet) -> Bool {
    for i in 0..<words.count where words[i] & other.words[i] != 0 { return true }
    return false
  }

  /// The members in a range.
  func members(in range: ClosedRange<Int>) -> DocSet {
    var found = DocSet(capacity: capacity)
    let first = range.lowerBound >> 6
    let last = min(range.upperBound, capacity - 1) >> 6
    guard first <= last else { return found }
    for i in first...last { found.words[i] = words[i] }
    found.words[first] &= UInt64.max << UInt64(range.lowerBound & 63)
    if last == range.upperBound >> 6 {
      found.words[last] &= UInt64.max >> UInt64(63 - (range.upperBound & 63))
    }
    return found
  }

  /// The bits of a word that belong to documents of a range.
  @inline(__always)
  private func bits(_ word: Int, in range: Range<Int>) -> UInt64 {
    var bits = words[word]
    if word == range.lowerBound >> 6 { bits &= UInt64.max << UInt64(range.lowerBound & 63) }
    if word == (range.upperBound - 1) >> 6 {
      bits &= UInt64.max >> UInt64(63 - ((range.upperBound - 1) & 63))
    }
    return bits
  }

  /// How many documents are in a range, which lies within the capacity.
  func count(in range: Range<Int>) -> Int {
    guard !range.isEmpty else { return 0 }
    var total = 0
    for word in (range.lowerBound >> 6)...((range.upperBound - 1) >> 6) {
      total += bits(word, in: range).nonzeroBitCount
    }
    return total
  }

  /// Appends the documents in a range, which lies within the capacity, in ascending order.
  package func appendMembers(in range: Range<Int>, to documents: inout [UInt32]) {
    guard !range.isEmpty else { return }
    documents.append(addingCapacity: range.count) { output in
      for word in (range.lowerBound >> 6)...((range.upperBound - 1) >> 6) {
        var bits = bits(word, in: range)
        while bits != 0 {
          output.append(
            UInt32(truncatingIfNeeded: word << 6 &+ bits.trailingZeroBitCount))
          bits &= bits - 1
        }
      }
    }
  }

  /// Whether there is a document in a range.
  func hasAny(in range: ClosedRange<Int>) -> Bool {
    let first = range.lowerBound >> 6
    let last = min(range.upperBound, capacity - 1) >> 6
    guard first <= last else { return false }
    for i in first...last {
      var word = words[i]
      if i == first { word &= UInt64.max << UInt64(range.lowerBound & 63) }
      if i == range.upperBound >> 6 {
        word &= UInt64.max >> UInt64(63 - (range.upperBound & 63))
      }
      if word != 0 { return true }
    }
    return false
  }

  /// From the first member to behind the last one.
  var extent: Range<Int> {
    guard let first = words.firstIndex(where: { $0 != 0 }),
      let last = words.lastIndex(where: { $0 != 0 })
    else { return 0..<0 }
    return
      (first << 6 + words[first].trailingZeroBitCount)..<((last + 1) << 6
      - words[last].leadingZeroBitCount)
  }

  /// Ranges that have about equally many members.
  func ranges(_ count: Int) -> [Range<Int>] {
    let extent = extent
    let total = self.count
    var ranges: [Range<Int>] = []
    var start = extent.lowerBound
    var members = 0
    for word in (extent.lowerBound >> 6)..<((extent.upperBound + 63) >> 6) {
      members += words[word].nonzeroBitCount
      let end = min((word + 1) << 6, extent.upperBound)
      if members * count >= total * (ranges.count + 1) || end == extent.upperBound {
        ranges.append(start..<end)
        start = end
      }
    }
    return ranges
  }

  /// Calls a closure with each document in ascending order.
  @inline(__always)
  func forEach(_ body: (Int) -> Void) {
    let words = words.span
    for i in words.indices {
      var word = words[i]
      while word != 0 {
        body(i << 6 + word.trailingZeroBitCount)
        word &= word - 1
      }
    }
  }

  /// The documents in ascending order.
  package var documents: [UInt32] {
    var found: [UInt32] = []
    found.append(addingCapacity: count) { output in
      forEach { output.append(UInt32(truncatingIfNeeded: $0)) }
    }
    return found
  }
}
