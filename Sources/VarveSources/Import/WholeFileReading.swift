// Reads one file as a whole, and the records of archived versions for the comparison with a newer
// one.

import Varve
import VarveFormat

extension FileReading {
  private static let wholeByteCountMax: UInt64 = 64 << 20

  /// The file with padding behind it; nil if it ended before its size.
  private func whole() throws -> [UInt8]? {
    let size = Int(mark.status.size)
    var bytes = try file.bytes(at: 0, count: size)
    guard bytes.count == size else { return nil }
    bytes.append(contentsOf: [UInt8](repeating: 0, count: JSONParser.padding))
    return bytes
  }

  private var info: WholeFile {
    WholeFile(name: entry.name, modified: mark.status.modified / 1_000_000)
  }

  /// Reads the file with a reader of whole files.
  func readWhole<Reader: WholeFileReader>(
    _ reader: inout Reader, batch: inout WriteBatch, flow: inout ImportFlow
  ) throws -> Result {
    try account(phase: "\(reader.phase)", batch: &batch, flow: &flow) { sink in
      // Read before by this reader: only its times changed.
      if mark.offset > 0, mark.offset == mark.status.size { return true }
      guard mark.status.size <= Self.wholeByteCountMax else {
        sink.countLine()
        let place = RecordSink.Place(line: 0, offset: 0, length: mark.status.size)
        sink.skip(place, "file too large")
        return true
      }
      guard let bytes = try whole() else { return false }
      reader.read(bytes.rawSpan, 0..<Int(mark.status.size), info, into: &sink)
      return true
    }
  }

  /// Notes a file of which only the original is kept.
  func noteOriginal(batch: inout WriteBatch, flow: inout ImportFlow) throws -> Result {
    try account(phase: "originals", batch: &batch, flow: &flow) { _ in true }
  }

  private func account(
    phase: String, batch: inout WriteBatch, flow: inout ImportFlow,
    _ body: (inout RecordSink) throws -> Bool
  ) throws -> Result {
    var sink = RecordSink(file: entry.name)
    swap(&sink.batch, &batch)
    defer { swap(&sink.batch, &batch) }
    prepare(&sink)
    sink.relocation = relocation
    var result = Result(report: FileReport(file: entry.name, phase: phase))
    result.report.started = SourceFolder.now()
    let isWhole = try body(&sink)
    result.byteCount = mark.status.size
    _ = flow.didRead(result.byteCount)
    var mark = mark
    mark.offset = isWhole ? mark.status.size : 0
    if !isWhole { mark.status.modified = 0 }
    (mark.head, mark.tail) = try Watermark.samples(file, offset: mark.offset)
    result.watermark = mark.value
    try sink.batch.append(mark.fact(key: key))
    result.note(sink, size: mark.status.size)
    result.report.sha256Before = digest
    result.report.sha256After = (try? file.status()) == mark.status ? digest : nil
    try sink.batch.append(runFile(result))
    _ = try flow.submitIfLarge(&sink.batch)
    return result
  }

  // MARK: Versions before

  /// Records of an archived version by its reader; what it gives is thrown away.
  func wholeRecords<Reader: WholeFileReader>(
    _ reader: inout Reader, batch: inout WriteBatch
  ) throws -> Relocation {
    var sink = RecordSink(file: entry.name)
    prepare(&sink)
    sink.relocation = relocation
    if mark.status.size <= Self.wholeByteCountMax, let bytes = try whole() {
      reader.read(bytes.rawSpan, 0..<Int(mark.status.size), info, into: &sink)
    }
    return sink.relocation ?? Relocation()
  }

  /// Records of an archived version that are lines.
  func lineRecords() throws -> Relocation {
    var reader = LineNoter()
    var sink = RecordSink(file: entry.name)
    prepare(&sink)
    sink.relocation = relocation
    try readLines(&reader, &sink)
    return sink.relocation ?? Relocation()
  }

  /// Gives nothing: `locate` has noted the line already.
  private struct LineNoter: RecordReader {
    var phase: StaticString { "" }
    static var version: Int { 0 }

    mutating func read(
      _ buffer: RawSpan, _ line: Range<Int>, at place: RecordSink.Place, into sink: inout RecordSink
    ) {}
  }
}
