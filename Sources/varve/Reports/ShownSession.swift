// A session for people: what its head says, and each entry for the terminal and as Markdown.

import Varve

struct ShownSession {
  enum Form {
    case terminal, markdown, html
  }

  let story: SessionStory
  let snapshot: Snapshot
  let redact: RedactArguments

  func show(_ form: Form) throws {
    switch form {
    case .terminal: try terminal()
    case .markdown: try markdown()
    case .html: try SessionPage(session: self).print()
    }
  }

  // MARK: What is shown

  /// The last title, else the first prompt, on one line; nil without either.
  func title() throws -> String? {
    // Rather what a person asked than what a subagent was told.
    let prompts = story.entries.lazy.filter { $0.occurrence.kind == .prompt }
    let prompt = prompts.first { $0.occurrence.agent == nil } ?? prompts.first
    guard let message = story.title ?? prompt?.occurrence.message else { return nil }
    let content = redact.bytes(try snapshot.message(at: message).content)
    return Escape.snippet(content, width: 120)
  }

  /// Name and value of each line of the head; not escaped. Entries are what is shown, all else is
  /// of the whole session.
  var head: [(name: String, value: String)] {
    var lines: [(String, String)] = []
    if let project = story.project { lines.append(("project", project)) }
    if let started = story.started, let ended = story.ended {
      lines.append(("from", "\(TimeText.local(started)) to \(TimeText.local(ended))"))
      let (span, isOverflow) = ended.subtractingReportingOverflow(started)
      if !isOverflow {
        lines.append(
          ("duration", "\(Self.span(span / 1000)), active \(Self.span(story.activeSeconds))"))
      }
    }
    let counts = ReportText.grouped(Int64(story.entries.count))
    lines.append(("entries", "\(counts), \(story.errorCount) errors"))
    if !story.components.isEmpty {
      lines.append(("components", story.components.joined(separator: ", ")))
    }
    return lines.map { ($0.0, redact.text($0.1)) }
  }

  /// Seconds as a person says them.
  private static func span(_ seconds: Int64) -> String {
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return "\(seconds / 60) min" }
    if seconds < 86_400 { return "\(seconds / 3600) h \(seconds / 60 % 60) min" }
    return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
  }

  /// What stands above an entry: time, kind and what it is from; not escaped.
  func label(_ entry: SessionStory.Entry) -> String {
    let occurrence = redact.occurrence(entry.occurrence)
    var parts = [TimeText.local(occurrence.time), occurrence.kind.name]
    if let tool = occurrence.tool { parts.append(tool) }
    if let level = occurrence.level { parts.append(level) }
    if let component = occurrence.component { parts.append(component) }
    if let agent = occurrence.agent { parts.append("subagent \(agent)") }
    if occurrence.isError { parts.append("error") }
    if occurrence.isEcho { parts.append("echo") }
    return parts.joined(separator: " · ")
  }

  /// The content of an entry with its credentials hidden if that is wanted; nil if it is no text.
  func text(_ entry: SessionStory.Entry) throws -> String? {
    let content = redact.bytes(try snapshot.message(at: entry.occurrence.message).content)
    return String(validating: content, as: UTF8.self)
  }

  func byteCount(_ entry: SessionStory.Entry) throws -> Int {
    try snapshot.message(at: entry.occurrence.message).content.count
  }

  // MARK: Terminal

  private func terminal() throws {
    Output.line(Style.bold(Escape.terminal(try title() ?? story.session)))
    Output.line(Escape.terminal("session     \(story.session)"))
    for line in head {
      let space = String(repeating: " ", count: max(1, 12 - line.name.count))
      Output.line(Escape.terminal(line.name + space + line.value))
    }
    Output.line()
    for entry in story.entries {
      let indent = String(repeating: "  ", count: entry.depth)
      Output.line(indent + Style.bold(Escape.terminal(label(entry))))
      let text =
        try text(entry).map { Escape.terminal($0, keepingLines: true) }
        ?? "(binary, \(try byteCount(entry)) bytes)"
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        Output.line(line.isEmpty ? "" : indent + line)
      }
      Output.line()
    }
  }

  // MARK: Markdown

  private func markdown() throws {
    Output.line("# " + ReportPrinter.markdown(try title() ?? story.session))
    Output.line()
    Output.line("- session: " + ReportPrinter.markdown(story.session))
    for line in head { Output.line("- \(line.name): " + ReportPrinter.markdown(line.value)) }
    for entry in story.entries {
      Output.line()
      Output.line(
        String(repeating: "#", count: 2 + entry.depth) + " " + ReportPrinter.markdown(label(entry)))
      Output.line()
      guard let text = try text(entry) else {
        Output.line("(binary, \(try byteCount(entry)) bytes)")
        continue
      }
      let fence = Self.fence(around: text)
      Output.line(fence + "text")
      Output.line(Escape.terminal(text, keepingLines: true))
      Output.line(fence)
    }
  }

  /// A fence that no line of the text can close.
  private static func fence(around text: String) -> String {
    var longest = 0
    var run = 0
    for byte in text.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    return String(repeating: "`", count: max(3, longest + 1))
  }
}
