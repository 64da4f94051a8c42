// The files of one generation, open, as the objects that a backup ships: what is open stays
// readable whatever a merge or a compaction takes away meanwhile.

import Varve
import VarveFormat
import VarveStorage

/// A generation of a store whose active segment is empty.
struct BackupSource: Sendable {
  let version: Version
  /// Index and full-text files by their numbers; none if they are not shipped.
  private let indexFiles: [UInt64: any ReadableFile]

  /// - Throws: ``StoreError``: `notFound` if an index was replaced since the generation was looked
  ///   at.
  init(_ version: Version, of store: Store, withIndexes: Bool) throws {
    self.version = version
    var files: [UInt64: any ReadableFile] = [:]
    if withIndexes {
      let paths =
        version.manifest.indexes.map { ($0.id, store.paths.index($0.id)) }
        + version.manifest.fullTexts.map { ($0.id, store.paths.fullText($0.id)) }
      for (id, path) in paths {
        do throws(StorageError) {
          files[id] = try store.fileSystem.open(path)
        } catch {
          guard !store.fileSystem.exists(path) else { throw StoreError(error) }
          throw StoreError(.notFound, path: path, detail: "an index was replaced")
        }
      }
    }
    indexFiles = files
  }

  /// The segments as objects, but for the active one, which is empty.
  func segments() throws -> [BackupObject] {
    try version.manifest.segments.filter { $0.state != .active }.map { entry in
      var object = BackupObject(id: entry.id, byteCount: entry.byteCount, digest: entry.digest)
      // What is cut has no digest in the manifest: its file goes on behind the end of the log.
      if entry.state == .cut { object.digest = try hash(object) }
      return object
    }
  }

  /// The indexes as objects, then the full-text files.
  func indexes() throws -> [BackupObject] {
    guard !indexFiles.isEmpty else { return [] }
    let manifest = version.manifest
    return try
      (manifest.indexes.map { ($0.id, $0.byteCount) }
      + manifest.fullTexts.map { ($0.id, $0.byteCount) }).map { id, byteCount in
        var object = BackupObject(.index, id: id, byteCount: byteCount, digest: .zero)
        object.digest = try hash(object)
        return object
      }
  }

  /// The file of an object.
  func file(of object: BackupObject) throws -> any ReadableFile {
    let file =
      switch object.kind {
      case .segment: version.segments[object.id]?.file
      case .index: indexFiles[object.id]
      }
    guard let file else {
      throw StoreError(.damaged, detail: "the store has no \(object.kind) \(object.id)")
    }
    return file
  }

  private func hash(_ object: BackupObject) throws -> ContentHash {
    let file = try file(of: object)
    var digest = Digest()
    var at: UInt64 = 0
    while at < object.byteCount {
      let count = Int(min(UInt64(Shipment.pieceByteCount), object.byteCount - at))
      let bytes = try engine { () throws(StorageError) in
        try file.readExactly(at: at, count: count, "hash what is shipped")
      }
      digest.update(bytes)
      at += UInt64(bytes.count)
    }
    return digest.finish()
  }
}
