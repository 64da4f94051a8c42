// `history.jsonl`: every prompt that was typed. Format-spec chapter 10, CON-9.

import VarveFormat

/// Reads the client's history of prompts.
struct HistoryReader: RecordReader {
  var phase: StaticString { "history" }
  static var version: Int { 3 }
  private let parser: JSONParser
  private let context: ReadingContext
  private var metadata = MetadataObject()

  init(_ parser: JSONParser, _ context: ReadingContext) {
    self.parser = parser
    self.context = context
  }

  mutating func read(
    _ buffer: RawSpan, _ line: Range<Int>, at place: RecordSink.Place, into sink: inout RecordSink
  ) {
    guard let document = LineParser.object(parser, buffer, line, place, &sink) else { return }
    let root = document.root
    guard let display = document.string(document.member(root, "display")), !display.isEmpty else {
      return readCodex(document, place, &sink)
    }
    var fields = sink.fields(.prompt, place)
    fields[.phase] = sink.intern(phase)
    fields[.role] = sink.intern("user")
    fields[.project] = LineParser.text(document, root, "project", &sink)
    fields[.session] = LineParser.text(document, root, "sessionId", &sink)
    if let time = document.integer(document.member(root, "timestamp")) { fields.time = time }
    let session = document.string(document.member(root, "sessionId")) ?? []
    let project = document.string(document.member(root, "project")) ?? []
    context.note(session: session, project: project)
    let pasted = document.member(root, "pastedContents")
    var paste = ReadingContext.Paste(session: session, project: project, time: nil)
    if fields.time != OccurrenceFields.noTime { paste.time = fields.time }
    let isWhole = pasted.map { allHaveContent(document, $0, paste) } ?? true
    metadata.removeAll()
    if let pasted, !isWhole {
      if !metadata.add("pastedContents", document, pasted)
        || metadata.byteCount > Limits.metadataByteCount
      {
        metadata.removeAll()
        sink.warn(place, "pasted contents beyond the limits of metadata were left out")
      }
    }
    sink.emit(
      fields, content: display.rawSpan, metadata: metadata.finish().rawSpan, at: place)
    if let pasted { emitPastes(document, pasted, fields, place, &sink) }
  }

  /// CON-45: a line of the Codex CLI, whose times are seconds.
  private func readCodex(
    _ document: JSONDocument, _ place: RecordSink.Place, _ sink: inout RecordSink
  ) {
    let root = document.root
    guard let text = document.string(document.member(root, "text")), !text.isEmpty else {
      return sink.skip(place, "no display")
    }
    var fields = sink.fields(.prompt, place)
    fields[.phase] = sink.intern(phase)
    fields[.role] = sink.intern("user")
    fields[.session] = LineParser.text(document, root, "session_id", &sink)
    if let time = document.integer(document.member(root, "ts")) {
      fields.time = Timestamp.unix(time)
    }
    sink.emit(fields, content: text.rawSpan, metadata: RawSpan(), at: place)
  }

  /// Whether each paste stands in the line itself; notes those that lie in a file.
  private func allHaveContent(
    _ document: JSONDocument, _ pasted: JSONParser.Node, _ paste: ReadingContext.Paste
  ) -> Bool {
    guard pasted.kind == .object || pasted.kind == .array else { return true }
    var all = true
    var index = pasted.index + 1
    while index < pasted.next {
      let entry = document.node(index)
      index = entry.next
      if document.member(entry, "content")?.kind == .string { continue }
      all = false
      if let hash = document.string(document.member(entry, "contentHash")) {
        context.note(paste: hash, paste)
      }
    }
    return all
  }

  private mutating func emitPastes(
    _ document: JSONDocument, _ pasted: JSONParser.Node, _ shared: OccurrenceFields,
    _ place: RecordSink.Place, _ sink: inout RecordSink
  ) {
    guard pasted.kind == .object else { return }
    var part = 1
    var index = pasted.index + 1
    while index < pasted.next, part < Limits.partCount {
      let entry = document.node(index)
      index = entry.next
      defer { part += 1 }
      guard let content = document.string(document.member(entry, "content")) else { continue }
      var fields = shared
      fields.part = UInt16(part)
      metadata.removeAll()
      metadata.addText("paste", document.line.array(entry.key))
      sink.emit(
        fields, content: content.rawSpan, metadata: metadata.finish().rawSpan, at: place)
    }
  }
}

/// What all JSONL readers share.
enum LineParser {
  /// Parses a line as one object; otherwise skips it with the reason.
  @_lifetime(copy buffer)
  static func object(
    _ parser: JSONParser, _ buffer: RawSpan, _ line: Range<Int>, _ place: RecordSink.Place,
    _ sink: inout RecordSink
  ) -> JSONDocument? {
    if let failure = parser.parse(buffer, line) {
      sink.skip(place, failure.rawValue)
      return nil
    }
    let document = JSONDocument(parser, line: buffer.extracting(line))
    guard document.root.kind == .object, document.hasValidEscapes() else {
      sink.skip(place, JSONFailure.notJSON.rawValue)
      return nil
    }
    return document
  }

  /// Parses a file as one object or list; otherwise skips it with the reason. The document begins
  /// behind the file's leading blanks.
  @_lifetime(copy buffer)
  static func whole(
    _ parser: JSONParser, _ buffer: RawSpan, _ file: Range<Int>, _ sink: inout RecordSink
  ) -> JSONDocument? {
    let text = trimBlanks(buffer, file)
    let place = RecordSink.Place(line: 0, offset: 0, length: UInt64(file.count))
    guard !text.isEmpty else {
      sink.skip(place, "empty file")
      return nil
    }
    if let failure = parser.parse(buffer, text) {
      sink.skip(place, failure.rawValue)
      return nil
    }
    let document = JSONDocument(parser, line: buffer.extracting(text))
    let isContainer = document.root.kind == .object || document.root.kind == .array
    guard isContainer, document.hasValidEscapes() else {
      sink.skip(place, JSONFailure.notJSON.rawValue)
      return nil
    }
    return document
  }

  /// Interns a non-empty string member; -1 if there is none.
  static func text(
    _ document: JSONDocument, _ node: JSONParser.Node, _ name: StaticString,
    _ sink: inout RecordSink
  ) -> Int32 {
    guard let member = document.member(node, name), member.kind == .string else { return -1 }
    if !member.hasEscape { return sink.intern(document.line.extracting(member.range)) }
    return document.string(member).map { sink.intern($0.rawSpan) } ?? -1
  }

  /// The time of a member: ISO 8601 text.
  static func isoTime(_ document: JSONDocument, _ member: JSONParser.Node?) -> Int64? {
    guard let member, member.kind == .string, !member.hasEscape else { return nil }
    return Timestamp.iso8601(document.line.extracting(member.range))
  }
}

/// Builds the object tree of an occurrence's metadata member by member.
struct MetadataObject {
  private var members = ByteWriter(reserving: 256)
  private var count = 0

  private mutating func key(_ name: StaticString) {
    // SAFETY: the pointer of a static string holds `utf8CodeUnitCount` bytes for ever.
    members.writeCounted(
      unsafe RawSpan(_unsafeStart: name.utf8Start, byteCount: name.utf8CodeUnitCount))
    count += 1
  }

  /// Adds a member with a value; adds nothing and says so if the value is nested too deep.
  mutating func add(
    _ name: StaticString, _ document: JSONDocument, _ node: JSONParser.Node
  ) -> Bool {
    let mark = members.count
    key(name)
    guard document.appendTree(node, to: &members) else {
      members.bytes.removeLast(members.count - mark)
      count -= 1
      return false
    }
    return true
  }

  /// Adds a member under the name that it has in the document.
  mutating func add(
    key name: Range<Int>, _ document: JSONDocument, _ node: JSONParser.Node
  ) -> Bool {
    let mark = members.count
    document.appendText(name, hasEscape: node.keyHasEscape, to: &members)
    guard document.appendTree(node, to: &members) else {
      members.bytes.removeLast(members.count - mark)
      return false
    }
    count += 1
    return true
  }

  /// Adds a string member if it is there and not empty.
  mutating func addText(
    _ name: StaticString, _ document: JSONDocument, _ node: JSONParser.Node?
  ) {
    guard let node, node.kind == .string, !node.range.isEmpty else { return }
    key(name)
    members.write(MetadataTree.Tag.string.rawValue)
    document.appendText(node.range, hasEscape: node.hasEscape, to: &members)
  }

  mutating func addText(_ name: StaticString, _ text: [UInt8]) {
    key(name)
    members.write(MetadataTree.Tag.string.rawValue)
    members.writeVarint(text.count)
    members.write(text)
  }

  mutating func addInteger(_ name: StaticString, _ value: Int64) {
    key(name)
    members.write(MetadataTree.Tag.int.rawValue)
    members.writeZigzag(value)
  }

  /// Adds an object unless it is empty.
  mutating func add(_ name: StaticString, _ object: MetadataObject) {
    guard object.count > 0 else { return }
    key(name)
    members.write(object.finish())
  }

  mutating func addTrue(_ name: StaticString) {
    key(name)
    members.write(MetadataTree.Tag.true.rawValue)
  }

  /// The encoded object; empty if it has no members.
  func finish() -> [UInt8] {
    guard count > 0 else { return [] }
    var writer = ByteWriter(reserving: members.count + 4)
    writer.write(MetadataTree.Tag.object.rawValue)
    writer.writeVarint(count)
    writer.write(members.bytes)
    return writer.bytes
  }

  /// Bytes of all members so far.
  var byteCount: Int { members.count }

  mutating func removeAll() {
    members.bytes.removeAll(keepingCapacity: true)
    count = 0
  }
}
