// `debug/*.txt`: debug logs, an entry over one or more lines. Format-spec chapter 10, CON-16 to
// CON-20.

import VarveFormat

/// Joins the lines of a debug log to entries.
struct DebugLogReader: RecordReader {
  var phase: StaticString { "debug" }
  static var version: Int { 2 }
  private let session: [UInt8]
  private let project: [UInt8]
  private var entry: [UInt8] = []
  private var header: Header?
  private var start: RecordSink.Place?

  private struct Header {
    var time: Int64?
    var level: StaticString
    var textStart: Int
  }

  /// - Parameters:
  ///   - fileName: name of the log; without `.txt` it is the session.
  ///   - context: knows the project of the session.
  init(fileName: String, _ context: ReadingContext) {
    session = Array((fileName.hasSuffix(".txt") ? String(fileName.dropLast(4)) : fileName).utf8)
    project = context.project(ofSession: session) ?? []
  }

  var pending: (offset: UInt64, line: UInt64)? { start.map { ($0.offset, $0.line) } }

  mutating func read(
    _ buffer: RawSpan, _ line: Range<Int>, at place: RecordSink.Place, into sink: inout RecordSink
  ) {
    let text = buffer.extracting(line)
    if let found = Self.header(text) {
      emitEntry(into: &sink)
      header = found
      start = place
      append(text, from: found.textStart)
    } else {
      var first = start ?? place
      first.length = place.offset + place.length - first.offset
      start = first
      append(text, from: 0)
    }
  }

  /// Lines come with their LF; the last line end of an entry goes when it is emitted.
  private mutating func append(_ text: RawSpan, from: Int) {
    // An entry this long is skipped; its bytes need not be kept.
    guard entry.count <= Limits.contentByteCount else { return }
    let part = text.extracting(from..<text.byteCount)
    // SAFETY: the pointer is used only inside the closure.
    unsafe part.withUnsafeBytes { unsafe entry.append(contentsOf: $0) }
  }

  mutating func finish(into sink: inout RecordSink) { emitEntry(into: &sink) }

  private mutating func emitEntry(into sink: inout RecordSink) {
    guard let place = start else { return }
    if entry.last == 0x0A {
      entry.removeLast()
      if entry.last == 0x0D { entry.removeLast() }
    }
    var fields = sink.fields(.log, place)
    fields[.phase] = sink.intern(phase)
    fields[.session] = sink.intern(session.rawSpan)
    fields[.project] = sink.intern(project.rawSpan)
    if let header {
      fields[.level] = sink.intern(header.level)
      fields.time = header.time ?? OccurrenceFields.noTime
      fields.isError = header.level.utf8CodeUnitCount == 5 && isError(header.level)
    }
    if let component = DebugComponent.component(entry.rawSpan) {
      fields[.component] = sink.intern(component.rawSpan)
    }
    if place.length <= UInt64(Limits.contentByteCount) {
      sink.emit(fields, content: entry.rawSpan, metadata: RawSpan(), at: place)
    } else {
      sink.skip(place, "line too long")
    }
    entry.removeAll(keepingCapacity: true)
    header = nil
    start = nil
  }

  private func isError(_ level: StaticString) -> Bool {
    unsafe level.utf8Start.pointee == UInt8(ascii: "E")
  }

  private static let levels: [(StaticString, StaticString)] = [
    ("[DEBUG] ", "DEBUG"), ("[INFO] ", "INFO"), ("[WARN] ", "WARN"), ("[ERROR] ", "ERROR"),
  ]

  /// Recognises a header line.
  private static func header(_ line: RawSpan) -> Header? {
    guard line.byteCount >= 7 else { return nil }
    var offset = 0
    var time: Int64?
    if line.load(UInt8.self, at: 0) != UInt8(ascii: "[") {
      guard line.byteCount >= 32, isStamp(line) else { return nil }
      time = Timestamp.iso8601(line.extracting(0..<24))
      offset = 25
    }
    for (tag, level) in levels where starts(line, with: tag, at: offset) {
      return Header(time: time, level: level, textStart: offset + tag.utf8CodeUnitCount)
    }
    return nil
  }

  /// `YYYY-MM-DDTHH:MM:SS.mmmZ` and a blank, by shape alone.
  private static func isStamp(_ line: RawSpan) -> Bool {
    let shape: StaticString = "dddd-dd-ddTdd:dd:dd.dddZ "
    for i in 0..<shape.utf8CodeUnitCount {
      let byte = line.load(UInt8.self, at: i)
      // SAFETY: the index is below the string's count.
      let wanted = unsafe shape.utf8Start[i]
      if wanted == UInt8(ascii: "d") {
        if byte < 0x30 || byte > 0x39 { return false }
      } else if byte != wanted {
        return false
      }
    }
    return true
  }

  static func starts(_ text: RawSpan, with prefix: StaticString, at offset: Int) -> Bool {
    guard text.byteCount >= offset + prefix.utf8CodeUnitCount else { return false }
    // SAFETY: the pointer of a static string holds `utf8CodeUnitCount` bytes for ever.
    let wanted = unsafe RawSpan(
      _unsafeStart: prefix.utf8Start, byteCount: prefix.utf8CodeUnitCount)
    return text.extracting(offset..<(offset + prefix.utf8CodeUnitCount)).isEqual(to: wanted)
  }
}

/// Which component wrote an entry. CON-19.
enum DebugComponent {
  private static let nameByteCountMax = 64
  private static let wordsByteCountMax = 48

  static func component(_ text: RawSpan) -> [UInt8]? {
    if let tag = bracketTag(text) { return tag }
    if let server = server(text) { return server }
    if let words = leadingWords(text) { return words }
    return family(text)
  }

  private static func bracketTag(_ text: RawSpan) -> [UInt8]? {
    guard text.byteCount > 2, text.load(UInt8.self, at: 0) == UInt8(ascii: "[") else { return nil }
    var i = 1
    while i < text.byteCount, i <= nameByteCountMax + 1 {
      let byte = text.load(UInt8.self, at: i)
      if byte == UInt8(ascii: "]") { return i > 1 ? text.array(1..<i) : nil }
      if byte == UInt8(ascii: "[") || byte == 0x0A { return nil }
      i += 1
    }
    return nil
  }

  private static func server(_ text: RawSpan) -> [UInt8]? {
    let prefix: StaticString = "MCP server \""
    guard DebugLogReader.starts(text, with: prefix, at: 0) else { return nil }
    let start = prefix.utf8CodeUnitCount
    var i = start
    while i < text.byteCount, i <= start + nameByteCountMax {
      let byte = text.load(UInt8.self, at: i)
      if byte == 0x0A { return nil }
      if byte == UInt8(ascii: "\"") {
        return Array("MCP server ".utf8) + text.array(start..<i)
      }
      i += 1
    }
    return nil
  }

  private static func leadingWords(_ text: RawSpan) -> [UInt8]? {
    var words = 1
    var i = 0
    while i + 1 < text.byteCount, i + 1 < wordsByteCountMax {
      let byte = text.load(UInt8.self, at: i)
      if byte == UInt8(ascii: ":") {
        guard text.load(UInt8.self, at: i + 1) == 0x20 else { return nil }
        return i > 0 ? text.array(0..<i) : nil
      }
      if byte == 0x20 {
        words += 1
        guard words <= 4 else { return nil }
      } else if !isWordByte(byte) {
        return nil
      }
      i += 1
    }
    return nil
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"): true
    default: false
    }
  }

  private static func family(_ text: RawSpan) -> [UInt8]? {
    for prefix in [
      "Getting matching hook commands", "Matched", "executePreToolHooks",
    ] as [StaticString] where DebugLogReader.starts(text, with: prefix, at: 0) {
      return Array("Hooks".utf8)
    }
    if DebugLogReader.starts(text, with: "Found ", at: 0) {
      let line = text.array(0..<min(text.byteCount, 64))
      let wanted = Array(" hook matchers".utf8)
      for start in 6..<max(6, line.count - wanted.count + 1)
      where Array(line[start..<(start + wanted.count)]) == wanted {
        return Array("Hooks".utf8)
      }
    }
    return DebugLogReader.starts(text, with: "Stream", at: 0) ? Array("Stream".utf8) : nil
  }
}
