// Positions found by a 64-bit hash: what the tail looks things up with. Open addressing with linear
// probing (D. E. Knuth, TAOCP 3, 6.4, algorithm L). The rows themselves stay where they are; a slot
// holds their position and half of the hash, so that a probe seldom has to look at a row.

/// A multimap from hashes to positions below 2^32 - 1.
package struct SlotTable: Sendable {
  /// Upper half: bits of the hash; lower half: position + 1, or 0 in a free slot.
  private var slots: [UInt64]
  /// Bits of a hash that choose its slot: the highest of the kept half.
  private var shift: UInt64
  package private(set) var count = 0
  /// Odd and secret, so that hostile keys cannot be chosen to collide (M. Dietzfelbinger et al., "A
  /// reliable randomized algorithm for the closest-pair problem", J. Algorithms 25(1), 1997).
  private static let multiplier: UInt64 = {
    var generator = SystemRandomNumberGenerator()
    return generator.next() | 1
  }()
  private let multiplier = Self.multiplier

  package init() {
    slots = [UInt64](repeating: 0, count: 64)
    shift = 64 - 6
  }

  /// Adds a position under a hash; positions already there stay.
  package mutating func insert(_ hash: UInt64, _ position: Int) {
    if (count + 1) * 2 > slots.count { grow() }
    place((hash &* multiplier) & ~0xFFFF_FFFF | UInt64(position + 1))
    count += 1
  }

  private mutating func place(_ entry: UInt64) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: entry >> shift)
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = entry
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: old.count * 2)
    shift -= 1
    // The kept half has 32 bits, which is more than any tail has rows.
    precondition(shift >= 32, "too many positions")
    for entry in old where entry != 0 { place(entry) }
  }

  /// The first position under a hash for which the closure is true.
  @inline(__always)
  func find(_ hash: UInt64, _ isMatch: (Int) -> Bool) -> Int? {
    let wanted = hash &* multiplier
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: wanted >> shift)
    while true {
      let entry = slots[slot]
      if entry == 0 { return nil }
      if (entry ^ wanted) >> 32 == 0 {
        let position = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
        if isMatch(position) { return position }
      }
      slot = (slot + 1) & mask
    }
  }

  /// Forgets everything but keeps the memory.
  package mutating func removeAll() {
    for i in slots.indices { slots[i] = 0 }
    count = 0
  }
}
