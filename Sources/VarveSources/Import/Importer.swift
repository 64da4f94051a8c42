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
  /// Which members of generic JSONL fill which fields.
  public var mapping = FieldMapping()
  /// What is left out of homes.
  public var filter = SourceFilter()
  /// Whether files are taken as complete, so that a last entry without line end counts.
  public var isComplete = false
  /// Whether SHA-256 of the sources before and after goes into the audit trail.
  public var digestsSources = true
  /// Whether the bytes of the files of homes are kept.
  public var keepsOriginals = true
  /// Whether the bytes of generic JSONL files are kept, too.
  public var keepsGenericOriginals = false
  /// Whether an ingest that found nothing new leaves a record of its run.
  public var recordsIdleRuns = true
  /// Number of the run, for a part of one that goes on; the next one if nil.
  var run: UInt64?
  /// Called after each durable commit with the number of occurrences of the store.
  public var onCommit: (@Sendable (UInt64) -> Void)?
  /// Called now and then with bytes done and bytes in all; returns whether to go on.
  public var onProgress: (@Sendable (UInt64, UInt64) -> Bool)?

  /// Default options.
  public init() { host = SourceFolder.hostName() }
}

/// Reads sources into a store.
public final class Importer {
  let store: Store
  let options: ImportOptions
  let committer: Committer
  var report = ImportReport()
  var batch = WriteBatch()
  var watermarks: [[UInt8]: MetadataValue] = [:]
  var hasAllWatermarks = false
  /// The store as it was when the run began.
  var startSnapshot: Snapshot?
  var homes = HomeOrdinals()
  private var bytesTotal: UInt64 = 0
  private var bytesDone: UInt64 = 0

  /// - Parameters:
  ///   - store: opened for writing, best with `maintenance` `manual`: the importer merges indexes
  ///     itself.
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
    var listing = SourceListing()
    for path in paths {
      let found = try HomeLayout.listing(of: path, format: options.format, filter: options.filter)
      listing.entries += found.entries
      listing.frames += found.frames
      listing.failures += found.failures
    }
    report.failures = listing.failures
    for entry in listing.entries { bytesTotal += SourceStatus(path: entry.path)?.size ?? 0 }
    let snapshot = try store.snapshot()
    let isHome = listing.frames.contains { $0.name.isEmpty }
    try prepare(snapshot, loadsAll: isHome || listing.entries.count > Self.fewFilesMax)
    let started = SourceFolder.now()
    let isInterrupted = try read(listing, snapshot)
    if options.recordsIdleRuns || report.lines > 0 || !batch.isEmpty || !report.failures.isEmpty {
      try appendRun(started: started, files: listing.entries.count, isInterrupted: isInterrupted)
    }
    try submit()
    report.committed = try committer.finish()
    report.seconds = Double(clock.now.nanoseconds(since: begin)) / 1e9
    return report
  }

  /// Files that are looked up one by one; of more, everything that is known is loaded at once.
  private static let fewFilesMax = 64

  private func prepare(_ snapshot: Snapshot, loadsAll: Bool) throws {
    startSnapshot = snapshot
    committer.begin(knownForgettings: try snapshot.forgettingCount())
    hasAllWatermarks = loadsAll
    report.run = try options.run ?? Self.nextRun(snapshot)
    for fact in loadsAll ? try snapshot.facts(.watermark) : [] {
      watermarks[fact.key] = try? MetadataTree.decode(fact.value.rawSpan)
    }
    homes = try HomeOrdinals(snapshot, host: options.host)
  }

  static func nextRun(_ snapshot: Snapshot) throws -> UInt64 {
    1 + (try snapshot.facts(.ingestRun).compactMap { RunKey.number($0.key) }.max() ?? 0)
  }

  /// Reads all files of a listing; true if the progress hook asked to stop.
  private func read(_ listing: SourceListing, _ snapshot: Snapshot) throws -> Bool {
    let archiver = try OriginalArchiver(
      snapshot, run: report.run, loadsAll: hasAllWatermarks)
    var contexts: [String: ReadingContext] = [:]
    for entry in listing.entries {
      let context = contexts[entry.home] ?? ReadingContext(snapshot)
      contexts[entry.home] = context
      do {
        if try !read(entry, context, archiver, snapshot) { return true }
      } catch let error as SourceError {
        // What was read of the file stays; the next run reads it again from its last mark.
        report.failures.append(error)
      }
    }
    try readGone(listing, contexts, archiver, snapshot)
    if options.keepsOriginals { try noteFrames(listing.frames, archiver) }
    return false
  }

  private func noteFrames(_ frames: [SourceEntry], _ archiver: OriginalArchiver) throws {
    for entry in frames {
      guard let status = SourceStatus(path: entry.path) else { continue }
      var map = OriginalMap(status.isLink ? .link : .folder, status, run: report.run)
      do throws(SourceError) {
        if status.isLink { map.target = try SourceFolder.target(ofLink: entry.path) }
      } catch {
        report.failures.append(error)
        continue
      }
      let name = try name(of: entry)
      try archiving { (flow: inout ArchiveFlow) in try archiver.note(name, map, into: &flow) }
    }
  }

  /// The name of a file's first incarnation.
  func name(of entry: SourceEntry) throws -> OriginalName {
    OriginalName(
      host: options.host, home: entry.home, path: entry.name,
      incarnation: try homes.firstIncarnation(entry.home, newHomeIn: &batch))
  }

  /// Runs something that appends facts to the importer's batch.
  func archiving<T>(_ body: (inout ArchiveFlow) throws -> T) throws -> T {
    var flow = ArchiveFlow(batch: WriteBatch()) { [self] in _ = try exchange(&$0) }
    swap(&flow.batch, &batch)
    defer { swap(&flow.batch, &batch) }
    return try body(&flow)
  }

  func progress(adding count: UInt64) -> Bool {
    bytesDone += count
    return options.onProgress?(bytesDone, bytesTotal) ?? true
  }

  // MARK: Batches

  /// Hands the batch to the committing thread.
  private func submit() throws {
    guard !batch.isEmpty else { return }
    _ = try hand(&batch)
  }

  /// Waits until everything that was read so far is committed.
  func settle() throws {
    try submit()
    try committer.drain()
  }

  /// Submits a batch if it is large, and gives back what is to fill.
  func exchange(_ other: inout WriteBatch) throws -> Bool {
    guard Committer.isLarge(other) else { return false }
    return try hand(&other)
  }

  private func hand(_ batch: inout WriteBatch) throws -> Bool {
    batch.prepare(withDigests: committer.isBehind)
    var full = committer.makeBatch()
    swap(&full, &batch)
    // The queue holds the only reference when the commit begins: this one ends with the call.
    try committer.submit(consume full)
    return true
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
  let importer: Importer
  private(set) var isStopped = false

  init(importer: Importer) { self.importer = importer }

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
