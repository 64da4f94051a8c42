// What the command line needs of the system: environment, terminal, signals, local time.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

import Synchronization
import Varve

enum Process {
  /// A closed pipe ends the program quietly, a file size limit is an error like any other.
  static func prepareSignals() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  private static let stops = Atomic<Bool>(false)

  /// Whether SIGINT or SIGTERM came since `catchStops`.
  static var isStopped: Bool { stops.load(ordering: .relaxed) }

  /// From here on a wish to stop is noted, and a second one ends the program.
  static func catchStops() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        Process.stops.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }

  static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  static var isInputTerminal: Bool { isatty(0) == 1 }
  static var isOutputTerminal: Bool { isatty(1) == 1 }
  static var isErrorTerminal: Bool { isatty(2) == 1 }

  /// Columns of the terminal; 80 where there is none.
  static var columns: Int {
    var size = winsize()
    guard unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  static func message(_ number: Int32) -> String {
    unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
  }

  /// A whole file, or standard input for `-`; at most `limit` bytes.
  static func contents(of path: String, limit: Int) throws -> [UInt8] {
    let descriptor = path == "-" ? 0 : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StoreError(.system(errno), path: path, detail: "open")
    }
    defer { if descriptor != 0 { _ = close(descriptor) } }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe read(descriptor, &buffer, buffer.count)
      if count == 0 { return bytes }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw StoreError(.system(errno), path: path, detail: "read")
      }
      bytes += buffer[..<count]
      guard bytes.count <= limit else {
        throw StoreError(.limit, path: path, detail: "larger than \(limit) bytes")
      }
    }
  }

  static func user() -> String { environment("USER") ?? environment("LOGNAME") ?? "" }

  /// Writes all bytes; ends the program quietly when nobody reads any more.
  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var done = 0
    while done < bytes.count {
      // SAFETY: at most the bytes that are left are read.
      let wrote = unsafe bytes.withUnsafeBytes { buffer in
        unsafe systemWrite(
          descriptor, buffer.baseAddress?.advanced(by: done), bytes.count - done)
      }
      if wrote < 0 {
        if errno == EINTR { continue }
        if errno == EPIPE { exit(0) }
        let text = "varve: write: \(message(errno))\n"
        if descriptor != 2 { write(Array(text.utf8), to: 2) }
        exit(6)
      }
      done += wrote
    }
  }

  static func systemWrite(
    _ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int
  ) -> Int {
    #if canImport(Darwin)
      unsafe Darwin.write(descriptor, bytes, count)
    #elseif canImport(Musl)
      unsafe Musl.write(descriptor, bytes, count)
    #else
      unsafe Glibc.write(descriptor, bytes, count)
    #endif
  }

  static func end(_ code: Int32) -> Never { exit(code) }

  /// Calendar fields of a moment.
  struct Calendar {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
  }

  /// A moment in the local time zone.
  static func local(_ milliseconds: Int64) -> Calendar {
    var seconds = time_t(milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0))
    var fields = unsafe tm()
    unsafe localtime_r(&seconds, &fields)
    return unsafe Calendar(
      year: Int(fields.tm_year) + 1900, month: Int(fields.tm_mon) + 1, day: Int(fields.tm_mday),
      hour: Int(fields.tm_hour), minute: Int(fields.tm_min))
  }

  /// Milliseconds of a local calendar day's start, `dayOffset` days later.
  static func startOfDay(year: Int, month: Int, day: Int, dayOffset: Int = 0) -> Int64 {
    var fields = unsafe tm()
    unsafe fields.tm_year = Int32(year - 1900)
    unsafe fields.tm_mon = Int32(month - 1)
    unsafe fields.tm_mday = Int32(day + dayOffset)
    unsafe fields.tm_isdst = -1
    return unsafe Int64(mktime(&fields)) * 1000
  }

  /// What local time is ahead of UTC at a moment, in milliseconds.
  static func localOffset(_ milliseconds: Int64) -> Int64 {
    var seconds = time_t(milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0))
    var fields = unsafe tm()
    unsafe localtime_r(&seconds, &fields)
    return unsafe Int64(fields.tm_gmtoff) * 1000
  }

  static func now() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
