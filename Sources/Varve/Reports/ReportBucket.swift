// What a timeline counts by, and the days of all reports.

/// Stretches of local time that a report counts by.
public enum ReportBucket: String, CaseIterable, Sendable {
  case hour, day, week, month

  static let dayLength: Int64 = 86_400_000

  /// The number of the bucket of a local time; numbers ascend with time.
  package func number(ofLocal time: Int64) -> Int64 {
    switch self {
    case .hour: return CivilDate.floor(time, 3_600_000)
    case .day: return CivilDate.floor(time, Self.dayLength)
    case .week:
      // Weeks begin on Monday; 1970 began on a Thursday.
      return CivilDate.floor(CivilDate.floor(time, Self.dayLength) + 3, 7)
    case .month:
      let date = CivilDate(day: CivilDate.floor(time, Self.dayLength))
      return date.year * 12 + Int64(date.month) - 1
    }
  }

  /// The bucket as it is shown: `2026-11-25T14`, `2026-11-25`, `2026-11-23` for the week from that
  /// Monday on, `2026-11`.
  package func label(_ number: Int64) -> String {
    switch self {
    case .hour:
      let day = CivilDate.floor(number, 24)
      return CivilDate(day: day).text + "T" + CivilDate.pad(number - day * 24, 2)
    case .day: return CivilDate(day: number).text
    case .week: return CivilDate(day: number * 7 - 3).text
    case .month:
      let year = CivilDate.floor(number, 12)
      return CivilDate.pad(year, 4) + "-" + CivilDate.pad(number - year * 12 + 1, 2)
    }
  }
}
