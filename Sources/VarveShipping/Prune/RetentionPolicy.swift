// Which backups are worth keeping.

import Varve

/// How many backups of which kind are kept. The newest one of a store by its time and the one of
/// its highest generation are kept whatever it says: a clock may have been wrong.
public struct RetentionPolicy: Sendable, Equatable {
  /// The newest ones.
  public var last = 0
  /// The newest of each of so many days that have one.
  public var daily = 0
  /// The newest of each of so many weeks, from Monday on.
  public var weekly = 0
  /// The newest of each of so many months.
  public var monthly = 0
  /// The newest of each of so many years.
  public var yearly = 0

  /// A policy that keeps nothing but the newest.
  public init() {}

  /// Whether it says nothing: then nothing is pruned.
  public var isEmpty: Bool { self == RetentionPolicy() }

  /// The backups that are kept.
  ///
  /// - Parameters:
  ///   - backups: of one store, in any order.
  ///   - localDay: the day of a time in the zone of whoever keeps them, counted from 1970-01-01.
  /// - Returns: the keys of their records.
  func kept(_ backups: [BackupInfo], localDay: (Int64) -> Int64) -> Set<String> {
    let newestFirst = backups.sorted { ($1.time, $1.generation) < ($0.time, $0.generation) }
    var kept = Set(newestFirst.prefix(max(1, last)).map(\.key))
    if let highest = backups.max(by: { ($0.generation, $0.time) < ($1.generation, $1.time) }) {
      kept.insert(highest.key)
    }
    let rules: [(Int, (Int64) -> Int64)] = [
      (daily, { $0 }), (weekly, { CivilDate.floor($0 + 3, 7) }),
      (monthly, { CivilDate(day: $0).year * 12 + Int64(CivilDate(day: $0).month) }),
      (yearly, { CivilDate(day: $0).year }),
    ]
    for (count, period) in rules {
      var periods: Set<Int64> = []
      for backup in newestFirst where periods.count < count {
        if periods.insert(period(localDay(backup.time))).inserted { kept.insert(backup.key) }
      }
    }
    return kept
  }
}
