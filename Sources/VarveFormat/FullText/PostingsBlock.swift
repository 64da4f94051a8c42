// One block of 128 documents of a list. Chapter 6, INV-22, INV-23. After D. Lemire, L. Boytsov,
// "Decoding billions of integers per second through vectorization", 2015, without the vectors, and
// for documents that stand close after S. Chambi, D. Lemire, O. Kaser, R. Godin, "Better bitmap
// performance with Roaring bitmaps", 2016.

/// A member of a set among the documents of a block.
package struct PostingsMember: Sendable {
  /// Its place in the block.
  package let place: UInt32
  package let doc: UInt32
}

/// Reads the columns of a block, of which every length was checked.
struct PostingsBlock: ~Escapable {
  private let bytes: RawSpan
  private let start: Int
  private let docWidth: Int
  private let keyWidth: Int
  private let keyExceptionCount: Int
  private let countWidth: Int
  private let countExceptionCount: Int
  private let docsEnd: Int
  private let end: Int
  /// The first document that the block may have, and its last one.
  private let least: Int
  private let last: Int

  private static var count: Int { PostingsLayout.blockCount }

  /// - Parameters:
  ///   - range: of the block among the bytes of the list.
  ///   - least: the first document that the block may have.
  ///   - last: its last one, by the skip data.
  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, _ range: Range<Int>, least: Int, last: Int) throws(FormatError) {
    let start = range.lowerBound
    func byte(_ i: Int) -> Int { Int(bytes.load(UInt8.self, at: start + i)) }
    self.bytes = bytes
    self.start = start
    end = range.upperBound
    self.least = least
    self.last = last
    guard range.count >= PostingsLayout.headByteCount else {
      throw FormatError(.outOfBounds, at: start)
    }
    docWidth = byte(0)
    keyWidth = byte(1)
    keyExceptionCount = byte(2)
    countWidth = byte(3)
    countExceptionCount = byte(4)
    let bitCount = last + 1 - least
    let byteCount = docWidth <= 32 ? 16 * docWidth : (bitCount + 7) / 8
    docsEnd = start + PostingsLayout.headByteCount + byteCount
    guard docWidth <= 32 || docWidth == PostingsLayout.bitsWidth else {
      throw FormatError(.outOfBounds, at: start)
    }
    guard docsEnd <= end else { throw FormatError(.inconsistent, at: start) }
    if docWidth == PostingsLayout.bitsWidth {
      // The last bit is the document that the skip data have.
      guard bitCount >= PostingsLayout.blockCount,
        byte(PostingsLayout.headByteCount + byteCount - 1) >> ((bitCount - 1) & 7) == 1
      else { throw FormatError(.inconsistent, at: start) }
    }
  }

  private var docsStart: Int { start + PostingsLayout.headByteCount }
  private var isBits: Bool { docWidth == PostingsLayout.bitsWidth }
  /// Documents from the first one that the block may have up to its last one.
  private var bitCount: Int { last + 1 - least }
  private var inconsistent: FormatError { FormatError(.inconsistent, at: start) }

  // MARK: First keys and counts

  /// Reads the first keys; returns where they end.
  func readFirstKeys(into keys: inout [UInt32]) throws(FormatError) -> Int {
    try PatchedBlock.read(
      bytes, at: docsEnd, width: keyWidth, exceptionCount: keyExceptionCount, limit: end,
      bits: 32, bias: 0, into: &keys)
  }

  /// Reads the counts, which follow the first keys.
  func readCounts(behind keysEnd: Int, into counts: inout [UInt32]) throws(FormatError) {
    let countsEnd = try PatchedBlock.read(
      bytes, at: keysEnd, width: countWidth, exceptionCount: countExceptionCount, limit: end,
      bits: PostingsLayout.countBits, bias: 1, into: &counts)
    guard countsEnd == end else { throw inconsistent }
  }

  // MARK: Documents

  /// Reads the documents.
  func readDocs(into docs: inout [UInt32]) throws(FormatError) {
    if isBits { try readBits(into: &docs) } else { try unpackDocs(into: &docs) }
  }

  /// Adds the documents to a set; `docs` is room for them.
  func insertDocs(
    into words: inout MutableSpan<UInt64>, base: Int, _ docs: inout [UInt32]
  ) throws(FormatError) {
    if isBits { return try insertBits(into: &words, base: base) }
    try unpackDocs(into: &docs)
    let docs = docs.span
    for i in 0..<Self.count {
      let doc = base &+ Int(docs[i])
      words[doc >> 6] |= 1 << UInt64(doc & 63)
    }
  }

  /// Appends the documents that are in a set; `docs` is room for all.
  func findMembers(
    among words: borrowing Span<UInt64>, base: Int, _ docs: inout [UInt32],
    to members: inout [PostingsMember]
  ) throws(FormatError) {
    if isBits { return try findBits(among: words, base: base, to: &members) }
    try unpackDocs(into: &docs)
    Self.findMembers(docs, Self.count, among: words, base: base, to: &members)
  }

  /// The same of documents that were read.
  static func findMembers(
    _ docs: [UInt32], _ count: Int, among words: borrowing Span<UInt64>, base: Int,
    to members: inout [PostingsMember]
  ) {
    let docs = docs.span
    let start = members.count
    members.append(contentsOf: repeatElement(PostingsMember(place: 0, doc: 0), count: count))
    var output = members.mutableSpan
    var found = start
    for i in 0..<count {
      // Without a jump for each: nobody can foresee them.
      let doc = base &+ Int(docs[i])
      output[found] = PostingsMember(place: UInt32(truncatingIfNeeded: i), doc: docs[i])
      found += Int(words[doc >> 6] >> UInt64(doc & 63) & 1)
    }
    members.removeLast(start + count - found)
  }

  /// In 64 bits, so that documents ascend whatever the bytes say; the last one is compared with the
  /// skip data.
  private func unpackDocs(into docs: inout [UInt32]) throws(FormatError) {
    var next = UInt64(least)
    var output = docs.mutableSpan
    if docWidth == 0 {
      for i in 0..<Self.count { output[i] = UInt32(truncatingIfNeeded: next &+ UInt64(i)) }
      next &+= UInt64(Self.count)
    } else {
      PatchedBlock.unpack(bytes, at: docsStart, width: docWidth) { i, delta in
        next = next &+ delta &+ 1
        output[i] = UInt32(truncatingIfNeeded: next &- 1)
      }
    }
    guard next &- 1 == UInt64(last) else { throw inconsistent }
  }

  // MARK: Documents as bits

  private var wordCount: Int { (bitCount + 63) / 64 }

  /// A word of the bits, without those behind the last document.
  @inline(__always)
  private func bits(_ word: Int) -> UInt64 {
    let bits = bytes.load(UInt64.self, at: docsStart + word * 8)
    let left = bitCount - word * 64
    return left < 64 ? bits & (1 << UInt64(left) - 1) : bits
  }

  private func readBits(into docs: inout [UInt32]) throws(FormatError) {
    var first = least
    var found = 0
    var output = docs.mutableSpan
    for word in 0..<wordCount {
      var bits = bits(word)
      guard found + bits.nonzeroBitCount <= Self.count else { throw inconsistent }
      while bits != 0 {
        output[found] = UInt32(truncatingIfNeeded: first &+ bits.trailingZeroBitCount)
        found += 1
        bits &= bits - 1
      }
      first += 64
    }
    guard found == Self.count else { throw inconsistent }
  }

  private func insertBits(
    into words: inout MutableSpan<UInt64>, base: Int
  ) throws(FormatError) {
    let shift = UInt64((base + least) & 63)
    var at = (base + least) >> 6
    var found = 0
    for word in 0..<wordCount {
      let bits = bits(word)
      found += bits.nonzeroBitCount
      words[at] |= bits << shift
      let above = shift == 0 ? 0 : bits >> (64 - shift)
      // Behind the last document there may be no word.
      if above != 0 { words[at + 1] |= above }
      at += 1
    }
    guard found == Self.count else { throw inconsistent }
  }

  private func findBits(
    among words: borrowing Span<UInt64>, base: Int, to members: inout [PostingsMember]
  ) throws(FormatError) {
    let shift = UInt64((base + least) & 63)
    var at = (base + least) >> 6
    var before = 0
    members.reserveCapacity(members.count + Self.count)
    for word in 0..<wordCount {
      let bits = bits(word)
      let number = bits.nonzeroBitCount
      guard before + number <= Self.count else { throw inconsistent }
      var known = words[at] >> shift
      // Behind the last document there may be no word.
      if shift > 0, at + 1 < words.count { known |= words[at + 1] << (64 - shift) }
      Self.append(bits, known, first: least + word * 64, before: before, to: &members)
      before += number
      at += 1
    }
    guard before == Self.count else { throw inconsistent }
  }

  /// Appends the documents of a word of bits that are in a set.
  ///
  /// - Parameter before: documents of the block in front of the word.
  @inline(__always)
  private static func append(
    _ bits: UInt64, _ known: UInt64, first: Int, before: Int, to members: inout [PostingsMember]
  ) {
    var left = bits & known
    let isWhole = left == bits
    var place = before
    while left != 0 {
      let bit = left.trailingZeroBitCount
      if !isWhole { place = before + (bits & (1 << UInt64(bit) - 1)).nonzeroBitCount }
      members.append(
        PostingsMember(
          place: UInt32(truncatingIfNeeded: place), doc: UInt32(truncatingIfNeeded: first + bit)))
      place += 1
      left &= left - 1
    }
  }
}
