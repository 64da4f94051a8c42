// A directory as a backup target, also on a network file system: no locks, no mapped files, nothing
// but new files, renames and syncs.

public import Varve
package import VarveStorage

/// A directory that holds backups.
public struct DirectoryTarget: BackupTarget {
  private let root: String
  private let fileSystem: any FileSystem
  /// ENOENT, the same on all systems.
  private static let noSuchFile: Int32 = 2

  /// - Parameter path: the directory; it is made by the first backup.
  public init(_ path: String) { self.init(path, fileSystem: PosixFileSystem()) }

  /// The same on any file system; what the tests use.
  package init(_ path: String, fileSystem: any FileSystem) {
    root = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    self.fileSystem = fileSystem
  }

  /// The directory.
  public var name: String { root }

  /// Whether a directory is a target: it holds backups.
  public static func isTarget(_ path: String) -> Bool {
    // Many a directory has a folder of this name.
    [TargetKey.backups, TargetKey.keys].contains { folder in
      let names = (try? PosixFileSystem().list(path + "/" + folder.dropLast())) ?? []
      return names.contains { TargetKey.isOurs(folder + $0) }
    }
  }

  /// Writes below `tmp/`, syncs, renames, and syncs the folder.
  public func put(
    _ key: String, digest: ContentHash?, _ piece: () throws -> [UInt8]
  ) throws {
    let (folder, _) = Self.split(key)
    try engine { () throws(StorageError) in
      try makeFolder(root)
      try makeFolder(root + "/tmp")
      try makeFolder(root + "/" + folder)
    }
    var generator = SystemRandomNumberGenerator()
    let temporary = root + "/tmp/put-\(generator.next() as UInt64)"
    let file = try engine { () throws(StorageError) in try fileSystem.create(temporary) }
    do {
      var sum = Digest()
      var count: UInt64 = 0
      while true {
        let bytes = try piece()
        if bytes.isEmpty { break }
        try engine { () throws(StorageError) in try file.append(bytes) }
        // The disk writes while the next ones are hashed and read.
        file.beginWriteback(at: count, count: bytes.count)
        count += UInt64(bytes.count)
        sum.update(bytes)
      }
      guard digest == nil || sum.finish() == digest else {
        throw StoreError(
          .damaged, path: key, detail: "the bytes are not those that the name says; not shipped")
      }
      try engine { () throws(StorageError) in
        try file.sync()
        try fileSystem.rename(temporary, to: root + "/" + key)
        try fileSystem.syncDirectory(root + "/" + folder)
      }
    } catch {
      try? fileSystem.unlink(temporary)
      throw error
    }
  }

  /// Reads a piece of a file.
  public func get(_ key: String, at offset: UInt64, count: Int) throws -> [UInt8] {
    do throws(StorageError) {
      return try fileSystem.open(root + "/" + key).read(at: offset, count: count)
    } catch {
      guard error.code == .system(Self.noSuchFile) else { throw StoreError(error) }
      throw StoreError(.notFound, path: root + "/" + key, detail: "the target has no such object")
    }
  }

  /// Lists a folder.
  public func list(_ prefix: String) throws -> [TargetObject] {
    let (folder, start) = Self.split(prefix)
    let path = root + "/" + folder
    let names: [String]
    do throws(StorageError) {
      names = try fileSystem.list(path)
    } catch {
      // A folder that may not be looked into is another thing than none.
      guard error.code == .system(Self.noSuchFile) else { throw StoreError(error) }
      return []
    }
    return try engine { () throws(StorageError) in
      var objects: [TargetObject] = []
      for name in names {
        let key = folder + "/" + name
        // What others put there, as some network drives do, is not ours.
        guard name.hasPrefix(start), TargetKey.isOurs(key) else { continue }
        let file = try fileSystem.open(path + "/" + name)
        objects.append(
          TargetObject(
            key: key, byteCount: try file.byteCount(), modified: try file.modified()))
      }
      return objects
    }
  }

  /// Unlinks a file and syncs its folder.
  public func delete(_ key: String) throws {
    let (folder, _) = Self.split(key)
    try engine { () throws(StorageError) in
      try fileSystem.unlink(root + "/" + key)
      try fileSystem.syncDirectory(root + "/" + folder)
    }
  }

  /// Takes away files that a backup was writing when it was killed.
  public func removeLeftovers(olderThan time: Int64) throws {
    let folder = root + "/tmp"
    guard fileSystem.exists(folder) else { return }
    try engine { () throws(StorageError) in
      for name in try fileSystem.list(folder) where name.hasPrefix("put-") {
        let path = folder + "/" + name
        // A backup may have given it its name meanwhile.
        guard let file = try? fileSystem.open(path) else { continue }
        if try file.modified() < time { try fileSystem.unlink(path) }
      }
    }
  }

  /// The time of a new file: the clock of a file server may be another than ours.
  public func now() throws -> Int64 {
    guard fileSystem.exists(root) else { return fileSystem.now() }
    var generator = SystemRandomNumberGenerator()
    return try engine { () throws(StorageError) in
      try makeFolder(root + "/tmp")
      let path = root + "/tmp/time-\(generator.next() as UInt64)"
      let time = try fileSystem.create(path).modified()
      try fileSystem.unlink(path)
      return time
    }
  }

  /// Folder and name of a key.
  private static func split(_ key: String) -> (folder: String, name: String) {
    let slash = key.lastIndex(of: "/") ?? key.startIndex
    return (String(key[..<slash]), String(key[slash...].dropFirst()))
  }

  private func makeFolder(_ path: String) throws(StorageError) {
    guard !fileSystem.exists(path) else { return }
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let isTop = slash == path.startIndex
    let parent = isTop ? (path.hasPrefix("/") ? "/" : ".") : String(path[..<slash])
    if !isTop { try makeFolder(parent) }
    try fileSystem.makeDirectory(path)
    // A new name is durable only once its folder is synced.
    try fileSystem.syncDirectory(parent)
  }
}
