/// The messages as lines of generic JSONL, the form that every store under test can load.
extension Corpus {
  /// Bytes that are collected before they are handed over.
  private static let chunkByteCount = 1 << 20

  /// Makes all messages and hands them over in chunks of about 1 MiB, each of whole lines.
  ///
  /// The bytes are valid during the call only. A call continues where `next()` has left off.
  mutating func writeJSONL<Failure: Error>(
    to emit: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    var chunk = CorpusBytes(capacity: Self.chunkByteCount + (1 << 18))
    while next() {
      appendLine(to: &chunk)
      if chunk.count >= Self.chunkByteCount {
        try unsafe chunk.withBytes(emit)
        chunk.truncate(to: 0)
      }
    }
    if chunk.count > 0 {
      try unsafe chunk.withBytes(emit)
    }
  }

  /// Appends the message that `next()` has made, with its line feed.
  mutating func appendLine(to line: inout CorpusBytes) {
    line.append("{\"content\":\"")
    line.append(escaped: composer.out)
    line.append("\",\"source\":\"")
    appendSource(to: &line)
    line.append("\",\"timestamp\":")
    line.append(decimal: message.time)
    line.append(",\"session_id\":\"")
    appendSession(to: &line)
    line.append("\",\"project\":\"/home/dev/work/")
    appendProject(to: &line)
    line.append("\",\"source_type\":\"")
    switch message.source {
    case .debug: line.append("debug")
    case .history: line.append("history")
    case .projects: line.append("projects")
    }
    line.append("\"")
    appendFacts(to: &line)
    appendMetadata(to: &line)
    line.append("}\n")
  }

  private func appendSource(to line: inout CorpusBytes) {
    switch message.source {
    case .debug:
      line.append("debug/")
      appendSession(to: &line)
      line.append(".txt")
    case .history:
      line.append("history.jsonl")
    case .projects:
      line.append("projects/-home-dev-work-")
      appendProject(to: &line)
      line.append("/")
      appendSession(to: &line)
      line.append(".jsonl")
    }
    line.append(":line-")
    line.append(decimal: message.line)
  }

  private func appendSession(to line: inout CorpusBytes) {
    let identity = composer.sessions[composer.current].identity
    line.append(uuid: identity.0, identity.1)
  }

  private func appendProject(to line: inout CorpusBytes) {
    let project = composer.sessions[composer.current].project
    composer.appendProjectName(project, to: &line)
  }

  /// The fields that the reports and filters are about: kind, level, component, role and tool.
  private func appendFacts(to line: inout CorpusBytes) {
    line.append(",\"kind\":\"")
    line.append(message.kind.name)
    line.append("\"")
    if message.kind == .log {
      line.append(",\"level\":\"")
      line.append(message.level.name)
      line.append("\"")
      if message.component.count > 0 {
        line.append(",\"component\":\"")
        line.append(composer.templates.bytes, message.component)
        line.append("\"")
      }
    }
    if let role = message.kind.role {
      line.append(",\"role\":\"")
      line.append(role)
      line.append("\"")
    }
    if message.kind == .toolInput || message.kind == .toolOutput {
      line.append(",\"tool\":\"")
      line.append(CorpusComposer.tools[composer.tool])
      line.append("\"")
    }
  }

  private func appendMetadata(to line: inout CorpusBytes) {
    let session = composer.sessions[composer.current]
    line.append(",\"metadata\":{")
    switch message.source {
    case .debug:
      line.append("\"pid\":")
      line.append(decimal: session.pid)
    case .history:
      line.append("\"line\":")
      line.append(decimal: message.line)
    case .projects:
      line.append("\"uuid\":\"")
      line.append(uuid: message.record.0, message.record.1)
      line.append("\"")
    }
    appendFacts(to: &line)
    line.append("}")
  }
}

extension CorpusBytes {
  /// Milliseconds since 1970 as ISO 8601 in UTC.
  ///
  /// The calendar is computed (days to civil date, after Howard Hinnant) because Foundation would
  /// cost more than the rest of the line.
  mutating func append(isoTime milliseconds: Int) {
    let days = milliseconds / 86_400_000
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    append(decimal: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), width: 4)
    append(45)
    append(decimal: month, width: 2)
    append(45)
    append(decimal: dayOfYear - (153 * monthIndex + 2) / 5 + 1, width: 2)
    append("T")
    let rest = milliseconds % 86_400_000
    append(decimal: rest / 3_600_000, width: 2)
    append(58)
    append(decimal: rest / 60_000 % 60, width: 2)
    append(58)
    append(decimal: rest / 1_000 % 60, width: 2)
    append(46)
    append(decimal: rest % 1_000, width: 3)
    append("Z")
  }
}
