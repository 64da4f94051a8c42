// Reading sources: read-only, never following links, never waiting on a pipe. The only file of this
// module that calls the system.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What the system says about a file without opening it.
package struct SourceStatus: Equatable, Sendable {
  package var device: UInt64
  package var inode: UInt64
  package var size: UInt64
  /// Nanoseconds since 1970 UTC.
  package var modified: Int64
  /// Permission bits.
  package var mode: UInt32
  package var isRegular: Bool
  package var isDirectory: Bool
  package var isLink: Bool

  /// Status of a path; nil if there is nothing. Links at the end are not followed.
  package init?(path: String) {
    var info = stat()
    guard unsafe lstat(path, &info) == 0 else { return nil }
    self.init(info)
  }

  /// Stands for a file that is not there.
  static let nothing = SourceStatus()

  private init() {
    device = 0
    inode = 0
    size = 0
    modified = 0
    mode = 0
    isRegular = false
    isDirectory = false
    isLink = false
  }

  /// The status that an archived file had.
  init(_ map: OriginalMap) {
    device = 0
    inode = 0
    size = map.size
    modified = map.modified
    mode = map.mode
    isRegular = map.kind == .file
    isDirectory = map.kind == .folder
    isLink = map.kind == .link
  }

  fileprivate init(_ info: stat) {
    device = UInt64(truncatingIfNeeded: info.st_dev)
    inode = UInt64(truncatingIfNeeded: info.st_ino)
    size = UInt64(max(0, info.st_size))
    #if canImport(Darwin)
      let time = info.st_mtimespec
    #else
      let time = info.st_mtim
    #endif
    modified = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    mode = UInt32(info.st_mode) & 0o7777
    isRegular = info.st_mode & S_IFMT == S_IFREG
    isDirectory = info.st_mode & S_IFMT == S_IFDIR
    isLink = info.st_mode & S_IFMT == S_IFLNK
  }
}

/// A source that failed, in words.
public struct SourceError: Error, Sendable, CustomStringConvertible {
  /// The file or folder.
  public let path: String
  /// The `errno`.
  public let number: Int32
  /// What was being done.
  public let doing: String

  /// One line.
  public var description: String {
    let text = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    return "\(path): \(doing): \(text)"
  }
}

/// An open source.
package final class SourceFile: Sendable {
  package let path: String
  private let descriptor: Int32

  /// Opens a regular file; `-` is standard input.
  package init(_ path: String) throws(SourceError) {
    self.path = path
    if path == "-" {
      descriptor = dup(0)
      return
    }
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    descriptor = unsafe open(path, flags)
    guard descriptor >= 0 else {
      throw SourceError(path: path, number: errno, doing: "open")
    }
  }

  deinit { close(descriptor) }

  package func status() throws(SourceError) -> SourceStatus {
    var info = stat()
    guard unsafe fstat(descriptor, &info) == 0 else {
      throw SourceError(path: path, number: errno, doing: "stat")
    }
    return SourceStatus(info)
  }

  /// Fills a buffer from `filled` on, up to `limit`; returns how many bytes came, 0 at the end.
  package func read(
    into buffer: inout [UInt8], from filled: Int, limit: Int, at offset: UInt64?
  ) throws(SourceError) -> Int {
    precondition(filled <= limit && limit <= buffer.count)
    while true {
      // SAFETY: at most `limit - filled` bytes are written behind `filled`.
      let got = unsafe buffer.withUnsafeMutableBytes { bytes in
        let target = unsafe bytes.baseAddress?.advanced(by: filled)
        if let offset { return unsafe pread(descriptor, target, limit - filled, off_t(offset)) }
        return unsafe Self.plainRead(descriptor, target, limit - filled)
      }
      if got >= 0 { return got }
      if errno != EINTR { throw SourceError(path: path, number: errno, doing: "read") }
    }
  }

  private static func plainRead(
    _ descriptor: Int32, _ target: UnsafeMutableRawPointer?, _ count: Int
  ) -> Int {
    #if canImport(Darwin)
      unsafe Darwin.read(descriptor, target, count)
    #elseif canImport(Musl)
      unsafe Musl.read(descriptor, target, count)
    #else
      unsafe Glibc.read(descriptor, target, count)
    #endif
  }
}

package enum SourceFolder {
  /// Names in a folder, sorted as bytes.
  package static func names(_ path: String) throws(SourceError) -> [String] {
    guard let stream = unsafe opendir(path) else {
      throw SourceError(path: path, number: errno, doing: "list")
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
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Where a link leads.
  package static func target(ofLink path: String) throws(SourceError) -> String {
    var buffer = [UInt8](repeating: 0, count: 4097)
    // SAFETY: at most one byte less than the buffer holds is written.
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return -1 }
      return unsafe readlink(path, base, 4096)
    }
    guard count >= 0 else { throw SourceError(path: path, number: errno, doing: "read link") }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Name of this machine.
  package static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&buffer, 255) == 0 else { return "" }
    return String(
      decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The full path of an existing file or folder, links resolved.
  package static func resolved(_ path: String) -> String? {
    guard let real = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }

  /// Milliseconds since 1970 UTC.
  package static func now() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
