// Collects the trigrams of contents into filters, one for each few blocks of the log.

import VarveFormat

/// Builds the filters of one full-text file.
struct GrepFilterBuilder: Sendable {
  private(set) var groups: [GrepGroup] = []
  private(set) var filters: [UInt8] = []
  /// Hashes of the open group, and which ones are there.
  private var hashes: [UInt32] = []
  private var isKnown: [Bool] = []
  private var contentByteCount = 0

  /// Adds a content to the open group.
  mutating func add(_ content: RawSpan) {
    if isKnown.isEmpty {
      isKnown = [Bool](repeating: false, count: 1 << GrepFilterLayout.hashBitCount)
    }
    contentByteCount += content.byteCount
    var trigram: UInt32 = 0
    // No match goes over the end of a line.
    var length = 0
    for at in 0..<content.byteCount {
      let byte = content.load(UInt8.self, at: at)
      if byte == 0x0A {
        length = 0
        continue
      }
      trigram = (trigram << 8 | UInt32(ByteFolding.gram(byte))) & 0xFF_FFFF
      length += 1
      guard length >= 3 else { continue }
      let hash = GrepFilterLayout.hash(trigram)
      if !isKnown[Int(hash)] {
        isKnown[Int(hash)] = true
        hashes.append(hash)
      }
    }
  }

  /// Ends the group, if it has enough content or is the last.
  ///
  /// - Parameter row: where its occurrences end.
  mutating func endBlock(row: UInt32, isLast: Bool) {
    guard isLast || contentByteCount >= GrepFilterLayout.groupByteCount,
      row > groups.last?.endRow ?? 0
    else { return }
    let size = GrepFilterLayout.filterByteCount(contentByteCount: contentByteCount)
    let start = filters.count
    filters.append(contentsOf: repeatElement(0, count: size))
    for hash in hashes {
      let bit = GrepFilterLayout.bit(hash, filterByteCount: size)
      filters[start + bit >> 3] |= 1 << UInt8(bit & 7)
      isKnown[Int(hash)] = false
    }
    groups.append(GrepGroup(endRow: row, endOffset: UInt64(filters.count)))
    hashes.removeAll(keepingCapacity: true)
    contentByteCount = 0
  }
}
