// The real disk: one wrapper a system call, EINTR in one place, full syncs.

import CVarve
#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif
import Synchronization

/// The file system of the machine.
package struct PosixFileSystem: FileSystem {
  package let bootID: (high: UInt64, low: UInt64)

  package init() { bootID = Self.readBootID() }

  /// Number of this process.
  package static var processID: Int32 { getpid() }

  package func open(_ path: String) throws(StorageError) -> any ReadableFile {
    try PosixFile(path, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK, mode: 0, "open")
  }

  package func create(_ path: String) throws(StorageError) -> any WritableFile {
    try PosixFile(path, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, "create")
  }

  package func openForWriting(_ path: String) throws(StorageError) -> any WritableFile {
    try PosixFile(path, flags: O_RDWR | O_NOFOLLOW, mode: 0, "open for writing")
  }

  package func rename(_ source: String, to target: String) throws(StorageError) {
    try check(target, "rename") { Self.rename(source, target) }
  }

  private static func rename(_ source: String, _ target: String) -> Int32 {
    #if canImport(Darwin)
      unsafe Darwin.rename(source, target)
    #elseif canImport(Musl)
      unsafe Musl.rename(source, target)
    #else
      unsafe Glibc.rename(source, target)
    #endif
  }

  package func unlink(_ path: String) throws(StorageError) {
    try check(path, "remove", except: ENOENT) {
      #if canImport(Darwin)
        unsafe Darwin.unlink(path)
      #elseif canImport(Musl)
        unsafe Musl.unlink(path)
      #else
        unsafe Glibc.unlink(path)
      #endif
    }
  }

  package func makeDirectory(_ path: String) throws(StorageError) {
    try check(path, "create directory", except: EEXIST) { unsafe mkdir(path, 0o700) }
  }

  package func syncDirectory(_ path: String) throws(StorageError) {
    let directory = try PosixFile(path, flags: O_RDONLY | O_DIRECTORY, mode: 0, "open directory")
    try check(path, "sync directory") { cvarve_sync_all(directory.descriptor) }
  }

  package func list(_ path: String) throws(StorageError) -> [String] {
    guard let stream = unsafe opendir(path) else {
      throw StorageError(.system(errno), path: path, doing: "list directory")
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      // SAFETY: readdir returns a NUL-terminated name that is valid until the next call.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  package func exists(_ path: String) -> Bool {
    var info = stat()
    return unsafe lstat(path, &info) == 0
  }

  package func tryLock(
    _ path: String, holder: String
  ) throws(StorageError) -> (any FileLock)? {
    let lock = PosixLock(
      try PosixFile(
        path, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600, "open lock file"))
    return try lock.take(holder) ? lock : nil
  }

  package func isStill(_ file: any ReadableFile, at path: String) -> Bool {
    guard let file = file as? PosixFile else { return false }
    return file.isStill(at: path)
  }

  package func freeByteCount(_ path: String) -> UInt64? {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
  }

  package func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

  package func now() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  package func lockHolder(_ path: String) -> String {
    guard let bytes = try? open(path).read(at: 0, count: 121) else { return "" }
    var text = String(decoding: bytes, as: UTF8.self)
    while let last = text.last, last == " " || last == "\n" { text.removeLast() }
    return text
  }

  private static func readBootID() -> (UInt64, UInt64) {
    let file = try? PosixFile(
      "/proc/sys/kernel/random/boot_id", flags: O_RDONLY, mode: 0, "read boot id")
    if let text = try? file?.read(at: 0, count: 36), text.count == 36 {
      var words: (UInt64, UInt64) = (0, 0)
      for (i, digit) in text.filter({ $0 != 0x2D }).enumerated() {
        let value = UInt64(digit >= 0x61 ? digit - 0x61 + 10 : digit & 15)
        if i < 16 { words.0 = words.0 << 4 | value } else { words.1 = words.1 << 4 | value }
      }
      return words
    }
    #if canImport(Darwin)
      // kern.boottime identifies a boot well enough: microseconds of its start.
      var time = timeval()
      var size = MemoryLayout<timeval>.size
      if unsafe sysctlbyname("kern.boottime", &time, &size, nil, 0) == 0 {
        return (UInt64(time.tv_sec), UInt64(time.tv_usec))
      }
    #endif
    // Unknown: never equal to what is in a file, so a scan decides.
    var generator = SystemRandomNumberGenerator()
    return (generator.next(), generator.next())
  }

  private func check(
    _ path: String, _ doing: String, except: Int32 = 0, _ call: () -> Int32
  ) throws(StorageError) {
    while call() != 0 {
      let code = errno
      if code == EINTR { continue }
      if code == except { return }
      throw StorageError(.system(code), path: path, doing: doing)
    }
  }
}

/// An open descriptor; closed when the last reference goes.
private final class PosixFile: WritableFile {
  let path: String
  let descriptor: Int32
  /// While the descriptor is open no other file can have these numbers.
  private let device: dev_t
  private let inode: ino_t

  init(_ path: String, flags: Int32, mode: UInt32, _ doing: String) throws(StorageError) {
    // A NUL would cut the name in C.
    guard !path.utf8.contains(0) else {
      throw StorageError(.system(EINVAL), path: path, doing: doing)
    }
    while true {
      let opened = unsafe cvarve_open(path, flags, mode)
      if opened >= 0 {
        descriptor = opened
        self.path = path
        break
      }
      if errno != EINTR { throw StorageError(.system(errno), path: path, doing: doing) }
    }
    cvarve_keep_access_time(descriptor)
    var info = stat()
    let isKnown = unsafe fstat(descriptor, &info) == 0
    device = info.st_dev
    inode = info.st_ino
    let isWanted = flags & O_DIRECTORY != 0 || info.st_mode & S_IFMT == S_IFREG
    guard isKnown, isWanted else {
      throw StorageError(.system(EINVAL), path: path, doing: "\(doing): not a regular file")
    }
  }

  func isStill(at path: String) -> Bool {
    unsafe cvarve_path_names(path, device, inode) != 0
  }

  deinit { close(descriptor) }

  func byteCount() throws(StorageError) -> UInt64 {
    // Not by `fstat`: Linux gives a file whose times were asked for exact new times at its next
    // write, and the sync after that has to write its inode as well.
    let size = lseek(descriptor, 0, SEEK_END)
    guard size >= 0 else {
      throw StorageError(.system(errno), path: path, doing: "find the size of")
    }
    return UInt64(size)
  }

  func modified() throws(StorageError) -> Int64 {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw StorageError(.system(errno), path: path, doing: "find the time of")
    }
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  func read(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
    var failure: Int32 = 0
    // SAFETY: pread writes at most the bytes that are left in the buffer.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = unsafe pread(
          descriptor, UnsafeMutableRawPointer(buffer.baseAddress)?.advanced(by: filled),
          count - filled, off_t(offset) + off_t(filled))
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failure = errno }
        if got <= 0 { break }
        filled += got
      }
    }
    if failure != 0 {
      throw StorageError(.system(failure), path: path, offset: offset, doing: "read")
    }
    return bytes
  }

  func map() throws(StorageError) -> ByteRegion {
    let size = Int(try byteCount())
    guard size > 0 else { return ByteRegion([]) }
    let address = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw StorageError(.system(errno), path: path, doing: "map")
    }
    // SAFETY: the mapping has exactly this address and size; published files are never truncated.
    return unsafe ByteRegion(mapped: UnsafeRawBufferPointer(start: address, count: size))
  }

  func append(_ bytes: [UInt8]) throws(StorageError) {
    try overwrite(bytes, at: try byteCount())
  }

  func overwrite(_ bytes: [UInt8], at offset: UInt64) throws(StorageError) {
    var done = 0
    while done < bytes.count {
      // SAFETY: pwrite reads at most the bytes that are left in the array.
      let wrote = unsafe bytes.withUnsafeBytes { buffer in
        unsafe pwrite(
          descriptor, buffer.baseAddress?.advanced(by: done), bytes.count - done,
          off_t(offset) + off_t(done))
      }
      if wrote < 0 {
        if errno == EINTR { continue }
        throw StorageError(
          .system(errno), path: path, offset: offset + UInt64(done), doing: "write")
      }
      done += wrote
    }
  }

  func beginWriteback(at offset: UInt64, count: Int) {
    cvarve_begin_writeback(descriptor, off_t(offset), off_t(count))
  }

  func sync() throws(StorageError) {
    // Not retried after a failure: the kernel may have dropped the pages, and a second call would
    // lie.
    guard cvarve_sync_data(descriptor) == 0 else {
      throw StorageError(.system(errno), path: path, doing: "sync")
    }
  }
}

/// The lock of an open file description; the kernel drops it when a process dies.
private final class PosixLock: FileLock {
  private let file: PosixFile
  private let known = Mutex(Line(""))

  /// What a holder writes into the file: its name, filled up to a fixed length.
  private struct Line {
    static let byteCount = 121
    let holder: String
    let bytes: [UInt8]

    init(_ holder: String) {
      self.holder = holder
      let text = holder.utf8.prefix(Self.byteCount - 1)
      let blanks = repeatElement(UInt8(0x20), count: Self.byteCount - 1 - text.count)
      bytes = Array(text) + blanks + [0x0A]
    }
  }

  init(_ file: PosixFile) { self.file = file }

  func take(_ holder: String) throws(StorageError) -> Bool {
    while cvarve_lock_exclusive_nonblocking(file.descriptor) != 0 {
      let code = errno
      if code == EINTR { continue }
      if code == EWOULDBLOCK { return false }
      throw StorageError(.system(code), path: file.path, doing: "lock")
    }
    // Only for the message that a waiting writer prints; nobody trusts it.
    let line = known.withLock { known in
      if known.holder != holder { known = Line(holder) }
      return known.bytes
    }
    if (try? file.read(at: 0, count: Line.byteCount)) != line { try? file.overwrite(line, at: 0) }
    return true
  }

  func takeAgain(holder: String) throws(StorageError) -> Bool? {
    file.isStill(at: file.path) ? try take(holder) : nil
  }

  func release() { _ = cvarve_unlock(file.descriptor) }

  // Closing the descriptor releases it, too.
}
