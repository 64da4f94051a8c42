// Tells which files below a home changed. Linux says so (inotify, man page inotify(7)); elsewhere
// the folders are looked at again twice a second.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

import VarveFormat

/// What changed since the last question.
struct FolderChanges {
  /// Full paths of files that may have changed.
  var files: Set<String> = []
  /// Whether files may have been missed, so that everything has to be looked at.
  var isUnknown = false
  var isEmpty: Bool { files.isEmpty && !isUnknown }
}

#if canImport(Darwin)
  /// Looks at everything again after a pause.
  final class FolderEvents {
    init() throws(SourceError) {}

    func watch(_ folders: [String]) {}

    func wait(milliseconds: Int) -> FolderChanges {
      usleep(UInt32(min(milliseconds, 500)) * 1000)
      return FolderChanges(isUnknown: true)
    }
  }
#else
  /// Waits for events of folders. Not for several threads at once.
  final class FolderEvents {
    private let descriptor: Int32
    private var folders: [Int32: String] = [:]
    private var known: Set<String> = []
    private static let mask =
      UInt32(IN_MODIFY) | UInt32(IN_CREATE) | UInt32(IN_MOVED_TO) | UInt32(IN_ATTRIB)
      | UInt32(IN_CLOSE_WRITE) | UInt32(IN_ONLYDIR)
    /// Folders watched at most; a home of more is looked at again as a whole now and then.
    private static let foldersMax = 65_536

    init() throws(SourceError) {
      descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
      guard descriptor >= 0 else { throw SourceError(path: "", number: errno, doing: "watch") }
    }

    deinit { close(descriptor) }

    /// Watches folders that are not watched yet.
    func watch(_ paths: [String]) {
      for path in paths where known.count < Self.foldersMax && known.insert(path).inserted {
        let number = unsafe inotify_add_watch(descriptor, path, Self.mask)
        if number >= 0 { folders[number] = path } else { known.remove(path) }
      }
    }

    /// Waits for changes; empty when the time is over or a signal came.
    func wait(milliseconds: Int) -> FolderChanges {
      var changes = FolderChanges()
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&request, 1, Int32(milliseconds)) > 0 else { return changes }
      var buffer = [UInt8](repeating: 0, count: 64 << 10)
      while true {
        // SAFETY: at most the buffer's size is written.
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
          unsafe read(descriptor, bytes.baseAddress, bytes.count)
        }
        guard count > 0 else { return changes }
        take(buffer.rawSpan.extracting(0..<count), &changes)
      }
    }

    /// Events are: i32 watch, u32 mask, u32 cookie, u32 length, then a name filled up with NUL.
    private func take(_ events: RawSpan, _ changes: inout FolderChanges) {
      var at = 0
      while at + 16 <= events.byteCount {
        let watch = events.load(Int32.self, at: at)
        let mask = events.load(UInt32.self, at: at + 4)
        let length = Int(events.load(UInt32.self, at: at + 12))
        guard at + 16 + length <= events.byteCount else { return }
        let name = events.array((at + 16)..<(at + 16 + length)).prefix { $0 != 0 }
        at += 16 + length
        if mask & UInt32(IN_Q_OVERFLOW) != 0 { changes.isUnknown = true }
        if mask & UInt32(IN_IGNORED) != 0, let gone = folders.removeValue(forKey: watch) {
          known.remove(gone)
        }
        guard let folder = folders[watch], !name.isEmpty else { continue }
        if mask & UInt32(IN_ISDIR) != 0 {
          // What was written into a new folder before it was watched gives no event.
          changes.isUnknown = true
        } else {
          changes.files.insert(folder + "/" + String(decoding: name, as: UTF8.self))
        }
      }
    }
  }
#endif
