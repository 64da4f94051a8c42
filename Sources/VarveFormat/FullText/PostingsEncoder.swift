// Writes the documents of a term. Chapter 6, INV-20 to INV-25.

package enum PostingsLayout {
  /// Documents of a block.
  @inlinable package static var blockCount: Int { 128 }
  /// Bytes of skip data of a block.
  @inlinable package static var skipByteCount: Int { 12 }
  /// Zero bytes behind a section of postings, so that whole words may be loaded.
  @inlinable package static var paddingByteCount: Int { 8 }
  /// Bits that a count less 1 has at most, so that sums of a block stay numbers.
  static var countBits: Int { 30 }
  /// Bytes in front of the columns of a block.
  static var headByteCount: Int { 5 }
  /// Stands for the width of the differences where a block has its documents as bits.
  static var bitsWidth: Int { 64 }
}

/// Encodes the postings of one term after another.
package struct PostingsEncoder: Sendable {
  private var skips = ByteWriter()
  private var blocks = ByteWriter()
  private var deltas: [UInt32] = []
  private var extras: [UInt32] = []
  private var firsts: [UInt32] = []

  package init() {}

  /// Appends the list of one term.
  ///
  /// - Parameters:
  ///   - docs: ascending.
  ///   - counts: positions in each document, at least 1.
  ///   - firstKeys: the first position in each.
  ///   - positionsEnds: where the positions of each document end, from the start of the term's.
  package mutating func append(
    docs: [UInt32], counts: [UInt32], firstKeys: [UInt32], positionsEnds: [UInt32],
    to writer: inout ByteWriter
  ) {
    let size = PostingsLayout.blockCount
    skips.bytes.removeAll(keepingCapacity: true)
    blocks.bytes.removeAll(keepingCapacity: true)
    var previous: UInt32 = .max
    var offset = 0
    while docs.count - offset >= size {
      let range = offset..<(offset + size)
      appendBlock(docs[range], counts[range], firstKeys[range], behind: previous)
      offset += size
      previous = docs[offset - 1]
      skips.write(previous)
      skips.write(UInt32(blocks.count))
      skips.write(positionsEnds[offset - 1])
    }
    writer.write(skips.bytes)
    writer.write(blocks.bytes)
    while offset < docs.count {
      let delta = UInt64(docs[offset] &- previous &- 1)
      previous = docs[offset]
      let count = counts[offset]
      writer.writeVarint(delta << 1 | (count == 1 ? 1 : 0))
      if count != 1 { writer.writeVarint(UInt64(count - 2)) }
      writer.writeVarint(UInt64(firstKeys[offset]))
      offset += 1
    }
  }

  private mutating func appendBlock(
    _ docs: ArraySlice<UInt32>, _ counts: ArraySlice<UInt32>, _ firstKeys: ArraySlice<UInt32>,
    behind before: UInt32
  ) {
    deltas.removeAll(keepingCapacity: true)
    extras.removeAll(keepingCapacity: true)
    firsts.removeAll(keepingCapacity: true)
    var previous = before
    var deltaBits: UInt32 = 0
    for doc in docs {
      deltas.append(doc &- previous &- 1)
      deltaBits |= doc &- previous &- 1
      previous = doc
    }
    for count in counts { extras.append(count - 1) }
    firsts += firstKeys
    let deltaWidth = 32 - deltaBits.leadingZeroBitCount
    let bitsByteCount = (Int(previous &- before) + 7) / 8
    let isBits = bitsByteCount <= 16 * deltaWidth
    let extraShape = PatchedBlock.shape(extras)
    let firstShape = PatchedBlock.shape(firsts)
    blocks.write(UInt8(isBits ? PostingsLayout.bitsWidth : deltaWidth))
    for shape in [firstShape, extraShape] {
      blocks.write(UInt8(shape.width))
      blocks.write(UInt8(shape.exceptionCount))
    }
    if isBits {
      appendBits(byteCount: bitsByteCount)
    } else {
      PatchedBlock.pack(deltas, width: deltaWidth, to: &blocks)
    }
    PatchedBlock.append(firsts, firstShape, to: &blocks)
    PatchedBlock.append(extras, extraShape, to: &blocks)
  }

  private mutating func appendBits(byteCount: Int) {
    var bits = [UInt8](repeating: 0, count: byteCount)
    var place = 0
    for delta in deltas {
      place += Int(delta)
      bits[place >> 3] |= 1 << UInt8(place & 7)
      place += 1
    }
    blocks.write(bits)
  }
}
