// Times for people and scripts, and the one parser behind `--since` and `--until`.

import ArgumentParser
import Varve
import VarveSources

enum TimeText {
  /// Whether RFC 3339 can say a time: its years have four digits.
  static func isWritable(_ milliseconds: Int64) -> Bool {
    (-62_167_219_200_000..<253_402_300_800_000).contains(milliseconds)
  }

  /// RFC 3339 in UTC with milliseconds.
  static func rfc3339(_ milliseconds: Int64) -> String {
    let rest = (milliseconds % 86_400_000 + 86_400_000) % 86_400_000
    let date = CivilDate(day: CivilDate.floor(milliseconds, 86_400_000))
    return "\(date.text)T\(pad(rest / 3_600_000, 2)):"
      + "\(pad(rest / 60_000 % 60, 2)):\(pad(rest / 1000 % 60, 2)).\(pad(rest % 1000, 3))Z"
  }

  /// Local date and time without seconds, for lists.
  static func local(_ milliseconds: Int64?) -> String {
    guard let milliseconds else { return "-" }
    let fields = Process.local(milliseconds)
    return "\(pad(Int64(fields.year), 4))-\(pad(Int64(fields.month), 2))-"
      + "\(pad(Int64(fields.day), 2)) \(pad(Int64(fields.hour), 2)):"
      + "\(pad(Int64(fields.minute), 2))"
  }

  private static func pad(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// The first millisecond that a `--since` means.
  static func since(_ text: String) throws -> Int64 { try parse(text).start }

  /// The first millisecond that an `--until` leaves out: a day includes itself.
  static func until(_ text: String) throws -> Int64 { try parse(text).end }

  private static func parse(_ text: String) throws -> (start: Int64, end: Int64) {
    let now = Process.now()
    let today = Process.local(now)
    func day(_ offset: Int) -> (Int64, Int64) {
      let start = Process.startOfDay(
        year: today.year, month: today.month, day: today.day, dayOffset: offset)
      let end = Process.startOfDay(
        year: today.year, month: today.month, day: today.day, dayOffset: offset + 1)
      return (start, end)
    }
    switch text.lowercased() {
    case "now": return (now, now)
    case "today": return day(0)
    case "yesterday": return day(-1)
    default: break
    }
    if let unit = text.last, let count = Int64(text.dropLast()), count >= 0, count < 1 << 32,
      let size = units[unit]
    {
      return (now - count * size, now - count * size)
    }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    if parts.count == 3, parts[0].count == 4, parts[2].count == 2, let year = Int(parts[0]),
      let month = Int(parts[1]), let day = Int(parts[2]),
      TimeParsing.iso8601(text + "T00:00") != nil
    {
      return (
        Process.startOfDay(year: year, month: month, day: day),
        Process.startOfDay(year: year, month: month, day: day, dayOffset: 1)
      )
    }
    if let moment = TimeParsing.iso8601(text) { return (moment, moment) }
    throw ValidationError(
      "'\(text)' is not a time: "
        + "use 2h, 3d, 2w, today, yesterday, 2026-11-22 or 2026-11-22T09:00:00Z"
    )
  }

  /// A span for people: its largest unit, with one digit where that is less than ten.
  static func shortSpan(_ milliseconds: Int64) -> String {
    let all: [(Int64, String)] = [
      (86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"),
    ]
    guard let (unit, name) = all.first(where: { milliseconds >= $0.0 }) else {
      return "\(milliseconds) ms"
    }
    let tenths = milliseconds / (unit / 10)
    return tenths < 100 ? "\(tenths / 10).\(tenths % 10) \(name)" : "\(tenths / 10) \(name)"
  }

  /// Milliseconds of `26h`, `35d` and the like.
  static func span(_ text: String) throws -> Int64 {
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
      (1...1_000_000).contains(count)
    else { throw ValidationError("'\(text)' is not a span: use 90m, 26h, 35d or 5w") }
    return count * unit
  }

  private static let units: [Character: Int64] = [
    "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000,
  ]
}
