// The few blocks of facts that a view read last: the chunks of an original stand together in the
// log, some thirty to a block, and their lists in another block beside them.

import Synchronization
package import VarveFormat

/// A handful of decoded blocks of facts, the oldest replaced first.
package final class RecentFacts: Sendable {
  private struct Kept {
    var segment: UInt32
    var offset: UInt64
    var facts: [Fact]
  }

  private struct State {
    var blocks: [Kept] = []
    var next = 0
  }

  private static let blockCountMax = 4
  /// Larger blocks are not kept: what a view holds stays small beside what it reads.
  private static let blockByteCountMax = 2 * Limits.chunkBlockTargetByteCount
  private let state = Mutex(State())

  package init() {}

  /// The facts of the block at a place in the log, if it is one of those that were read last.
  package func facts(segment: UInt32, offset: UInt64) -> [Fact]? {
    state.withLock { state in
      state.blocks.first { $0.segment == segment && $0.offset == offset }?.facts
    }
  }

  /// Keeps the facts of a block with this many raw bytes, unless it is too large.
  package func insert(_ facts: [Fact], segment: UInt32, offset: UInt64, byteCount: Int) {
    guard byteCount <= Self.blockByteCountMax else { return }
    let kept = Kept(segment: segment, offset: offset, facts: facts)
    state.withLock { state in
      if state.blocks.count < Self.blockCountMax {
        state.blocks.append(kept)
      } else {
        state.blocks[state.next] = kept
        state.next = (state.next + 1) % Self.blockCountMax
      }
    }
  }
}
