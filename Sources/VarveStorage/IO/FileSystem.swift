// The seam between the engine and the disk. Production uses `PosixFileSystem`; the tests use a
// simulated one that forgets everything not synced, so every rule of durability is exercised
// through this protocol.

import VarveFormat

/// What the engine needs from a file system. All paths are complete; all calls are synchronous.
package protocol FileSystem: Sendable {
  /// Opens a regular file for reading; symbolic links are not followed.
  func open(_ path: String) throws(StorageError) -> any ReadableFile
  /// Creates a new file with mode 0600; fails if it exists.
  func create(_ path: String) throws(StorageError) -> any WritableFile
  /// Opens an existing file for appending and overwriting.
  func openForWriting(_ path: String) throws(StorageError) -> any WritableFile
  /// Replaces `target` by `source` atomically.
  func rename(_ source: String, to target: String) throws(StorageError)
  /// Removes a file; not an error if it is gone already.
  func unlink(_ path: String) throws(StorageError)
  /// Creates a directory with mode 0700; not an error if it exists.
  func makeDirectory(_ path: String) throws(StorageError)
  /// Makes names in a directory durable.
  func syncDirectory(_ path: String) throws(StorageError)
  /// Names in a directory, sorted.
  func list(_ path: String) throws(StorageError) -> [String]
  /// Whether a file or directory is there.
  func exists(_ path: String) -> Bool
  /// Takes the exclusive lock of a file, creating it; nil if somebody else holds it.
  func tryLock(_ path: String, holder: String) throws(StorageError) -> (any FileLock)?
  /// Whether a path names the file that was opened, and not one that took its place.
  func isStill(_ file: any ReadableFile, at path: String) -> Bool
  /// What the holder of a lock wrote about itself.
  func lockHolder(_ path: String) -> String
  /// Bytes that new files may take below a path; nil if nobody knows.
  func freeByteCount(_ path: String) -> UInt64?
  /// Sleeps, while waiting for a lock.
  func pause(milliseconds: Int)
  /// Milliseconds since 1970 UTC.
  func now() -> Int64
  /// Identity of the running boot, so that what was never synced is not trusted after it.
  var bootID: (high: UInt64, low: UInt64) { get }
}

/// A file opened for reading.
package protocol ReadableFile: AnyObject, Sendable {
  var path: String { get }
  func byteCount() throws(StorageError) -> UInt64
  /// When it was last written, by the clock of its file system, milliseconds since 1970 UTC.
  func modified() throws(StorageError) -> Int64
  /// Up to `count` bytes from an offset; fewer only at the end of the file.
  func read(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8]
  /// The whole file, mapped read-only.
  func map() throws(StorageError) -> ByteRegion
}

/// A file opened for writing. Appends go to its end, and nothing is durable before `sync`.
package protocol WritableFile: ReadableFile {
  func append(_ bytes: [UInt8]) throws(StorageError)
  func overwrite(_ bytes: [UInt8], at offset: UInt64) throws(StorageError)
  func sync() throws(StorageError)
  /// A hint that bytes will not change before the next sync: the disk may begin with them.
  func beginWriteback(at offset: UInt64, count: Int)
}

extension WritableFile {
  package func beginWriteback(at offset: UInt64, count: Int) {}
}

/// A lock; released when the object goes or `release` is called.
package protocol FileLock: AnyObject, Sendable {
  func release()
  /// Takes the lock again after `release`: false if somebody else holds it, nil if its file was
  /// replaced.
  func takeAgain(holder: String) throws(StorageError) -> Bool?
}

extension ReadableFile {
  /// Exactly `count` bytes, or an error that says where the file ends.
  package func readExactly(
    at offset: UInt64, count: Int, _ doing: String
  ) throws(StorageError) -> [UInt8] {
    let bytes = try read(at: offset, count: count)
    guard bytes.count == count else {
      throw StorageError(
        FormatError(.truncated, at: bytes.count), path: path, base: offset, doing: doing)
    }
    return bytes
  }

  /// The whole file, if it is not larger than `limit` bytes.
  package func readAll(limit: Int) throws(StorageError) -> [UInt8] {
    let size = try byteCount()
    guard size <= UInt64(limit) else {
      throw StorageError(.limit(Int(size)), path: path, doing: "file is larger than \(limit) bytes")
    }
    return try read(at: 0, count: Int(size))
  }
}
