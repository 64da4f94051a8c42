// Dates from numbers of days.

/// A date of the proleptic Gregorian calendar. After H. Hinnant, "chrono-compatible low-level date
/// algorithms".
package struct CivilDate: Sendable {
  package let year: Int64
  package let month: Int
  package let day: Int

  /// - Parameter day: days since 1970-01-01.
  package init(day: Int64) {
    let z = day + 719_468
    let era = Self.floor(z, 146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    month = Int(shifted < 10 ? shifted + 3 : shifted - 9)
    self.day = Int(dayOfYear - (153 * shifted + 2) / 5 + 1)
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// `2026-11-25`.
  package var text: String {
    Self.pad(year, 4) + "-" + Self.pad(Int64(month), 2) + "-" + Self.pad(Int64(day), 2)
  }

  /// A quotient rounded down.
  package static func floor(_ a: Int64, _ b: Int64) -> Int64 { a / b - (a % b < 0 ? 1 : 0) }

  static func pad(_ value: Int64, _ width: Int) -> String {
    let digits = String(value.magnitude)
    let zeros = String(repeating: "0", count: max(0, width - digits.count))
    return (value < 0 ? "-" : "") + zeros + digits
  }
}
