// Reads the documents of a term: blocks of 128, skip data in front, the rest as varints. Chapter 6,
// INV-20 to INV-25. After D. Lemire, L. Boytsov, "Decoding billions of integers per second through
// vectorization", 2015, without the vectors.

/// Decodes the postings of a term a block at a time. Every length is checked before it is used.
package struct PostingsDecoder: ~Escapable {
  private let bytes: RawSpan
  private let blockTotal: Int
  private let total: Int
  private var block = 0
  private var done = 0
  private var previous: UInt32 = .max
  /// Documents of the block read last.
  package private(set) var docs: [UInt32]
  /// How many positions each of them has.
  package private(set) var counts: [UInt32]
  /// The first position of each.
  package private(set) var firstKeys: [UInt32]
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
    docs = [UInt32](repeating: 0, count: PostingsLayout.blockCount)
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

  /// Decodes the next block; the number of its documents, 0 at the end.
  package mutating func next() throws(FormatError) -> Int {
    positionsOffset = positionsNext
    guard block < blockTotal else { return try readTail() }
    let head = try readHead()
    if head.isBits {
      try readBits(head)
    } else {
      try unpackDocs(head)
    }
    let counted = try PatchedBlock.read(
      bytes, at: head.docsEnd, width: head.countWidth, exceptionCount: head.countExceptions,
      limit: head.end, bias: 1, into: &counts)
    let end = try PatchedBlock.read(
      bytes, at: counted, width: head.keyWidth, exceptionCount: head.keyExceptions,
      limit: head.end, bias: 0, into: &firstKeys)
    guard end == head.end else { throw FormatError(.inconsistent, at: head.start) }
    leaveBlock()
    return PostingsLayout.blockCount
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
    var count = PostingsLayout.blockCount
    if block < blockTotal {
      let head = try readHead()
      guard skip(block, 0) < limit else { throw FormatError(.outOfBounds, at: head.start) }
      if head.isBits {
        try insertBits(head, into: &words, base: base)
        leaveBlock()
        return true
      }
      try unpackDocs(head)
      leaveBlock()
    } else {
      count = try readTail()
      if count == 0 { return false }
      guard Int(docs[count - 1]) < limit else { throw FormatError(.outOfBounds, at: 0) }
    }
    let docs = docs.span
    for i in 0..<count {
      let doc = base &+ Int(docs[i])
      words[doc >> 6] |= 1 << UInt64(doc & 63)
    }
    return true
  }

  // MARK: Blocks

  /// What stands in front of the columns of a block.
  private struct Head {
    let start: Int
    let docWidth: Int
    let countWidth: Int
    let countExceptions: Int
    let keyWidth: Int
    let keyExceptions: Int
    let docsEnd: Int
    let end: Int

    var docsStart: Int { start + PostingsLayout.headByteCount }
    var isBits: Bool { docWidth == PostingsLayout.bitsWidth }
  }

  private func readHead() throws(FormatError) -> Head {
    let start = blocksStart + (block == 0 ? 0 : skip(block - 1, 1))
    let end = blocksStart + skip(block, 1)
    let limit = bytes.byteCount - PostingsLayout.paddingByteCount
    let docsStart = start + PostingsLayout.headByteCount
    guard docsStart <= end, end <= limit else { throw FormatError(.outOfBounds, at: start) }
    func byte(_ i: Int) -> Int { Int(bytes.load(UInt8.self, at: start + i)) }
    let docWidth = byte(0)
    guard docWidth <= 32 || docWidth == PostingsLayout.bitsWidth else {
      throw FormatError(.outOfBounds, at: start)
    }
    let bitCount = bitCount
    let byteCount = docWidth <= 32 ? 16 * docWidth : (bitCount + 7) / 8
    guard docsStart + byteCount <= end else { throw FormatError(.inconsistent, at: start) }
    if docWidth == PostingsLayout.bitsWidth {
      // The last bit is the document that the skip data have.
      guard bitCount >= PostingsLayout.blockCount,
        byte(PostingsLayout.headByteCount + byteCount - 1) >> ((bitCount - 1) & 7) == 1
      else { throw FormatError(.inconsistent, at: start) }
    }
    return Head(
      start: start, docWidth: docWidth, countWidth: byte(1), countExceptions: byte(2),
      keyWidth: byte(3), keyExceptions: byte(4), docsEnd: docsStart + byteCount, end: end)
  }

  /// The first document that a block may have.
  private var least: Int { done == 0 ? 0 : Int(previous) + 1 }

  /// Documents from the first one that the block may have up to its last one.
  private var bitCount: Int { skip(block, 0) + 1 - least }

  private mutating func leaveBlock() {
    previous = UInt32(skip(block, 0))
    positionsNext = skip(block, 2)
    block += 1
    done += PostingsLayout.blockCount
  }

  /// In 64 bits, so that documents ascend whatever the bytes say; the last one is compared with the
  /// skip data.
  private mutating func unpackDocs(_ head: Head) throws(FormatError) {
    let width = head.docWidth
    let mask: UInt64 = (1 << UInt64(width)) - 1
    var bit = head.docsStart * 8
    var next = UInt64(least)
    let bytes = bytes
    var output = docs.mutableSpan
    for i in 0..<PostingsLayout.blockCount {
      let word = bytes.load(UInt64.self, at: bit >> 3) >> UInt64(bit & 7)
      next = next &+ (word & mask) &+ 1
      output[i] = UInt32(truncatingIfNeeded: next &- 1)
      bit += width
    }
    guard next &- 1 == UInt64(skip(block, 0)) else {
      throw FormatError(.inconsistent, at: head.start)
    }
  }

  private mutating func readBits(_ head: Head) throws(FormatError) {
    let count = bitCount
    var first = least
    var found = 0
    let own = self.bytes
    var output = docs.mutableSpan
    for word in 0..<((count + 63) / 64) {
      var bits = own.load(UInt64.self, at: head.docsStart + word * 8)
      let left = count - word * 64
      if left < 64 { bits &= 1 << UInt64(left) - 1 }
      guard found + bits.nonzeroBitCount <= PostingsLayout.blockCount else {
        throw FormatError(.inconsistent, at: head.start)
      }
      while bits != 0 {
        output[found] = UInt32(truncatingIfNeeded: first &+ bits.trailingZeroBitCount)
        found += 1
        bits &= bits - 1
      }
      first += 64
    }
    guard found == PostingsLayout.blockCount else {
      throw FormatError(.inconsistent, at: head.start)
    }
  }

  private func insertBits(
    _ head: Head, into words: inout MutableSpan<UInt64>, base: Int
  ) throws(FormatError) {
    let count = bitCount
    let first = base + least
    let shift = UInt64(first & 63)
    var found = 0
    var at = first >> 6
    for word in 0..<((count + 63) / 64) {
      var bits = bytes.load(UInt64.self, at: head.docsStart + word * 8)
      let left = count - word * 64
      if left < 64 { bits &= 1 << UInt64(left) - 1 }
      found += bits.nonzeroBitCount
      words[at] |= bits << shift
      let above = shift == 0 ? 0 : bits >> (64 - shift)
      // Behind the last document there may be no word.
      if above != 0 { words[at + 1] |= above }
      at += 1
    }
    guard found == PostingsLayout.blockCount else {
      throw FormatError(.inconsistent, at: head.start)
    }
  }

  private mutating func readTail() throws(FormatError) -> Int {
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
      let doc = UInt32(next)
      previous = doc
      docs[i] = doc
      counts[i] = word & 1 == 1 ? 1 : UInt32(2 + (try reader.readCount(max: 1 << 30)))
      firstKeys[i] = UInt32(try reader.readCount(max: Int(UInt32.max)))
    }
    done = total
    return left
  }
}
