// Turns the sorted tokens of a term into its list and its positions. Writers and mergers share it.

import VarveFormat

struct PostingsListWriter: Sendable {
  private var docs: [UInt32] = []
  private var counts: [UInt32] = []
  private var firstKeys: [UInt32] = []
  private var ends: [UInt32] = []
  private var keys: [UInt32] = []
  private var positions = ByteWriter()
  private var encoder = PostingsEncoder()
  private var buffer = ByteWriter()
  private var current: UInt32 = .max

  struct Figures {
    var docCount: Int
    var postingsByteCount: Int
    var positionsByteCount: Int
  }

  /// Starts a term.
  mutating func begin() {
    docs.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    firstKeys.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    keys.removeAll(keepingCapacity: true)
    positions.bytes.removeAll(keepingCapacity: true)
    current = .max
  }

  /// Adds a position; documents ascend.
  mutating func append(doc: UInt32, key: UInt32) {
    if doc != current {
      endDocument()
      current = doc
      docs.append(doc)
    }
    keys.append(key)
  }

  /// Adds a document whose positions behind the first one are encoded already.
  mutating func append(doc: UInt32, count: UInt32, firstKey: UInt32, positions bytes: RawSpan) {
    endDocument()
    current = .max
    docs.append(doc)
    counts.append(count)
    firstKeys.append(firstKey)
    positions.write(bytes)
    ends.append(UInt32(positions.count))
  }

  private mutating func endDocument() {
    guard !keys.isEmpty else { return }
    if keys.count > 1 {
      for i in 1..<keys.count where keys[i] <= keys[i - 1] {
        keys = Array(Set(keys)).sorted()
        break
      }
    }
    counts.append(UInt32(keys.count))
    firstKeys.append(keys[0])
    PositionList.append(keys[...], to: &positions)
    ends.append(UInt32(positions.count))
    keys.removeAll(keepingCapacity: true)
  }

  /// Writes the term and starts over.
  mutating func write<Output: FullTextOutput>(
    to output: inout Output
  ) throws(Output.Failure) -> Figures {
    endDocument()
    let before = buffer.count
    encoder.append(
      docs: docs, counts: counts, firstKeys: firstKeys, positionsEnds: ends, to: &buffer)
    let figures = Figures(
      docCount: docs.count, postingsByteCount: buffer.count - before,
      positionsByteCount: positions.count)
    buffer.write(positions.bytes)
    if buffer.count >= 256 << 10 {
      try output.write(buffer.bytes.rawSpan)
      buffer.bytes.removeAll(keepingCapacity: true)
    }
    return figures
  }

  /// Writes what is left and ends the section of postings.
  mutating func finish<Output: FullTextOutput>(to output: inout Output) throws(Output.Failure) {
    for _ in 0..<PostingsLayout.paddingByteCount { buffer.write(UInt8(0)) }
    try output.write(buffer.bytes.rawSpan)
    buffer.bytes.removeAll()
    try output.end(itemCount: 0)
  }
}
