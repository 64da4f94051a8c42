// The documents of a term: blocks of 128 packed by frame of reference, skip data in front, the rest
// as varints. Chapter 6, INV-20 to INV-27. After D. Lemire, L. Boytsov, "Decoding billions of
// integers per second through vectorization", 2015, without the vectors.

package enum PostingsLayout {
  /// Documents of a packed block.
  @inlinable package static var blockCount: Int { 128 }
  /// Bytes of skip data of a packed block.
  @inlinable package static var skipByteCount: Int { 12 }
  /// Zero bytes behind a section of packed blocks, so that whole words may be loaded.
  @inlinable package static var paddingByteCount: Int { 8 }
}

/// Encodes the postings of one term after another.
package struct PostingsEncoder: Sendable {
  private var skips = ByteWriter()
  private var blocks = ByteWriter()

  package init() {}

  /// Appends the list of one term.
  ///
  /// - Parameters:
  ///   - docs: ascending.
  ///   - counts: positions in each document, at least 1.
  ///   - positionsEnds: where the positions of each document end, from the start of the term's.
  package mutating func append(
    docs: ArraySlice<UInt32>, counts: ArraySlice<UInt32>, positionsEnds: ArraySlice<UInt32>,
    to writer: inout ByteWriter
  ) {
    let size = PostingsLayout.blockCount
    skips.bytes.removeAll(keepingCapacity: true)
    blocks.bytes.removeAll(keepingCapacity: true)
    var previous: UInt32 = .max
    var offset = 0
    let base = docs.startIndex
    let countBase = counts.startIndex
    while docs.count - offset >= size {
      var deltas: [UInt32] = []
      var extras: [UInt32] = []
      deltas.reserveCapacity(size)
      extras.reserveCapacity(size)
      var deltaBits: UInt32 = 0
      var extraBits: UInt32 = 0
      for i in offset..<(offset + size) {
        let doc = docs[base + i]
        let delta = doc &- previous &- 1
        previous = doc
        deltas.append(delta)
        deltaBits |= delta
        let extra = counts[countBase + i] - 1
        extras.append(extra)
        extraBits |= extra
      }
      let deltaWidth = 32 - deltaBits.leadingZeroBitCount
      let extraWidth = 32 - extraBits.leadingZeroBitCount
      blocks.write(UInt8(deltaWidth))
      blocks.write(UInt8(extraWidth))
      Self.pack(deltas, width: deltaWidth, to: &blocks)
      Self.pack(extras, width: extraWidth, to: &blocks)
      offset += size
      skips.write(previous)
      skips.write(UInt32(blocks.count))
      skips.write(positionsEnds[positionsEnds.startIndex + offset - 1])
    }
    writer.write(skips.bytes)
    writer.write(blocks.bytes)
    while offset < docs.count {
      let doc = docs[base + offset]
      let delta = UInt64(doc &- previous &- 1)
      previous = doc
      let count = counts[countBase + offset]
      writer.writeVarint(delta << 1 | (count == 1 ? 1 : 0))
      if count != 1 { writer.writeVarint(UInt64(count - 2)) }
      offset += 1
    }
  }

  /// Values of `width` bits, least significant bit first.
  private static func pack(_ values: [UInt32], width: Int, to writer: inout ByteWriter) {
    guard width > 0 else { return }
    var buffer: UInt64 = 0
    var bits = 0
    writer.append(upTo: values.count * width / 8 + 8) { output in
      for value in values {
        buffer |= UInt64(value) << UInt64(bits)
        bits += width
        while bits >= 32 {
          output.write(UInt32(truncatingIfNeeded: buffer))
          buffer >>= 32
          bits -= 32
        }
      }
      while bits > 0 {
        output.append(UInt8(truncatingIfNeeded: buffer))
        buffer >>= 8
        bits -= 8
      }
    }
  }
}

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
    counts = [UInt32](repeating: 0, count: PostingsLayout.blockCount)
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
  ///
  /// - Parameter withCounts: whether `counts` is wanted, too.
  package mutating func next(withCounts: Bool = true) throws(FormatError) -> Int {
    positionsOffset = positionsNext
    guard block < blockTotal else { return try readTail() }
    let start = blocksStart + (block == 0 ? 0 : skip(block - 1, 1))
    let end = blocksStart + skip(block, 1)
    let limit = bytes.byteCount - PostingsLayout.paddingByteCount
    guard start + 2 <= end, end <= limit else { throw FormatError(.outOfBounds, at: start) }
    let deltaWidth = Int(bytes.load(UInt8.self, at: start))
    let extraWidth = Int(bytes.load(UInt8.self, at: start + 1))
    guard deltaWidth <= 32, extraWidth <= 32 else { throw FormatError(.outOfBounds, at: start) }
    guard start + 2 + 16 * (deltaWidth + extraWidth) == end else {
      throw FormatError(.inconsistent, at: start)
    }
    try unpackDocs(at: start + 2, width: deltaWidth)
    if withCounts { unpackCounts(at: start + 2 + 16 * deltaWidth, width: extraWidth) }
    positionsNext = skip(block, 2)
    block += 1
    done += PostingsLayout.blockCount
    return PostingsLayout.blockCount
  }

  /// In 64 bits, so that documents ascend whatever the bytes say; the last one is compared with the
  /// skip data.
  private mutating func unpackDocs(at start: Int, width: Int) throws(FormatError) {
    let mask: UInt64 = (1 << UInt64(width)) - 1
    var bit = start * 8
    // The least that the next document may be.
    var next: UInt64 = done == 0 ? 0 : UInt64(previous) + 1
    let bytes = bytes
    var output = docs.mutableSpan
    for i in 0..<PostingsLayout.blockCount {
      let word = bytes.load(UInt64.self, at: bit >> 3) >> UInt64(bit & 7)
      next = next &+ (word & mask) &+ 1
      output[i] = UInt32(truncatingIfNeeded: next &- 1)
      bit += width
    }
    guard next &- 1 == UInt64(skip(block, 0)) else { throw FormatError(.inconsistent, at: start) }
    previous = UInt32(skip(block, 0))
  }

  private mutating func unpackCounts(at start: Int, width: Int) {
    let bytes = bytes
    var output = counts.mutableSpan
    if width == 0 {
      for i in 0..<PostingsLayout.blockCount { output[i] = 1 }
      return
    }
    let mask: UInt64 = (1 << UInt64(width)) - 1
    var bit = start * 8
    for i in 0..<PostingsLayout.blockCount {
      let word = bytes.load(UInt64.self, at: bit >> 3) >> UInt64(bit & 7)
      output[i] = UInt32(truncatingIfNeeded: word & mask) &+ 1
      bit += width
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
    }
    done = total
    return left
  }
}
