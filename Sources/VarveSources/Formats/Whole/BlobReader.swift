// Files whose content is the message: versions of files, plans, shell snapshots, results outside
// the transcript, pastes, notes, state of the client. Format-spec CON-27 and CON-30 to CON-36.

import VarveFormat

/// Reads a file as one occurrence; what its fields are depends on the format.
struct BlobReader: WholeFileReader {
  static var version: Int { 1 }
  let format: SourceFormat
  let context: ReadingContext
  private let parser: JSONParser?
  private var metadata = MetadataObject()

  init(_ format: SourceFormat, _ context: ReadingContext, _ parser: JSONParser?) {
    self.format = format
    self.context = context
    self.parser = parser
  }

  var phase: StaticString {
    switch format {
    case .fileVersion: "file-history"
    case .shellSnapshot: "shell-snapshots"
    case .plan: "plans"
    case .toolResult: "tool-results"
    case .paste: "paste-cache"
    case .memory: "memory"
    case .agentMeta: "projects"
    default: "sessions"
    }
  }

  private static let binarySuffixes = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".pdf"]

  mutating func read(
    _ buffer: RawSpan, _ file: Range<Int>, _ info: WholeFile, into sink: inout RecordSink
  ) {
    let place = sink.locate(
      buffer.extracting(file),
      RecordSink.Place(line: 0, offset: 0, length: UInt64(file.count)))
    sink.countLine()
    if format == .toolResult, Self.binarySuffixes.contains(where: { info.name.hasSuffix($0) }) {
      return sink.drop("binary file")
    }
    var fields = sink.fields(.file, place)
    fields.time = info.modified
    metadata.removeAll()
    switch format {
    case .fileVersion: fileVersion(info, &fields, &sink)
    case .shellSnapshot: shellSnapshot(info, &fields)
    case .plan: plan(info, &fields, &sink)
    case .toolResult: toolResult(info, &fields, &sink)
    case .paste: paste(info, &fields, &sink)
    case .memory: memory(info, &fields, &sink)
    case .agentMeta: agentMeta(info, &fields, &sink)
    default: state(buffer, file, info, &fields, place, &sink)
    }
    if fields[.phase] < 0 { fields[.phase] = sink.intern(phase) }
    sink.emit(
      fields, content: buffer.extracting(file), metadata: metadata.finish().rawSpan, at: place)
  }

  private func setSession(
    _ session: [UInt8], _ fields: inout OccurrenceFields, _ sink: inout RecordSink
  ) {
    guard !session.isEmpty else { return }
    fields[.session] = sink.intern(session.rawSpan)
    if let project = context.project(ofSession: session) {
      fields[.project] = sink.intern(project.rawSpan)
    }
  }

  // MARK: CON-27

  private mutating func fileVersion(
    _ info: WholeFile, _ fields: inout OccurrenceFields, _ sink: inout RecordSink
  ) {
    let parts = info.parts
    guard parts.count == 3 else { return }
    setSession(parts[1], &fields, &sink)
    if let origin = context.version(parts[2], session: parts[1]) {
      metadata.addText("path", origin.path)
      if let time = origin.time { fields.time = time }
    }
    if let at = parts[2].lastIndex(of: UInt8(ascii: "@")), at + 1 < parts[2].count,
      parts[2][at + 1] == UInt8(ascii: "v"),
      let number = Int64(String(decoding: parts[2][(at + 2)...], as: UTF8.self))
    {
      metadata.addInteger("version", number)
    }
  }

  // MARK: CON-30

  private mutating func shellSnapshot(_ info: WholeFile, _ fields: inout OccurrenceFields) {
    fields.kind = .shell
    guard let name = info.parts.last else { return }
    let words = name.split(separator: UInt8(ascii: "-"))
    if words.count >= 2, words[0].elementsEqual("snapshot".utf8) {
      metadata.addText("shell", Array(words[1]))
    }
    if let digits = words.first(where: { word in
      word.count == 13 && word.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }), let time = Int64(String(decoding: digits, as: UTF8.self)) {
      fields.time = time
    }
  }

  // MARK: CON-31

  private func plan(
    _ info: WholeFile, _ fields: inout OccurrenceFields, _ sink: inout RecordSink
  ) {
    fields.kind = .plan
    var slug = info.parts.last.map { Array($0.dropLast(3)) } ?? []
    let marker = Array("-agent-".utf8)
    if let at = slug.lastRange(of: marker) {
      fields[.agent] = sink.intern(Array(slug[at.upperBound...]).rawSpan)
      slug = Array(slug[..<at.lowerBound])
    }
    if let session = context.session(ofSlug: slug) { setSession(session, &fields, &sink) }
  }

  // MARK: CON-32

  private mutating func toolResult(
    _ info: WholeFile, _ fields: inout OccurrenceFields, _ sink: inout RecordSink
  ) {
    fields.kind = .toolOutput
    fields[.role] = sink.intern("tool")
    let parts = info.parts
    guard parts.count == 5 else { return }
    setSession(parts[2], &fields, &sink)
    guard let origin = context.result(parts[4], session: parts[2]) else { return }
    if !origin.tool.isEmpty { fields[.tool] = sink.intern(origin.tool.rawSpan) }
    if !origin.toolUseID.isEmpty { metadata.addText("toolUseID", origin.toolUseID) }
    if let time = origin.time { fields.time = time }
  }

  // MARK: CON-33

  private func paste(
    _ info: WholeFile, _ fields: inout OccurrenceFields, _ sink: inout RecordSink
  ) {
    fields.kind = .prompt
    fields[.role] = sink.intern("user")
    guard let name = info.parts.last, let paste = context.paste(Array(name.dropLast(4))) else {
      return
    }
    if !paste.session.isEmpty { fields[.session] = sink.intern(paste.session.rawSpan) }
    if !paste.project.isEmpty { fields[.project] = sink.intern(paste.project.rawSpan) }
    if let time = paste.time { fields.time = time }
  }

  // MARK: CON-34 to CON-36

  private mutating func memory(
    _ info: WholeFile, _ fields: inout OccurrenceFields, _ sink: inout RecordSink
  ) {
    metadata.addText("path", Array(info.name.utf8))
    let parts = info.parts
    if parts.count > 1, let project = context.project(ofFolder: parts[1]) {
      fields[.project] = sink.intern(project.rawSpan)
    }
  }

  private func agentMeta(
    _ info: WholeFile, _ fields: inout OccurrenceFields, _ sink: inout RecordSink
  ) {
    fields.kind = .meta
    let parts = info.parts
    let name = parts.last.map { $0.dropLast(".meta.json".utf8.count) } ?? []
    let agent = name.starts(with: "agent-".utf8) ? Array(name.dropFirst(6)) : Array(name)
    fields[.agent] = sink.intern(agent.rawSpan)
    if let at = parts.firstIndex(of: Array("subagents".utf8)), at > 0 {
      setSession(parts[at - 1], &fields, &sink)
    }
  }

  private func state(
    _ buffer: RawSpan, _ file: Range<Int>, _ info: WholeFile, _ fields: inout OccurrenceFields,
    _ place: RecordSink.Place, _ sink: inout RecordSink
  ) {
    fields.kind = .meta
    let parts = info.parts
    if parts.first == Array("projects".utf8) {
      fields[.phase] = sink.intern("projects")
    } else if parts.count == 1 {
      fields[.phase] = sink.intern("stats")
    }
    let text = trimBlanks(buffer, file)
    guard let parser, !text.isEmpty, parser.parse(buffer, text) == nil else { return }
    let document = JSONDocument(parser, line: buffer.extracting(text))
    guard document.root.kind == .object, document.hasValidEscapes() else { return }
    fields[.session] = LineParser.text(document, document.root, "sessionId", &sink)
    fields[.project] = LineParser.text(document, document.root, "cwd", &sink)
    if let time = document.integer(document.member(document.root, "startedAt")) {
      fields.time = time
    }
  }
}

extension Array<UInt8> {
  /// The last place where other bytes stand.
  fileprivate func lastRange(of other: [UInt8]) -> Range<Int>? {
    guard !other.isEmpty, count >= other.count else { return nil }
    for start in stride(from: count - other.count, through: 0, by: -1)
    where self[start..<(start + other.count)].elementsEqual(other) {
      return start..<(start + other.count)
    }
    return nil
  }
}
