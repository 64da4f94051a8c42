// Cells of a report as text, for every form but JSON.

import Varve

enum ReportText {
  /// A cell as plain text; not escaped.
  static func plain(_ value: Report.Value) -> String {
    switch value {
    case .null: ""
    case .text(let text): text
    case .number(let number): String(number)
    case .percent(let hundredths): percent(hundredths)
    case .ratio(let parts): ratio(parts)
    case .time(let time): TimeText.isWritable(time) ? TimeText.rfc3339(time) : String(time)
    case .texts(let texts): texts.joined(separator: ", ")
    case .signatures(let signatures):
      signatures.map { "\($0.count) × \($0.signature)" }.joined(separator: " | ")
    }
  }

  /// A cell for a person: local times, digits in groups.
  static func shown(_ value: Report.Value) -> String {
    switch value {
    case .null: "-"
    case .number(let number): grouped(number)
    case .time(let time): TimeText.isWritable(time) ? TimeText.local(time) : String(time)
    default: plain(value)
    }
  }

  static func percent(_ hundredths: Int64) -> String {
    let rest = hundredths % 100
    return "\(hundredths / 100)." + (rest < 10 ? "0" : "") + "\(rest)"
  }

  /// Ten-thousandths as a fraction.
  static func ratio(_ parts: Int64) -> String {
    let rest = String(parts % 10_000)
    return "\(parts / 10_000)." + String(repeating: "0", count: 4 - rest.count) + rest
  }

  /// A number with thin gaps between groups of three digits.
  static func grouped(_ number: Int64) -> String {
    let digits = String(number.magnitude)
    var result = ""
    for (i, digit) in digits.enumerated() {
      if i > 0, (digits.count - i) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return (number < 0 ? "-" : "") + result
  }

  /// What a column is called above a table.
  static func title(_ key: String) -> String {
    var result = ""
    for scalar in key.unicodeScalars {
      if scalar.properties.isUppercase, !result.isEmpty { result += " " }
      result += scalar.properties.lowercaseMapping
    }
    return result
  }

  static func isRight(_ kind: Report.Column.Kind) -> Bool {
    kind == .number || kind == .percent || kind == .ratio
  }

  /// What the numbers are about, in words.
  static func footnotes(_ report: Report) -> [String] {
    var notes = [
      "\(grouped(Int64(report.occurrenceCount))) occurrences, days of \(report.timeZone)"
    ]
    if report.count == .messages { notes[0] += ", distinct messages counted" }
    if report.withoutTimeCount > 0 {
      notes.append("\(grouped(Int64(report.withoutTimeCount))) of them have no time")
    }
    if report.leftOutCount > 0 {
      notes.append("\(grouped(Int64(report.leftOutCount))) more have no time and are left out")
    }
    if let rule = report.rule { notes.append(rule) }
    if report.rows.count < report.rowCount {
      notes.append("\(grouped(Int64(report.rowCount - report.rows.count))) more rows")
    }
    return notes
  }
}
