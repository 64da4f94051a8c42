// The few blocks of facts that a view read last: the chunks of an original stand together in the
// log, some thirty to a block, and their lists in another block beside them.

package import VarveFormat

/// A handful of decoded blocks of facts.
package struct RecentFacts: Sendable {
  private struct Block {
    let segment: UInt32
    let offset: UInt64
    let facts: [StoredFact]
  }

  /// Larger blocks are not kept: what a view holds stays small beside what it reads.
  private static let blockByteCountMax = 2 * Limits.chunkBlockTargetByteCount
  private let blocks = RecentItems<Block>(countMax: 4)

  package init() {}

  /// The facts of the block at a place in the log, if it is one of those that were read last.
  package func facts(segment: UInt32, offset: UInt64) -> [StoredFact]? {
    blocks.first { $0.segment == segment && $0.offset == offset }?.facts
  }

  /// Keeps the facts of a block with this many raw bytes, unless it is too large.
  package func insert(_ facts: [StoredFact], segment: UInt32, offset: UInt64, byteCount: Int) {
    guard byteCount <= Self.blockByteCountMax else { return }
    blocks.insert(Block(segment: segment, offset: offset, facts: facts))
  }
}
