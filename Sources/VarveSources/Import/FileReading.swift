// Reads one file in pieces, cuts it into lines, and notes how far it came with every batch.

import Varve
import VarveFormat

/// One pass over one file.
struct FileReading {
  let entry: SourceEntry
  let file: any SourceBytes
  /// Bytes of the file that are read; what comes later is for the next run. Nil for a stream.
  let limit: UInt64?
  let options: ImportOptions
  let run: UInt64
  let mark: Watermark
  let key: [UInt8]
  /// SHA-256 of the file, if it is known already.
  let digest: ContentHash?
  let relocation: Relocation?

  private static let pieceByteCount = 1 << 20
  private static let lineByteCountMax = 64 << 20

  /// What came of it.
  struct Result {
    var report: FileReport
    var byteCount: UInt64 = 0
    var skipped: [SkippedRecord] = []
    var warnings: [SkippedRecord] = []
    var skippedByReason: [String: Int] = [:]
    var droppedByReason: [String: Int] = [:]
    var isPending = false
    var failure: SourceError?
    /// The last watermark.
    var watermark: MetadataValue?

    /// Takes over what a sink has counted.
    mutating func note(_ sink: RecordSink, size: UInt64) {
      report.lines = sink.lineCount
      report.bytes = size
      report.completed = SourceFolder.now()
      report.skipped = sink.skippedByReason.values.reduce(0, +)
      report.dropped = sink.droppedByReason.values.reduce(0, +)
      report.new = sink.occurrenceCount
      skipped = sink.skipped
      warnings = sink.warnings
      skippedByReason = sink.skippedByReason
      droppedByReason = sink.droppedByReason
    }
  }

  /// Where reading stands.
  private struct Position {
    var buffer: [UInt8]
    /// Bytes of the buffer that hold file content, and the file offset of its first byte.
    var filled = 0
    var start: UInt64
    var line: UInt64
    /// Bytes of the buffer that hold no line end.
    var scanned = 0
    /// Where a line began that is too long to keep; nil while there is none.
    var tooLong: UInt64?
    var digest = RunningDigest()
    var isEnd = false
  }

  func read<Reader: RecordReader>(
    _ reader: inout Reader, batch: inout WriteBatch, flow: inout ImportFlow
  ) throws -> Result {
    var sink = RecordSink(file: entry.name)
    swap(&sink.batch, &batch)
    defer { swap(&sink.batch, &batch) }
    sink.relocation = relocation
    var position = Position(
      buffer: [UInt8](repeating: 0, count: Self.pieceByteCount + JSONParser.padding),
      start: mark.offset, line: mark.line)
    var result = Result(report: FileReport(file: entry.name, phase: "\(reader.phase)"))
    result.report.started = SourceFolder.now()
    prepare(&sink)
    if let state = mark.state { reader.restore(state) }
    var stopped = false
    while !position.isEnd, !stopped {
      let got: Int
      do throws(SourceError) {
        got = try fill(&position)
      } catch {
        result.failure = error
        result.report.status = "failed"
        break
      }
      result.byteCount += UInt64(got)
      cut(&position, &reader, &sink)
      stopped = flow.didRead(UInt64(got))
      if Committer.isLarge(sink.batch) {
        try sink.batch.append(try watermark(position, reader).fact(key: key))
        _ = try flow.submitIfLarge(&sink.batch)
        prepare(&sink)
      }
    }
    if position.isEnd {
      finish(&position, &reader, &sink, &result)
    } else if stopped {
      result.report.status = "interrupted"
    }
    let last = try watermark(position, reader, isDone: position.isEnd && !result.isPending)
    result.watermark = last.value
    try sink.batch.append(last.fact(key: key))
    close(&result, sink, position)
    if result.report.lines > 0 || result.failure != nil {
      try sink.batch.append(runFile(result))
    }
    return result
  }

  /// Gives all lines to a reader without committing anything.
  func readLines<Reader: RecordReader>(
    _ reader: inout Reader, _ sink: inout RecordSink
  ) throws {
    var position = Position(
      buffer: [UInt8](repeating: 0, count: Self.pieceByteCount + JSONParser.padding),
      start: 0, line: 0)
    while !position.isEnd {
      _ = try fill(&position)
      cut(&position, &reader, &sink)
    }
    if position.filled > 0, position.tooLong == nil, !isBlankLine(position) {
      let place = RecordSink.Place(
        line: position.line + 1, offset: position.start, length: UInt64(position.filled))
      take(position.buffer.rawSpan, 0..<position.filled, place, &reader, &sink)
    }
  }

  /// Fields that all occurrences of the file share, in a fresh batch.
  func prepare(_ sink: inout RecordSink) {
    sink.base = OccurrenceFields(kind: .raw)
    sink.base[.host] = sink.intern(Array(options.host.utf8).rawSpan)
    sink.base[.path] = sink.intern(Array(entry.name.utf8).rawSpan)
    sink.base.incarnation = mark.incarnation
    sink.base.run = run
  }

  /// Reads the next piece behind what is left in the buffer.
  private func fill(_ position: inout Position) throws(SourceError) -> Int {
    let room = position.buffer.count - JSONParser.padding
    if room - position.filled < Self.pieceByteCount / 2 {
      position.buffer.append(
        contentsOf: [UInt8](repeating: 0, count: position.buffer.count))
    }
    let limit = position.buffer.count - JSONParser.padding
    let offset = entry.path == "-" ? nil : position.start + UInt64(position.filled)
    var wanted = min(limit, position.filled + Self.pieceByteCount)
    if let end = self.limit, let offset {
      wanted = min(wanted, position.filled + Int(max(offset, end) - offset))
    }
    let got =
      wanted > position.filled
      ? try file.read(into: &position.buffer, from: position.filled, limit: wanted, at: offset) : 0
    if got == 0 { position.isEnd = true }
    if digestsHere, got > 0 {
      let filled = position.filled
      var digest = position.digest
      digest.update(position.buffer.rawSpan.extracting(filled..<(filled + got)))
      position.digest = digest
    }
    position.filled += got
    return got
  }

  /// Reads all whole lines of the buffer and moves the rest to its front.
  private func cut<Reader: RecordReader>(
    _ position: inout Position, _ reader: inout Reader, _ sink: inout RecordSink
  ) {
    var consumed = 0
    while let end = newline(
      position.buffer, from: max(consumed, position.scanned), to: position.filled)
    {
      position.line += 1
      let place = RecordSink.Place(
        line: position.line, offset: position.start + UInt64(consumed),
        length: UInt64(end + 1 - consumed))
      if position.tooLong != nil {
        position.tooLong = nil
      } else if end - consumed > Self.lineByteCountMax {
        skipLong(place, &sink)
      } else {
        take(position.buffer.rawSpan, consumed..<(end + 1), place, &reader, &sink)
      }
      consumed = end + 1
    }
    if position.filled - consumed > Self.lineByteCountMax {
      // Too long to keep: forget what there is and skip to its end.
      if position.tooLong == nil {
        let offset = position.start + UInt64(consumed)
        skipLong(RecordSink.Place(line: position.line + 1, offset: offset, length: 0), &sink)
        position.tooLong = offset
      }
      consumed = position.filled
    }
    position.scanned = position.filled - consumed
    guard consumed > 0 else { return }
    position.start += UInt64(consumed)
    position.buffer.moveToFront(consumed..<position.filled)
    position.filled -= consumed
  }

  private func skipLong(_ place: RecordSink.Place, _ sink: inout RecordSink) {
    sink.countLine()
    sink.skip(place, "line too long")
  }

  private func newline(_ buffer: [UInt8], from: Int, to: Int) -> Int? {
    buffer.rawSpan.firstIndex(of: 0x0A, in: from..<to)
  }

  /// Gives one line to the reader: whole for logs, without its end and blanks for JSONL.
  private func take<Reader: RecordReader>(
    _ buffer: RawSpan, _ line: Range<Int>, _ place: RecordSink.Place, _ reader: inout Reader,
    _ sink: inout RecordSink
  ) {
    if entry.format == .debug {
      sink.countLine()
      let located = sink.locate(buffer.extracting(line), place)
      reader.read(buffer, line, at: located, into: &sink)
      return
    }
    var end = line.upperBound
    if buffer.load(UInt8.self, at: end - 1) == 0x0A {
      end -= 1
      if end > line.lowerBound, buffer.load(UInt8.self, at: end - 1) == 0x0D { end -= 1 }
    }
    let text = trimBlanks(buffer, line.lowerBound..<end)
    guard !text.isEmpty else { return }
    sink.countLine()
    var place = place
    place.length = UInt64(end - line.lowerBound)
    place = sink.locate(buffer.extracting(text), place)
    reader.read(buffer, text, at: place, into: &sink)
  }

  /// CON-6 and CON-20: what stands behind the last line end.
  private func finish<Reader: RecordReader>(
    _ position: inout Position, _ reader: inout Reader, _ sink: inout RecordSink,
    _ result: inout Result
  ) {
    if position.filled > 0, position.tooLong == nil, !isBlankLine(position) {
      let isWhole = entry.format == .debug ? isSettled : parses(position)
      if isWhole || entry.format == .debug {
        // An unfinished line of a log still says whether the entry above has ended.
        let place = RecordSink.Place(
          line: position.line + 1, offset: position.start, length: UInt64(position.filled))
        take(position.buffer.rawSpan, 0..<position.filled, place, &reader, &sink)
      } else {
        sink.countLine()
      }
      if isWhole {
        // Its number stays: a line end that comes later still belongs to this line.
        position.start += UInt64(position.filled)
        position.filled = 0
      } else {
        result.isPending = true
      }
    }
    if !result.isPending { reader.finish(into: &sink) }
  }

  /// Whether a log without a last line end counts as ended.
  private var isSettled: Bool {
    if options.isComplete || entry.path == "-" { return true }
    return SourceFolder.now() - mark.status.modified / 1_000_000 > 3_600_000
  }

  /// Blanks alone are no record; they stay, as the line may still grow.
  private func isBlankLine(_ position: Position) -> Bool {
    entry.format != .debug
      && trimBlanks(position.buffer.rawSpan, 0..<position.filled).isEmpty
  }

  private func parses(_ position: Position) -> Bool {
    let buffer = position.buffer.rawSpan
    let text = trimBlanks(buffer, 0..<position.filled)
    guard let parser = JSONParser(), parser.parse(buffer, text) == nil else { return false }
    let document = JSONDocument(parser, line: buffer.extracting(text))
    return document.root.kind == .object && document.hasValidEscapes()
  }

  private func watermark<Reader: RecordReader>(
    _ position: Position, _ reader: Reader, isDone: Bool = false
  ) throws -> Watermark {
    var mark = mark
    // A line that is too long is read, and skipped, again when it grew or reading was interrupted.
    mark.offset = position.tooLong ?? position.start
    mark.line = position.line
    if let pending = reader.pending {
      mark.offset = pending.offset
      mark.line = pending.line - 1
    }
    mark.state = reader.state
    // Only a file that was read to its end is recognised as unchanged by its size.
    if !isDone { mark.status.modified = 0 }
    if entry.path != "-" {
      (mark.head, mark.tail) = try Watermark.samples(file, offset: mark.offset)
    }
    return mark
  }

  private func close(_ result: inout Result, _ sink: RecordSink, _ position: Position) {
    result.note(sink, size: mark.status.size)
    let before = digestsHere && position.isEnd ? position.digest.finish() : digest
    result.report.sha256Before = before
    result.report.sha256After = before == nil || isStill ? before : try? digestAgain()
  }

  /// Whether the digest is computed on the way.
  private var digestsHere: Bool { options.digestsSources && digest == nil && mark.offset == 0 }

  /// Whether the file is, by its status, as it was when it was opened.
  private var isStill: Bool { entry.path == "-" || (try? file.status()) == mark.status }

  private func digestAgain() throws(SourceError) -> ContentHash {
    var digest = RunningDigest()
    var buffer = [UInt8](repeating: 0, count: Self.pieceByteCount)
    var offset: UInt64 = 0
    while true {
      let got = try file.read(into: &buffer, from: 0, limit: buffer.count, at: offset)
      if got == 0 { return digest.finish() }
      digest.update(buffer.rawSpan.extracting(0..<got))
      offset += UInt64(got)
    }
  }

  func runFile(_ result: Result) -> Fact {
    let report = result.report
    func hash(_ value: ContentHash?) -> MetadataValue {
      value.map { .text($0.description) } ?? .null
    }
    let value: MetadataValue = .object([
      .init("file", .text(report.file)), .init("phase", .text(report.phase)),
      .init("bytes", .int(Int64(report.bytes))),
      .init("sha256Before", hash(report.sha256Before)),
      .init("sha256After", hash(report.sha256After)),
      .init("read", .int(Int64(report.new))), .init("skipped", .int(Int64(report.skipped))),
      .init("dropped", .int(Int64(report.dropped))), .init("lines", .int(Int64(report.lines))),
      .init("started", .int(report.started)), .init("completed", .int(report.completed)),
      .init("status", .text(report.status)),
    ])
    return Fact(
      kind: .runFile, key: RunKey.bytes(run) + Array(report.file.utf8),
      value: MetadataTree.encode(value))
  }
}
