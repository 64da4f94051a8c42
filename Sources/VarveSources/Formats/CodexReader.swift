// Rollouts of the OpenAI Codex CLI: `sessions/**/rollout-*.jsonl`. Format-spec chapter 10, CON-45
// to CON-48.

import Varve
import VarveFormat

/// Reads rollouts line by line; remembers the session, its folder and which tool a result belongs
/// to.
struct CodexReader: RecordReader {
  var phase: StaticString { "codex" }
  static var version: Int { 2 }
  private let parser: JSONParser
  private let context: ReadingContext
  private var metadata = MetadataObject()
  private var known = Known()
  private var pairs = CodexPairs()
  private static let openToolsMax = 10_000

  /// What lines say of those behind them.
  private struct Known {
    var session: [UInt8] = []
    var project: [UInt8] = []
    var branch: [UInt8] = []
    var model: [UInt8] = []
    /// Tools whose results have not been seen yet, by the id of the call.
    var openTools: [[UInt8]: [UInt8]] = [:]
  }

  init(_ parser: JSONParser, _ context: ReadingContext) {
    self.parser = parser
    self.context = context
  }

  // MARK: State between runs

  var state: MetadataValue? {
    let tools = known.openTools.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    return .object([
      .init("session", .string(known.session)), .init("project", .string(known.project)),
      .init("branch", .string(known.branch)), .init("model", .string(known.model)),
      .init("tools", .object(tools.map { .init($0.key, .string($0.value)) })),
      .init("pairs", pairs.state),
    ])
  }

  mutating func restore(_ state: MetadataValue) {
    func bytes(_ name: String) -> [UInt8] {
      guard case .string(let bytes) = state[name] else { return [] }
      return bytes
    }
    known.session = bytes("session")
    known.project = bytes("project")
    known.branch = bytes("branch")
    known.model = bytes("model")
    if case .object(let members) = state["tools"] {
      for member in members {
        if case .string(let name) = member.value { known.openTools[member.key] = name }
      }
    }
    pairs = CodexPairs(state["pairs"])
  }

  // MARK: Lines

  mutating func read(
    _ buffer: RawSpan, _ line: Range<Int>, at place: RecordSink.Place, into sink: inout RecordSink
  ) {
    guard let document = LineParser.object(parser, buffer, line, place, &sink) else { return }
    let root = document.root
    let type = document.member(root, "type")
    let payload = document.member(root, "payload")
    // Rollouts before the envelope have the items themselves as lines.
    let item = payload?.kind == .object ? payload ?? root : root
    note(document, item, isMeta: document.isString(type, "session_meta") || type == nil)
    var fields = sink.fields(.raw, place)
    fields[.phase] = sink.intern(phase)
    fields[.session] = sink.intern(known.session.rawSpan)
    fields[.project] = sink.intern(known.project.rawSpan)
    fields[.branch] = sink.intern(known.branch.rawSpan)
    fields[.model] = sink.intern(known.model.rawSpan)
    if let time = LineParser.isoTime(document, document.member(root, "timestamp")) {
      fields.time = time
    }
    metadata.removeAll()
    let line = CodexLine(document: document, item: item, fields: fields, place: place)
    if document.isString(type, "event_msg") { return readEvent(line, &sink) }
    if document.isString(type, "compacted") {
      guard let text = line.text("message"), !text.isEmpty else {
        return emitSlice(.meta, line, &sink)
      }
      return emit(text, .summary, line, &sink)
    }
    if document.isString(type, "response_item") || payload == nil && type != nil {
      return readItem(line, &sink)
    }
    let isBookkeeping = ["session_meta", "turn_context", "world_state"].contains { name in
      document.isString(type, name)
    }
    if isBookkeeping || type == nil { return emitSlice(.meta, line, &sink) }
    emitSlice(.raw, line, &sink)
  }

  /// Takes over what a line says of the session.
  private mutating func note(_ document: JSONDocument, _ item: JSONParser.Node, isMeta: Bool) {
    func take(_ name: StaticString, _ target: inout [UInt8]) {
      if let text = document.string(document.member(item, name)), !text.isEmpty { target = text }
    }
    if isMeta, known.session.isEmpty { take("id", &known.session) }
    if let type = document.member(document.root, "type"),
      document.isString(type, "session_meta") || document.isString(type, "turn_context")
    {
      take("cwd", &known.project)
      take("model", &known.model)
      if let git = document.member(item, "git"),
        let branch = document.string(document.member(git, "branch"))
      {
        known.branch = branch
      }
      context.note(session: known.session, project: known.project)
    }
  }

  // MARK: CON-46

  private mutating func readItem(_ line: CodexLine, _ sink: inout RecordSink) {
    let document = line.document
    func isType(_ name: StaticString) -> Bool {
      document.isString(document.member(line.item, "type"), name)
    }
    metadata.addText("itemID", document, document.member(line.item, "id"))
    if isType("message") { return readMessage(line, &sink) }
    if isType("reasoning") { return readReasoning(line, &sink) }
    if isType("function_call") {
      return readCall(line, line.text("arguments") ?? [], line.text("name"), &sink)
    }
    if isType("custom_tool_call") {
      return readCall(line, line.text("input") ?? [], line.text("name"), &sink)
    }
    if isType("local_shell_call") || isType("web_search_call") || isType("tool_search_call") {
      let action = line.document.member(line.item, "action")
      guard let input = action ?? line.document.member(line.item, "arguments") else {
        return emitSlice(.raw, line, &sink)
      }
      let name = line.text("type").map { Array($0.dropLast("_call".utf8.count)) }
      return readCall(line, line.slice(input), name, &sink)
    }
    if isType("function_call_output") || isType("custom_tool_call_output") {
      return readOutput(line, &sink)
    }
    emitSlice(isType("ghost_snapshot") || isType("compaction") ? .meta : .raw, line, &sink)
  }

  private mutating func readMessage(_ line: CodexLine, _ sink: inout RecordSink) {
    let document = line.document
    var line = line
    let role = line.text("role") ?? []
    line.fields[.role] = sink.intern(role.rawSpan)
    guard let content = document.member(line.item, "content"), content.kind == .array else {
      guard let text = line.text("content") else { return emitSlice(.raw, line, &sink) }
      return emitText(text, role, line, &sink)
    }
    let before = sink.occurrenceCount
    var index = content.index + 1
    var part = 0
    while index < content.next, part < Limits.partCount {
      let block = document.node(index)
      index = block.next
      line.fields.part = UInt16(part)
      part += 1
      if let text = document.string(document.member(block, "text")) {
        emitText(text, role, line, &sink)
      } else {
        sink.drop("binary block")
      }
    }
    if sink.occurrenceCount == before { sink.skip(line.place, "no text in message") }
  }

  private mutating func emitText(
    _ text: [UInt8], _ role: [UInt8], _ line: CodexLine, _ sink: inout RecordSink
  ) {
    let kind: Kind
    switch role {
    case Array("assistant".utf8): kind = .answer
    case Array("user".utf8): kind = CodexLine.isInjected(text) ? .meta : .prompt
    default: kind = .meta
    }
    var line = line
    line.fields.isEcho = pairs.isSecond(kind, text, isEvent: false)
    emit(text, kind, line, &sink)
  }

  private mutating func readReasoning(_ line: CodexLine, _ sink: inout RecordSink) {
    let document = line.document
    var line = line
    var part = 0
    for name in ["summary", "content"] as [StaticString] {
      guard let list = document.member(line.item, name), list.kind == .array else { continue }
      var index = list.index + 1
      while index < list.next, part < Limits.partCount {
        let block = document.node(index)
        index = block.next
        guard let text = document.string(document.member(block, "text")) else { continue }
        line.fields.part = UInt16(part)
        part += 1
        line.fields.isEcho = pairs.isSecond(.thinking, text, isEvent: false)
        emit(text, .thinking, line, &sink)
      }
    }
    if part == 0 { sink.skip(line.place, "encrypted reasoning") }
  }

  private mutating func readCall(
    _ line: CodexLine, _ input: [UInt8], _ name: [UInt8]?, _ sink: inout RecordSink
  ) {
    var line = line
    let name = name ?? []
    line.fields[.tool] = sink.intern(name.rawSpan)
    line.fields[.role] = sink.intern("assistant")
    if let id = line.text("call_id"), known.openTools.count < Self.openToolsMax {
      known.openTools[id] = name
    }
    metadata.addText("toolUseID", line.document, line.document.member(line.item, "call_id"))
    emit(input, .toolInput, line, &sink)
  }

  private mutating func readOutput(_ line: CodexLine, _ sink: inout RecordSink) {
    let document = line.document
    var line = line
    let id = line.text("call_id") ?? []
    let tool = known.openTools.removeValue(forKey: id) ?? []
    line.fields[.tool] = sink.intern(tool.rawSpan)
    line.fields[.role] = sink.intern("tool")
    metadata.addText("toolUseID", document, document.member(line.item, "call_id"))
    guard let output = document.member(line.item, "output") else {
      return emitSlice(.raw, line, &sink)
    }
    if document.member(output, "success")?.kind == .false { line.fields.isError = true }
    guard let text = line.outputText(output) else {
      return sink.skip(line.place, "no text in tool result")
    }
    emit(text, .toolOutput, line, &sink)
  }

  // MARK: CON-47

  private static let texts: [(StaticString, StaticString, Kind)] = [
    ("user_message", "message", .prompt), ("agent_message", "message", .answer),
    ("agent_reasoning", "text", .thinking), ("agent_reasoning_raw_content", "text", .thinking),
  ]

  private mutating func readEvent(_ line: CodexLine, _ sink: inout RecordSink) {
    let document = line.document
    var line = line
    let type = document.member(line.item, "type")
    for (name, member, kind) in Self.texts where document.isString(type, name) {
      guard let text = line.text(member) else { break }
      line.fields[.role] = sink.intern(kind == .prompt ? "user" : "assistant")
      line.fields.isEcho = pairs.isSecond(kind, text, isEvent: true)
      return emit(text, kind, line, &sink)
    }
    if document.isString(type, "error") || document.isString(type, "stream_error") {
      line.fields.isError = true
      if let text = line.text("message") { return emit(text, .meta, line, &sink) }
    }
    if document.isString(type, "token_count") { addUsage(line) }
    let name = line.text("type") ?? []
    let kind: Kind =
      CodexLine.isProgress(name) ? .progress : CodexLine.isBookkeeping(name) ? .meta : .raw
    emitSlice(kind, line, &sink)
  }

  /// The tokens of the last response. Their sum in the session tells responses apart: the event is
  /// written again when nothing but the limits changed.
  private mutating func addUsage(_ line: CodexLine) {
    let document = line.document
    guard let info = document.member(line.item, "info"), info.kind == .object,
      let last = document.member(info, "last_token_usage"), last.kind == .object,
      let total = document.member(info, "total_token_usage"), total.kind == .object
    else { return }
    let counts = TokenCounts(document, last)
    let totals = TokenCounts(document, total)
    let stated = totals["total_tokens"]
    let sum =
      stated > 0 ? stated : totals["input_tokens"].addingClamped(totals["output_tokens"])
    // Without a sum every event stands for itself.
    if sum > 0 {
      metadata.addText("messageId", Array("tokens:\(sum)".utf8))
      metadata.addText("requestId", known.session)
    }
    metadata.add(
      "usage",
      counts.usage(
        input: counts["input_tokens"], cached: counts["cached_input_tokens"],
        output: counts["output_tokens"]))
  }

  // MARK: Emitting

  private mutating func emitSlice(_ kind: Kind, _ line: CodexLine, _ sink: inout RecordSink) {
    emit(line.slice(kind == .raw ? line.document.root : line.item), kind, line, &sink)
  }

  private mutating func emit(
    _ content: [UInt8], _ kind: Kind, _ line: CodexLine, _ sink: inout RecordSink
  ) {
    var fields = line.fields
    fields.kind = kind
    sink.emit(
      fields, content: content.rawSpan, metadata: metadata.finish().rawSpan, at: line.place)
  }
}
