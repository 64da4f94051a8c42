// Making an empty store: every directory and file durable before CURRENT says that it is one.

import VarveFormat

package enum StoreCreation {
  /// Makes a store in a directory that does not exist or is empty.
  package static func create(_ root: String, fileSystem: any FileSystem) throws(StorageError) {
    let paths = StorePaths(root)
    try makeParents(paths.root, fileSystem)
    for name in try fileSystem.list(paths.root) {
      // What an interrupted creation leaves may be there; anything else is not ours to touch.
      guard ["LOCK", "TAIL", "tmp", "manifests", "segments", "indexes"].contains(name) else {
        throw StorageError(.notAStore, path: paths.root, doing: "it holds other files (\(name))")
      }
    }
    for directory in [paths.temporary, paths.manifests, paths.segments, paths.indexes] {
      try fileSystem.makeDirectory(directory)
    }
    guard let lock = try fileSystem.tryLock(paths.lock, holder: "creating the store") else {
      throw StorageError(.busy, path: paths.lock, doing: "another process is creating the store")
    }
    defer { lock.release() }
    guard !fileSystem.exists(paths.current) else { return }
    var generator = SystemRandomNumberGenerator()
    let storeID = StoreID(high: generator.next(), low: generator.next())
    let manifests = ManifestStore(paths, fileSystem)
    var header = ByteWriter(reserving: FileHeader.byteCount)
    FileHeader(kind: .segment, number: 1, storeID: storeID).write(to: &header)
    try manifests.write(
      header.bytes, to: paths.segment(1), name: "segment-1", directory: paths.segments)
    let start = LogPosition(segment: 1, offset: UInt64(FileHeader.byteCount))
    let manifest = Manifest(
      storeID: storeID, generation: 1, previous: .zero, time: fileSystem.now(),
      indexedEnd: start, commitNumber: 0, nextSequence: 1, historyDigest: .zero, nextSegmentID: 2,
      nextIndexID: 1,
      segments: [
        SegmentEntry(
          id: 1, state: .active, byteCount: start.offset, firstSequence: 1, recordCount: 0,
          digest: .zero)
      ], indexes: [])
    try fileSystem.syncDirectory(paths.root)
    _ = try manifests.publish(manifest)
  }

  private static func makeParents(
    _ path: String, _ fileSystem: any FileSystem
  ) throws(StorageError) {
    guard !fileSystem.exists(path) else { return }
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    if !parent.isEmpty { try makeParents(parent, fileSystem) }
    try fileSystem.makeDirectory(path)
    // The name of a new directory is durable only once its parent is synced.
    try fileSystem.syncDirectory(parent.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : parent)
  }
}
