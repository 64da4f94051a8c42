// Commands that give a secret on their standard output.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

import Varve
import VarveSources

extension Process {
  /// What a command of the shell writes.
  ///
  /// - Parameter what: what the command is for, for an error: the command itself may hold a secret.
  static func output(of command: String, for what: String, limit: Int = 64 << 10) throws -> [UInt8]
  {
    guard let stream = unsafe popen(command, "r") else {
      throw StoreError(.system(errno), detail: "run the \(what)")
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= limit {
      let count = unsafe fread(&buffer, 1, buffer.count, stream)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    let status = unsafe pclose(stream)
    guard status == 0 else {
      throw StoreError(.denied, detail: "the \(what) failed")
    }
    guard bytes.count <= limit else {
      throw StoreError(.limit, detail: "the \(what) writes more than \(limit) bytes")
    }
    return bytes
  }

  /// Whether a file is ours and nobody else may write it.
  static func isOnlyOurs(_ path: String) -> Bool {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return false }
    return status.st_uid == geteuid() && status.st_mode & 0o022 == 0
  }

  /// Whether something is there.
  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// The path of something from the root on, which need not be there: what is there of it without
  /// links, the rest as it is written.
  static func absolute(_ path: String) -> String {
    var parts = path.split(separator: "/").map(String.init).filter { $0 != "." }
    var rest: [String] = []
    while true {
      let start = (path.hasPrefix("/") ? "/" : "./") + parts.joined(separator: "/")
      if let real = SourceFolder.resolved(start) {
        return rest.isEmpty ? real : real + (real == "/" ? "" : "/") + rest.joined(separator: "/")
      }
      guard let last = parts.popLast() else { return path }
      rest.insert(last, at: 0)
    }
  }

  static func unlink(_ path: String) { _ = unsafe remove(path) }

  /// Writes a new file that only we may read.
  static func create(_ path: String, _ text: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StoreError(.system(errno), path: path, detail: "create") }
    defer { _ = close(descriptor) }
    let bytes = Array(text.utf8)
    let count = unsafe bytes.withUnsafeBytes { buffer in
      unsafe systemWrite(descriptor, buffer.baseAddress, bytes.count)
    }
    guard count == bytes.count, fsync(descriptor) == 0 else {
      throw StoreError(.system(errno), path: path, detail: "write")
    }
  }

  /// Appends a line to a file that only we may read; folders are made.
  static func append(_ line: String, to path: String) throws {
    var at = path.index(after: path.startIndex)
    while let slash = path[at...].firstIndex(of: "/") {
      _ = unsafe mkdir(String(path[..<slash]), 0o700)
      at = path.index(after: slash)
    }
    let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StoreError(.system(errno), path: path, detail: "open") }
    defer { _ = close(descriptor) }
    let bytes = Array((line + "\n").utf8)
    // One write, so that lines of two processes do not mix.
    let count = unsafe bytes.withUnsafeBytes { buffer in
      unsafe systemWrite(descriptor, buffer.baseAddress, bytes.count)
    }
    guard count == bytes.count else {
      throw StoreError(.system(errno), path: path, detail: "write")
    }
  }

  /// A new directory that only we may enter.
  static func temporaryDirectory(below folder: String?) throws -> String {
    let parent = folder ?? environment("TMPDIR") ?? "/tmp"
    var template = Array((parent + "/varve-" + String(repeating: "X", count: 6)).utf8CString)
    guard unsafe mkdtemp(&template) != nil else {
      throw StoreError(.system(errno), path: parent, detail: "make a temporary directory")
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Takes a directory away with all that is in it; links are not followed.
  static func removeTree(_ path: String) {
    for name in (try? SourceFolder.names(path)) ?? [] {
      let child = path + "/" + name
      var status = stat()
      guard unsafe lstat(child, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        removeTree(child)
      } else {
        unlink(child)
      }
    }
    _ = unsafe rmdir(path)
  }
}
