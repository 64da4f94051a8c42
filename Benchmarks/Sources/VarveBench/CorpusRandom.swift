/// The randomness of the corpus: a generator, a Zipf distribution and a pool of recurring names.
///
/// Everything here is integer arithmetic over a seed, so a corpus is the same on every machine and
/// in every run. The standard library's generators and hashing are seeded per process.

/// SplitMix64: eight bytes of state, and good enough that no pattern shows in a corpus.
struct CorpusRandom {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  @inline(__always)
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// A number in `0..<bound`; the bias is below one in four billion per unit of bound.
  @inline(__always)
  mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: ((next() >> 32) &* UInt64(truncatingIfNeeded: bound)) >> 32)
  }

  /// True in `share` of 1,000 calls.
  @inline(__always)
  mutating func chance(_ share: Int) -> Bool {
    below(1_000) < share
  }

  /// A number in `0..<bound` with each order of magnitude equally likely, as sizes and ages are.
  @inline(__always)
  mutating func logarithmic(below bound: Int) -> Int {
    let bits = Int.bitWidth - max(1, bound).leadingZeroBitCount
    return min(below(1 << (1 + below(bits))), bound - 1)
  }

  /// The finaliser alone, which turns a number and a seed into the bits of a name without memory.
  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Ranks in `0..<rankCount` with probability proportional to `1 / (rank + flattening)`.
///
/// The inverse of the distribution is tabulated once and interpolated: a draw is one load, and
/// ranks rarer than one table step still appear.
struct CorpusZipf {
  private static let stepCount = 1 << 14
  private var starts: [Int32] = []

  init(rankCount: Int, flattening: Double) {
    var total = 0.0
    for rank in 0..<rankCount {
      total += 1 / (Double(rank) + flattening)
    }
    starts.reserveCapacity(Self.stepCount + 1)
    var sum = 0.0
    for rank in 0..<rankCount {
      while Double(starts.count) * total <= sum * Double(Self.stepCount),
        starts.count < Self.stepCount
      {
        starts.append(Int32(rank))
      }
      sum += 1 / (Double(rank) + flattening)
    }
    while starts.count <= Self.stepCount {
      starts.append(Int32(rankCount - 1))
    }
  }

  @inline(__always)
  func rank(_ random: inout CorpusRandom) -> Int {
    let step = random.below(Self.stepCount)
    let first = Int(starts[step])
    return first + random.below(Int(starts[step + 1]) - first + 1)
  }
}

/// Names that are coined less and less often and otherwise recur, the recent ones most.
///
/// This is what makes the vocabulary grow sublinearly, as in real text: the probability of a new
/// name falls by a constant factor whenever the number of mentions doubles. No name is stored,
/// because the bits of a name are a function of its number.
struct CorpusNamePool {
  private let seed: UInt64
  private var mentionCount = 0
  private var nameCount = 0
  private var coiningShare: Int

  /// Mentions before the first slowdown: enough that small corpora are not poor in names.
  private static let settledCount = 1 << 14

  init(seed: UInt64, coiningShare: Int) {
    self.seed = seed
    self.coiningShare = coiningShare
  }

  /// The bits of the next mention's name.
  @inline(__always)
  mutating func next(_ random: inout CorpusRandom) -> UInt64 {
    mentionCount += 1
    if mentionCount & (mentionCount - 1) == 0, mentionCount >= Self.settledCount {
      coiningShare = coiningShare * 98 / 100
    }
    if nameCount == 0 || random.chance(coiningShare) {
      nameCount += 1
      return bits(of: nameCount - 1)
    }
    return bits(of: nameCount - 1 - random.logarithmic(below: nameCount))
  }

  @inline(__always)
  private func bits(of name: Int) -> UInt64 {
    CorpusRandom.mix(seed &+ UInt64(truncatingIfNeeded: name) &* 0x9E37_79B9_7F4A_7C15)
  }
}
