// From a directory to a state: which commits of the active segment count. Chapter 8, REC-1 to
// REC-9.

package import VarveFormat

/// What is committed beyond the indexes, and how sure that is.
package struct RecoveredTail {
  package var rows: TailRows
  package var history: TailLoader.History
  package var end: LogPosition
  /// Whether file end, last frame and TAIL agree, so that a writer may go on appending.
  package var isClean: Bool
}

package enum Recovery {
  /// Reads TAIL; nil if it is missing, damaged, or of another store.
  package static func tailFile(
    _ paths: StorePaths, _ fileSystem: any FileSystem, storeID: StoreID
  ) -> TailFile? {
    guard let file = try? fileSystem.open(paths.tail),
      (try? file.byteCount()) == UInt64(TailFile.byteCount)
    else { return nil }
    return tail(in: file, storeID: storeID)
  }

  /// Decodes TAIL; nil if it is damaged, or of another store.
  static func tail(in file: any ReadableFile, storeID: StoreID) -> TailFile? {
    guard let bytes = try? file.read(at: 0, count: TailFile.byteCount),
      let tail = try? TailFile(bytes.rawSpan), tail.storeID == storeID
    else { return nil }
    return tail
  }

  /// Finds the committed tail of a version, starting from what is known of it already.
  package static func recover(
    _ version: Version, known: RecoveredTail?, paths: StorePaths, fileSystem: any FileSystem
  ) throws(StorageError) -> RecoveredTail {
    let manifest = version.manifest
    guard let segment = version.segments[version.activeID] else {
      throw StorageError(.corrupt, path: paths.root, doing: "the manifest lists no segment")
    }
    var state =
      known
      ?? RecoveredTail(
        rows: TailRows(firstSequence: manifest.nextSequence),
        history: .init(commitNumber: manifest.commitNumber, digest: manifest.historyDigest),
        end: manifest.indexedEnd, isClean: true)
    let tail = tailFile(paths, fileSystem, storeID: manifest.storeID)
    let isActive = tail.map { $0.end.segment == segment.id && $0.end.offset >= state.end.offset }
    let usable = isActive ?? false ? tail : nil
    let fileEnd = try segment.file.byteCount()
    let trusted = usable.flatMap { isThisBoot($0, fileSystem) ? $0.end.offset : nil }
    if let trusted, trusted > fileEnd {
      throw StorageError(
        .corrupt, path: segment.path, offset: fileEnd,
        doing: "the segment ends before its durable end \(trusted)")
    }
    // Within a boot TAIL is the truth; after one, everything whole in the file is on the medium.
    let limit = trusted ?? fileEnd
    var scanner = LogScanner(segment, from: state.end.offset, limit: limit)
    var loader = TailLoader(version)
    while let commit = scanner.next() {
      try loader.load(commit, segment: segment, into: &state.rows, history: &state.history)
      state.end = LogPosition(segment: segment.id, offset: commit.end)
    }
    if trusted != nil, state.end.offset != limit, !scanner.sawFooter || state.end.offset < limit {
      throw scanner.stopped
        ?? StorageError(
          .corrupt, path: segment.path, offset: state.end.offset,
          doing: "the log ends before its durable end \(limit)")
    }
    try scanner.requireTornEnd(lastCommit: state.history.commitNumber)
    let isEmpty = state.end == manifest.indexedEnd
    let isEndUndisturbed = try Preallocation.areZeros(
      segment.file, from: state.end.offset, to: fileEnd)
    state.isClean =
      isEndUndisturbed && (isEmpty || usable?.end.offset == state.end.offset)
    return state
  }

  private static func isThisBoot(_ tail: TailFile, _ fileSystem: any FileSystem) -> Bool {
    let boot = fileSystem.bootID
    return tail.bootHigh == boot.high && tail.bootLow == boot.low
  }
}
