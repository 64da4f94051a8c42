// Generic JSONL, as other extractors and `varve export` write it. Format-spec chapter 10, CON-21 to
// CON-23.

import Varve
import VarveFormat

/// Reads one JSON object a line with a content.
struct GenericJSONLReader: RecordReader {
  var phase: StaticString { "import" }
  static var version: Int { 1 }
  private let parser: JSONParser
  private var metadata = MetadataObject()
  private var content: [UInt8] = []
  /// Contents whose stated hash has to be compared; done when the batch was hashed.
  private let compareHash: (RawSpan) -> ContentHash
  private let mapping: FieldMapping

  init(
    _ parser: JSONParser, mapping: FieldMapping, hash: @escaping (RawSpan) -> ContentHash
  ) {
    self.parser = parser
    self.mapping = mapping
    compareHash = hash
  }

  mutating func read(
    _ buffer: RawSpan, _ line: Range<Int>, at place: RecordSink.Place, into sink: inout RecordSink
  ) {
    guard let document = LineParser.object(parser, buffer, line, place, &sink) else { return }
    let root = document.root
    var fields = sink.fields(.meta, place)
    metadata.removeAll()
    content.removeAll(keepingCapacity: true)
    var hasContent = false
    var kind: Kind?
    var stated: JSONParser.Node?
    var varve: JSONParser.Node?
    var filled = SIMD16<UInt8>(repeating: 0)
    var index = root.index + 1
    while index < root.next {
      let member = document.node(index)
      index = member.next
      switch document.meaning(member, Self.members) ?? .other {
      // Of several members that fill one field the first counts.
      case .content:
        if !hasContent { hasContent = appendContent(document, member) }
      case .contentBase64:
        if !hasContent, let text = document.string(member), let bytes = Base64.decode(text) {
          content = bytes
          hasContent = true
        }
      case .text(let field):
        guard member.kind == .string, filled[field.rawValue] == 0 else { break }
        filled[field.rawValue] = 1
        fields[field] = LineParser.value(document, member, &sink)
      case .timestamp:
        guard fields.time == OccurrenceFields.noTime else { break }
        fields.time = mapping.time(document, member) ?? OccurrenceFields.noTime
      case .extractedAt:
        guard fields.extractedAt == OccurrenceFields.noTime else { break }
        fields.extractedAt = Self.time(document, member) ?? OccurrenceFields.noTime
      case .kind:
        guard kind == nil else { break }
        kind = Self.kind(document, member)
      case .error: fields.isError = fields.isError || document.isTrue(member)
      case .echo: fields.isEcho = fields.isEcho || document.isTrue(member)
      case .hash: stated = stated ?? member
      case .metadata: addMetadata(document, member, place, &sink)
      case .varve: varve = varve ?? member
      case .ignored: break
      case .other: add(document, member, place, &sink)
      }
    }
    if !mapping.isPlain { applyMapping(document, &fields, &kind, &hasContent, &sink) }
    guard hasContent else { return sink.skip(place, "no content") }
    if let varve { Self.applyPlace(document, varve, &fields, &sink) }
    fields.kind = kind ?? Self.kind(ofPhase: fields[.phase], sink)
    if sink.batch.strings.isEqual(fields[.level], "ERROR") { fields.isError = true }
    compare(stated, document, place, &sink)
    sink.emit(
      fields, content: content.rawSpan, metadata: metadata.finish().rawSpan, at: place)
  }

  /// CON-52: what the mapping names takes the place of what the line's own names say.
  private mutating func applyMapping(
    _ document: JSONDocument, _ fields: inout OccurrenceFields, _ kind: inout Kind?,
    _ hasContent: inout Bool, _ sink: inout RecordSink
  ) {
    for (field, path) in mapping.paths {
      guard let node = FieldMapping.member(document, path) else { continue }
      switch Self.members.find(Array(field.utf8).rawSpan) {
      case .content: if appendContent(document, node) { hasContent = true }
      case .timestamp: fields.time = mapping.time(document, node) ?? OccurrenceFields.noTime
      case .kind: kind = Self.kind(document, node) ?? kind
      case .text(let text) where node.kind == .string:
        fields[text] = LineParser.value(document, node, &sink)
      default: break
      }
    }
  }

  private mutating func appendContent(_ document: JSONDocument, _ member: JSONParser.Node) -> Bool {
    guard member.kind == .string else { return false }
    let text = document.line.extracting(member.range)
    content.removeAll(keepingCapacity: true)
    if member.hasEscape {
      try? JSONString.unescape(text, appendingTo: &content)
    } else {
      // SAFETY: the pointer is used only inside the closure.
      unsafe text.withUnsafeBytes { unsafe content.append(contentsOf: $0) }
    }
    return true
  }

  private mutating func add(
    _ document: JSONDocument, _ member: JSONParser.Node, _ place: RecordSink.Place,
    _ sink: inout RecordSink
  ) {
    guard metadata.add(key: member.key, document, member) else {
      return sink.warn(place, "a member nested too deep for metadata was left out")
    }
  }

  private mutating func addMetadata(
    _ document: JSONDocument, _ node: JSONParser.Node, _ place: RecordSink.Place,
    _ sink: inout RecordSink
  ) {
    guard node.kind == .object else {
      if node.kind != .null { add(document, node, place, &sink) }
      return
    }
    var index = node.index + 1
    while index < node.next {
      let member = document.node(index)
      add(document, member, place, &sink)
      index = member.next
    }
  }

  private mutating func compare(
    _ stated: JSONParser.Node?, _ document: JSONDocument, _ place: RecordSink.Place,
    _ sink: inout RecordSink
  ) {
    guard let text = document.string(stated) else { return }
    let hash = compareHash(content.rawSpan)
    guard text.map({ $0 >= 0x41 && $0 <= 0x46 ? $0 + 32 : $0 }) != Array(hash.description.utf8)
    else { return }
    metadata.addText("statedHash", text)
    sink.warn(place, "stated hash differs from the content's \(hash)")
  }

  /// CON-21: integers below 10^11 and decimals are seconds, larger integers milliseconds, text is
  /// ISO 8601.
  static func time(_ document: JSONDocument, _ node: JSONParser.Node) -> Int64? {
    switch node.kind {
    case .string:
      return LineParser.isoTime(document, node)
    case .number:
      if let value = document.integer(node) { return Timestamp.unix(value) }
      let text = String(decoding: document.line.array(node.range), as: UTF8.self)
      guard let value = Double(text), value.magnitude < 9e15 else { return nil }
      return value.magnitude < 1e11 ? Int64((value * 1000).rounded()) : Int64(value)
    default:
      return nil
    }
  }

  private static let kinds = NameTable(
    [
      ("prompt", .prompt), ("answer", .answer), ("toolInput", .toolInput),
      ("toolOutput", .toolOutput), ("log", .log),
    ] as [(StaticString, Kind)])

  private static func kind(_ document: JSONDocument, _ member: JSONParser.Node) -> Kind? {
    if member.kind == .string, let kind = kinds.find(document.line.extracting(member.range)) {
      return kind
    }
    return document.string(member).flatMap { Kind(name: String(decoding: $0, as: UTF8.self)) }
  }

  private static func kind(ofPhase phase: Int32, _ sink: RecordSink) -> Kind {
    guard phase >= 0 else { return .meta }
    switch sink.batch.strings.string(phase) {
    case "history": return .prompt
    case "debug": return .log
    case "file-history": return .file
    case "todos": return .todo
    case "shell-snapshots": return .shell
    default: return .meta
    }
  }

  /// CON-23: an exported occurrence keeps the place of its original sighting.
  private static func applyPlace(
    _ document: JSONDocument, _ node: JSONParser.Node, _ fields: inout OccurrenceFields,
    _ sink: inout RecordSink
  ) {
    guard node.kind == .object else { return }
    fields[.host] = LineParser.text(document, node, "host", &sink)
    fields[.path] = LineParser.text(document, node, "file", &sink)
    let source = LineParser.text(document, node, "source", &sink)
    if source >= 0 { fields[.source] = source }
    func number(_ name: StaticString) -> Int64 {
      max(0, document.integer(document.member(node, name)) ?? 0)
    }
    fields.incarnation = UInt32(clamping: number("incarnation"))
    fields.offset = UInt64(number("offset"))
    fields.length = UInt64(number("length"))
    fields.line = UInt64(number("line"))
    fields.part = UInt16(clamping: number("part"))
  }

  /// What the members of a line mean.
  private enum Member {
    case content, contentBase64, timestamp, extractedAt, kind, error, echo, hash, metadata, varve
    case ignored, other
    case text(TextField)
  }

  private static let members = NameTable<Member>([
    ("content", .content), ("source", .text(.source)), ("timestamp", .timestamp),
    ("session_id", .text(.session)), ("project", .text(.project)),
    ("source_type", .text(.phase)), ("hash", .hash), ("metadata", .metadata),
    ("level", .text(.level)), ("component", .text(.component)), ("kind", .kind),
    ("role", .text(.role)), ("tool", .text(.tool)), ("model", .text(.model)),
    ("branch", .text(.branch)), ("agent", .text(.agent)), ("host", .text(.host)),
    ("error", .error), ("contentBase64", .contentBase64), ("sessionId", .text(.session)),
    ("session", .text(.session)), ("phase", .text(.phase)), ("extractedAt", .extractedAt),
    ("extracted_at", .extractedAt), ("log_level", .text(.level)),
    ("project_id", .text(.project)), ("source_file", .text(.source)), ("echo", .echo),
    ("varve", .varve), ("id", .ignored),
  ])
}

extension LineParser {
  /// Interns a string node; -1 if it is empty.
  static func value(
    _ document: JSONDocument, _ node: JSONParser.Node, _ sink: inout RecordSink
  ) -> Int32 {
    if !node.hasEscape { return sink.intern(document.line.extracting(node.range)) }
    return document.string(node).map { sink.intern($0.rawSpan) } ?? -1
  }
}
