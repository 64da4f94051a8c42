// A backup as the directory of a store: the engine reads it through the same seam as a disk, and
// writes nothing.

import Varve
import VarveFormat
import VarveStorage

/// The files of one backup, by the names that a store gives them.
final class BackupFileSystem: FileSystem {
  private let cache: ObjectCache
  /// What the record itself holds.
  private let small: [String: [UInt8]]
  private let objects: [String: BackupObject]
  private let disk = PosixFileSystem()

  /// ENOENT and EROFS, which are the same on all systems.
  private static let noSuchFile: Int32 = 2
  private static let readOnlyFileSystem: Int32 = 30

  init(_ backup: BackupInfo, _ cache: ObjectCache) {
    self.cache = cache
    let root = StorePaths(cache.objects.name).root + "/"
    // Names that come twice are of a forged record, of which one is as good as the other.
    small = Dictionary(backup.storeFiles.map { (root + $0.name, $0.bytes) }) { $1 }
    objects = Dictionary(
      backup.objectFiles.map { (root + $0.name, $0.object) }
    ) { $1 }
  }

  func open(_ path: String) throws(StorageError) -> any ReadableFile {
    if let bytes = small[path] { return SmallFile(path, bytes) }
    guard let object = objects[path] else {
      throw StorageError(.system(Self.noSuchFile), path: path, doing: "open")
    }
    return object.kind == .index
      ? try far { try cache.wholeFile(object) } : SegmentObject(path, object, cache)
  }

  func exists(_ path: String) -> Bool { small[path] != nil || objects[path] != nil }

  func list(_ path: String) throws(StorageError) -> [String] {
    let start = path + "/"
    return (Array(small.keys) + Array(objects.keys)).filter { $0.hasPrefix(start) }
      .map { String($0.dropFirst(start.count)) }.filter { !$0.contains("/") }.sorted()
  }

  var bootID: (high: UInt64, low: UInt64) { disk.bootID }
  func now() -> Int64 { disk.now() }
  func pause(milliseconds: Int) { disk.pause(milliseconds: milliseconds) }
  func isStill(_ file: any ReadableFile, at path: String) -> Bool { true }
  func lockHolder(_ path: String) -> String { "" }
  func freeByteCount(_ path: String) -> UInt64? { 0 }

  // MARK: Writing, which a backup does not allow

  private func refuse(_ path: String) -> StorageError {
    StorageError(.system(Self.readOnlyFileSystem), path: path, doing: "write into a backup")
  }

  func create(_ path: String) throws(StorageError) -> any WritableFile { throw refuse(path) }
  func openForWriting(_ path: String) throws(StorageError) -> any WritableFile {
    throw refuse(path)
  }
  func rename(_ source: String, to target: String) throws(StorageError) { throw refuse(target) }
  func unlink(_ path: String) throws(StorageError) { throw refuse(path) }
  func makeDirectory(_ path: String) throws(StorageError) { throw refuse(path) }
  func syncDirectory(_ path: String) throws(StorageError) { throw refuse(path) }
  func tryLock(_ path: String, holder: String) throws(StorageError) -> (any FileLock)? {
    throw refuse(path)
  }
}

/// Runs what may go to a target for a caller that knows errors of files.
func far<T>(_ body: () throws -> T) throws(StorageError) -> T {
  do {
    return try body()
  } catch {
    guard let error = error as? StoreError else {
      throw StorageError(.unreachable, path: "", doing: "\(error)")
    }
    let code: StorageError.Code =
      switch error.code {
      case .system(let number): .system(number)
      case .cancelled: .cancelled
      case .denied: .denied
      case .damaged, .notFound: .corrupt
      default: .unreachable
      }
    throw StorageError(code, path: error.path, offset: error.offset, doing: error.detail)
  }
}

/// A file that is in memory.
private final class SmallFile: ReadableFile {
  let path: String
  private let bytes: [UInt8]

  init(_ path: String, _ bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  func byteCount() -> UInt64 { UInt64(bytes.count) }
  func modified() -> Int64 { 0 }
  func map() -> ByteRegion { ByteRegion(bytes) }

  func read(at offset: UInt64, count: Int) -> [UInt8] {
    guard offset < UInt64(bytes.count) else { return [] }
    let start = Int(offset)
    return Array(bytes[start..<min(bytes.count, start + count)])
  }
}
