// Which terms hold three letters in a row: how misspelled words find what they may have meant.
// Chapter 6, INV-30 to INV-33.

package enum TrigramLayout {
  /// Stands before the first and behind the last letter.
  package static let border: UInt32 = 1

  /// The trigrams of a word, each letter 21 bits, with a border on both sides; distinct.
  ///
  /// - Parameter isPrefix: leaves out those that hold the border behind the last letter.
  package static func trigrams(_ letters: [UInt32], isPrefix: Bool = false) -> [UInt64] {
    var padded: [UInt32] = [border]
    padded += letters
    if !isPrefix { padded.append(border) }
    guard padded.count >= 3 else { return [] }
    var found: [UInt64] = []
    for i in 0..<(padded.count - 2) {
      found.append(UInt64(padded[i]) << 42 | UInt64(padded[i + 1]) << 21 | UInt64(padded[i + 2]))
    }
    found.sort()
    var count = 1
    for i in 1..<found.count where found[i] != found[count - 1] {
      found[count] = found[i]
      count += 1
    }
    found.removeLast(found.count - count)
    return found
  }
}

/// Collects the trigrams of terms in the order of their ordinals.
package struct TrigramIndexBuilder: Sendable {
  private var pairs: [(trigram: UInt64, slot: UInt32)] = []
  private var ordinals: [UInt32] = []

  package init() {}

  /// Adds a term of the dictionary.
  package mutating func append(_ letters: [UInt32], ordinal: Int) {
    let slot = UInt32(ordinals.count)
    ordinals.append(UInt32(ordinal))
    for trigram in TrigramLayout.trigrams(letters) { pairs.append((trigram, slot)) }
  }

  /// The section: terms, trigrams, their ends, the lists.
  package mutating func finish() -> [UInt8] {
    pairs.sort { $0.trigram != $1.trigram ? $0.trigram < $1.trigram : $0.slot < $1.slot }
    var trigrams = ByteWriter()
    var ends = ByteWriter()
    var lists = ByteWriter()
    var count = 0
    var i = 0
    while i < pairs.count {
      let trigram = pairs[i].trigram
      var previous: UInt32 = .max
      while i < pairs.count, pairs[i].trigram == trigram {
        lists.writeVarint(UInt64(pairs[i].slot &- previous &- 1))
        previous = pairs[i].slot
        i += 1
      }
      trigrams.write(trigram)
      ends.write(UInt32(lists.count))
      count += 1
    }
    var writer = ByteWriter(reserving: 16 + trigrams.count + ends.count + lists.count)
    writer.write(UInt32(ordinals.count))
    writer.write(UInt32(count))
    for ordinal in ordinals { writer.write(ordinal) }
    writer.write(trigrams.bytes)
    writer.write(ends.bytes)
    writer.write(lists.bytes)
    return writer.bytes
  }
}

/// Reads a trigram section.
package struct TrigramIndex: ~Escapable {
  private let bytes: RawSpan
  /// Terms that are in it.
  package let termCount: Int
  private let trigramCount: Int

  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan) throws(FormatError) {
    guard bytes.byteCount >= 8 else { throw FormatError(.truncated, at: 0) }
    self.bytes = bytes
    termCount = Int(bytes.load(UInt32.self, at: 0))
    trigramCount = Int(bytes.load(UInt32.self, at: 4))
    guard bytes.byteCount >= 8 + termCount * 4 + trigramCount * 12 else {
      throw FormatError(.truncated, at: 8)
    }
  }

  private var trigramsStart: Int { 8 + termCount * 4 }
  private var endsStart: Int { trigramsStart + trigramCount * 8 }
  private var listsStart: Int { endsStart + trigramCount * 4 }

  /// Ordinal in the dictionary of the term at a slot.
  package func ordinal(_ slot: Int) -> Int { Int(bytes.load(UInt32.self, at: 8 + slot * 4)) }

  /// First slot whose ordinal is not below one.
  package func slot(from ordinal: Int) -> Int {
    var low = 0
    var high = termCount
    while low < high {
      let middle = (low + high) / 2
      if self.ordinal(middle) < ordinal { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Counts for each slot how many of the trigrams its term has.
  package func count(
    _ trigrams: [UInt64], into counts: inout [UInt8]
  ) throws(FormatError) {
    for trigram in trigrams {
      var low = 0
      var high = trigramCount
      while low < high {
        let middle = (low + high) / 2
        if bytes.load(UInt64.self, at: trigramsStart + middle * 8) < trigram {
          low = middle + 1
        } else {
          high = middle
        }
      }
      guard low < trigramCount,
        bytes.load(UInt64.self, at: trigramsStart + low * 8) == trigram
      else { continue }
      let start = low == 0 ? 0 : Int(bytes.load(UInt32.self, at: endsStart + (low - 1) * 4))
      let end = Int(bytes.load(UInt32.self, at: endsStart + low * 4))
      guard start <= end, end <= bytes.byteCount - listsStart else {
        throw FormatError(.outOfBounds, at: endsStart + low * 4)
      }
      var reader = ByteReader(
        bytes.extracting(0..<(listsStart + end)), at: listsStart + start)
      var slot = -1
      while reader.remaining > 0 {
        slot += try reader.readCount(max: termCount) + 1
        guard slot < termCount else { throw FormatError(.outOfBounds, at: reader.offset) }
        counts[slot] &+= 1
      }
    }
  }
}
