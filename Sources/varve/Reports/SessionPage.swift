// A session as one HTML file: no network, no script, light and dark. Long entries are folded.

import Varve

struct SessionPage {
  let session: ShownSession

  /// Longer entries that are no prompts or answers are folded, in bytes.
  private static let foldedMin = 600

  func print() throws {
    let story = session.story
    let title = try session.title() ?? story.session
    ReportPage.begin(title: title, style: Self.style)
    Output.line("<h1>\(ReportPage.escaped(title))</h1><dl class=\"head\">")
    for line in [("session", story.session)] + session.head {
      Output.line("<dt>\(line.0)</dt><dd>\(ReportPage.escaped(line.1))</dd>")
    }
    Output.line("</dl>")
    try articles(story.entries)
    ReportPage.end()
  }

  /// Kinds that the machine wrote for itself: runs of them are folded.
  private static let machineKinds: Set<Kind> = [.log, .progress, .meta, .raw]
  private static let runMin = 3

  private func articles(_ entries: [SessionStory.Entry]) throws {
    var start = 0
    while start < entries.count {
      var end = start
      while end < entries.count, isMachine(entries[end]) { end += 1 }
      if end - start >= Self.runMin {
        let count = ReportText.grouped(Int64(end - start))
        let time = ReportPage.escaped(TimeText.local(entries[start].occurrence.time))
        Output.line("<details class=\"run\"><summary>\(time) · \(count) log entries</summary>")
        for entry in entries[start..<end] { try article(entry) }
        Output.line("</details>")
        start = end
      } else {
        try article(entries[start])
        start += 1
      }
    }
  }

  /// Whether an entry may be folded away with its neighbours: errors may not.
  private func isMachine(_ entry: SessionStory.Entry) -> Bool {
    entry.depth == 0 && !entry.occurrence.isError
      && Self.machineKinds.contains(entry.occurrence.kind)
  }

  private func article(_ entry: SessionStory.Entry) throws {
    let occurrence = entry.occurrence
    let isError = occurrence.isError ? " error" : ""
    let depth = min(entry.depth, 3)
    Output.line("<article class=\"\(occurrence.kind.name)\(isError) d\(depth)\">")
    let label = ReportPage.escaped(session.label(entry))
    guard let text = try session.text(entry) else {
      Output.line("<h2>\(label)</h2><p>binary, \(try session.byteCount(entry)) bytes</p></article>")
      return
    }
    let lines = text.replacing("\r\n", with: "\n")
    let body = "<pre>\(ReportPage.escaped(lines))</pre>"
    let isTalk = occurrence.kind == .prompt || occurrence.kind == .answer
    if isTalk || text.utf8.count < Self.foldedMin {
      Output.line("<h2>\(label)</h2>\(body)</article>")
    } else {
      let size = ReportText.grouped(Int64(text.utf8.count))
      Output.line(
        "<details><summary>\(label) · \(size) bytes</summary>\(body)</details></article>")
    }
  }

  private static let style = """
    .head{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:8px 0 24px}\
    dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}\
    article{border-left:3px solid var(--line);padding:2px 0 2px 12px;margin:0 0 14px}\
    article.prompt{border-color:var(--bar);background:var(--tag)}\
    article.error{border-color:#c0392b}\
    details.run{margin:0 0 14px 15px}details.run article{margin:10px 0}\
    .d1{margin-left:24px}.d2{margin-left:48px}.d3{margin-left:72px}\
    h2,summary{font-size:.8rem;font-weight:600;color:var(--soft);margin:0;cursor:default;\
    overflow-wrap:anywhere}\
    summary{cursor:pointer}\
    pre{margin:4px 0 0;white-space:pre-wrap;overflow-wrap:anywhere;\
    font:13px/1.45 ui-monospace,monospace}\
    article.prompt pre,article.answer pre{font:15px/1.55 system-ui,sans-serif}\
    @media(max-width:600px){.d1,.d2,.d3{margin-left:12px}}
    """
}
