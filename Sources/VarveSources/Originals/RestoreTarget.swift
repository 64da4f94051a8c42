// Writing restored files. Beside SourceFile.swift the only file of this module that calls the
// system.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file being restored; made new, never over another.
final class RestoreTarget {
  private let path: String
  private let descriptor: Int32

  init(_ path: String) throws(SourceError) {
    self.path = path
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path, "create") }
  }

  deinit { close(descriptor) }

  private static func failure(_ path: String, _ doing: String) -> SourceError {
    SourceError(path: path, number: errno, doing: doing)
  }

  func append(_ bytes: [UInt8]) throws(SourceError) {
    var written = 0
    while written < bytes.count {
      // SAFETY: `written` stays below the count.
      let count = unsafe bytes.withUnsafeBytes { buffer in
        guard let base = buffer.baseAddress else { return 0 }
        return unsafe write(descriptor, base + written, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(path, "write") }
      written += count
    }
  }

  func finish(mode: UInt32, modified: Int64) throws(SourceError) {
    guard fchmod(descriptor, mode_t(mode)) == 0 else { throw Self.failure(path, "set mode of") }
    var times = Self.times(modified)
    guard unsafe futimens(descriptor, &times) == 0 else { throw Self.failure(path, "set time of") }
  }

  private static func times(_ modified: Int64) -> [timespec] {
    var seconds = modified / 1_000_000_000
    var rest = modified % 1_000_000_000
    if rest < 0 {
      seconds -= 1
      rest += 1_000_000_000
    }
    let time = timespec(tv_sec: time_t(seconds), tv_nsec: Int(rest))
    return [time, time]
  }

  static func exists(_ path: String) -> Bool { SourceStatus(path: path) != nil }

  /// Makes a folder and those above it; one that is there must be a folder and no link.
  static func makeFolders(_ path: String) throws(SourceError) {
    if let status = SourceStatus(path: path) {
      if status.isDirectory { return }
      throw SourceError(path: path, number: ENOTDIR, doing: "make folder")
    }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeFolders(String(path[..<slash]))
    }
    guard unsafe mkdir(path, 0o700) == 0 else { throw failure(path, "make folder") }
  }

  static func makeLink(
    _ path: String, to target: String, modified: Int64
  ) throws(SourceError) {
    guard unsafe symlink(target, path) == 0 else { throw failure(path, "make link") }
    var times = times(modified)
    guard unsafe utimensat(AT_FDCWD, path, &times, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw failure(path, "set time of")
    }
  }

  static func finishFolder(
    _ path: String, mode: UInt32, modified: Int64
  ) throws(SourceError) {
    guard unsafe chmod(path, mode_t(mode)) == 0 else { throw failure(path, "set mode of") }
    var times = times(modified)
    guard unsafe utimensat(AT_FDCWD, path, &times, 0) == 0 else {
      throw failure(path, "set time of")
    }
  }
}
