// A store from a backup: every byte is compared with its digest before it has its name, and CURRENT
// comes last, so that what is interrupted is no store.

import Synchronization
public import Varve
import VarveFormat
package import VarveStorage

extension BackupReader {
  /// Writes a store from a backup and builds its indexes.
  ///
  /// - Parameters:
  ///   - backup: which one.
  ///   - path: a directory that does not exist or is empty.
  ///   - concurrently: runs passes over text at a time.
  ///   - transfers: threads that read segments.
  ///   - onProgress: called with the bytes written and those there are.
  ///   - isCancelled: asked between pieces.
  /// - Returns: the open store, whose digests are those of the backup.
  /// - Throws: ``StoreError``: `damaged` if anything is not what the backup says; then there is no
  ///   store at the path.
  public func restore(
    _ backup: BackupInfo, into path: String, concurrently: Concurrency = .none,
    transfers: Concurrency = .none,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> Store {
    try restore(
      backup, into: path, fileSystem: PosixFileSystem(), concurrently: concurrently,
      transfers: transfers, onProgress: onProgress, isCancelled: isCancelled)
  }

  /// The same on any file system; what the tests use.
  package func restore(
    _ backup: BackupInfo, into path: String, fileSystem: any FileSystem,
    concurrently: Concurrency = .none, transfers: Concurrency = .none,
    onProgress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> Store {
    if fileSystem.exists(path) {
      // What a restore that failed leaves are empty folders.
      let isFree = try engine { () throws(StorageError) in
        for name in try fileSystem.list(path) {
          guard ["tmp", "manifests", "segments", "indexes"].contains(name),
            try fileSystem.list(path + "/" + name).isEmpty
          else { return false }
        }
        return true
      }
      guard isFree else {
        throw StoreError(
          .system(17), path: path, detail: "restore into a directory that is not empty")
      }
    }
    let paths = StorePaths(path)
    do {
      let hasIndexes = try writeFiles(
        backup, into: paths, fileSystem,
        Transfers(transfers, total: backup.byteCount, onProgress), isCancelled)
      return try build(backup, path, hasIndexes: hasIndexes, fileSystem, concurrently)
    } catch {
      Self.remove(paths, fileSystem)
      throw error
    }
  }

  /// Takes away what a restore wrote that failed; CURRENT first, so that it is no store at once.
  private static func remove(_ paths: StorePaths, _ fileSystem: any FileSystem) {
    for file in [paths.current, paths.tail, paths.lock] { try? fileSystem.unlink(file) }
    for folder in [paths.temporary, paths.manifests, paths.segments, paths.indexes] {
      for name in (try? fileSystem.list(folder)) ?? [] {
        try? fileSystem.unlink(folder + "/" + name)
      }
    }
  }

  /// Builds the indexes, where they were not shipped or are of an older format, and compares the
  /// digests.
  private func build(
    _ backup: BackupInfo, _ path: String, hasIndexes: Bool, _ fileSystem: any FileSystem,
    _ concurrently: Concurrency
  ) throws -> Store {
    var options = StoreOptions(access: .write)
    options.maintenance = .manual
    let store = try open(path, hasIndexes: hasIndexes, options, fileSystem)
    let snapshot = try store.snapshot()
    guard try snapshot.digest() == backup.contentDigest,
      snapshot.historyDigest == backup.historyDigest
    else {
      throw StoreError(
        .damaged, path: path, detail: "the restored store has another digest than the backup")
    }
    try store.indexText(ifOver: Limits.tailByteCount, concurrently: concurrently)
    return store
  }

  private func open(
    _ path: String, hasIndexes: Bool, _ options: StoreOptions, _ fileSystem: any FileSystem
  ) throws -> Store {
    if hasIndexes {
      do throws(StoreError) {
        return try Store.open(at: path, options: options, fileSystem: fileSystem)
      } catch {
        // What was shipped whole may be of an older format. What is derived is built.
        guard error.code == .outdated else { throw error }
      }
    }
    return try Store.rebuild(at: path, options: options, fileSystem: fileSystem)
  }

  /// Writes everything; returns whether the indexes are there, too.
  private func writeFiles(
    _ backup: BackupInfo, into paths: StorePaths, _ fileSystem: any FileSystem,
    _ transfers: Transfers, _ isCancelled: @escaping @Sendable () -> Bool
  ) throws -> Bool {
    try engine { () throws(StorageError) in
      for folder in [
        paths.root, paths.temporary, paths.manifests, paths.segments, paths.indexes,
      ] { try fileSystem.makeDirectory(folder) }
    }
    let list = try objects.files()
    let names = Dictionary(backup.objectFiles.map { ($0.object, $0.name) }) { $1 }
    let areIndexesWhole = Mutex(backup.hasIndexes)
    try transfers.each(backup.record.files) { object, onMove in
      do {
        try objects.anyCopy(of: object, in: list) { key in
          let path = paths.root + "/" + (names[object] ?? "")
          try writeFile(object, key, to: path, backup, paths, fileSystem, isCancelled, onMove)
        }
      } catch let error as StoreError where error.code == .damaged && object.kind == .index {
        // What is derived is built.
        areIndexesWhole.withLock { $0 = false }
      }
    }
    let manifests = ManifestStore(paths, fileSystem)
    try engine { () throws(StorageError) in
      // CURRENT comes last.
      for file in backup.storeFiles {
        let path = paths.root + "/" + file.name
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        if path == paths.current { try fileSystem.syncDirectory(paths.root) }
        try manifests.write(file.bytes, to: path, name: "restored", directory: folder)
      }
    }
    return areIndexesWhole.withLock { $0 }
  }

  private func writeFile(
    _ object: BackupObject, _ key: String, to path: String, _ backup: BackupInfo,
    _ paths: StorePaths, _ fileSystem: any FileSystem, _ isCancelled: () -> Bool,
    _ onMove: (UInt64) -> Void
  ) throws {
    let temporary = paths.temporary("\(object.kind)-\(object.id)")
    try engine { () throws(StorageError) in try fileSystem.unlink(temporary) }
    let file = try engine { () throws(StorageError) in try fileSystem.create(temporary) }
    var digest = Digest()
    var written: UInt64 = 0
    try objects.forEachPiece(key, .init(object.kind), digest: object.digest) { piece in
      if isCancelled() { throw StoreError(.cancelled, detail: "the restore was stopped") }
      written += UInt64(piece.count)
      guard written <= object.byteCount else {
        throw StoreError(.damaged, path: key, detail: "the object is longer than it was said to be")
      }
      digest.update(piece)
      try engine { () throws(StorageError) in try file.append(piece) }
      file.beginWriteback(at: written - UInt64(piece.count), count: piece.count)
      onMove(UInt64(piece.count))
    }
    guard written == object.byteCount, digest.finish() == object.digest else {
      throw StoreError(
        .damaged, path: key,
        detail: "\(object.kind) \(object.id) of the backup is not what its name says")
    }
    try engine { () throws(StorageError) in
      try file.sync()
      // A segment of another store, or under another number, would be found out by its header.
      if object.kind == .segment {
        _ = try SegmentFile(file, id: object.id, storeID: backup.store)
      }
      try fileSystem.rename(temporary, to: path)
      try fileSystem.syncDirectory(object.kind == .segment ? paths.segments : paths.indexes)
    }
  }
}
