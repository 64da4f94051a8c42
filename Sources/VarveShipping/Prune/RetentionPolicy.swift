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
    for rule in rules {
      var periods: Set<Int64> = []
      for backup in newestFirst where periods.count < rule.count {
        if periods.insert(rule.period(localDay(backup.time))).inserted { kept.insert(backup.key) }
      }
    }
    return kept
  }

  /// Two hundred years: what is kept for longer is kept.
  private static let daysMax: Int64 = 73_200

  /// One rule: how many periods, and the number of the period of a day.
  private struct Rule {
    var count: Int
    var period: (Int64) -> Int64
  }

  private var rules: [Rule] {
    [
      Rule(count: daily) { $0 }, Rule(count: weekly) { CivilDate.floor($0 + 3, 7) },
      Rule(count: monthly) { CivilDate(day: $0).year * 12 + Int64(CivilDate(day: $0).month) },
      Rule(count: yearly) { CivilDate(day: $0).year },
    ]
  }

  /// The day from which on a backup is not kept, if there is one every day from now on; nil if only
  /// newer ones, whenever they come, take its place.
  func lastDay(
    of backup: BackupInfo, among own: [BackupInfo], today: Int64, localDay: (Int64) -> Int64
  ) -> Int64? {
    let newer = own.filter { ($0.time, $0.generation) > (backup.time, backup.generation) }
    guard newer.count >= max(1, last), newer.contains(where: { $0.generation > backup.generation })
    else { return nil }
    var end: Int64?
    for rule in rules where rule.count > 0 {
      let period = rule.period(localDay(backup.time))
      let periods = Set(newer.map { rule.period(localDay($0.time)) })
      // Somebody else is the newest of its period, or enough periods have one.
      guard !periods.contains(period), periods.count < rule.count else { continue }
      let missing = Int64(rule.count - periods.count)
      let now = rule.period(today)
      let wanted = now + missing - (periods.contains(now) ? 0 : 1)
      var day = today
      while rule.period(day) < wanted {
        day += 1
        guard day - today < Self.daysMax else { return nil }
      }
      end = max(end ?? day, day)
    }
    return end
  }
}
