// Publishing: indexes of the tail, merged indexes, sealed segments. Each is a generation of its
// own, durable under its name before CURRENT names it.

import VarveFormat

extension LogWriter {
  /// Writes the index of the whole tail and publishes it; seals the segment if it is full.
  package func publishIndex() throws(StorageError) {
    precondition(lock != nil, "publishing needs the lock")
    guard !tail.isEmpty else { return try sealIfFull() }
    do throws(StorageError) {
      var manifest = version.manifest
      let id = manifest.nextIndexID
      let name = paths.temporary("index-\(id)")
      try fileSystem.unlink(name)
      var writer = IndexFileWriter(
        header: FileHeader(kind: .index, number: id, storeID: manifest.storeID),
        file: try fileSystem.create(name))
      try IndexBuilder(tail, range: tail.rows.indices).write(to: &writer)
      let finished = try writer.finish()
      try fileSystem.rename(name, to: paths.index(id))
      try fileSystem.syncDirectory(paths.indexes)
      manifest.nextIndexID += 1
      manifest.indexes.append(
        IndexEntry(
          id: id, firstSequence: tail.firstSequence, recordCount: UInt64(tail.rows.count),
          byteCount: finished.byteCount, level: 0, digest: finished.digest))
      let last = manifest.segments.count - 1
      manifest.segments[last].byteCount = end.offset
      manifest.segments[last].recordCount += UInt64(tail.rows.count)
      manifest.indexedEnd = end
      manifest.nextSequence = tail.nextSequence
      manifest.commitNumber = history.commitNumber
      manifest.historyDigest = history.digest
      try publish(manifest, newActive: nil)
      tail.restart(at: manifest.nextSequence)
      try writeTail()
      try sealIfFull()
    } catch {
      isPoisoned = true
      throw error
    }
  }

  /// Closes the active segment with a footer once it is large enough. SEG-30 to SEG-36.
  private func sealIfFull() throws(StorageError) {
    // Another writer's limit may have let it write zeros ahead: they are filled first.
    guard end.offset >= segmentByteCount, tail.isEmpty, preallocation.fileEnd == end.offset else {
      return
    }
    try seal()
  }

  /// Ends the active segment, whatever its size, and starts another one, so that everything in it
  /// can be shipped or written anew. The indexes must cover all of it.
  package func endSegment() throws(StorageError) {
    precondition(lock != nil && tail.isEmpty, "only what is indexed can be ended")
    guard end.offset > UInt64(FileHeader.byteCount) else { return }
    do throws(StorageError) {
      if preallocation.fileEnd == end.offset { return try seal() }
      // Zeros follow, and what is published is never truncated: it ends where the manifest says.
      var manifest = version.manifest
      let last = manifest.segments.count - 1
      manifest.segments[last].state = .cut
      manifest.segments[last].byteCount = end.offset
      try startSegment(&manifest)
    } catch {
      isPoisoned = true
      throw error
    }
  }

  private func seal() throws(StorageError) {
    var manifest = version.manifest
    var footer = ByteWriter()
    let entries = try allBlockEntries()
    SegmentLayout.appendFooter(entries, at: end.offset, to: &footer)
    try active.overwrite(footer.bytes, at: end.offset)
    try active.sync()
    let last = manifest.segments.count - 1
    manifest.segments[last].state = .sealed
    manifest.segments[last].byteCount = end.offset + UInt64(footer.count)
    manifest.segments[last].digest = try digest(of: active)
    try startSegment(&manifest)
  }

  /// Makes an empty segment the active one and publishes it.
  private func startSegment(_ manifest: inout Manifest) throws(StorageError) {
    let id = manifest.nextSegmentID
    let file = try createSegment(id, storeID: manifest.storeID, body: [])
    manifest.nextSegmentID += 1
    manifest.segments.append(
      SegmentEntry(
        id: id, state: .active, byteCount: UInt64(FileHeader.byteCount),
        firstSequence: manifest.nextSequence, recordCount: 0, digest: .zero))
    manifest.indexedEnd = LogPosition(segment: id, offset: UInt64(FileHeader.byteCount))
    try publish(manifest, newActive: file)
    end = manifest.indexedEnd
    try preallocation.restart(active)
    blockEntries = []
    try writeTail()
  }

  private func allBlockEntries() throws(StorageError) -> [BlockEntry] {
    if let blockEntries { return blockEntries }
    guard let segment = version.segments[version.activeID] else { return [] }
    return try SegmentBlocks.list(segment, limit: end.offset)
  }

  private func digest(of file: any WritableFile) throws(StorageError) -> ContentHash {
    var digest = Digest()
    var at: UInt64 = 0
    while true {
      let bytes = try file.read(at: at, count: 1 << 20)
      if bytes.isEmpty { return digest.finish() }
      digest.update(bytes)
      at += UInt64(bytes.count)
    }
  }

  /// Publishes a merged index in place of its inputs, if they are all still current; true if it
  /// did.
  package func publishMerge(
    of inputs: [UInt64], temporary: String, finished: FinishedIndex
  ) throws(StorageError) -> Bool {
    precondition(lock != nil, "publishing needs the lock")
    var manifest = version.manifest
    guard let first = manifest.indexes.firstIndex(where: { $0.id == inputs.first }),
      manifest.indexes[first...].prefix(inputs.count).map(\.id) == inputs
    else { return false }
    let range = first..<(first + inputs.count)
    let id = manifest.nextIndexID
    // Before this nothing was changed, so a failure here does not concern the log.
    try fileSystem.rename(temporary, to: paths.index(id))
    do throws(StorageError) {
      try fileSystem.syncDirectory(paths.indexes)
      manifest.nextIndexID += 1
      let replaced = manifest.indexes[range]
      let merged = IndexEntry(
        id: id, firstSequence: replaced.first?.firstSequence ?? 0,
        recordCount: replaced.reduce(0) { $0 + $1.recordCount }, byteCount: finished.byteCount,
        level: (replaced.map(\.level).max() ?? 0) &+ 1, digest: finished.digest)
      manifest.indexes.replaceSubrange(range, with: [merged])
      try publish(manifest, newActive: nil)
      try writeTail()
    } catch {
      isPoisoned = true
      throw error
    }
    for id in inputs { try fileSystem.unlink(paths.index(id)) }
    return true
  }

  /// Publishes full-text files in place of others that cover the same range; true if it did. An
  /// empty list of inputs appends behind the last file.
  ///
  /// - Parameter inputs: identifiers of the files to replace, all of them current.
  package func publishFullText(
    replacing inputs: [UInt64], with made: [MadeFullText]
  ) throws(StorageError) -> Bool {
    precondition(lock != nil, "publishing needs the lock")
    var manifest = version.manifest
    let current = manifest.fullTexts
    let first: Int
    if let start = inputs.first {
      guard let found = current.firstIndex(where: { $0.id == start }),
        current[found...].prefix(inputs.count).map(\.id) == inputs
      else { return false }
      first = found
    } else {
      first = current.count
    }
    var entries: [FullTextEntry] = []
    var next =
      first > 0 ? current[first - 1].nextSequence : manifest.segments.first?.firstSequence ?? 1
    for file in made {
      guard file.summary.firstSequence == next else { return false }
      next += file.summary.recordCount
      let id = manifest.nextIndexID
      manifest.nextIndexID += 1
      entries.append(
        FullTextEntry(
          id: id, firstSequence: file.summary.firstSequence,
          recordCount: file.summary.recordCount, byteCount: file.finished.byteCount,
          digest: file.finished.digest, settings: file.summary.settings))
    }
    manifest.fullTexts.replaceSubrange(first..<(first + inputs.count), with: entries)
    let isUniform = manifest.fullTexts.allSatisfy {
      $0.settings == manifest.fullTexts[0].settings
    }
    guard isUniform, next <= manifest.nextSequence else { return false }
    for (file, entry) in zip(made, entries) {
      try fileSystem.rename(file.temporary, to: paths.fullText(entry.id))
    }
    do throws(StorageError) {
      try fileSystem.syncDirectory(paths.indexes)
      try publish(manifest, newActive: nil)
      try writeTail()
    } catch {
      isPoisoned = true
      throw error
    }
    for id in inputs { try fileSystem.unlink(paths.fullText(id)) }
    return true
  }

  /// Makes a manifest durable and current, and opens it.
  func publish(
    _ next: Manifest, newActive: (any WritableFile)?
  ) throws(StorageError) {
    var manifest = next
    manifest.generation = version.manifest.generation + 1
    manifest.previous = version.manifestDigest
    manifest.time = fileSystem.now()
    currentFile = nil
    let digest = try manifests.publish(manifest)
    version = try Version.open(
      manifest, digest: digest, paths: paths, fileSystem: fileSystem, reusing: version)
    if let newActive { active = newActive }
    try manifests.removeOld(newest: manifest.generation)
  }
}
