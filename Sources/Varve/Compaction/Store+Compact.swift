// Compaction: small segments become large ones, and old ones are compressed harder. Works without
// the writer's lock, and takes it to publish.

import VarveFormat
package import VarveStorage

/// What a compaction did.
public struct CompactionResult: Sendable, Equatable {
  /// Segments that were replaced.
  public var segmentsBefore = 0
  /// Segments that took their place.
  public var segmentsAfter = 0
  /// Bytes of the replaced segments.
  public var bytesBefore: UInt64 = 0
  /// Bytes of those in their place.
  public var bytesAfter: UInt64 = 0

  /// Nothing yet.
  public init() {}
}

extension Store {
  /// Times that the indexes of a compaction are made again because others merged them meanwhile.
  private static let compactionTriesMax = 5

  /// Ends the active segment, whatever its size: all that is committed stands in files then that
  /// never change any more.
  ///
  /// - Throws: ``StoreError`` as ``commit(_:)``.
  public func seal() throws(StoreError) { _ = try sealedVersion() }

  /// The same; returns the generation, whose active segment is empty.
  package func sealedVersion() throws(StoreError) -> Version {
    try withLog { (log) throws(StorageError) in
      try log.publishIndex()
      try log.endSegment()
      return log.version
    }
  }

  /// Writes small neighbouring segments as one, up to the size at which a segment is sealed; with
  /// `isCold` all of them, compressed by zlib.
  ///
  /// Sequences, digests and the history stay. The active segment is ended first where all are
  /// written. Each new segment is published as it is ready: what was done stays when it is stopped.
  ///
  /// - Parameters:
  ///   - isCold: compress everything by zlib, which is smaller and slower to read.
  ///   - onProgress: called with the bytes written and those there are.
  ///   - isCancelled: asked between segments and parts of indexes.
  /// - Throws: ``StoreError`` as ``commit(_:)``; `busy` if others go on merging all the time;
  ///   `system` (28) if the disk has no room for the new files beside the old ones.
  public func compact(
    isCold: Bool = false, onProgress: (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(StoreError) -> CompactionResult {
    if isCold { try seal() }
    let version = try snapshot().view.version
    let groups = try engine { () throws(StorageError) in
      try compactionGroups(version, isCold: isCold)
    }
    let total = groups.joined().reduce(0) { $0 + $1.byteCount }
    var result = CompactionResult()
    for group in groups {
      try requireRoom(for: group, version)
      guard let bytes = try compact(group, isCold: isCold, isCancelled) else { continue }
      result.segmentsBefore += group.count
      result.segmentsAfter += 1
      result.bytesBefore += group.reduce(0) { $0 + $1.byteCount }
      result.bytesAfter += bytes
      onProgress(result.bytesBefore, total)
    }
    return result
  }

  /// Writes the newest small segments as one where there are enough of a size, so that a backup a
  /// day does not pile up files.
  ///
  /// - Throws: ``StoreError`` as ``compact(isCold:onProgress:isCancelled:)``.
  package func foldSegments(
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(StoreError) {
    let version = try snapshot().view.version
    let entries = version.manifest.segments.filter { $0.state != .active }
    let fold = CompactionPlan.fold(
      entries.map(\.byteCount), limit: UInt64(options.segmentByteCount))
    guard let fold else { return }
    let group = Array(entries[fold])
    try requireRoom(for: group, version)
    _ = try compact(group, isCold: false, isCancelled)
  }

  private func compactionGroups(
    _ version: Version, isCold: Bool
  ) throws(StorageError) -> [[SegmentEntry]] {
    let entries = version.manifest.segments.filter { $0.state != .active }
    let segments = try entries.map { (entry) throws(StorageError) in
      var isDue = entry.state == .cut
      if isCold, !isDue, let file = version.segments[entry.id] {
        isDue = try SegmentBlocks.holds(.lz4, file, limit: entry.byteCount)
      }
      return CompactionPlan.Segment(byteCount: entry.byteCount, isDue: isDue)
    }
    return CompactionPlan.groups(segments, limit: UInt64(options.segmentByteCount))
      .map { Array(entries[$0]) }
  }

  /// The new files stand beside the old ones until they are published.
  ///
  /// - Parameter withTexts: whether full-text files are made, too.
  func requireRoom(
    for group: [SegmentEntry], _ version: Version, withTexts: Bool = false
  ) throws(StoreError) {
    guard let free = fileSystem.freeByteCount(paths.root) else { return }
    let manifest = version.manifest
    var needed = manifest.indexes.reduce(0) { $0 + $1.byteCount }
    if withTexts { needed += manifest.fullTexts.reduce(0) { $0 + $1.byteCount } }
    needed = group.reduce(needed) { $0 + $1.byteCount }
    guard free < needed else { return }
    throw StoreError(
      .system(28), path: path,
      detail: "new files need \(needed) bytes beside the old ones; \(free) are free")
  }

  /// Writes one group and publishes it; returns the bytes of the new segment, nil if somebody else
  /// wrote some of it anew meanwhile.
  private func compact(
    _ group: [SegmentEntry], isCold: Bool, _ isCancelled: @escaping @Sendable () -> Bool
  ) throws(StoreError) -> UInt64? {
    let id = try withLog { (log) throws(StorageError) in try log.reserveSegments(1) }
    for _ in 0..<Self.compactionTriesMax {
      let names = TemporaryNames(self)
      defer { names.discard() }
      let view = try indexedView()
      guard group.allSatisfy({ view.version.segments[$0.id] != nil }) else { return nil }
      var rewriting = Rewriting(store: self, view: view, names: names)
      rewriting.compression = isCold ? .zlib : nil
      rewriting.isCancelled = isCancelled
      let made = try rewriting.run([group], ids: [id])
      let isPublished = try withLog { (log) throws(StorageError) in try log.publish(made) }
      if isPublished { return made.segments.first?.made.first?.byteCount ?? 0 }
    }
    throw StoreError(
      .busy, path: path, detail: "other writers merged the same indexes all the time")
  }

  private func indexedView() throws(StoreError) -> StoreView {
    StoreView(indexesOf: try snapshot().view.version)
  }
}
