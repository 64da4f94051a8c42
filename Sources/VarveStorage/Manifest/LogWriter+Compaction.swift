// Publishing what compaction made: new segments, their indexes and full text in one generation.

import VarveFormat

/// New files in place of old ones.
package struct MadeCompaction: Sendable {
  /// Files of one kind that are replaced, and what takes their place.
  package struct Replacement<Made: Sendable>: Sendable {
    /// Identifiers, in the order of the manifest; none of them may have been replaced meanwhile.
    package var inputs: [UInt64]
    package var made: [Made]

    package init(_ inputs: [UInt64], _ made: [Made]) {
      self.inputs = inputs
      self.made = made
    }
  }

  package var segments: [Replacement<MadeSegment>] = []
  package var indexes: [Replacement<MadeIndex>] = []
  package var fullTexts: [Replacement<MadeFullText>] = []

  package init() {}
}

extension LogWriter {
  /// Numbers for segments that are made without the lock; they are never used again (DIR-6).
  package func reserveSegments(_ count: Int) throws(StorageError) -> UInt64 {
    let first = version.manifest.nextSegmentID
    try reserveSegments(below: first + UInt64(count))
    return first
  }

  /// Reserves all numbers of segments below one.
  package func reserveSegments(below next: UInt64) throws(StorageError) {
    precondition(lock != nil, "reserving needs the lock")
    var manifest = version.manifest
    manifest.nextSegmentID = max(next, manifest.nextSegmentID)
    do throws(StorageError) {
      try publish(manifest, newActive: nil)
      try writeTail()
    } catch {
      isPoisoned = true
      throw error
    }
  }

  /// Publishes a compaction, if all that it replaces is still current; true if it did.
  package func publish(_ compaction: MadeCompaction) throws(StorageError) -> Bool {
    precondition(lock != nil, "publishing needs the lock")
    var manifest = version.manifest
    var renames: [(from: String, to: String)] = []
    for part in compaction.segments {
      guard let range = Self.find(part.inputs, manifest.segments.map(\.id)) else { return false }
      let old = manifest.segments[range]
      let entries = part.made.map { made in
        SegmentEntry(
          id: made.id, state: .sealed, byteCount: made.byteCount,
          firstSequence: old.first?.firstSequence ?? 0,
          recordCount: old.reduce(0) { $0 + $1.recordCount }, digest: made.digest)
      }
      guard entries.count == 1 else { return false }
      manifest.segments.replaceSubrange(range, with: entries)
      renames += part.made.map { ($0.temporary, paths.segment($0.id)) }
    }
    for part in compaction.indexes {
      guard let range = Self.find(part.inputs, manifest.indexes.map(\.id)) else { return false }
      var entries: [IndexEntry] = []
      for made in part.made {
        entries.append(
          IndexEntry(
            id: manifest.nextIndexID, firstSequence: made.firstSequence,
            recordCount: made.recordCount, byteCount: made.finished.byteCount, level: made.level,
            digest: made.finished.digest))
        renames.append((made.temporary, paths.index(manifest.nextIndexID)))
        manifest.nextIndexID += 1
      }
      manifest.indexes.replaceSubrange(range, with: entries)
    }
    for part in compaction.fullTexts {
      guard let range = Self.find(part.inputs, manifest.fullTexts.map(\.id)) else { return false }
      var entries: [FullTextEntry] = []
      for made in part.made {
        entries.append(
          FullTextEntry(
            id: manifest.nextIndexID, firstSequence: made.summary.firstSequence,
            recordCount: made.summary.recordCount, byteCount: made.finished.byteCount,
            digest: made.finished.digest, settings: made.summary.settings))
        renames.append((made.temporary, paths.fullText(manifest.nextIndexID)))
        manifest.nextIndexID += 1
      }
      manifest.fullTexts.replaceSubrange(range, with: entries)
    }
    let old = version.manifest
    for rename in renames { try fileSystem.rename(rename.from, to: rename.to) }
    do throws(StorageError) {
      try fileSystem.syncDirectory(paths.segments)
      try fileSystem.syncDirectory(paths.indexes)
      try publish(manifest, newActive: nil)
      try writeTail()
    } catch {
      isPoisoned = true
      throw error
    }
    try unlinkReplaced(old, by: manifest)
    return true
  }

  /// Where some identifiers stand in a list, one after another.
  private static func find(_ inputs: [UInt64], _ list: [UInt64]) -> Range<Int>? {
    guard let first = inputs.first, let start = list.firstIndex(of: first),
      Array(list[start...].prefix(inputs.count)) == inputs
    else { return nil }
    return start..<(start + inputs.count)
  }

  /// MAN-11: what the newer generation does not list goes once it is durable.
  private func unlinkReplaced(_ old: Manifest, by new: Manifest) throws(StorageError) {
    let segments = Set(new.segments.map(\.id))
    for entry in old.segments where !segments.contains(entry.id) {
      try fileSystem.unlink(paths.segment(entry.id))
    }
    let indexes = Set(new.indexes.map(\.id))
    for entry in old.indexes where !indexes.contains(entry.id) {
      try fileSystem.unlink(paths.index(entry.id))
    }
    let texts = Set(new.fullTexts.map(\.id))
    for entry in old.fullTexts where !texts.contains(entry.id) {
      try fileSystem.unlink(paths.fullText(entry.id))
    }
  }
}
