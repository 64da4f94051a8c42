// A report as JSON, CSV, Markdown and as a table for the terminal.

import Varve

enum ReportPrinter {
  // MARK: JSON

  /// - Parameter more: members besides the report's own.
  static func json(_ report: Report, and more: [(String, JSON)] = []) {
    var members: [(String, JSON)] = [
      ("report", .string(report.name.rawValue)), ("count", .string(report.count.rawValue)),
      ("timeZone", .string(report.timeZone)), ("rows", rows(report)),
      ("rowCount", .int(report.rowCount)), ("occurrenceCount", .int(report.occurrenceCount)),
      ("withoutTime", .int(report.withoutTimeCount)), ("leftOut", .int(report.leftOutCount)),
    ]
    if let rule = report.rule { members.append(("rule", .string(rule))) }
    JSON.object(members + more).print()
  }

  static func rows(_ report: Report) -> JSON {
    .array(
      report.rows.map { row in
        JSON.object(zip(report.columns, row).map { ($0.key, json($1)) })
      })
  }

  private static func json(_ value: Report.Value) -> JSON {
    switch value {
    case .null: .null
    case .text(let text): .string(text)
    case .number(let number): .int(number)
    case .percent(let hundredths): .number(ReportText.percent(hundredths))
    case .ratio(let parts): .number(ReportText.ratio(parts))
    case .time(let time): .time(time)
    case .texts(let texts): .array(texts.map { .string($0) })
    case .signatures(let signatures):
      .array(
        signatures.map {
          .object([
            ("signature", .string($0.signature)), ("count", .int($0.count)),
            ("first", .time($0.first)), ("last", .time($0.last)), ("sample", .string($0.sample)),
            ("serverOutput", .bool($0.isServerOutput)),
          ])
        })
    }
  }

  // MARK: CSV

  /// RFC 4180. Text that a spreadsheet would take for a formula gets an apostrophe in front.
  static func csv(_ report: Report) {
    Output.raw(Array((report.columns.map { csv($0.key) }.joined(separator: ",") + "\r\n").utf8))
    for row in report.rows {
      let cells = row.map { value in
        switch value {
        case .number, .percent, .ratio, .time, .null: ReportText.plain(value)
        default: csv(ReportText.plain(value))
        }
      }
      Output.raw(Array((cells.joined(separator: ",") + "\r\n").utf8))
    }
  }

  private static func csv(_ text: String) -> String {
    var text = Escape.terminal(text)
    if let first = text.unicodeScalars.first, "=+-@＝＋－＠".unicodeScalars.contains(first) {
      text = "'" + text
    }
    let needsQuotes = text.unicodeScalars.contains { ",\"\r\n;".unicodeScalars.contains($0) }
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }

  // MARK: Markdown

  static func markdown(_ report: Report) {
    let titles = report.columns.map { ReportText.title($0.key) }
    Output.line("| " + titles.joined(separator: " | ") + " |")
    let rules = report.columns.map { ReportText.isRight($0.kind) ? "--:" : ":--" }
    Output.line("|" + rules.joined(separator: "|") + "|")
    for row in report.rows {
      Output.line("| " + row.map { markdown(ReportText.shown($0)) }.joined(separator: " | ") + " |")
    }
    Output.line()
    for note in ReportText.footnotes(report) { Output.line(markdown(note) + "  ") }
  }

  /// Text that Markdown shows as it is.
  static func markdown(_ text: String) -> String {
    var result = ""
    for scalar in Escape.terminal(text).unicodeScalars {
      if "\\`*_{}[]<>#|~&".unicodeScalars.contains(scalar) { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  // MARK: Terminal

  static func table(_ report: Report, withNotes: Bool = true) {
    let titles = report.columns.map { ReportText.title($0.key) }
    var cells = report.rows.map { row in row.map { Escape.terminal(ReportText.shown($0)) } }
    var widths = titles.indices.map { at in
      max(titles[at].count, cells.map { $0[at].count }.max() ?? 0)
    }
    // A pipe gets everything; a terminal only lines that fit.
    if Process.isOutputTerminal { fit(&widths, report.columns, into: Process.columns) }
    for i in cells.indices {
      for at in cells[i].indices where cells[i][at].count > widths[at] {
        cells[i][at] = cut(cells[i][at], report.columns[at].key, widths[at])
      }
    }
    func line(_ cells: [String]) -> String {
      var line = ""
      for (at, cell) in cells.enumerated() {
        let space = String(repeating: " ", count: max(0, widths[at] - cell.count))
        let isLast = at == cells.count - 1
        line += ReportText.isRight(report.columns[at].kind) ? space + cell : cell
        if !isLast { line += (ReportText.isRight(report.columns[at].kind) ? "" : space) + "  " }
      }
      return line
    }
    let heads = zip(titles, widths).map { String($0.prefix($1)) }
    Output.line(Style.bold(line(heads)))
    for row in cells { Output.line(line(row)) }
    guard withNotes else { return }
    for note in ReportText.footnotes(report) { Output.line(Style.dim(Escape.terminal(note))) }
  }

  /// Narrows the widest text columns until a line fits, each to 12 characters at least.
  private static func fit(_ widths: inout [Int], _ columns: [Report.Column], into total: Int) {
    func used() -> Int { widths.reduce(0, +) + 2 * (widths.count - 1) }
    while used() > total {
      let candidates = widths.indices.filter {
        !ReportText.isRight(columns[$0].kind) && columns[$0].kind != .time && widths[$0] > 12
      }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
      widths[widest] -= min(widths[widest] - 12, used() - total)
    }
  }

  /// Paths lose their beginning, everything else its end.
  private static func cut(_ text: String, _ key: String, _ width: Int) -> String {
    key == "project" ? "…" + text.suffix(width - 1) : text.prefix(width - 1) + "…"
  }

  // MARK: Pictures

  /// A timeline as bars, one line a stretch of time, all projects together.
  static func bars(_ report: Report) {
    guard let date = report.columns.firstIndex(where: { $0.key == "date" }),
      let count = report.columns.firstIndex(where: { $0.key == "messages" }),
      let errors = report.columns.firstIndex(where: { $0.key == "errors" })
    else { return table(report) }
    var days: [(date: String, count: Int64, errors: Int64)] = []
    for row in report.rows {
      guard case .text(let name) = row[date], case .number(let number) = row[count],
        case .number(let wrong) = row[errors]
      else { continue }
      if days.last?.date != name { days.append((name, 0, 0)) }
      days[days.count - 1].count += number
      days[days.count - 1].errors += wrong
    }
    let most = max(1, days.map(\.count).max() ?? 1)
    let digits = ReportText.grouped(most).count
    let labelWidth = days.map(\.date.count).max() ?? 0
    let width = max(8, Process.columns - labelWidth - digits - 20)
    for day in days {
      let number = ReportText.grouped(day.count)
      let wrong = day.errors > 0 ? Style.red("  \(ReportText.grouped(day.errors)) errors") : ""
      Output.line(
        day.date + "  " + String(repeating: " ", count: digits - number.count) + number + "  "
          + bar(day.count, of: most, width: width) + wrong)
    }
    for note in ReportText.footnotes(report) { Output.line(Style.dim(Escape.terminal(note))) }
  }

  /// A bar in eighths of a character.
  static func bar(_ value: Int64, of most: Int64, width: Int) -> String {
    let eighths = Int((Double(value) / Double(most) * Double(width * 8)).rounded(.up))
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }
}
