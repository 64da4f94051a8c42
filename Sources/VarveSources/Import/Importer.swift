// Reads sources into a store: one thread reads and hashes, another commits, a third merges indexes.

import Dispatch
public import Varve
import VarveFormat
import Synchronization

/// Options of an ingest.
public struct ImportOptions: Sendable {
  /// Host on which the sources lie; the machine's name by default.
  public var host: String
  /// User who runs the ingest.
  public var user = ""
  /// Version of the program.
  public var version = ""
  /// A note for the run's record.
  public var note = ""
  /// Format of all sources; recognised by content if nil.
  public var format: SourceFormat?
  /// Whether files are taken as complete, so that a last entry without line end counts.
  public var isComplete = false
  /// Whether SHA-256 of the sources before and after goes into the audit trail.
  public var digestsSources = true
  /// Called after each durable commit with the number of occurrences of the store.
  public var onCommit: (@Sendable (UInt64) -> Void)?
  /// Called now and then with bytes done and bytes in all; returns whether to go on.
  public var onProgress: (@Sendable (UInt64, UInt64) -> Bool)?

  /// Default options.
  public init() { host = SourceFolder.hostName() }
}

/// Reads sources into a store.
public final class Importer {
  private let store: Store
  private let options: ImportOptions
  private let committer: Committer
  private var report = ImportReport()
  private var batch = WriteBatch()
  private var bytesTotal: UInt64 = 0
  private var watermarks: [[UInt8]: MetadataValue] = [:]

  /// - Parameters:
  ///   - store: opened for writing, best with `maintenance` `manual`: the importer merges indexes itself.
  ///   - options: how to read.
  public init(into store: Store, options: ImportOptions) {
    self.store = store
    self.options = options
    committer = Committer(store, onCommit: options.onCommit)
  }

  /// Reads sources; whatever was committed before an error stays.
  ///
  /// - Parameter paths: homes, folders with JSONL, files, or `-`.
  /// - Throws: ``StoreError`` of the store, ``SourceError`` if a path cannot be opened at all.
  public func run(_ paths: [String]) throws -> ImportReport {
    let clock = ContinuousClock()
    let begin = clock.now
    var entries: [SourceEntry] = []
    for path in paths {
      let listing = try HomeLayout.listing(of: path, format: options.format)
      entries += listing.entries
      report.failures += listing.failures
    }
    for entry in entries { bytesTotal += SourceStatus(path: entry.path)?.size ?? 0 }
    let snapshot = try store.snapshot()
    report.run =
      1 + UInt64(try snapshot.facts(.ingestRun).compactMap { RunKey.number($0.key) }.max() ?? 0)
    for fact in try snapshot.facts(.watermark) {
      watermarks[fact.key] = try? MetadataTree.decode(fact.value.rawSpan)
    }
    let started = SourceFolder.now()
    var isInterrupted = false
    for entry in entries where !isInterrupted {
      do {
        isInterrupted = try !read(entry)
      } catch let error as SourceError {
        // What was read of the file stays; the next run reads it again from its last mark.
        report.failures.append(error)
      }
    }
    try appendRun(started: started, files: entries.count, isInterrupted: isInterrupted)
    try submit()
    report.committed = try committer.finish()
    report.seconds = Double(clock.now.nanoseconds(since: begin)) / 1e9
    return report
  }

  /// Reads one file; false if the progress hook asked to stop.
  private func read(_ entry: SourceEntry) throws -> Bool {
    report.files += 1
    let file: SourceFile
    let status: SourceStatus
    do throws(SourceError) {
      if let known = SourceStatus(path: entry.path), isUnchanged(entry, known) {
        report.unchangedFiles += 1
        return progress(adding: known.size)
      }
      file = try SourceFile(entry.path)
      status = try file.status()
    } catch {
      report.failures.append(error)
      return true
    }
    guard status.isRegular || entry.path == "-" else {
      report.failures.append(SourceError(path: entry.path, number: 22, doing: "not a regular file"))
      return true
    }
    guard let parser = JSONParser() else { return true }
    switch entry.format {
    case .history:
      return try read(entry, file, status, HistoryReader(parser), version: HistoryReader.version)
    case .projects:
      return try read(
        entry, file, status, TranscriptReader(parser), version: TranscriptReader.version)
    case .debug:
      let name = entry.name.split(separator: "/").last.map(String.init) ?? entry.name
      return try read(
        entry, file, status, DebugLogReader(fileName: name), version: DebugLogReader.version)
    case .jsonl:
      return try read(
        entry, file, status, GenericJSONLReader(parser) { ContentDigest.hash($0) },
        version: GenericJSONLReader.version)
    }
  }

  private func key(_ entry: SourceEntry) -> [UInt8] {
    Watermark.key(host: options.host, name: entry.name)
  }

  private func isUnchanged(_ entry: SourceEntry, _ status: SourceStatus) -> Bool {
    guard entry.path != "-", let value = watermarks[key(entry)],
      let mark = Watermark(value, status: status)
    else { return false }
    return mark.isUnchanged(status, reader: Self.version(entry.format)) && !options.isComplete
  }

  private static func version(_ format: SourceFormat) -> Int {
    switch format {
    case .history: HistoryReader.version
    case .projects: TranscriptReader.version
    case .debug: DebugLogReader.version
    case .jsonl: GenericJSONLReader.version
    }
  }

  private func read<Reader: RecordReader>(
    _ entry: SourceEntry, _ file: SourceFile, _ status: SourceStatus, _ reader: Reader,
    version: Int
  ) throws -> Bool {
    var reader = reader
    var mark = Watermark(status: status, reader: version)
    if entry.path != "-", let value = watermarks[key(entry)],
      let known = Watermark(value, status: status)
    {
      mark.incarnation = known.incarnation
      if try !known.continues(file, size: status.size) {
        mark.incarnation += 1
      } else if known.reader == version {
        mark.offset = known.offset
        mark.line = known.line
        if let state = known.state { reader.restore(state) }
      }
    }
    let reading = FileReading(
      entry: entry, file: file, options: options, run: report.run, mark: mark, key: key(entry))
    var flow = ImportFlow(importer: self)
    let result = try reading.read(&reader, batch: &batch, flow: &flow)
    merge(result)
    return !flow.isStopped
  }

  private func merge(_ result: FileReading.Result) {
    report.lines += result.report.lines
    report.bytes += result.byteCount
    report.skipped += result.skipped
    report.warnings += result.warnings
    report.skippedByReason.merge(result.skippedByReason, uniquingKeysWith: +)
    report.droppedByReason.merge(result.droppedByReason, uniquingKeysWith: +)
    if result.isPending { report.pendingFiles += 1 }
    if let failure = result.failure { report.failures.append(failure) }
  }

  private var bytesDone: UInt64 = 0

  fileprivate func progress(adding count: UInt64) -> Bool {
    bytesDone += count
    return options.onProgress?(bytesDone, bytesTotal) ?? true
  }

  /// Hands the batch to the committing thread.
  fileprivate func submit() throws {
    guard !batch.isEmpty else { return }
    batch.prepare()
    try committer.submit(batch)
    batch = WriteBatch()
  }

  private func appendRun(started: Int64, files: Int, isInterrupted: Bool) throws {
    let status = isInterrupted ? "interrupted" : report.failures.isEmpty ? "done" : "partial"
    let sums: [MetadataValue.Member] = [
      .init("phase", .text(options.format?.rawValue ?? "all")),
      .init("host", .text(options.host)), .init("user", .text(options.user)),
      .init("version", .text(options.version)), .init("note", .text(options.note)),
      .init("started", .int(started)), .init("completed", .int(SourceFolder.now())),
      .init("status", .text(status)),
      .init("files", .int(Int64(files))), .init("lines", .int(Int64(report.lines))),
      .init("bytes", .int(Int64(report.bytes))),
      .init("skipped", .int(Int64(report.skippedCount))),
    ]
    try batch.append(
      Fact(
        kind: .ingestRun, key: RunKey.bytes(report.run), value: MetadataTree.encode(.object(sums))))
  }
}

/// What a file's reading asks of the importer.
struct ImportFlow {
  fileprivate let importer: Importer
  private(set) var isStopped = false

  fileprivate init(importer: Importer) { self.importer = importer }

  /// Notes progress; true if reading should stop here.
  mutating func didRead(_ count: UInt64) -> Bool {
    if !importer.progress(adding: count) { isStopped = true }
    return isStopped
  }

  /// Hands a large batch over; the caller's copy is in `batch` before and after.
  func submitIfLarge(_ batch: inout WriteBatch) throws -> Bool {
    try importer.exchange(&batch)
  }
}

extension Importer {
  /// Takes the batch from a file's reading, submits it if it is large, and gives back what is to fill.
  fileprivate func exchange(_ other: inout WriteBatch) throws -> Bool {
    guard
      other.contentByteCount >= Committer.batchByteCount || other.count >= Committer.batchCount
    else { return false }
    other.prepare()
    try committer.submit(other)
    other = WriteBatch()
    return true
  }
}

/// Keys of run facts: the number as 8 bytes, big-endian.
public enum RunKey {
  /// The key of a run.
  public static func bytes(_ run: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: run >> UInt64(56 - 8 * $0)) }
  }

  /// The run of a key that starts with one.
  public static func number(_ key: [UInt8]) -> UInt64? {
    guard key.count >= 8 else { return nil }
    return key[..<8].reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension ContinuousClock.Instant {
  fileprivate func nanoseconds(since other: ContinuousClock.Instant) -> Int64 {
    let parts = other.duration(to: self).components
    return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
  }
}
