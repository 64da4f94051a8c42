// The dictionary of terms: sorted, front-coded in blocks of 16. Chapter 6, INV-10 to INV-14.

/// What the dictionary knows about a term.
package struct TermInfo: Equatable, Sendable {
  /// Position in the dictionary.
  package var ordinal: Int
  /// Documents that hold it.
  package var docCount: Int
  /// Its list in the section of postings.
  package var postings: Range<Int>
  /// Its positions, which follow there.
  package var positions: Range<Int>

  package init(ordinal: Int, docCount: Int, postings: Range<Int>, positions: Range<Int>) {
    self.ordinal = ordinal
    self.docCount = docCount
    self.postings = postings
    self.positions = positions
  }
}

package enum TermLayout {
  /// Terms of a block.
  @inlinable package static var blockCount: Int { 16 }
}

/// Writes a dictionary; terms are added in ascending order of their bytes.
package struct TermDictionaryBuilder: Sendable {
  private var blocks = ByteWriter()
  private var offsets = ByteWriter()
  private var previous: [UInt8] = []
  private var listsEnd = 0
  /// Terms so far.
  package private(set) var count = 0

  package init() {}

  /// Adds a term whose list and positions follow those of the term before.
  package mutating func append(
    _ term: [UInt8], docCount: Int, postingsByteCount: Int, positionsByteCount: Int
  ) {
    var shared = 0
    if count % TermLayout.blockCount == 0 {
      offsets.write(UInt64(blocks.count))
      blocks.writeVarint(listsEnd)
    } else {
      let limit = min(previous.count, term.count)
      while shared < limit, previous[shared] == term[shared] { shared += 1 }
    }
    blocks.writeVarint(shared)
    blocks.writeVarint(term.count - shared)
    for i in shared..<term.count { blocks.write(term[i]) }
    blocks.writeVarint(docCount)
    blocks.writeVarint(postingsByteCount)
    blocks.writeVarint(positionsByteCount)
    previous = term
    listsEnd += postingsByteCount + positionsByteCount
    count += 1
  }

  /// The section: count, offsets of the blocks, the blocks.
  package func finish() -> [UInt8] {
    var writer = ByteWriter(reserving: 8 + offsets.count + blocks.count)
    writer.write(UInt64(count))
    writer.write(offsets.bytes)
    writer.write(blocks.bytes)
    return writer.bytes
  }
}

/// Reads a dictionary section.
package struct TermDictionary: ~Escapable {
  private let bytes: RawSpan
  package let count: Int
  private let blockTotal: Int

  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan) throws(FormatError) {
    guard bytes.byteCount >= 8 else { throw FormatError(.truncated, at: 0) }
    self.bytes = bytes
    let stated = bytes.load(UInt64.self, at: 0)
    guard stated <= UInt64(bytes.byteCount) else { throw FormatError(.outOfBounds, at: 0) }
    count = Int(stated)
    blockTotal = (count + TermLayout.blockCount - 1) / TermLayout.blockCount
    guard bytes.byteCount >= 8 + blockTotal * 8 else { throw FormatError(.truncated, at: 8) }
  }

  /// A walk that starts at a block.
  @_lifetime(copy self)
  private func cursor(block: Int) throws(FormatError) -> TermCursor {
    TermCursor(
      bytes, at: try start(ofBlock: block), ordinal: block * TermLayout.blockCount, count: count)
  }

  private func start(ofBlock block: Int) throws(FormatError) -> Int {
    let start = 8 + blockTotal * 8
    let offset = bytes.load(UInt64.self, at: 8 + block * 8)
    guard offset < UInt64(bytes.byteCount - start) else {
      throw FormatError(.outOfBounds, at: 8 + block * 8)
    }
    return start + Int(offset)
  }

  /// A walk over all terms from the first one that is not before `term`, which `next` gives first.
  @_lifetime(copy self)
  package func cursor(from term: RawSpan) throws(FormatError) -> TermCursor {
    // The last block whose first term is not after the wanted one.
    var low = 0
    var high = blockTotal
    while low < high {
      let middle = (low + high) / 2
      var probe = try cursor(block: middle)
      _ = try probe.next()
      if probe.term.rawSpan.lexicographicallyPrecedes(term) || probe.term.rawSpan.isEqual(to: term)
      {
        low = middle + 1
      } else {
        high = middle
      }
    }
    if blockTotal == 0 { return TermCursor(bytes, at: bytes.byteCount, ordinal: 0, count: 0) }
    var found = try cursor(block: max(0, low - 1))
    while true {
      guard try found.next() != nil else { break }
      if !found.term.rawSpan.lexicographicallyPrecedes(term) {
        found.pushBack()
        break
      }
    }
    return found
  }

  /// What is known about a term.
  package func find(_ term: RawSpan) throws(FormatError) -> TermInfo? {
    var cursor = try cursor(from: term)
    guard let info = try cursor.next(), cursor.term.rawSpan.isEqual(to: term) else { return nil }
    return info
  }

  /// The term with an ordinal.
  package func term(_ ordinal: Int) throws(FormatError) -> (bytes: [UInt8], info: TermInfo) {
    guard ordinal >= 0, ordinal < count else { throw FormatError(.outOfBounds, at: 0) }
    var cursor = try cursor(block: ordinal / TermLayout.blockCount)
    while let info = try cursor.next() {
      if info.ordinal == ordinal { return (cursor.term, info) }
    }
    throw FormatError(.inconsistent, at: 0)
  }

  /// Visits terms by their ordinals, which ascend; a block is decoded once.
  ///
  /// - Parameters:
  ///   - judge: what a term is worth; 0 for nothing.
  ///   - body: gets the terms that are worth something.
  package func visit(
    _ ordinals: [Int], _ judge: (borrowing Span<UInt8>) -> Int,
    _ body: (Int, [UInt8], TermInfo) -> Void
  ) throws(FormatError) {
    var buffer = [UInt8](repeating: 0, count: Limits.termByteCount + 1)
    var next = 0
    while next < ordinals.count {
      let block = ordinals[next] / TermLayout.blockCount
      guard ordinals[next] < count else { throw FormatError(.outOfBounds, at: 0) }
      let end = min(count, (block + 1) * TermLayout.blockCount)
      var reader = ByteReader(bytes, at: try start(ofBlock: block))
      var listsEnd = try reader.readCount(max: 1 << 48)
      var length = 0
      var ordinal = block * TermLayout.blockCount
      while next < ordinals.count, ordinals[next] < end {
        // Ordinals that do not ascend would lead behind the block.
        guard ordinal < end else { throw FormatError(.inconsistent, at: reader.offset) }
        length = try Self.readTerm(&reader, length, into: &buffer)
        let docCount = try reader.readCount(max: Int(UInt32.max))
        let start = listsEnd
        let middle = start + (try reader.readCount(max: 1 << 40))
        listsEnd = middle + (try reader.readCount(max: 1 << 40))
        if ordinal == ordinals[next] {
          next += 1
          let worth = judge(buffer.span.extracting(first: length))
          if worth > 0 {
            let info = TermInfo(
              ordinal: ordinal, docCount: docCount, postings: start..<middle,
              positions: middle..<listsEnd)
            body(worth, Array(buffer[..<length]), info)
          }
        }
        ordinal += 1
      }
    }
  }

  /// Reads a term behind another one of `length` bytes; returns how many it has.
  private static func readTerm(
    _ reader: inout ByteReader, _ length: Int, into buffer: inout [UInt8]
  ) throws(FormatError) -> Int {
    let at = reader.offset
    let shared = try reader.readCount(max: length)
    let added = try reader.readCount(max: Limits.termByteCount + 1)
    guard shared + added <= Limits.termByteCount + 1 else {
      throw FormatError(.outOfBounds, at: at)
    }
    let range = try reader.readRange(added)
    let bytes = reader.bytes
    var output = buffer.mutableSpan
    var place = shared
    for i in range {
      output[place] = bytes.load(UInt8.self, at: i)
      place += 1
    }
    return place
  }

  /// Terms in a row.
  ///
  /// - Parameter ordinal: of the first, a multiple of `TermLayout.blockCount`.
  package func read(
    from ordinal: Int, count wanted: Int
  ) throws(FormatError) -> [(term: [UInt8], info: TermInfo)] {
    guard ordinal < count else { return [] }
    var found: [(term: [UInt8], info: TermInfo)] = []
    found.reserveCapacity(wanted)
    var cursor = try cursor(block: ordinal / TermLayout.blockCount)
    while found.count < wanted, let info = try cursor.next() { found.append((cursor.term, info)) }
    return found
  }

  /// A walk over all terms.
  @_lifetime(copy self)
  package func all() throws(FormatError) -> TermCursor {
    if blockTotal == 0 { return TermCursor(bytes, at: bytes.byteCount, ordinal: 0, count: 0) }
    return try cursor(block: 0)
  }
}

/// A walk over a dictionary in order.
package struct TermCursor: ~Escapable {
  private var reader: ByteReader
  private var ordinal: Int
  private let count: Int
  private var listsEnd = 0
  private var pushedBack: TermInfo?
  /// The term that `next` gave last.
  package private(set) var term: [UInt8] = []
  private var last: TermInfo?

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, at offset: Int, ordinal: Int, count: Int) {
    reader = ByteReader(bytes, at: offset)
    self.ordinal = ordinal
    self.count = count
  }

  /// The next term; its bytes are in `term`.
  package mutating func next() throws(FormatError) -> TermInfo? {
    if let info = pushedBack {
      pushedBack = nil
      return info
    }
    guard ordinal < count else { return nil }
    if ordinal % TermLayout.blockCount == 0 {
      listsEnd = try reader.readCount(max: 1 << 48)
      term.removeAll(keepingCapacity: true)
    }
    let at = reader.offset
    let shared = try reader.readCount(max: term.count)
    let added = try reader.readCount(max: Limits.termByteCount + 1)
    guard shared + added <= Limits.termByteCount + 1 else {
      throw FormatError(.outOfBounds, at: at)
    }
    term.removeLast(term.count - shared)
    let range = try reader.readRange(added)
    let bytes = reader.bytes
    term.append(addingCapacity: added) { output in
      for i in range { output.append(bytes.load(UInt8.self, at: i)) }
    }
    let docCount = try reader.readCount(max: Int(UInt32.max))
    let start = listsEnd
    let middle = start + (try reader.readCount(max: 1 << 40))
    listsEnd = middle + (try reader.readCount(max: 1 << 40))
    let info = TermInfo(
      ordinal: ordinal, docCount: docCount, postings: start..<middle, positions: middle..<listsEnd)
    ordinal += 1
    last = info
    return info
  }

  /// Lets `next` give the term again that it gave last.
  mutating func pushBack() { pushedBack = last }
}
