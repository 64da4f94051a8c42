// Numbers for pairs of numbers: groups of a report, and what is distinct within them.

/// Pairs, numbered from 0 in order of first use. Open addressing; neighbours in a log are mostly
/// alike, so the last pair is looked at first.
struct PairTable {
  private var keys: [UInt64]
  private var numbers: [Int32]
  private(set) var count = 0
  private var lastKey: UInt64 = .max
  private var lastNumber: Int32 = 0

  /// No pair: the second number of a pair is never the greatest one.
  private static let empty = UInt64.max

  init() {
    keys = [UInt64](repeating: Self.empty, count: 256)
    numbers = [Int32](repeating: 0, count: 256)
  }

  /// The number of a pair, and whether it is new.
  @inline(__always)
  mutating func number(_ a: UInt32, _ b: UInt32) -> (number: Int, isNew: Bool) {
    let key = UInt64(a) << 32 | UInt64(b)
    if key == lastKey { return (Int(lastNumber), false) }
    return lookUp(key)
  }

  private mutating func lookUp(_ key: UInt64) -> (number: Int, isNew: Bool) {
    lastKey = key
    var slot = slot(of: key)
    while keys[slot] != Self.empty {
      if keys[slot] == key {
        lastNumber = numbers[slot]
        return (Int(lastNumber), false)
      }
      slot = (slot + 1) & (keys.count - 1)
    }
    lastNumber = Int32(count)
    keys[slot] = key
    numbers[slot] = lastNumber
    count += 1
    if count * 2 > keys.count { grow() }
    return (Int(lastNumber), true)
  }

  private func slot(of key: UInt64) -> Int {
    let mixed = (key ^ key >> 32) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 20) & (keys.count - 1)
  }

  private mutating func grow() {
    let old = zip(keys, numbers).filter { $0.0 != Self.empty }
    keys = [UInt64](repeating: Self.empty, count: keys.count * 2)
    numbers = [Int32](repeating: 0, count: keys.count)
    for (key, number) in old {
      var slot = slot(of: key)
      while keys[slot] != Self.empty { slot = (slot + 1) & (keys.count - 1) }
      keys[slot] = key
      numbers[slot] = number
    }
  }
}
