// Times in filters and documents: RFC 3339 and milliseconds since 1970 UTC. The calendar is that of
// H. Hinnant, "chrono-compatible low-level date algorithms".

/// Times as filters write them and documents show them.
package enum TimeValue {
  /// RFC 3339 in UTC with milliseconds. Years beyond 9999 are not written.
  package static func text(_ milliseconds: Int64) -> String? {
    let days = milliseconds.flooredQuotient(86_400_000)
    let rest = milliseconds - days * 86_400_000
    let shifted = days + 719_468
    let era = shifted.flooredQuotient(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let part = (5 * dayOfYear + 2) / 153
    let month = part < 10 ? part + 3 : part - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    guard (0...9999).contains(year) else { return nil }
    func digits(_ value: Int64, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let day = dayOfYear - (153 * part + 2) / 5 + 1
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T"
      + "\(digits(rest / 3_600_000, 2)):\(digits(rest / 60_000 % 60, 2)):"
      + "\(digits(rest / 1000 % 60, 2)).\(digits(rest % 1000, 3))Z"
  }

  /// Milliseconds since 1970 UTC of `2026-11-25`, `2026-11-25T10:00:00Z`, `...T10:00:00.123+01:00`;
  /// without a zone UTC.
  package static func milliseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 10, bytes[4] == 0x2D, bytes[7] == 0x2D else { return nil }
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count else { return nil }
      var value: Int64 = 0
      for i in range {
        guard bytes[i] >= 0x30, bytes[i] <= 0x39 else { return nil }
        value = value * 10 + Int64(bytes[i] - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    // Days from civil: H. Hinnant, "chrono-compatible low-level date algorithms".
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    var total = (era * 146_097 + dayOfEra - 719_468) * 86_400_000
    guard bytes.count > 10 else { return total }
    guard bytes.count >= 16, bytes[10] == 0x54 || bytes[10] == 0x20, bytes[13] == 0x3A,
      let hour = number(11..<13), let minute = number(14..<16), hour < 24, minute < 60
    else { return nil }
    total += hour * 3_600_000 + minute * 60_000
    var at = 16
    if at < bytes.count, bytes[at] == 0x3A {
      guard let second = number(17..<19), second <= 60 else { return nil }
      total += second * 1000
      at = 19
      if at < bytes.count, bytes[at] == 0x2E {
        var scale: Int64 = 100
        at += 1
        while at < bytes.count, bytes[at] >= 0x30, bytes[at] <= 0x39 {
          total += Int64(bytes[at] - 0x30) * scale
          scale /= 10
          at += 1
        }
      }
    }
    guard at < bytes.count else { return total }
    if bytes[at] == 0x5A, at + 1 == bytes.count { return total }
    guard bytes[at] == 0x2B || bytes[at] == 0x2D, bytes.count == at + 6,
      let hours = number((at + 1)..<(at + 3)), let minutes = number((at + 4)..<(at + 6))
    else { return nil }
    let offset = (hours * 60 + minutes) * 60_000
    return bytes[at] == 0x2B ? total - offset : total + offset
  }
}

extension Int64 {
  /// The quotient rounded down.
  fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
    self >= 0 ? self / divisor : (self - divisor + 1) / divisor
  }
}
