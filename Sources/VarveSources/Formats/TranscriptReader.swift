// `projects/**/*.jsonl`: transcripts of sessions and subagents. Format-spec chapter 10, CON-10 to
// CON-15.

import VarveFormat

/// Reads transcripts line by line; remembers which tool a result belongs to.
struct TranscriptReader: RecordReader {
  var phase: StaticString { "projects" }
  static var version: Int { 3 }
  private let parser: JSONParser
  private var noter: TranscriptNoter
  /// Tools whose results have not been seen yet.
  private var openTools: [[UInt8]: [UInt8]] = [:]
  private var metadata = MetadataObject()
  /// Whether the next occurrence is the first one of its line.
  private var isFirst = true
  private static let openToolsMax = 10_000

  init(_ parser: JSONParser, _ context: ReadingContext, path: String) {
    self.parser = parser
    noter = TranscriptNoter(context, path: path)
  }

  /// What a later run needs to go on in the middle of a file.
  var state: MetadataValue? {
    guard !openTools.isEmpty else { return nil }
    let sorted = openTools.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    return .object(sorted.map { .init($0.key, .string($0.value)) })
  }

  mutating func restore(_ state: MetadataValue) {
    guard case .object(let members) = state else { return }
    for member in members {
      if case .string(let name) = member.value { openTools[member.key] = name }
    }
  }

  mutating func read(
    _ buffer: RawSpan, _ line: Range<Int>, at place: RecordSink.Place, into sink: inout RecordSink
  ) {
    guard let document = LineParser.object(parser, buffer, line, place, &sink) else { return }
    let root = document.root
    var fields = sink.fields(.raw, place)
    fields[.phase] = sink.intern(phase)
    fields[.project] = LineParser.text(document, root, "cwd", &sink)
    fields[.session] = LineParser.text(document, root, "sessionId", &sink)
    fields[.branch] = LineParser.text(document, root, "gitBranch", &sink)
    fields[.agent] = LineParser.text(document, root, "agentId", &sink)
    if let time = LineParser.isoTime(document, document.member(root, "timestamp")) {
      fields.time = time
    }
    fields.isError = document.isTrue(document.member(root, "isApiErrorMessage"))
    noter.note(document, time: fields.time)
    isFirst = true
    var context = Context(
      document: document, fields: fields, place: place, type: document.member(root, "type"))
    context.message = document.member(root, "message")
    if document.isString(context.type, "user") || document.isString(context.type, "assistant"),
      context.message?.kind == .object
    {
      readMessage(context, &sink)
    } else {
      readOther(context, &sink)
    }
  }

  /// A parsed line with what its occurrences share.
  private struct Context: ~Escapable {
    let document: JSONDocument
    var fields: OccurrenceFields
    let place: RecordSink.Place
    let type: JSONParser.Node?
    var message: JSONParser.Node?

    @_lifetime(copy document)
    init(
      document: JSONDocument, fields: OccurrenceFields, place: RecordSink.Place,
      type: JSONParser.Node?
    ) {
      self.document = document
      self.fields = fields
      self.place = place
      self.type = type
    }

    var isUser: Bool { document.isString(type, "user") }
  }

  // MARK: Messages

  private mutating func readMessage(_ context: Context, _ sink: inout RecordSink) {
    let document = context.document
    guard let message = context.message else { return }
    var fields = context.fields
    fields[.role] = LineParser.text(document, message, "role", &sink)
    if fields[.role] < 0 { fields[.role] = sink.intern(context.isUser ? "user" : "assistant") }
    fields[.model] = LineParser.text(document, message, "model", &sink)
    guard let content = document.member(message, "content"),
      content.kind == .string || content.kind == .array
    else { return emitWhole(.raw, fields, context, &sink) }
    if content.kind == .string {
      return emitText(content, fields, context, part: 0, &sink)
    }
    guard content.next > content.index + 1 else { return sink.skip(context.place, "empty message") }
    let before = sink.occurrenceCount
    var firstReason: String?
    var part = 0
    var index = content.index + 1
    while index < content.next {
      let block = document.node(index)
      index = block.next
      defer { part += 1 }
      guard part < Limits.partCount else {
        sink.drop("too many parts")
        firstReason = firstReason ?? "too many parts"
        continue
      }
      if let reason = readBlock(block, fields, context, part: part, &sink) {
        sink.drop(reason)
        firstReason = firstReason ?? reason
      }
    }
    if sink.occurrenceCount == before, let firstReason { sink.skip(context.place, firstReason) }
  }

  /// Emits one content block, or returns why it is dropped.
  private mutating func readBlock(
    _ block: JSONParser.Node, _ shared: OccurrenceFields, _ context: Context, part: Int,
    _ sink: inout RecordSink
  ) -> String? {
    let document = context.document
    if block.kind == .string {
      emitText(block, shared, context, part: part, &sink)
      return nil
    }
    let type = document.member(block, "type")
    if document.isString(type, "text"), let text = stringMember(document, block, "text") {
      emitText(text, shared, context, part: part, &sink)
      return nil
    }
    if document.isString(type, "thinking"), let text = stringMember(document, block, "thinking") {
      if text.range.isEmpty { return "empty thinking" }
      emit(document.string(text) ?? [], .thinking, shared, context, part: part, &sink)
      return nil
    }
    if document.isString(type, "tool_use") || document.isString(type, "server_tool_use"),
      let input = document.member(block, "input")
    {
      readToolUse(block, input, shared, context, part: part, &sink)
      return nil
    }
    if document.isString(type, "tool_result") {
      return readToolResult(block, shared, context, part: part, &sink)
    }
    if document.isString(type, "image") || document.isString(type, "document") {
      return "binary block"
    }
    if document.isString(type, "redacted_thinking") { return "redacted thinking" }
    emit(raw(document, block), .raw, shared, context, part: part, &sink)
    return nil
  }

  private mutating func readToolUse(
    _ block: JSONParser.Node, _ input: JSONParser.Node, _ shared: OccurrenceFields,
    _ context: Context, part: Int, _ sink: inout RecordSink
  ) {
    let document = context.document
    var fields = shared
    let name = document.string(document.member(block, "name"))
    if let name { fields[.tool] = sink.intern(name.rawSpan) }
    let id = document.member(block, "id")
    if let id = document.string(id), let name, openTools.count < Self.openToolsMax {
      openTools[id] = name
    }
    emit(raw(document, input), .toolInput, fields, context, part: part, tool: id, &sink)
  }

  private mutating func readToolResult(
    _ block: JSONParser.Node, _ shared: OccurrenceFields, _ context: Context, part: Int,
    _ sink: inout RecordSink
  ) -> String? {
    let document = context.document
    let id = document.member(block, "tool_use_id")
    guard let content = document.member(block, "content") else { return "no text in tool result" }
    var fields = shared
    let idText = document.string(id) ?? []
    let name = openTools.removeValue(forKey: idText) ?? []
    fields[.tool] = sink.intern(name.rawSpan)
    let text: [UInt8]
    switch content.kind {
    case .string:
      text = document.string(content) ?? []
    case .array:
      guard let joined = joinedText(document, content) else { return "no text in tool result" }
      text = joined
    default:
      emit(raw(document, block), .raw, shared, context, part: part, tool: id, &sink)
      return nil
    }
    fields[.role] = sink.intern("tool")
    noter.note(result: text, tool: name, id: idText, time: fields.time)
    if document.isTrue(document.member(block, "is_error")) { fields.isError = true }
    emit(text, .toolOutput, fields, context, part: part, tool: id, &sink)
    return nil
  }

  private func joinedText(_ document: JSONDocument, _ array: JSONParser.Node) -> [UInt8]? {
    var joined: [UInt8]?
    var index = array.index + 1
    while index < array.next {
      let item = document.node(index)
      index = item.next
      guard document.isString(document.member(item, "type"), "text"),
        let text = document.string(document.member(item, "text"))
      else { continue }
      joined = joined.map { $0 + [0x0A] + text } ?? text
    }
    return joined
  }

  // MARK: Other lines

  private mutating func readOther(_ context: Context, _ sink: inout RecordSink) {
    let document = context.document
    let root = document.root
    var fields = context.fields
    func type(_ name: StaticString) -> Bool { document.isString(context.type, name) }
    if type("summary"), let text = stringMember(document, root, "summary") {
      fields[.session] = -1
      return emit(document.string(text) ?? [], .summary, fields, context, part: 0, &sink)
    }
    for (name, member) in Self.titles where type(name) {
      guard let text = stringMember(document, root, member) else { break }
      return emit(document.string(text) ?? [], .title, fields, context, part: 0, &sink)
    }
    if type("system") { return readSystem(context, &sink) }
    if type("progress"), let data = document.member(root, "data") {
      fields.isEcho = noter.isCopy(document, data)
      return emit(raw(document, data), .progress, fields, context, part: 0, &sink)
    }
    if type("attachment"), let attachment = document.member(root, "attachment") {
      if document.isString(document.member(attachment, "type"), "queued_command"),
        let prompt = stringMember(document, attachment, "prompt")
      {
        fields[.role] = sink.intern("user")
        return emit(document.string(prompt) ?? [], .prompt, fields, context, part: 0, &sink)
      }
      return emit(raw(document, attachment), .meta, fields, context, part: 0, &sink)
    }
    if type("queue-operation") {
      guard let text = stringMember(document, root, "content") else {
        return emitWhole(.meta, fields, context, &sink)
      }
      return emit(document.string(text) ?? [], .meta, fields, context, part: 0, &sink)
    }
    let isKnown = Self.bookkeeping.contains { document.isString(context.type, $0) }
    emitWhole(isKnown ? .meta : .raw, fields, context, &sink)
  }

  private mutating func readSystem(_ context: Context, _ sink: inout RecordSink) {
    let document = context.document
    let root = document.root
    var fields = context.fields
    if let level = document.string(document.member(root, "level")), !level.isEmpty {
      let capitals = level.map { $0 >= 0x61 && $0 <= 0x7A ? $0 - 32 : $0 }
      fields[.level] = sink.intern(capitals.rawSpan)
    }
    if document.isString(document.member(root, "subtype"), "api_error") { fields.isError = true }
    guard let text = stringMember(document, root, "content") else {
      return emitWhole(.meta, fields, context, &sink)
    }
    emit(document.string(text) ?? [], .meta, fields, context, part: 0, &sink)
  }

  private static let titles: [(StaticString, StaticString)] = [
    ("custom-title", "customTitle"), ("ai-title", "aiTitle"),
  ]

  private static let bookkeeping: [StaticString] = [
    "file-history-snapshot", "file-history-delta", "last-prompt", "agent-name", "mode",
    "permission-mode", "bridge-session", "pr-link", "frame-link", "fork-context-ref",
    "teleported-from",
  ]

  // MARK: Emitting

  private func stringMember(
    _ document: JSONDocument, _ node: JSONParser.Node, _ name: StaticString
  ) -> JSONParser.Node? {
    guard let member = document.member(node, name), member.kind == .string else { return nil }
    return member
  }

  private func raw(_ document: JSONDocument, _ node: JSONParser.Node) -> [UInt8] {
    // A string's range is its inside; its slice includes the quotes.
    let range =
      node.kind == .string
      ? (node.range.lowerBound - 1)..<(node.range.upperBound + 1) : node.range
    return document.line.array(range)
  }

  private mutating func emitText(
    _ node: JSONParser.Node, _ fields: OccurrenceFields, _ context: Context, part: Int,
    _ sink: inout RecordSink
  ) {
    let text = context.document.string(node) ?? []
    emit(text, textKind(text, context), fields, context, part: part, &sink)
  }

  private func textKind(_ text: [UInt8], _ context: Context) -> Kind {
    let document = context.document
    if document.isTrue(document.member(document.root, "isMeta")) { return .meta }
    if document.isTrue(document.member(document.root, "isCompactSummary")) { return .summary }
    guard context.isUser else { return .answer }
    return Self.wrappers.contains { text.starts(with: $0) } ? .meta : .prompt
  }

  private static let wrappers: [[UInt8]] = [
    "<command-", "<local-command-", "<bash-", "<task-notification>", "Caveat: ",
  ].map { Array($0.utf8) }

  private mutating func emitWhole(
    _ kind: Kind, _ fields: OccurrenceFields, _ context: Context, _ sink: inout RecordSink
  ) {
    emit(raw(context.document, context.document.root), kind, fields, context, part: 0, &sink)
  }

  private mutating func emit(
    _ content: [UInt8], _ kind: Kind, _ fields: OccurrenceFields, _ context: Context, part: Int,
    tool: JSONParser.Node? = nil, _ sink: inout RecordSink
  ) {
    let document = context.document
    let root = document.root
    var fields = fields
    fields.kind = kind
    fields.part = UInt16(part)
    metadata.removeAll()
    metadata.addText("uuid", document, document.member(root, "uuid"))
    metadata.addText("parentUuid", document, document.member(root, "parentUuid"))
    metadata.addText("requestId", document, document.member(root, "requestId"))
    if let message = context.message {
      metadata.addText("messageId", document, document.member(message, "id"))
      if isFirst { metadata.add("usage", Self.usage(document, message)) }
    }
    isFirst = false
    metadata.addText("version", document, document.member(root, "version"))
    if document.isString(context.type, "system") {
      let subtype = document.member(root, "subtype")
      metadata.addText("subtype", document, subtype)
      if document.isString(subtype, "turn_duration"),
        let duration = document.member(root, "durationMs"), duration.kind == .number,
        let milliseconds = document.integer(duration), milliseconds > 0
      {
        metadata.addInteger("durationMs", milliseconds)
      }
    }
    metadata.addText("toolUseID", document, tool)
    if document.isTrue(document.member(root, "isSidechain")) { metadata.addTrue("sidechain") }
    sink.emit(
      fields, content: content.rawSpan, metadata: metadata.finish().rawSpan, at: context.place)
  }

  // MARK: Tokens

  /// Counts, and whether each is kept where it is zero: one is, so that a line says that it counts.
  private static let tokenCounts: [(name: StaticString, keepsZero: Bool)] = [
    ("input_tokens", false), ("output_tokens", true), ("cache_read_input_tokens", false),
    ("cache_creation_input_tokens", false),
  ]

  /// The tokens that a response says it used; empty if it says nothing.
  private static func usage(
    _ document: JSONDocument, _ message: JSONParser.Node
  ) -> MetadataObject {
    var counts = MetadataObject()
    guard let usage = document.member(message, "usage"), usage.kind == .object else {
      return counts
    }
    for wanted in tokenCounts {
      guard let member = document.member(usage, wanted.name), member.kind == .number,
        let count = document.integer(member), count > 0 || count == 0 && wanted.keepsZero
      else { continue }
      counts.addInteger(wanted.name, count)
    }
    return counts
  }
}
