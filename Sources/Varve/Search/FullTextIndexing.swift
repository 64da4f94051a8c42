// Puts committed text into full-text files: reads the log, hands contents to the index writer,
// publishes what comes out. Works without the writer's lock and takes it to publish.

import VarveFormat
import VarveSearch
import VarveStorage

/// Runs independent pieces of work; the caller decides on which threads.
public struct Concurrency: Sendable {
  package let perform: @Sendable (Int, @Sendable (Int) -> Void) -> Void
  /// Pieces of large work that are under way at a time, each with the memory of a pass.
  let width: Int

  /// - Parameters:
  ///   - width: pieces of large work to have under way at a time; each takes memory.
  ///   - perform: calls the closure once for each number below the given one and returns when all
  ///     calls have; `DispatchQueue.concurrentPerform` does.
  public init(
    width: Int = 2, _ perform: @escaping @Sendable (Int, @Sendable (Int) -> Void) -> Void
  ) {
    self.width = max(1, width)
    self.perform = perform
  }

  /// One after another on the calling thread.
  public static let none = Concurrency(width: 1) { count, body in
    for i in 0..<count { body(i) }
  }

  /// Documents from which on the work of one query is shared; tests lower it.
  package var documentCountMin = WorkSharing.documentCountMinDefault

  /// The same for the pieces of one query.
  var sharing: WorkSharing {
    WorkSharing(width: width, documentCountMin: documentCountMin, perform)
  }
}

extension Store {
  /// Contents that one pass takes at most, in bytes: what bounds its memory, which is about four
  /// times that.
  static let textPassByteCount = 40 << 20
  /// Contents that are worth a pass beside another one.
  static let textPassByteCountMin = 4 << 20

  /// Indexes the text of everything that is not in a full-text file yet, and merges files.
  ///
  /// The tail that an index does not cover yet stays out; a search finds it all the same.
  ///
  /// - Parameters:
  ///   - byteCount: fewer bytes of content outside full-text files are left as they are.
  ///   - concurrently: runs passes at a time.
  ///   - onProgress: called with the sequence reached and the last one.
  ///   - isCancelled: asked between passes.
  /// - Throws: ``StoreError``, as ``commit(_:)``.
  public func indexText(
    ifOver byteCount: Int = 0, concurrently: Concurrency = .none,
    onProgress: (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(StoreError) {
    let snapshot = try self.snapshot()
    let settings = try snapshot.wantedSettings()
    if snapshot.view.version.fullTexts.contains(where: { $0.summary.settings != settings.digest }) {
      return try rebuildText(settings, concurrently, onProgress, isCancelled)
    }
    while !isCancelled() {
      let view = try self.snapshot().view
      let plan = try textPlan(view, ifOver: byteCount, width: concurrently.width)
      guard !plan.isEmpty else { break }
      let round = Array(plan.prefix(concurrently.width))
      let made = try makeTexts(round, view, settings, concurrently)
      let isPublished = try publishTexts(made, replacing: [])
      guard isPublished else { continue }
      onProgress(made.last?.summary.nextSequence ?? 0, view.version.manifest.nextSequence)
    }
    try mergeTexts(settings, isCancelled: isCancelled)
  }

  /// Indexes everything again by other settings and replaces the old files at once.
  private func rebuildText(
    _ settings: TextSettings, _ concurrently: Concurrency, _ onProgress: (UInt64, UInt64) -> Void,
    _ isCancelled: @escaping @Sendable () -> Bool
  ) throws(StoreError) {
    let view = try snapshot().view
    let old = view.version.manifest.fullTexts
    var made: [MadeFullText] = []
    let end = old.last?.nextSequence ?? 1
    var plan = try textPlan(view, from: 1, to: end, width: concurrently.width)
    while !plan.isEmpty {
      if isCancelled() {
        discardTexts(made)
        throw StoreError(.cancelled, path: path, detail: "indexing text was stopped")
      }
      let round = Array(plan.prefix(concurrently.width))
      made += try makeTexts(round, view, settings, concurrently)
      plan.removeFirst(round.count)
      onProgress(made.last?.summary.nextSequence ?? 0, end)
    }
    _ = try publishTexts(made, replacing: old.map(\.id))
    try indexText(concurrently: concurrently, onProgress: onProgress, isCancelled: isCancelled)
  }

  private func publishTexts(
    _ made: [MadeFullText], replacing inputs: [UInt64]
  ) throws(StoreError) -> Bool {
    defer { discardTexts(made) }
    return try withLog { (log) throws(StorageError) in
      try log.publishFullText(replacing: inputs, with: made)
    }
  }

  /// Removes what was not published, and all locks.
  func discardTexts(_ made: [MadeFullText]) {
    for text in made {
      try? fileSystem.unlink(text.temporary)
      try? fileSystem.unlink(text.temporary + ".lock")
      text.lock.release()
    }
  }

  /// Ranges of sequences to index next; none if they have few bytes of content.
  private func textPlan(
    _ view: StoreView, ifOver byteCount: Int, width: Int
  ) throws(StoreError) -> [Range<UInt64>] {
    if byteCount > 0, try Snapshot(view).unindexedTextByteCount() <= byteCount { return [] }
    let start = view.version.manifest.fullTexts.last?.nextSequence ?? 1
    return try textPlan(
      view, from: start, to: view.version.manifest.nextSequence, width: width)
  }

  /// Ranges of sequences with about the same content, as few as the memory of a pass allows, but
  /// for large ones a multiple of `width`: the longest is waited for, and none has a round alone.
  private func textPlan(
    _ view: StoreView, from start: UInt64, to end: UInt64, width: Int
  ) throws(StoreError) -> [Range<UInt64>] {
    try engine { () throws(StorageError) in
      var total = 0
      try Self.forEachSize(view, from: start, to: end) { total += $1 }
      let needed = total / Self.textPassByteCount + 1
      let rounds = (needed + width - 1) / width
      let passCount = max(1, min(rounds * width, total / Self.textPassByteCountMin))
      let target = total / passCount + 1
      var plan: [Range<UInt64>] = []
      var first = start
      var sum = 0
      try Self.forEachSize(view, from: start, to: end) { sequence, size in
        sum += size
        guard sum >= target else { return }
        plan.append(first..<(sequence + 1))
        first = sequence + 1
        sum = 0
      }
      if first < end { plan.append(first..<end) }
      return plan
    }
  }

  /// Gives what each record of some sequences costs a pass, as bytes of text.
  private static func forEachSize(
    _ view: StoreView, from start: UInt64, to end: UInt64, _ body: (UInt64, Int) -> Void
  ) throws(StorageError) {
    for index in view.version.indexes where index.nextSequence > start {
      let sizes = try index.column(.byteCount)
      let distances = try index.column(.message)
      for row in sizes.indices {
        let sequence = index.firstSequence + UInt64(row)
        guard sequence >= start, sequence < end else { continue }
        // What a document costs beside its text, and what the sighting of a known one costs.
        body(sequence, distances[row] == 0 ? 48 + Int(sizes[row]) : 8)
      }
    }
  }

  private func makeTexts(
    _ ranges: [Range<UInt64>], _ view: StoreView, _ settings: TextSettings,
    _ concurrently: Concurrency
  ) throws(StoreError) -> [MadeFullText] {
    let results = Results<MadeFullText>(count: ranges.count)
    concurrently.perform(ranges.count) { i in
      do throws(StorageError) {
        results.set(i, .success(try self.makeText(ranges[i], view, settings)))
      } catch {
        results.set(i, .failure(StoreError(error)))
      }
    }
    return try results.get()
  }

  private func makeText(
    _ range: Range<UInt64>, _ view: StoreView, _ settings: TextSettings
  ) throws(StorageError) -> MadeFullText {
    let writer = try TextReader(view).collect(range, settings)
    return try writeText(view, firstSequence: range.lowerBound) {
      (output: inout FullTextFileWriter) throws(StorageError) in
      let count = UInt64(range.count)
      try writer.write(firstSequence: range.lowerBound, recordCount: count, to: &output)
    }
  }

  /// Writes a full-text file under a temporary name that cleaning by others leaves alone.
  private func writeText(
    _ view: StoreView, firstSequence: UInt64,
    _ body: (inout FullTextFileWriter) throws(StorageError) -> Void
  ) throws(StorageError) -> MadeFullText {
    var generator = SystemRandomNumberGenerator()
    let name = paths.temporary("merge-text-\(generator.next() as UInt64)")
    guard let lock = try fileSystem.tryLock(name + ".lock", holder: "text") else {
      throw StorageError(.busy, path: name, doing: "a temporary file is held")
    }
    let storeID = view.version.manifest.storeID
    var output = FullTextFileWriter(
      header: FileHeader(kind: .fullText, number: firstSequence, storeID: storeID),
      file: try fileSystem.create(name))
    try body(&output)
    let finished = try output.finish()
    let opened = try FullTextFile(
      try fileSystem.open(name).map(), path: name, storeID: storeID)
    return MadeFullText(
      temporary: name, summary: opened.summary, finished: finished, lock: lock)
  }

  // MARK: Merging

  /// Merges full-text files until none is due.
  private func mergeTexts(
    _ settings: TextSettings, isCancelled: @escaping @Sendable () -> Bool
  ) throws(StoreError) {
    while !isCancelled() {
      let view = try snapshot().view
      let entries = view.version.manifest.fullTexts
      guard let plan = MergePolicy.plan(entries.map(\.recordCount), width: MergePolicy.width)
      else { return }
      let merged = try engine { () throws(StorageError) -> MadeFullText? in
        try self.merged(
          Array(view.version.fullTexts[plan]), view, settings, isCancelled: isCancelled)
      }
      guard let merged else { return }
      guard try publishTexts([merged], replacing: entries[plan].map(\.id)) else { return }
    }
  }

  /// Neighbouring full-text files as one; nil if it was cancelled.
  private func merged(
    _ files: [FullTextFile], _ view: StoreView, _ settings: TextSettings,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws(StorageError) -> MadeFullText? {
    let inputs = try files.map { (file) throws(StorageError) in
      try inFile(file.path, "open full-text file") { () throws(FormatError) in
        try InvertedIndex(file)
      }
    }
    let merger = InvertedIndexMerger(
      inputs, codeWords: settings.index.codeWords, isCancelled: isCancelled)
    var isWhole = true
    let made = try writeText(view, firstSequence: files.first?.summary.firstSequence ?? 1) {
      (output: inout FullTextFileWriter) throws(StorageError) in
      do {
        isWhole = try merger.write(to: &output)
      } catch let error as StorageError {
        throw error
      } catch let error as FormatError {
        throw StorageError(error, path: "", doing: "merge full-text files")
      } catch {
        throw StorageError(.corrupt, path: "", doing: "merge full-text files: \(error)")
      }
    }
    return isWhole ? made : nil
  }

  /// The text of a range of sequences of a view, in one file whatever its size.
  func makeText(
    over range: Range<UInt64>, _ view: StoreView, _ settings: TextSettings,
    _ concurrently: Concurrency
  ) throws(StoreError) -> MadeFullText? {
    var made: [MadeFullText] = []
    var plan = try textPlan(
      view, from: range.lowerBound, to: range.upperBound, width: concurrently.width)
    while !plan.isEmpty {
      let round = Array(plan.prefix(concurrently.width))
      made += try makeTexts(round, view, settings, concurrently)
      plan.removeFirst(round.count)
    }
    guard made.count > 1 else { return made.first }
    defer { discardTexts(made) }
    return try engine { () throws(StorageError) -> MadeFullText? in
      let files = try made.map { (text) throws(StorageError) in
        try FullTextFile(
          try fileSystem.open(text.temporary).map(), path: text.temporary,
          storeID: view.version.manifest.storeID)
      }
      return try merged(files, view, settings, isCancelled: { false })
    }
  }
}

extension Snapshot {
  /// Bytes of content in indexes but in no full-text file yet: what a first search indexes in
  /// memory, beside the tail.
  public func unindexedTextByteCount() throws(StoreError) -> Int {
    try engine { () throws(StorageError) in
      let start = view.version.fullTexts.last?.summary.nextSequence ?? 1
      var sum = 0
      for index in view.version.indexes where index.nextSequence > start {
        let sizes = try index.column(.byteCount)
        let distances = try index.column(.message)
        for row in sizes.indices where index.firstSequence + UInt64(row) >= start {
          if distances[row] == 0 { sum += Int(sizes[row]) }
        }
      }
      return sum
    }
  }
}

extension FullTextSummary {
  var nextSequence: UInt64 { firstSequence + recordCount }
}

/// Reads the text of the log.
struct TextReader {
  private let view: StoreView

  init(_ view: StoreView) { self.view = view }

  /// The index writer with everything of a range of sequences.
  func collect(
    _ range: Range<UInt64>, _ settings: TextSettings
  ) throws(StorageError) -> InvertedIndexWriter {
    var writer = InvertedIndexWriter(settings.index, digest: settings.digest)
    let readsMetadata = settings.readsMetadata
    var sequence = range.lowerBound
    while sequence < range.upperBound {
      let block = try view.block(containing: sequence)
      let end = min(range.upperBound, block.firstSequence + UInt64(block.count))
      let payload = block.payload
      while sequence < end {
        let record = try view.record(sequence, in: block)
        var tree: MetadataValue?
        if readsMetadata, !record.metadata.isEmpty {
          tree = try inFile("", "decode metadata of record \(sequence)") {
            () throws(FormatError) in
            try MetadataTree.decode(payload.rawSpan.extracting(record.metadata))
          }
        }
        if let tree { writer.addFields(tree, row: UInt32(sequence - range.lowerBound)) }
        switch record.content {
        case .repeated, .forgotten: break
        case .inline(let content):
          writer.beginDocument(sequence: sequence)
          writer.addContent(payload.rawSpan.extracting(content))
          if let tree { writer.addMetadata(tree) }
        case .reference:
          let content = try view.content(record, in: block)
          writer.beginDocument(sequence: sequence)
          writer.addContent(content.rawSpan)
          if let tree { writer.addMetadata(tree) }
        }
        sequence += 1
      }
      writer.endBlock(
        row: UInt32(sequence - range.lowerBound), isLast: sequence == range.upperBound)
    }
    return writer
  }
}
