// Times as the servers of S3 write them.

import Varve

/// A moment, to the second.
struct UTCTime {
  /// Seconds since 1970.
  let seconds: Int64

  init(milliseconds: Int64) { seconds = CivilDate.floor(milliseconds, 1000) }

  /// `20130524T000000Z`, the basic format of ISO 8601.
  var compact: String { extended.filter { $0 != "-" && $0 != ":" } }

  /// `2013-05-24T00:00:00Z`, the extended one.
  var extended: String {
    let day = CivilDate.floor(seconds, 86_400)
    let second = seconds - day * 86_400
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let clock = [second / 3600, second / 60 % 60, second % 60].map(two).joined(separator: ":")
    return CivilDate(day: day).text + "T" + clock + "Z"
  }

  /// Reads `2026-11-26T09:40:54.000Z` and `Thu, 26 Nov 2026 09:40:54 GMT`; nil for other texts.
  init?(_ text: String) {
    let words = text.split { " ,-:TZ".contains($0) }
    guard words.count >= 6 else { return nil }
    let isISO = words[0].count == 4
    let month =
      isISO
      ? Int64(words[1]) : Self.months.firstIndex(of: String(words[2])).map { Int64($0) + 1 }
    let start = isISO ? 3 : 4
    let year = isISO ? Int64(words[0]) : Int64(words[3])
    let day = isISO ? Int64(words[2]) : Int64(words[1])
    let clock = words[start...].prefix(3).map { Int64($0.prefix { $0 != "." }) ?? -1 }
    guard let year, let month, let day, clock.count == 3, (1970...9999).contains(year),
      (1...12).contains(month), (1...31).contains(day), (0...23).contains(clock[0]),
      (0...59).contains(clock[1]), (0...60).contains(clock[2])
    else { return nil }
    seconds =
      Self.days(year, month, day) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Days since 1970-01-01. After H. Hinnant, "chrono-compatible low-level date algorithms".
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
