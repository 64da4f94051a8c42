// Which reader reads which format: the one place that knows them all.

import Varve
import VarveFormat

/// Picks the reader of a file.
enum SourceReaders {
  /// Version of a format's reader; 0 for a file of which only the original is kept.
  static func version(_ format: SourceFormat?, _ mapping: FieldMapping = FieldMapping()) -> Int {
    switch format {
    case .history: HistoryReader.version
    case .projects: TranscriptReader.version
    case .debug: DebugLogReader.version
    case .jsonl: GenericJSONLReader.version + mapping.fingerprint
    case .todos, .task: TodoReader.version
    case .codex: CodexReader.version
    case .gemini, .geminiLines: GeminiReader.version
    case .geminiRoot: GeminiRootReader.version
    case .none: 0
    default: BlobReader.version
    }
  }

  /// Reads the records of one file into a batch.
  static func read(
    _ reading: FileReading, _ context: ReadingContext, batch: inout WriteBatch,
    flow: inout ImportFlow
  ) throws -> FileReading.Result {
    guard let parser = JSONParser() else {
      throw StoreError(.system(12), path: reading.entry.path, detail: "no memory for a JSON parser")
    }
    switch reading.entry.format {
    case .history:
      var reader = HistoryReader(parser, context)
      return try reading.read(&reader, batch: &batch, flow: &flow)
    case .projects:
      var reader = TranscriptReader(parser, context, path: reading.entry.name)
      return try reading.read(&reader, batch: &batch, flow: &flow)
    case .debug:
      var reader = DebugLogReader(fileName: lastName(reading.entry.name), context)
      return try reading.read(&reader, batch: &batch, flow: &flow)
    case .jsonl:
      var reader = GenericJSONLReader(parser, mapping: reading.options.mapping) {
        ContentDigest.hash($0)
      }
      return try reading.read(&reader, batch: &batch, flow: &flow)
    case .codex:
      var reader = CodexReader(parser, context)
      return try reading.read(&reader, batch: &batch, flow: &flow)
    case .geminiLines:
      var reader = GeminiReader(parser, context, path: reading.entry.name)
      return try reading.read(&reader, batch: &batch, flow: &flow)
    case .gemini:
      var reader = GeminiReader(parser, context, path: reading.entry.name)
      return try reading.readWhole(&reader, batch: &batch, flow: &flow)
    case .geminiRoot:
      var reader = GeminiRootReader(context)
      return try reading.readWhole(&reader, batch: &batch, flow: &flow)
    case .todos, .task:
      var reader = TodoReader(reading.entry.format ?? .todos, context, parser)
      return try reading.readWhole(&reader, batch: &batch, flow: &flow)
    case .some(let format):
      var reader = BlobReader(format, context, parser)
      return try reading.readWhole(&reader, batch: &batch, flow: &flow)
    case .none:
      return try reading.noteOriginal(batch: &batch, flow: &flow)
    }
  }

  private static func lastName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The records of an archived version, for the comparison with a newer one; nothing is committed.
  static func records(
    _ reading: FileReading, _ context: ReadingContext
  ) throws -> Relocation {
    guard let format = reading.entry.format else { return Relocation() }
    var batch = WriteBatch()
    switch format {
    case .todos, .task:
      guard let parser = JSONParser() else { return Relocation() }
      var reader = TodoReader(format, context, parser)
      return try reading.wholeRecords(&reader, batch: &batch)
    case .gemini:
      guard let parser = JSONParser() else { return Relocation() }
      var reader = GeminiReader(parser, context, path: reading.entry.name)
      return try reading.wholeRecords(&reader, batch: &batch)
    case _ where format.isWhole:
      var reader = BlobReader(format, context, nil)
      return try reading.wholeRecords(&reader, batch: &batch)
    default:
      return try reading.lineRecords()
    }
  }
}
