// One generation, opened: what a snapshot holds on to. Immutable, so readers need no lock.

package import VarveFormat

/// The files of one generation, all open.
package final class Version: Sendable {
  package let manifest: Manifest
  /// SHA-256 of the manifest's file.
  package let manifestDigest: ContentHash
  /// Oldest first.
  package let indexes: [IndexFile]
  package let segments: [UInt64: SegmentFile]
  /// Full-text files, oldest first.
  package let fullTexts: [FullTextFile]

  package init(
    manifest: Manifest, digest: ContentHash, indexes: [IndexFile],
    segments: [UInt64: SegmentFile], fullTexts: [FullTextFile] = []
  ) {
    self.fullTexts = fullTexts
    self.manifest = manifest
    manifestDigest = digest
    self.indexes = indexes
    self.segments = segments
  }

  /// The segment that is appended to.
  package var activeID: UInt64 { manifest.segments.last?.id ?? 0 }

  /// Opens every file of a manifest; files that `previous` has open already are shared.
  package static func open(
    _ manifest: Manifest, digest: ContentHash, paths: StorePaths, fileSystem: any FileSystem,
    reusing previous: Version?
  ) throws(StorageError) -> Version {
    var segments: [UInt64: SegmentFile] = [:]
    for entry in manifest.segments {
      if let open = previous?.segments[entry.id] {
        segments[entry.id] = open
        continue
      }
      let path = paths.segment(entry.id)
      let file = try listed(path) { () throws(StorageError) in try fileSystem.open(path) }
      segments[entry.id] = try SegmentFile(file, id: entry.id, storeID: manifest.storeID)
      guard try file.byteCount() >= entry.byteCount else {
        throw StorageError(
          .corrupt, path: path, offset: try file.byteCount(),
          doing: "the segment ends before byte \(entry.byteCount)")
      }
    }
    var known: [String: IndexFile] = [:]
    for index in previous?.indexes ?? [] { known[index.path] = index }
    var indexes: [IndexFile] = []
    for entry in manifest.indexes {
      let path = paths.index(entry.id)
      if let open = known[path], open.digest == entry.digest {
        indexes.append(open)
        continue
      }
      let file = try listed(path) { () throws(StorageError) in try fileSystem.open(path) }
      guard try file.byteCount() == entry.byteCount else {
        throw StorageError(
          .corrupt, path: path, offset: try file.byteCount(),
          doing: "the index is not \(entry.byteCount) bytes long")
      }
      let index = try IndexFile(
        try file.map(), path: path, firstSequence: entry.firstSequence, storeID: manifest.storeID)
      guard index.digest == entry.digest, index.recordCount == entry.recordCount else {
        throw StorageError(.corrupt, path: path, doing: "the index is not the one in the manifest")
      }
      indexes.append(index)
    }
    return Version(
      manifest: manifest, digest: digest, indexes: indexes, segments: segments,
      fullTexts: try openFullTexts(
        manifest, paths: paths, fileSystem: fileSystem, reusing: previous))
  }

  private static func openFullTexts(
    _ manifest: Manifest, paths: StorePaths, fileSystem: any FileSystem, reusing previous: Version?
  ) throws(StorageError) -> [FullTextFile] {
    var known: [String: FullTextFile] = [:]
    for file in previous?.fullTexts ?? [] { known[file.path] = file }
    var files: [FullTextFile] = []
    for entry in manifest.fullTexts {
      let path = paths.fullText(entry.id)
      if let open = known[path], open.digest == entry.digest {
        files.append(open)
        continue
      }
      let file = try listed(path) { () throws(StorageError) in try fileSystem.open(path) }
      guard try file.byteCount() == entry.byteCount else {
        throw StorageError(
          .corrupt, path: path, offset: try file.byteCount(),
          doing: "the full-text file is not \(entry.byteCount) bytes long")
      }
      let opened = try FullTextFile(
        try file.map(), path: path, storeID: manifest.storeID)
      guard opened.digest == entry.digest, opened.summary.recordCount == entry.recordCount,
        opened.summary.firstSequence == entry.firstSequence,
        opened.summary.settings == entry.settings
      else {
        throw StorageError(
          .corrupt, path: path, doing: "the full-text file is not the one in the manifest")
      }
      files.append(opened)
    }
    return files
  }

  private static func listed<T>(
    _ path: String, _ open: () throws(StorageError) -> T
  ) throws(StorageError) -> T {
    do throws(StorageError) {
      return try open()
    } catch {
      if error.code == .system(2) {
        throw StorageError(.missing, path: path, doing: "the manifest lists it")
      }
      throw error
    }
  }
}

extension Version {
  /// Sequence of the message with this content, if an index covers it.
  package func message(_ hash: ContentHash) throws(StorageError) -> UInt64? {
    for index in indexes.reversed() {
      if let sequence = try index.message(hash) { return sequence }
    }
    return nil
  }

  /// Sequences of the messages with these contents, 0 where no index covers one. Index by index, as
  /// the filter of one stays in the cache while all contents are looked up in it.
  package func messages(_ hashes: [ContentHash]) throws(StorageError) -> [UInt64] {
    var found = [UInt64](repeating: 0, count: hashes.count)
    for index in indexes.reversed() { try index.findMessages(hashes, in: &found) }
    return found
  }

  /// The index that covers a sequence.
  package func index(covering sequence: UInt64) -> IndexFile? {
    var low = 0
    var high = indexes.count
    while low < high {
      let middle = (low + high) / 2
      if indexes[middle].firstSequence <= sequence { low = middle + 1 } else { high = middle }
    }
    guard low > 0, sequence < indexes[low - 1].nextSequence else { return nil }
    return indexes[low - 1]
  }
}
