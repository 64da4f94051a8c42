// `todos/*.json` and `tasks/*/*.json`: items of work, rewritten as a whole. Format-spec CON-28 and
// CON-29.

import VarveFormat

/// Reads lists of to-dos and single tasks.
struct TodoReader: WholeFileReader {
  static var version: Int { 1 }
  var phase: StaticString { isTask ? "tasks" : "todos" }
  private let isTask: Bool
  private let context: ReadingContext
  private let parser: JSONParser
  private var metadata = MetadataObject()

  init(_ format: SourceFormat, _ context: ReadingContext, _ parser: JSONParser) {
    isTask = format == .task
    self.context = context
    self.parser = parser
  }

  mutating func read(
    _ buffer: RawSpan, _ file: Range<Int>, _ info: WholeFile, into sink: inout RecordSink
  ) {
    sink.countLine()
    guard let document = LineParser.whole(parser, buffer, file, &sink) else { return }
    let root = document.root
    let start = trimBlanks(buffer, file).lowerBound
    guard root.kind == (isTask ? .object : .array) else {
      let place = RecordSink.Place(line: 0, offset: 0, length: UInt64(file.count))
      return sink.skip(place, JSONFailure.notJSON.rawValue)
    }
    if isTask { return readItem(document, root, start, 0, info, &sink) }
    var part = 0
    var index = root.index + 1
    while index < root.next {
      let item = document.node(index)
      index = item.next
      guard part < Limits.partCount else { return sink.drop("too many parts") }
      readItem(document, item, start, part, info, &sink)
      part += 1
    }
    if part == 0 { sink.drop("empty list") }
  }

  private mutating func readItem(
    _ document: JSONDocument, _ item: JSONParser.Node, _ start: Int, _ part: Int,
    _ info: WholeFile, _ sink: inout RecordSink
  ) {
    let slice =
      item.kind == .string
      ? (item.range.lowerBound - 1)..<(item.range.upperBound + 1) : item.range
    let raw = document.line.extracting(slice)
    var place = RecordSink.Place(
      line: 0, offset: UInt64(start + slice.lowerBound), length: UInt64(slice.count))
    place.part = part
    place = sink.locate(raw, place)
    var fields = sink.fields(.todo, place, part: place.part)
    fields[.phase] = sink.intern(phase)
    fields.time = info.modified
    metadata.removeAll()
    setSession(info, &fields, &sink)
    guard let content = content(document, item) else {
      fields.kind = .raw
      return sink.emit(fields, content: raw, metadata: metadata.finish().rawSpan, at: place)
    }
    for name in ["status", "priority", "activeForm", "id", "owner"] as [StaticString] {
      metadata.addText(name, document, document.member(item, name))
    }
    sink.emit(
      fields, content: content.rawSpan, metadata: metadata.finish().rawSpan, at: place)
  }

  private func content(_ document: JSONDocument, _ item: JSONParser.Node) -> [UInt8]? {
    guard item.kind == .object else { return nil }
    if !isTask { return document.string(document.member(item, "content")) }
    let subject = document.string(document.member(item, "subject"))
    let description = document.string(document.member(item, "description"))
    guard let subject else { return description }
    return description.map { subject + [0x0A] + $0 } ?? subject
  }

  private mutating func setSession(
    _ info: WholeFile, _ fields: inout OccurrenceFields, _ sink: inout RecordSink
  ) {
    let parts = info.parts
    guard parts.count >= 2 else { return }
    var session: [UInt8] = []
    if isTask {
      if Self.isUUID(parts[1]) { session = parts[1] } else { metadata.addText("team", parts[1]) }
    } else {
      let stem = Array(parts[1].dropLast(".json".utf8.count))
      session = Array(stem.prefix(36))
      let rest = stem.dropFirst(36)
      if rest.starts(with: "-agent-".utf8), !rest.dropFirst(7).elementsEqual(session) {
        fields[.agent] = sink.intern(Array(rest.dropFirst(7)).rawSpan)
      }
    }
    guard !session.isEmpty else { return }
    fields[.session] = sink.intern(session.rawSpan)
    if let project = context.project(ofSession: session) {
      fields[.project] = sink.intern(project.rawSpan)
    }
  }

  private static func isUUID(_ text: [UInt8]) -> Bool {
    guard text.count == 36 else { return false }
    return text.indices.allSatisfy { at in
      if [8, 13, 18, 23].contains(at) { return text[at] == UInt8(ascii: "-") }
      let digit = text[at] | 0x20
      return digit >= 0x30 && digit <= 0x39 || digit >= 0x61 && digit <= 0x66
    }
  }
}
