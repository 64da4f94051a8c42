// Times as sources write them. SOURCES: ISO 8601, Unix milliseconds, Unix seconds.

import VarveFormat

package enum Timestamp {
  /// Milliseconds since 1970 UTC of `YYYY-MM-DDTHH:MM[:SS[.fraction]][Z|±HH[:]MM]`; no zone means
  /// UTC. Digits beyond milliseconds are cut. Nil for anything else, and for dates that do not
  /// exist.
  package static func iso8601(_ text: RawSpan) -> Int64? {
    var reader = Digits(text)
    guard let year = reader.number(4), reader.skip(0x2D), let month = reader.number(2),
      reader.skip(0x2D), let day = reader.number(2), reader.skip(0x54) || reader.skip(0x20),
      let hour = reader.number(2), reader.skip(0x3A), let minute = reader.number(2)
    else { return nil }
    var second: Int64 = 0
    var milliseconds: Int64 = 0
    if reader.skip(0x3A) {
      guard let value = reader.number(2) else { return nil }
      second = value
      if reader.skip(0x2E) || reader.skip(0x2C) {
        guard let fraction = reader.fraction() else { return nil }
        milliseconds = fraction
      }
    }
    var zone: Int64 = 0
    if !reader.skip(0x5A) && !reader.isAtEnd {
      let isWest: Bool
      if reader.skip(0x2D) {
        isWest = true
      } else {
        guard reader.skip(0x2B) else { return nil }
        isWest = false
      }
      guard let hours = reader.number(2) else { return nil }
      _ = reader.skip(0x3A)
      let minutes = reader.isAtEnd ? 0 : reader.number(2) ?? -1
      guard minutes >= 0, minutes < 60, hours < 24 else { return nil }
      zone = (hours * 60 + minutes) * (isWest ? -1 : 1)
    }
    guard reader.isAtEnd, (1...12).contains(month), day >= 1, day <= days(year, month), hour < 24,
      minute < 60, second < 61
    else { return nil }
    let seconds = dayNumber(year, month, day) * 86400 + hour * 3600 + (minute - zone) * 60 + second
    return seconds * 1000 + milliseconds
  }

  /// Days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms").
  package static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func days(_ year: Int64, _ month: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// A number as a time: below 10^11 seconds, else milliseconds.
  package static func unix(_ value: Int64) -> Int64 {
    value > -100_000_000_000 && value < 100_000_000_000 ? value * 1000 : value
  }

  private struct Digits: ~Escapable {
    let text: RawSpan
    var offset = 0

    @_lifetime(copy text)
    init(_ text: RawSpan) { self.text = text }

    var isAtEnd: Bool { offset == text.byteCount }

    mutating func skip(_ byte: UInt8) -> Bool {
      guard offset < text.byteCount, text.load(UInt8.self, at: offset) == byte else { return false }
      offset += 1
      return true
    }

    mutating func number(_ count: Int) -> Int64? {
      guard offset + count <= text.byteCount else { return nil }
      var value: Int64 = 0
      for i in 0..<count {
        let digit = text.load(UInt8.self, at: offset + i)
        guard digit >= 0x30, digit <= 0x39 else { return nil }
        value = value * 10 + Int64(digit - 0x30)
      }
      offset += count
      return value
    }

    mutating func fraction() -> Int64? {
      var value: Int64 = 0
      var count = 0
      while offset < text.byteCount {
        let digit = text.load(UInt8.self, at: offset)
        guard digit >= 0x30, digit <= 0x39 else { break }
        if count < 3 { value = value * 10 + Int64(digit - 0x30) }
        count += 1
        offset += 1
      }
      guard count > 0 else { return nil }
      for _ in min(count, 3)..<3 { value *= 10 }
      return value
    }
  }
}

/// The time parser of the readers, for other layers.
public enum TimeParsing {
  /// Milliseconds since 1970 UTC of an ISO 8601 text; no zone means UTC; nil for anything else.
  public static func iso8601(_ text: String) -> Int64? {
    Timestamp.iso8601(Array(text.utf8).rawSpan)
  }
}
