// Building all indexes again. Works without opening the old ones, so it also mends a store whose
// indexes are damaged or gone. Indexes of one tail each are written first and published together.

import VarveFormat

/// Rebuilds the indexes of one store under the writer's lock.
package struct IndexRebuilder {
  private let paths: StorePaths
  private let fileSystem: any FileSystem
  private let manifests: ManifestStore

  package init(_ paths: StorePaths, _ fileSystem: any FileSystem) {
    self.paths = paths
    self.fileSystem = fileSystem
    manifests = ManifestStore(paths, fileSystem)
  }

  /// Replaces every index. What the tail holds stays in the tail.
  package func run(
    waitMilliseconds: Int, tailByteCount: Int, onProgress: (UInt64) -> Void
  ) throws(StorageError) {
    let lock = try takeLock(waitMilliseconds)
    defer { lock.release() }
    let current = try manifests.current()
    let old = try manifests.manifest(current.header.number, digest: current.digest)
    var manifest = old
    manifest.indexes = []
    manifest.fullTexts = []
    let bare = try Version.open(
      manifest, digest: current.digest, paths: paths, fileSystem: fileSystem, reusing: nil)
    var state = State(version: bare, rows: TailRows(firstSequence: 1), manifest: manifest)
    for entry in manifest.segments {
      guard let segment = bare.segments[entry.id] else { continue }
      let limit = entry.state == .active ? manifest.indexedEnd.offset : entry.byteCount
      var scanner = LogScanner(segment, from: UInt64(FileHeader.byteCount), limit: limit)
      var loader = TailLoader(state.version)
      while let commit = scanner.next() {
        try loader.load(commit, segment: segment, into: &state.rows, history: &state.history)
        guard state.rows.rawByteCount >= tailByteCount else { continue }
        try writeIndex(&state)
        loader = TailLoader(state.version)
        onProgress(state.rows.firstSequence)
      }
      if let stopped = scanner.stopped { throw stopped }
    }
    if !state.rows.isEmpty { try writeIndex(&state) }
    guard state.history.digest == manifest.historyDigest else {
      throw StorageError(
        .corrupt, path: paths.segments, doing: "the log does not end with the manifest's history")
    }
    manifest = state.manifest
    manifest.generation += 1
    manifest.previous = current.digest
    manifest.time = fileSystem.now()
    _ = try manifests.publish(manifest)
    try manifests.removeOld(newest: manifest.generation)
    for entry in old.indexes { try fileSystem.unlink(paths.index(entry.id)) }
    for entry in old.fullTexts { try fileSystem.unlink(paths.fullText(entry.id)) }
  }

  private func takeLock(_ waitMilliseconds: Int) throws(StorageError) -> any FileLock {
    var waited = 0
    while true {
      if let lock = try fileSystem.tryLock(paths.lock, holder: "rebuild") { return lock }
      guard waited < waitMilliseconds else {
        throw StorageError(
          .busy, path: paths.lock, doing: "held by \(fileSystem.lockHolder(paths.lock))")
      }
      fileSystem.pause(milliseconds: 20)
      waited += 20
    }
  }

  private struct State {
    var version: Version
    var rows: TailRows
    var history = TailLoader.History(commitNumber: 0, digest: .zero)
    var manifest: Manifest
  }

  private func writeIndex(_ state: inout State) throws(StorageError) {
    let id = state.manifest.nextIndexID
    let path = paths.index(id)
    let name = paths.temporary("index-\(id)")
    try fileSystem.unlink(name)
    var writer = IndexFileWriter(
      header: FileHeader(kind: .index, number: id, storeID: state.manifest.storeID),
      file: try fileSystem.create(name))
    try IndexBuilder(state.rows, range: state.rows.rows.indices).write(to: &writer)
    let finished = try writer.finish()
    try fileSystem.rename(name, to: path)
    try fileSystem.syncDirectory(paths.indexes)
    state.manifest.nextIndexID += 1
    state.manifest.indexes.append(
      IndexEntry(
        id: id, firstSequence: state.rows.firstSequence,
        recordCount: UInt64(state.rows.rows.count), byteCount: finished.byteCount, level: 0,
        digest: finished.digest))
    let index = try IndexFile(
      try fileSystem.open(path).map(), path: path, firstSequence: state.rows.firstSequence,
      storeID: state.manifest.storeID)
    state.version = Version(
      manifest: state.manifest, digest: state.version.manifestDigest,
      indexes: state.version.indexes + [index], segments: state.version.segments)
    state.rows = TailRows(firstSequence: state.rows.nextSequence)
  }
}
