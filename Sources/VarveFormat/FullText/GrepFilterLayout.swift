// Filters of the trigrams of contents, so that a search for a pattern reads only the blocks that
// can hold it. Chapter 6, INV-54 to INV-59. A Bloom filter with one hash: B. Bloom, "Space/time
// trade-offs in hash coding with allowable errors", 1970.

/// Occurrences that share a filter, and its place.
package struct GrepGroup: Equatable, Sendable {
  @inlinable package static var byteCount: Int { 12 }

  /// Where its occurrences end, from the first that the file covers.
  package var endRow: UInt32
  /// Where its filter ends in the section of filters.
  package var endOffset: UInt64

  package init(endRow: UInt32, endOffset: UInt64) {
    self.endRow = endRow
    self.endOffset = endOffset
  }
}

package enum GrepFilterLayout {
  /// Bits of a hash.
  package static let hashBitCount = 19
  /// Content of a group before it is closed at the end of a block, in bytes.
  package static let groupByteCount = 8 << 10

  /// The hash of a trigram.
  @inlinable @inline(__always)
  package static func hash(_ trigram: UInt32) -> UInt32 {
    (trigram &* 0x9E37_79B1) >> UInt32(32 - 19)
  }

  /// Size of a filter in bytes: at most a twentieth of the content.
  package static func filterByteCount(contentByteCount: Int) -> Int {
    min(max(8, contentByteCount / 20), 1 << (hashBitCount - 3))
  }

  /// The bit of a hash in a filter.
  @inlinable @inline(__always)
  package static func bit(_ hash: UInt32, filterByteCount: Int) -> Int {
    Int((UInt64(hash) * UInt64(filterByteCount * 8)) >> 19)
  }

  package static func encode(_ groups: [GrepGroup]) -> [UInt8] {
    var writer = ByteWriter(reserving: groups.count * GrepGroup.byteCount)
    for group in groups {
      writer.write(group.endRow)
      writer.write(group.endOffset)
    }
    return writer.bytes
  }

  /// - Parameters:
  ///   - rowCount: occurrences that the file covers.
  ///   - filterByteCount: size of the section of filters.
  package static func decode(
    _ bytes: RawSpan, rowCount: UInt64, filterByteCount: Int
  ) throws(FormatError) -> [GrepGroup] {
    guard bytes.byteCount % GrepGroup.byteCount == 0 else { throw FormatError(.truncated, at: 0) }
    var groups: [GrepGroup] = []
    groups.reserveCapacity(bytes.byteCount / GrepGroup.byteCount)
    var last = GrepGroup(endRow: 0, endOffset: 0)
    for at in stride(from: 0, to: bytes.byteCount, by: GrepGroup.byteCount) {
      let group = GrepGroup(endRow: bytes.load(at: at), endOffset: bytes.load(at: at + 4))
      guard group.endRow > last.endRow, group.endOffset > last.endOffset,
        group.endOffset - last.endOffset <= 1 << (hashBitCount - 3)
      else { throw FormatError(.outOfOrder, at: at) }
      groups.append(group)
      last = group
    }
    guard UInt64(last.endRow) == rowCount, last.endOffset == UInt64(filterByteCount) else {
      throw FormatError(.inconsistent, at: 0)
    }
    return groups
  }
}
