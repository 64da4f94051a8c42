// Which indexes are merged: sizes in, ranges out.

import Testing
import VarveStorage
import VarveTestSupport

@Suite struct MergePolicyTests {
  @Test func nothingToDo() {
    #expect(MergePolicy.plan([]) == nil)
    #expect(MergePolicy.plan([1, 1, 1]) == nil)
    #expect(MergePolicy.plan([UInt64](repeating: 20_000, count: 7)) == nil)
  }

  @Test func equalSizesMerge() {
    #expect(MergePolicy.plan([UInt64](repeating: 20_000, count: 8)) == 0..<8)
    #expect(MergePolicy.plan([1_000_000] + [UInt64](repeating: 20_000, count: 8)) == 1..<9)
  }

  /// Simulates a long life and bounds what is promised: number of indexes and write amplification.
  @Test(arguments: [1, 200, 17_000] as [UInt64])
  func boundsOfALongLife(rowsPerIndex: UInt64) {
    var indexes: [UInt64] = []
    var written: UInt64 = 0
    var most = 0
    let count: UInt64 = 3000
    for _ in 0..<count {
      indexes.append(rowsPerIndex)
      written += rowsPerIndex
      while let plan = MergePolicy.plan(indexes) {
        let merged = indexes[plan].reduce(0, +)
        written += merged
        indexes.replaceSubrange(plan, with: [merged])
      }
      most = max(most, indexes.count)
    }
    #expect(indexes.reduce(0, +) == count * rowsPerIndex)
    let tiers = MergePolicy.tier(count * rowsPerIndex) + 1
    #expect(most <= MergePolicy.width * tiers, "\(most) indexes")
    let amplification = Double(written) / Double(count * rowsPerIndex)
    if rowsPerIndex >= 4096 { #expect(amplification <= Double(1 + tiers), "\(amplification)") }
  }
}
