// What the lines of a transcript say about other files of the home. Format-spec CON-26 to CON-32,
// CON-43.

import VarveFormat

/// Fills the context from the lines of one transcript.
struct TranscriptNoter {
  private let context: ReadingContext
  /// Name of the folder below `projects`.
  private let folder: [UInt8]
  /// Session and working directory of the last line that stated them.
  private var session: [UInt8]
  private var directory: [UInt8] = []
  private let isAgent: Bool

  init(_ context: ReadingContext, path: String) {
    self.context = context
    let parts = path.split(separator: "/").map { Array($0.utf8) }
    folder = parts.count > 1 ? parts[1] : []
    // A line without a session belongs to that of its file.
    session = parts.last.map { Array($0.dropLast(".jsonl".utf8.count)) } ?? []
    isAgent = parts.contains(Array("subagents".utf8)) || session.starts(with: "agent-".utf8)
  }

  mutating func note(_ document: JSONDocument, time: Int64) {
    let root = document.root
    if let stated = document.string(document.member(root, "sessionId")), !stated.isEmpty {
      session = stated
    }
    if let stated = document.string(document.member(root, "cwd")), !stated.isEmpty {
      directory = stated
      context.note(session: session, project: stated)
      context.note(folder: folder, project: stated)
    }
    if let slug = document.member(root, "slug"), let text = document.string(slug) {
      context.note(slug: text, session: session)
    }
    if isAgent, time != OccurrenceFields.noTime,
      let agent = document.string(document.member(root, "agentId"))
    {
      context.note(agent: agent, time: time)
    }
    noteVersions(document)
  }

  private func noteVersions(_ document: JSONDocument) {
    let root = document.root
    let type = document.member(root, "type")
    if document.isString(type, "file-history-snapshot"),
      let snapshot = document.member(root, "snapshot"),
      let files = document.member(snapshot, "trackedFileBackups"), files.kind == .object
    {
      var index = files.index + 1
      while index < files.next {
        let backup = document.node(index)
        index = backup.next
        var path: [UInt8] = []
        try? JSONString.unescape(document.line.extracting(backup.key), appendingTo: &path)
        note(document, backup, path: path)
      }
    } else if document.isString(type, "file-history-delta"),
      let backup = document.member(root, "backup"),
      let path = document.string(document.member(root, "trackingPath"))
    {
      note(document, backup, path: path)
    }
  }

  private func note(_ document: JSONDocument, _ backup: JSONParser.Node, path: [UInt8]) {
    guard let name = document.string(document.member(backup, "backupFileName")), !path.isEmpty
    else { return }
    let time = LineParser.isoTime(document, document.member(backup, "backupTime"))
    context.note(version: name, session: session, path: absolute(path), time: time)
  }

  private func absolute(_ path: [UInt8]) -> [UInt8] {
    let isDrive = path.count > 2 && path[1] == UInt8(ascii: ":")
    if path.first == UInt8(ascii: "/") || isDrive || directory.isEmpty { return path }
    return directory + [UInt8(ascii: "/")] + path
  }

  /// Notes a result that was written to a file.
  func note(result text: [UInt8], tool: [UInt8], id: [UInt8], time: Int64) {
    guard let name = PersistedOutput.fileName(text.rawSpan) else { return }
    context.note(
      result: name, session: session,
      .init(
        path: [], time: time == OccurrenceFields.noTime ? nil : time, tool: tool, toolUseID: id))
  }

  /// CON-43: whether progress is a copy of what a subagent's transcript has.
  func isCopy(_ document: JSONDocument, _ data: JSONParser.Node) -> Bool {
    guard document.isString(document.member(data, "type"), "agent_progress"),
      let agent = document.string(document.member(data, "agentId")),
      let message = document.member(data, "message"),
      let time = LineParser.isoTime(document, document.member(message, "timestamp"))
    else { return false }
    return context.hasEvent(session: session, agent: agent, time: time)
  }
}
