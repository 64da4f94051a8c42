// The last few blocks that a view read: a list walks neighbours, and an occurrence and its content
// often share a block.

import Synchronization
package import VarveFormat

/// A handful of decoded blocks, the oldest replaced first.
package final class RecentBlocks: Sendable {
  private struct State {
    var blocks: [RecordBlock] = []
    var next = 0
  }

  private static let blockCountMax = 16
  private static let blockByteCountMax = 128 << 10
  private let state = Mutex(State())

  package init() {}

  /// The block with a record, if it is here.
  package func block(containing sequence: UInt64) -> RecordBlock? {
    state.withLock { state in
      state.blocks.first {
        sequence >= $0.firstSequence && sequence - $0.firstSequence < UInt64($0.count)
      }
    }
  }

  /// Keeps a block, unless it is so large that a handful of them would be felt.
  package func insert(_ block: RecordBlock) {
    guard block.payload.count <= Self.blockByteCountMax else { return }
    state.withLock { state in
      if state.blocks.count < Self.blockCountMax {
        state.blocks.append(block)
      } else {
        state.blocks[state.next] = block
        state.next = (state.next + 1) % Self.blockCountMax
      }
    }
  }
}
