// Reads the documents of a term: blocks of 128, skip data in front, the rest as varints. Chapter 6,
// INV-20 to INV-24.

/// Decodes the postings of a term a block at a time. Every length is checked before it is used.
package struct PostingsDecoder: ~Escapable {
  private let bytes: RawSpan
  private let blockTotal: Int
  private let total: Int
  private var block = 0
  private var done = 0
  private var previous: UInt32 = .max
  /// Documents of the block that `next()` or `next(withFirstKeyUpTo:)` read last.
  package private(set) var docs: [UInt32] = []
  /// How many positions each of them has.
  package private(set) var counts: [UInt32] = []
  /// The first position of each.
  package private(set) var firstKeys: [UInt32] = []
  /// What `next(among:base:limit:)` found, in order.
  package private(set) var members: [PostingsMember] = []
  /// Where the positions of the block begin, from the start of the term's.
  package private(set) var positionsOffset = 0
  private var positionsNext = 0

  /// - Parameters:
  ///   - bytes: the list and at least `PostingsLayout.paddingByteCount` bytes behind it.
  ///   - count: documents of the term.
  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan, count: Int) throws(FormatError) {
    self.bytes = bytes
    total = count
    blockTotal = count / PostingsLayout.blockCount
    guard
      blockTotal * PostingsLayout.skipByteCount <= bytes.byteCount - PostingsLayout.paddingByteCount
    else { throw FormatError(.truncated, at: 0) }
  }

  /// Makes room for a block, where it is first asked for: a prefix has a thousand lists of a few
  /// documents each.
  private mutating func makeRoom() {
    guard docs.isEmpty else { return }
    docs = [UInt32](repeating: 0, count: min(total, PostingsLayout.blockCount))
    counts = docs
    firstKeys = docs
  }

  private var blocksStart: Int { blockTotal * PostingsLayout.skipByteCount }

  private func skip(_ block: Int, _ field: Int) -> Int {
    Int(bytes.load(UInt32.self, at: block * PostingsLayout.skipByteCount + field * 4))
  }

  /// Passes over blocks whose last document is before `doc`.
  package mutating func skip(to doc: UInt32) {
    // Mostly the block behind it is the one: twice as far each time, then halves.
    guard block < blockTotal, skip(block, 0) < Int(doc) else { return }
    var low = block + 1
    var step = 1
    while low + step <= blockTotal, skip(low + step - 1, 0) < Int(doc) {
      low += step
      step *= 2
    }
    var high = min(low + step - 1, blockTotal)
    while low < high {
      let middle = (low + high) / 2
      if skip(middle, 0) < Int(doc) { low = middle + 1 } else { high = middle }
    }
    block = low
    done = block * PostingsLayout.blockCount
    previous = UInt32(skip(block - 1, 0))
    positionsNext = skip(block - 1, 2)
  }

  /// The last document of the next packed block; nil where the rest follows.
  package var nextBlockLast: UInt32? { block < blockTotal ? UInt32(skip(block, 0)) : nil }

  /// The least document that the next block may have.
  package var leastNext: Int { least }

  /// Decodes the next block; the number of its documents, 0 at the end.
  package mutating func next() throws(FormatError) -> Int {
    makeRoom()
    positionsOffset = positionsNext
    guard block < blockTotal else { return try readTail() }
    let next = try nextBlock()
    try next.readDocs(into: &docs)
    try next.readCounts(behind: try next.readFirstKeys(into: &firstKeys), into: &counts)
    leaveBlock()
    return PostingsLayout.blockCount
  }

  /// Finds members of a set in the next block; false at the end. Where there are any, counts and
  /// first keys are decoded, too.
  ///
  /// - Parameters:
  ///   - words: bits of documents, of which there are at least `base + limit`.
  ///   - base: added to each document.
  ///   - limit: documents of the index.
  package mutating func next(
    among words: borrowing Span<UInt64>, base: Int, limit: Int
  ) throws(FormatError) -> Bool {
    makeRoom()
    positionsOffset = positionsNext
    members.removeAll(keepingCapacity: true)
    guard block < blockTotal else {
      let count = try readTail()
      if count == 0 { return false }
      guard Int(docs[count - 1]) < limit else { throw FormatError(.outOfBounds, at: 0) }
      PostingsBlock.findMembers(docs, count, among: words, base: base, to: &members)
      return true
    }
    guard skip(block, 0) < limit else { throw FormatError(.outOfBounds, at: 0) }
    let next = try nextBlock()
    try next.findMembers(among: words, base: base, &docs, to: &members)
    if !members.isEmpty {
      try next.readCounts(behind: try next.readFirstKeys(into: &firstKeys), into: &counts)
    }
    leaveBlock()
    return true
  }

  /// Decodes the documents and first keys of the next block that has a first key up to `key`; the
  /// number of its documents, 0 at the end. Of other blocks nothing but the first keys is decoded.
  ///
  /// - Parameter end: a document from which on none is asked for.
  package mutating func next(
    withFirstKeyUpTo key: UInt32, before end: Int
  ) throws(FormatError) -> Int {
    makeRoom()
    while block < blockTotal {
      if least >= end { return 0 }
      let next = try nextBlock()
      _ = try next.readFirstKeys(into: &firstKeys)
      let isFound = hasFirstKey(upTo: key)
      if isFound { try next.readDocs(into: &docs) }
      leaveBlock()
      if isFound { return PostingsLayout.blockCount }
    }
    return try next()
  }

  private func hasFirstKey(upTo key: UInt32) -> Bool {
    let keys = firstKeys.span
    // Without a jump for each.
    var least = UInt32.max
    for i in 0..<PostingsLayout.blockCount { least = min(least, keys[i]) }
    return least <= key
  }

  /// Decodes the documents of the next block alone and sets their bits; false at the end.
  ///
  /// - Parameters:
  ///   - words: bits of documents, of which there are at least `base + limit`.
  ///   - base: added to each document.
  ///   - limit: documents of the index.
  package mutating func insertNext(
    into words: inout MutableSpan<UInt64>, base: Int, limit: Int
  ) throws(FormatError) -> Bool {
    guard block < blockTotal else {
      return try forEachOfTail { _, doc, _, _ throws(FormatError) in
        guard Int(doc) < limit else { throw FormatError(.outOfBounds, at: 0) }
        let doc = base &+ Int(doc)
        words[doc >> 6] |= 1 << UInt64(doc & 63)
      } > 0
    }
    guard skip(block, 0) < limit else { throw FormatError(.outOfBounds, at: 0) }
    makeRoom()
    try nextBlock().insertDocs(into: &words, base: base, &docs)
    leaveBlock()
    return true
  }

  // MARK: Blocks

  @_lifetime(copy self)
  private func nextBlock() throws(FormatError) -> PostingsBlock {
    let start = blocksStart + (block == 0 ? 0 : skip(block - 1, 1))
    let end = blocksStart + skip(block, 1)
    guard start <= end, end <= bytes.byteCount - PostingsLayout.paddingByteCount else {
      throw FormatError(.outOfBounds, at: start)
    }
    return try PostingsBlock(bytes, start..<end, least: least, last: skip(block, 0))
  }

  /// The first document that a block may have.
  private var least: Int { done == 0 ? 0 : Int(previous) + 1 }

  private mutating func leaveBlock() {
    previous = UInt32(skip(block, 0))
    positionsNext = skip(block, 2)
    block += 1
    done += PostingsLayout.blockCount
  }

  private mutating func readTail() throws(FormatError) -> Int {
    var (docs, counts, firstKeys): ([UInt32], [UInt32], [UInt32]) = ([], [], [])
    swap(&docs, &self.docs)
    swap(&counts, &self.counts)
    swap(&firstKeys, &self.firstKeys)
    let count = try forEachOfTail { i, doc, count, key throws(FormatError) in
      docs[i] = doc
      counts[i] = count
      firstKeys[i] = key
    }
    swap(&docs, &self.docs)
    swap(&counts, &self.counts)
    swap(&firstKeys, &self.firstKeys)
    return count
  }

  /// Calls a closure with each document of a list that has no block, without room for any.
  package mutating func forEachOfShort(
    _ body: (_ doc: UInt32, _ count: UInt32, _ key: UInt32) throws(FormatError) -> Void
  ) throws(FormatError) {
    _ = try forEachOfTail { _, doc, count, key throws(FormatError) in try body(doc, count, key) }
  }

  /// Calls a closure with each document behind the last block, unless they were read; how many
  /// there are.
  @inline(__always)
  private mutating func forEachOfTail(
    _ body: (_ i: Int, _ doc: UInt32, _ count: UInt32, _ key: UInt32) throws(FormatError) -> Void
  ) throws(FormatError) -> Int {
    let left = total - done
    guard left > 0 else { return 0 }
    let start = blocksStart + (blockTotal == 0 ? 0 : skip(blockTotal - 1, 1))
    let limit = bytes.byteCount - PostingsLayout.paddingByteCount
    guard start <= limit else { throw FormatError(.outOfBounds, at: start) }
    var reader = ByteReader(bytes.extracting(0..<limit), at: start)
    for i in 0..<left {
      let word = try reader.readVarint()
      // The first list begins at 0; no document has the greatest number.
      let least: UInt64 = done == 0 && i == 0 ? 0 : UInt64(previous) + 1
      let (next, isOverflow) = least.addingReportingOverflow(word >> 1)
      guard !isOverflow, next < UInt64(UInt32.max) else {
        throw FormatError(.outOfBounds, at: start)
      }
      previous = UInt32(next)
      let count =
        word & 1 == 1
        ? 1 : UInt32(2 + (try reader.readCount(max: (1 << PostingsLayout.countBits) - 2)))
      try body(i, previous, count, UInt32(try reader.readCount(max: Int(UInt32.max))))
    }
    done = total
    return left
  }
}
