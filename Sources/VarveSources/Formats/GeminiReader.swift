// Chats of the Gemini CLI: one JSON file that is rewritten with every turn, or lines that update
// each other. Format-spec chapter 10, CON-49 to CON-51.

import Varve
import VarveFormat

/// Reads both forms; a message gives the same occurrences in either.
struct GeminiReader: RecordReader, WholeFileReader {
  var phase: StaticString { "gemini" }
  static var version: Int { 2 }
  private let parser: JSONParser
  private let context: ReadingContext
  private var metadata = MetadataObject()
  /// Whether the next occurrence is the first of its message.
  private var isFirst = true
  private var session: [UInt8] = []
  private var project: [UInt8] = []

  /// - Parameter path: below the home; the folder under `tmp` stands for the project.
  init(_ parser: JSONParser, _ context: ReadingContext, path: String) {
    self.parser = parser
    self.context = context
    project = Self.folder(path).flatMap(context.project(ofFolder:)) ?? []
  }

  /// The folder of a project: `tmp/<folder>/...`.
  static func folder(_ path: String) -> [UInt8]? {
    let parts = path.split(separator: "/")
    guard let tmp = parts.firstIndex(of: "tmp"), tmp + 1 < parts.count else { return nil }
    return Array(parts[tmp + 1].utf8)
  }

  var state: MetadataValue? {
    .object([.init("session", .string(session)), .init("project", .string(project))])
  }

  mutating func restore(_ state: MetadataValue) {
    if case .string(let bytes) = state["session"] { session = bytes }
    if case .string(let bytes) = state["project"] { project = bytes }
  }

  // MARK: A whole file

  mutating func read(
    _ buffer: RawSpan, _ file: Range<Int>, _ info: WholeFile, into sink: inout RecordSink
  ) {
    sink.countLine()
    guard let document = LineParser.whole(parser, buffer, file, &sink) else { return }
    let root = document.root
    let start = trimBlanks(buffer, file).lowerBound
    let place = RecordSink.Place(line: 0, offset: 0, length: UInt64(file.count))
    noteHeader(document, root)
    let list = root.kind == .array ? root : document.member(root, "messages")
    guard let list, list.kind == .array else {
      return emitSlice(.raw, document, root, place, &sink)
    }
    readList(document, list, start: start, line: 0, &sink)
  }

  private mutating func readList(
    _ document: JSONDocument, _ list: JSONParser.Node, start: Int, line: UInt64,
    _ sink: inout RecordSink
  ) {
    var index = list.index + 1
    var count = 0
    while index < list.next {
      let message = document.node(index)
      index = message.next
      count += 1
      guard message.kind == .object else {
        sink.drop("not a message")
        continue
      }
      var place = RecordSink.Place(
        line: line, offset: UInt64(start + message.range.lowerBound),
        length: UInt64(message.range.count))
      place = sink.locate(document.line.extracting(message.range), place)
      readMessage(document, message, place, &sink)
    }
    if count == 0 { sink.drop("empty list") }
  }

  private mutating func noteHeader(_ document: JSONDocument, _ root: JSONParser.Node) {
    if let id = document.string(document.member(root, "sessionId")), !id.isEmpty { session = id }
    if let list = document.member(root, "directories"), list.kind == .array, project.isEmpty,
      list.next > list.index + 1,
      let first = document.string(document.node(list.index + 1))
    {
      project = first
    }
    context.note(session: session, project: project)
  }

  // MARK: Lines

  mutating func read(
    _ buffer: RawSpan, _ line: Range<Int>, at place: RecordSink.Place, into sink: inout RecordSink
  ) {
    guard let document = LineParser.object(parser, buffer, line, place, &sink) else { return }
    let root = document.root
    if let update = document.member(root, "$set") {
      if let list = document.member(update, "messages"), list.kind == .array {
        noteHeader(document, update)
        return readList(
          document, list, start: Int(place.offset), line: place.line, &sink)
      }
      return emitSlice(.meta, document, root, place, &sink)
    }
    if document.member(root, "$rewindTo") != nil {
      return emitSlice(.meta, document, root, place, &sink)
    }
    if document.member(root, "type") != nil, document.member(root, "id") != nil {
      return readMessage(document, root, place, &sink)
    }
    noteHeader(document, root)
    let isHeader = document.member(root, "sessionId") != nil
    emitSlice(isHeader ? .meta : .raw, document, root, place, &sink)
  }

  // MARK: A message

  private mutating func readMessage(
    _ document: JSONDocument, _ message: JSONParser.Node, _ place: RecordSink.Place,
    _ sink: inout RecordSink
  ) {
    let type = document.member(message, "type")
    let isUser = document.isString(type, "user")
    let isModel = document.isString(type, "gemini") || document.isString(type, "model")
    var fields = fields(document, message, place, &sink)
    fields[.role] = sink.intern(isUser ? "user" : isModel ? "assistant" : "system")
    if document.isString(type, "error") { fields.isError = true }
    var kind: Kind = isUser ? .prompt : isModel ? .answer : .meta
    var count = 0
    isFirst = true
    if let text = text(document, document.member(message, "content")) {
      // A turn that only calls tools has an empty text, which says nothing.
      if !text.isEmpty || !isModel {
        emit(text, kind, fields, document, message, place, part: 0, &sink)
        count += 1
      }
    } else {
      kind = .raw
      let slice = document.line.array(message.range)
      emit(slice, kind, fields, document, message, place, part: 0, &sink)
      count += 1
    }
    count += readThoughts(document, message, fields, place, &sink)
    count += readTools(document, message, fields, place, &sink)
    if count == 0 { sink.drop("empty message") }
  }

  /// Part numbers: the text 0, thoughts from 1, then two for each tool call from 1,000.
  private static let toolPart = 1000

  private mutating func readThoughts(
    _ document: JSONDocument, _ message: JSONParser.Node, _ shared: OccurrenceFields,
    _ place: RecordSink.Place, _ sink: inout RecordSink
  ) -> Int {
    guard let list = document.member(message, "thoughts"), list.kind == .array else { return 0 }
    var part = 1
    var index = list.index + 1
    while index < list.next, part < Self.toolPart {
      let thought = document.node(index)
      index = thought.next
      let subject = document.string(document.member(thought, "subject"))
      let description = document.string(document.member(thought, "description"))
      guard let first = subject ?? description else { continue }
      let text = subject != nil && description != nil ? first + [0x0A] + (description ?? []) : first
      emit(text, .thinking, shared, document, message, place, part: part, &sink)
      part += 1
    }
    return part - 1
  }

  private mutating func readTools(
    _ document: JSONDocument, _ message: JSONParser.Node, _ shared: OccurrenceFields,
    _ place: RecordSink.Place, _ sink: inout RecordSink
  ) -> Int {
    guard let list = document.member(message, "toolCalls"), list.kind == .array else { return 0 }
    var part = Self.toolPart
    var count = 0
    var index = list.index + 1
    while index < list.next, part + 1 < Limits.partCount {
      let call = document.node(index)
      index = call.next
      defer { part += 2 }
      var fields = shared
      fields[.tool] = LineParser.text(document, call, "name", &sink)
      if let time = LineParser.isoTime(document, document.member(call, "timestamp")) {
        fields.time = time
      }
      let id = document.member(call, "id")
      if let input = document.member(call, "args") {
        let slice = document.line.array(input.range)
        emit(slice, .toolInput, fields, document, message, place, part: part, tool: id, &sink)
        count += 1
      }
      guard let output = output(document, call) else { continue }
      fields[.role] = sink.intern("tool")
      if document.isString(document.member(call, "status"), "error") { fields.isError = true }
      emit(
        output, .toolOutput, fields, document, message, place, part: part + 1, tool: id, &sink)
      count += 1
    }
    return count
  }

  /// What the model was told: `result[].functionResponse.response.output`, else what was displayed.
  private func output(_ document: JSONDocument, _ call: JSONParser.Node) -> [UInt8]? {
    if let list = document.member(call, "result"), list.kind == .array,
      list.next > list.index + 1,
      let answer = document.member(document.node(list.index + 1), "functionResponse"),
      let response = document.member(answer, "response")
    {
      return document.string(document.member(response, "output"))
        ?? document.string(document.member(response, "error"))
        ?? document.line.array(response.range)
    }
    return document.string(document.member(call, "resultDisplay"))
  }

  /// A string, or the texts of a list joined by LF.
  private func text(_ document: JSONDocument, _ node: JSONParser.Node?) -> [UInt8]? {
    guard let node else { return nil }
    if node.kind == .string { return document.string(node) }
    guard node.kind == .array else { return nil }
    var joined: [UInt8] = []
    var index = node.index + 1
    var isFirst = true
    while index < node.next {
      let item = document.node(index)
      index = item.next
      guard let text = document.string(document.member(item, "text")) else { continue }
      if !isFirst { joined.append(0x0A) }
      isFirst = false
      joined += text
    }
    return joined
  }

  // MARK: Emitting

  private func fields(
    _ document: JSONDocument, _ message: JSONParser.Node, _ place: RecordSink.Place,
    _ sink: inout RecordSink
  ) -> OccurrenceFields {
    var fields = sink.fields(.raw, place)
    fields[.phase] = sink.intern(phase)
    fields[.session] = sink.intern(session.rawSpan)
    fields[.project] = sink.intern(project.rawSpan)
    fields[.model] = LineParser.text(document, message, "model", &sink)
    if let time = LineParser.isoTime(document, document.member(message, "timestamp")) {
      fields.time = time
    }
    return fields
  }

  private mutating func emitSlice(
    _ kind: Kind, _ document: JSONDocument, _ root: JSONParser.Node, _ place: RecordSink.Place,
    _ sink: inout RecordSink
  ) {
    let fields = fields(document, root, place, &sink)
    let slice = document.line.array(root.range)
    isFirst = false
    emit(slice, kind, fields, document, root, place, part: 0, &sink)
  }

  private mutating func emit(
    _ content: [UInt8], _ kind: Kind, _ shared: OccurrenceFields, _ document: JSONDocument,
    _ message: JSONParser.Node, _ place: RecordSink.Place, part: Int,
    tool: JSONParser.Node? = nil, _ sink: inout RecordSink
  ) {
    var fields = shared
    fields.kind = kind
    fields.part = UInt16(part)
    metadata.removeAll()
    // Nobody looks for tokens in what a tool put out.
    if isFirst, kind != .toolOutput {
      addUsage(document, message)
      isFirst = false
    }
    // Under this name copies of a message are recognised: CON-51.
    metadata.addText("uuid", document, document.member(message, "id"))
    metadata.addText("toolUseID", document, tool)
    sink.emit(
      fields, content: content.rawSpan, metadata: metadata.finish().rawSpan, at: place)
  }
}

extension GeminiReader {
  /// The tokens that a message says it used. What was thought counts as put out, what was in the
  /// cache is told apart from what was put in.
  private mutating func addUsage(_ document: JSONDocument, _ message: JSONParser.Node) {
    guard let tokens = document.member(message, "tokens"), tokens.kind == .object else { return }
    let counts = TokenCounts(document, tokens)
    metadata.addText("messageId", document, document.member(message, "id"))
    metadata.add(
      "usage",
      counts.usage(
        input: counts["input"], cached: counts["cached"],
        output: counts["output"].addingClamped(counts["thoughts"])))
  }
}

/// `tmp/<folder>/.project_root`: the path that the folder stands for.
struct GeminiRootReader: WholeFileReader {
  var phase: StaticString { "gemini" }
  static var version: Int { 1 }
  private let context: ReadingContext

  init(_ context: ReadingContext) { self.context = context }

  mutating func read(
    _ buffer: RawSpan, _ file: Range<Int>, _ info: WholeFile, into sink: inout RecordSink
  ) {
    sink.countLine()
    let place = sink.locate(
      buffer.extracting(file), RecordSink.Place(line: 0, offset: 0, length: UInt64(file.count)))
    var end = file.upperBound
    while end > file.lowerBound, buffer.load(UInt8.self, at: end - 1) == 0x0A { end -= 1 }
    let path = buffer.array(file.lowerBound..<end)
    if let folder = GeminiReader.folder(info.name) { context.note(folder: folder, project: path) }
    var fields = sink.fields(.meta, place)
    fields[.phase] = sink.intern(phase)
    fields[.project] = sink.intern(path.rawSpan)
    fields.time = info.modified
    sink.emit(
      fields, content: buffer.extracting(file), metadata: RawSpan(), at: place)
  }
}
