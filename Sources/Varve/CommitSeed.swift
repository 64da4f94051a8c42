// Seeds of commits, from which the salts of their records are made. Format-spec SEG-42.

import Synchronization
import VarveFormat

/// Fresh seeds without a system call for each: the salt function of a counter, under a secret that
/// lives as long as the process.
enum CommitSeed {
  private static let counter = Atomic<UInt64>(0)
  private static let secret: (UInt64, UInt64) = {
    var generator = SystemRandomNumberGenerator()
    return (generator.next(), generator.next())
  }()

  static func next() -> (UInt64, UInt64) {
    let count = counter.wrappingAdd(1, ordering: .relaxed).newValue
    return RecordSalt.salt(seedHigh: secret.0, seedLow: secret.1, index: count)
  }
}
