// One file: whether it is known, what of it is new, its original, its records.

import Varve
import VarveFormat

extension Importer {
  /// How often a file that changes under the reader is read again at once.
  private static let attemptsMax = 3

  /// Reads one file; false if the progress hook asked to stop.
  func read(
    _ entry: SourceEntry, _ context: ReadingContext, _ archiver: OriginalArchiver,
    _ snapshot: Snapshot
  ) throws -> Bool {
    report.files += 1
    for attempt in 1...Self.attemptsMax {
      switch try readOnce(entry, context, archiver) {
      case .done: return true
      case .stopped: return false
      case .changed where attempt < Self.attemptsMax:
        report.rereadFiles += 1
        // What was archived is compared with the file as it is now, so it has to be readable.
        try settle()
        archiver.snapshot = try store.snapshot()
      case .changed:
        report.failures.append(
          SourceError(path: entry.path, number: 11, doing: "changes while it is read"))
      }
    }
    return true
  }

  private enum Outcome { case done, stopped, changed }

  private func readOnce(
    _ entry: SourceEntry, _ context: ReadingContext, _ archiver: OriginalArchiver
  ) throws -> Outcome {
    var name = try name(of: entry)
    let known = try watermark(name)
    let file: SourceFile
    let status: SourceStatus
    do {
      if let status = SourceStatus(path: entry.path),
        try isUnchanged(entry, name, known, status, archiver)
      {
        report.unchangedFiles += 1
        return progress(adding: status.size) ? .done : .stopped
      }
      file = try SourceFile(entry.path)
      status = try file.status()
    } catch let error as SourceError {
      report.failures.append(error)
      return .done
    }
    guard status.isRegular || entry.path == "-" else {
      report.failures.append(SourceError(path: entry.path, number: 22, doing: "not a regular file"))
      return .done
    }
    var mark = Watermark(
      status: status, reader: SourceReaders.version(entry.format, options.mapping))
    mark.incarnation = name.incarnation
    var original: OriginalBytes?
    if entry.path != "-", let known, let last = Watermark(known, status: status) {
      name.incarnation = last.incarnation
      original = try archiver.original(name)
      if try continues(last, file, status, original) {
        mark.resume(last)
      } else {
        mark.incarnation = last.incarnation + 1
        name.incarnation += 1
        original = nil
      }
    }
    var digest: ContentHash?
    if keepsOriginal(entry), original != nil || !archiver.isForgotten(name) {
      let map = try archiving { (flow: inout ArchiveFlow) in
        if let original { return try archiver.extend(original, file, status, into: &flow) }
        return try archiver.archive(name, file, status, into: &flow)
      }
      guard let map else { return .changed }
      digest = map.sha256
    }
    let isStopped = try readRecords(
      entry, file, status, mark, name, digest: digest, context, archiver)
    if isStopped { return .stopped }
    return try hasChanged(entry, file, status, name) ? .changed : .done
  }

  /// The last watermark of a file, of this run or of an earlier one.
  private func watermark(_ name: OriginalName) throws -> MetadataValue? {
    let key = name.watermarkKey
    if let known = watermarks[key] { return known }
    guard !hasAllWatermarks, let fact = try startSnapshot?.fact(.watermark, key: key) else {
      return nil
    }
    return try? MetadataTree.decode(fact.value.rawSpan)
  }

  private func keepsOriginal(_ entry: SourceEntry) -> Bool {
    guard options.keepsOriginals, entry.path != "-" else { return false }
    return !entry.home.isEmpty || entry.format != .jsonl || options.keepsGenericOriginals
  }

  /// Nothing to do: read to its end, by this reader, and its original is there.
  private func isUnchanged(
    _ entry: SourceEntry, _ name: OriginalName, _ known: MetadataValue?, _ status: SourceStatus,
    _ archiver: OriginalArchiver
  ) throws -> Bool {
    guard entry.path != "-", !options.isComplete, let known,
      let mark = Watermark(known, status: status),
      mark.isUnchanged(status, reader: SourceReaders.version(entry.format, options.mapping))
    else { return false }
    guard keepsOriginal(entry) else { return true }
    var name = name
    name.incarnation = mark.incarnation
    guard let map = try archiver.known(name) else { return false }
    return map.mode == status.mode && map.size == status.size
  }

  /// Whether what was read before is still there. A file that only grew is believed by its first
  /// and last bytes, so that the cost is that of what is new; any other change is compared in full.
  private func continues(
    _ last: Watermark, _ file: SourceFile, _ status: SourceStatus, _ original: OriginalBytes?
  ) throws -> Bool {
    guard try last.continues(file, size: status.size) else { return false }
    guard let original else { return true }
    let hasGrown =
      status.inode == last.status.inode && status.device == last.status.device
      && status.size > original.map.size
    if hasGrown || original.map.modified == status.modified && original.map.size == status.size {
      return try original.endsLike(file)
    }
    return try status.size >= original.map.size && original.isPrefix(of: file)
  }

  /// Whether the file was not merely appended to while it was read.
  private func hasChanged(
    _ entry: SourceEntry, _ file: SourceFile, _ status: SourceStatus, _ name: OriginalName
  ) throws -> Bool {
    guard entry.path != "-", let now = try? file.status(), now != status else { return false }
    // A change of the mode alone shows in the next run.
    if now.size == status.size && now.modified == status.modified { return false }
    guard let known = watermarks[name.watermarkKey], let mark = Watermark(known, status: now),
      now.size >= status.size
    else { return true }
    return try !mark.continues(file, size: now.size)
  }

  // MARK: Records

  /// Reads the records of a file behind a mark; true if the progress hook asked to stop.
  private func readRecords(
    _ entry: SourceEntry, _ file: any SourceBytes, _ status: SourceStatus, _ mark: Watermark,
    _ name: OriginalName, digest: ContentHash?, _ context: ReadingContext,
    _ archiver: OriginalArchiver
  ) throws -> Bool {
    let reading = FileReading(
      entry: entry, file: file, limit: isEndless(entry, status) ? nil : status.size,
      options: options, run: report.run, mark: mark, key: name.watermarkKey, digest: digest,
      relocation: try relocation(entry, mark, name, context, archiver))
    var flow = ImportFlow(importer: self)
    let result = try SourceReaders.read(reading, context, batch: &batch, flow: &flow)
    watermarks[name.watermarkKey] = result.watermark
    merge(result)
    return flow.isStopped
  }

  /// A stream, or a file of the system that does not know its size.
  private func isEndless(_ entry: SourceEntry, _ status: SourceStatus) -> Bool {
    entry.path == "-" || status.size == 0 && !keepsOriginal(entry)
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

  // MARK: Rewritten files

  /// Versions of a rewritten file that are compared at most, by bytes.
  private static let comparedByteCountMax: UInt64 = 256 << 20

  /// CON-40: the records of the archived versions before; nil if there are none to compare with.
  private func relocation(
    _ entry: SourceEntry, _ mark: Watermark, _ name: OriginalName, _ context: ReadingContext,
    _ archiver: OriginalArchiver
  ) throws -> Relocation? {
    let first = name.incarnation - name.incarnation % HomeOrdinals.incarnationsPerHome
    guard entry.format != nil, name.incarnation > first, mark.offset == 0 else { return nil }
    var relocation = Relocation()
    var budget = Self.comparedByteCountMax
    for incarnation in first..<name.incarnation {
      var version = name
      version.incarnation = incarnation
      guard let original = try archiver.original(version), original.map.size <= budget else {
        continue
      }
      budget -= original.map.size
      var mark = Watermark(status: SourceStatus(original.map), reader: 0)
      mark.incarnation = incarnation
      let reading = FileReading(
        entry: entry, file: OriginalSource(original), limit: original.map.size, options: options,
        run: report.run, mark: mark, key: name.watermarkKey, digest: .zero, relocation: relocation)
      relocation = try SourceReaders.records(reading, context)
      relocation.beginVersion()
    }
    return relocation
  }

  // MARK: Files that are gone

  /// Reads originals again whose source is gone, if a newer reader understands more of them.
  func readGone(
    _ listing: SourceListing, _ contexts: [String: ReadingContext], _ archiver: OriginalArchiver,
    _ snapshot: Snapshot
  ) throws {
    guard hasAllWatermarks else { return }
    let homes = Set(listing.frames.filter { $0.name.isEmpty }.map(\.home))
    let present = Set(listing.entries.map(\.path))
    for key in watermarks.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard var name = OriginalName(key: key + [0, 0, 0, 0, 0]), name.host == options.host,
        homes.contains(name.home), !present.contains(name.home + "/" + name.path),
        let format = SourceFormat.format(ofName: name.path), let value = watermarks[key]
      else { continue }
      let status = SourceStatus.nothing
      guard let last = Watermark(value, status: status),
        last.reader != SourceReaders.version(format)
      else { continue }
      name.incarnation = last.incarnation
      guard let original = try archiver.original(name) else { continue }
      let entry = SourceEntry(
        path: name.home + "/" + name.path, home: name.home, name: name.path, format: format)
      var mark = Watermark(
        status: SourceStatus(original.map), reader: SourceReaders.version(format))
      mark.incarnation = last.incarnation
      _ = try readRecords(
        entry, OriginalSource(original), mark.status, mark, name, digest: original.map.sha256,
        contexts[name.home] ?? ReadingContext(snapshot), archiver)
    }
  }
}
