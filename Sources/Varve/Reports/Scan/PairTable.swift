// Numbers for pairs of numbers: groups of a report, and what is distinct within them.

/// Pairs, numbered from 0 in order of first use. Open addressing with Fibonacci hashing (D. Knuth,
/// "The Art of Computer Programming" 3, section 6.4); neighbours in a log are mostly alike, so the
/// last pair is looked at first.
struct PairTable: Sendable {
  /// The pairs in order of their numbers, each with its first number in the upper half.
  private(set) var keys: [UInt64] = []
  /// Keys by hash, `empty` where there is none.
  private var slots: [UInt64]
  private var numbers: [UInt32]
  /// 64 less the binary logarithm of the count of slots.
  private var shift: UInt64 = 64 - 8
  private var lastKey = Self.empty
  private var lastNumber: UInt32 = 0

  /// No pair: the second number of a pair is never the greatest one.
  private static let empty = UInt64.max

  init() {
    slots = [UInt64](repeating: Self.empty, count: 256)
    numbers = [UInt32](repeating: 0, count: 256)
  }

  var count: Int { keys.count }

  /// The two numbers of a pair.
  static func parts(_ key: UInt64) -> (UInt32, UInt32) {
    (UInt32(key >> 32), UInt32(truncatingIfNeeded: key))
  }

  /// The number of a pair, and whether it is new.
  @inline(__always)
  mutating func number(_ a: UInt32, _ b: UInt32) -> (number: UInt32, isNew: Bool) {
    let key = UInt64(a) << 32 | UInt64(b)
    if key == lastKey { return (lastNumber, false) }
    lastKey = key
    var slot = slot(of: key)
    while slots[slot] != key {
      if slots[slot] == Self.empty { return (insert(key, at: slot), true) }
      slot = (slot + 1) & (slots.count - 1)
    }
    lastNumber = numbers[slot]
    return (lastNumber, false)
  }

  /// The numbers of pairs.
  mutating func number(
    _ a: Span<UInt32>, _ b: Span<UInt32>, count: Int, into numbers: inout [UInt32]
  ) {
    numbers.grow(to: count)
    var output = numbers.mutableSpan
    for i in 0..<count { output[i] = number(a[i], b[i]).number }
  }

  /// The number of a pair if there is one.
  func known(_ a: UInt32, _ b: UInt32) -> Int? {
    let key = UInt64(a) << 32 | UInt64(b)
    var slot = slot(of: key)
    while slots[slot] != Self.empty {
      if slots[slot] == key { return Int(numbers[slot]) }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  @inline(never)
  private mutating func insert(_ key: UInt64, at slot: Int) -> UInt32 {
    lastNumber = UInt32(keys.count)
    keys.append(key)
    slots[slot] = key
    numbers[slot] = lastNumber
    if keys.count * 2 > slots.count { grow() }
    return lastNumber
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
  }

  private mutating func grow() {
    shift -= 1
    slots = [UInt64](repeating: Self.empty, count: slots.count * 2)
    numbers = [UInt32](repeating: 0, count: slots.count)
    for (number, key) in keys.enumerated() {
      var slot = slot(of: key)
      while slots[slot] != Self.empty { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = key
      numbers[slot] = UInt32(number)
    }
  }
}
