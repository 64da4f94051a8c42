// The last few blocks that a view read: a list walks neighbours, and an occurrence and its content
// often share a block.

package import VarveFormat

/// A handful of decoded blocks of records.
package struct RecentBlocks: Sendable {
  private static let blockByteCountMax = 128 << 10
  private let blocks = RecentItems<RecordBlock>(countMax: 16)

  package init() {}

  /// The block with a record, if it is here.
  package func block(containing sequence: UInt64) -> RecordBlock? {
    blocks.first {
      sequence >= $0.firstSequence && sequence - $0.firstSequence < UInt64($0.count)
    }
  }

  /// Keeps a block, unless it is so large that a handful of them would be felt.
  package func insert(_ block: RecordBlock) {
    if block.payload.count <= Self.blockByteCountMax { blocks.insert(block) }
  }
}
