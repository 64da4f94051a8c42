// A report as one HTML file: no network, no script, light and dark, a picture and the table.

import Varve

enum ReportPage {
  static func print(_ report: Report) {
    begin(title: "Varve: \(report.name.rawValue)")
    Output.line("<h1>\(escaped(heading(report)))</h1>")
    let picture = "picture: " + ReportText.title(pictured(report.name))
    let notes = (ReportText.footnotes(report) + [picture]).map(escaped).joined(separator: " · ")
    Output.line("<p class=\"notes\">\(notes)</p>")
    self.picture(report)
    table(report)
    end()
  }

  /// Everything up to the first thing to see. The policy forbids scripts and the network.
  ///
  /// - Parameter more: rules of style beside those of every page.
  static func begin(title: String, style more: String = "") {
    Output.line("<!DOCTYPE html>")
    Output.line("<html lang=\"en\"><head><meta charset=\"utf-8\">")
    Output.line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
    Output.line(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        + "style-src 'unsafe-inline'\">")
    Output.line(
      "<title>\(escaped(title))</title><style>\(style)\(more)</style></head><body><main>")
  }

  static func end() { Output.line("</main></body></html>") }

  private static func heading(_ report: Report) -> String {
    switch report.name {
    case .activity: "Activity by project"
    case .timeline: "Timeline"
    case .components: "Components"
    case .errors: "Errors"
    case .session: "Sessions"
    case .usage: "Tokens and tools"
    case .disk: "Disk"
    }
  }

  /// Text for an element or an attribute in double quotes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\u{0}"..<"\u{9}", "\u{B}"..<"\u{20}", "\u{7F}"..<"\u{A0}": result += "\u{FFFD}"
      default:
        // Direction marks would let content reorder what stands around it.
        let isMark = scalar.properties.generalCategory == .format && scalar != "\u{200D}"
        if isMark { result += "\u{FFFD}" } else { result.unicodeScalars.append(scalar) }
      }
    }
    return result
  }

  private static func table(_ report: Report) {
    Output.line("<div class=\"wide\"><table><thead><tr>")
    for column in report.columns {
      let kind = ReportText.isRight(column.kind) ? " class=\"n\"" : ""
      Output.line("<th\(kind)>\(escaped(ReportText.title(column.key)))</th>")
    }
    Output.line("</tr></thead><tbody>")
    for row in report.rows {
      var line = "<tr>"
      for (column, value) in zip(report.columns, row) {
        line += "<td\(style(column))>\(cell(value))</td>"
      }
      Output.line(line + "</tr>")
    }
    Output.line("</tbody></table></div>")
  }

  /// Numbers stand right, times and dates on one line.
  private static func style(_ column: Report.Column) -> String {
    if ReportText.isRight(column.kind) { return " class=\"n\"" }
    if column.kind == .time || column.key == "date" { return " class=\"d\"" }
    // Paths are long: in a narrow column they would make every row tall.
    return column.key == "project" || column.key == "source" ? " class=\"p\"" : ""
  }

  private static func cell(_ value: Report.Value) -> String {
    switch value {
    case .null: return "<span class=\"none\">–</span>"
    case .texts(let texts):
      return texts.map { "<span class=\"tag\">\(escaped($0))</span>" }.joined(separator: " ")
    case .signatures(let signatures):
      let items = signatures.map { signature in
        "<li><b>\(ReportText.grouped(signature.count)) ×</b> \(escaped(signature.signature))"
          + "<br><small>\(escaped(signature.sample))</small></li>"
      }
      return "<ul>" + items.joined() + "</ul>"
    default: return escaped(ReportText.shown(value))
    }
  }

  // MARK: Picture

  /// Bars that one can see at a glance; the numbers stand in the table.
  private static func picture(_ report: Report) {
    let bars = values(report)
    guard !bars.isEmpty, let most = bars.map(\.value).max(), most > 0 else { return }
    if report.name == .timeline { columns(bars, most) } else { rows(bars, most) }
  }

  private static let barCountMax = 20
  private static let columnCountMax = 370

  /// The column that a picture shows.
  private static func pictured(_ name: ReportQuery.Name) -> String {
    switch name {
    case .activity, .timeline, .session: "messages"
    case .components: "occurrences"
    case .errors: "errors"
    case .usage: "outputTokens"
    case .disk: "originalBytes"
    }
  }

  /// One bar a row; rows of a timeline and of usage that share their label share a bar.
  private static func values(_ report: Report) -> [(label: String, value: Int64)] {
    let key = pictured(report.name)
    guard let number = report.columns.firstIndex(where: { $0.key == key }) else { return [] }
    let isShared = report.name == .timeline || report.name == .usage
    var places: [String: Int] = [:]
    var bars: [(label: String, value: Int64)] = []
    for row in report.rows {
      guard case .number(let value) = row[number] else { continue }
      // Errors are of a component and a project.
      let parts = report.name == .errors ? [row[0], row[1]] : [row[0]]
      let label = parts.map(ReportText.shown).joined(separator: " · ")
      if isShared, let place = places[label] {
        bars[place].value = bars[place].value.addingClamped(value)
      } else {
        places[label] = bars.count
        bars.append((label, value))
      }
    }
    if report.name == .timeline { return bars.prefix(columnCountMax).reversed() }
    if report.name == .usage { bars.sort { $0.value > $1.value } }
    return Array(bars.filter { $0.value > 0 }.prefix(barCountMax))
  }

  private static func openPicture(height: Int, label: String) {
    Output.line(
      "<div class=\"wide\"><svg viewBox=\"0 0 900 \(height)\" role=\"img\" "
        + "aria-label=\"\(escaped(label))\">")
  }

  private static func rows(_ bars: [(label: String, value: Int64)], _ most: Int64) {
    let height = bars.count * 26 + 4
    openPicture(height: height, label: "the largest rows")
    for (i, bar) in bars.enumerated() {
      let y = i * 26 + 4
      let width = max(2, Int(Double(bar.value) / Double(most) * 480))
      let short = bar.label.count > 40 ? "…" + bar.label.suffix(39) : bar.label
      Output.line(
        "<g><title>\(escaped(bar.label)): \(ReportText.grouped(bar.value))</title>"
          + "<text x=\"300\" y=\"\(y + 15)\" text-anchor=\"end\">\(escaped(short))</text>"
          + "<rect x=\"310\" y=\"\(y)\" width=\"\(width)\" height=\"20\" rx=\"3\"/>"
          + "<text x=\"\(318 + width)\" y=\"\(y + 15)\">\(ReportText.grouped(bar.value))</text></g>"
      )
    }
    Output.line("</svg></div>")
  }

  private static func columns(_ bars: [(label: String, value: Int64)], _ most: Int64) {
    openPicture(height: 220, label: "messages over time")
    let step = 880.0 / Double(bars.count)
    for (i, bar) in bars.enumerated() where bar.value > 0 {
      let height = max(1.0, Double(bar.value) / Double(most) * 180)
      let x = 10 + Double(i) * step
      Output.line(
        "<rect x=\"\(tenths(x))\" y=\"\(tenths(190 - height))\" "
          + "width=\"\(tenths(max(0.5, step * 0.8)))\" height=\"\(tenths(height))\" rx=\"1\">"
          + "<title>\(escaped(bar.label)): \(ReportText.grouped(bar.value))</title></rect>")
    }
    if let first = bars.first, let last = bars.last {
      Output.line("<text x=\"10\" y=\"210\">\(escaped(first.label))</text>")
      Output.line("<text x=\"890\" y=\"210\" text-anchor=\"end\">\(escaped(last.label))</text>")
    }
    Output.line("</svg></div>")
  }

  private static func tenths(_ number: Double) -> String {
    let scaled = Int((number * 10).rounded())
    return "\(scaled / 10).\(scaled % 10)"
  }

  private static let style = """
    :root{color-scheme:light dark;--ink:#1c1f23;--soft:#5c6570;--line:#dde1e6;--bar:#2f6f9f;\
    --page:#fff;--tag:#eef2f6}\
    @media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa5b1;--line:#30363d;\
    --bar:#6cb0e0;--page:#14171a;--tag:#232a31}}\
    body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}\
    main{max-width:1280px;margin:0 auto;padding:24px 16px}h1{font-size:1.5rem;margin:0}\
    .notes{color:var(--soft);margin:4px 0 16px}.wide{overflow-x:auto}\
    table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\
    th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}\
    th{color:var(--soft);font-weight:600;white-space:nowrap}.n{text-align:right}\
    td{overflow-wrap:anywhere;min-width:7em}td.n,td.d{white-space:nowrap;min-width:0}\
    td.p{min-width:22em}@media(max-width:700px){td.p{min-width:12em}}\
    .none{color:var(--soft)}\
    .tag{background:var(--tag);border-radius:4px;padding:0 6px;display:inline-block}\
    ul{margin:0;padding-left:18px}small{color:var(--soft)}\
    svg{width:100%;min-width:640px;height:auto;margin:8px 0 20px}\
    svg text{fill:var(--ink);font-size:13px}\
    svg rect{fill:var(--bar)}
    """
}
