// Time zones from the system's database, as the engine wants them: offsets and since when.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

import ArgumentParser
import Varve

enum Zone {
  /// Makes a zone the local one of this process, for times that are read and shown as well.
  ///
  /// - Parameter name: a name of the system's database as `Europe/Berlin`, or `UTC`.
  static func use(_ name: String) throws {
    if name != "UTC" {
      let folder = Process.environment("TZDIR") ?? "/usr/share/zoneinfo"
      let isPlain = name.utf8.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
        default: false
        }
      }
      guard isPlain, !name.hasPrefix("/"), unsafe access(folder + "/" + name, R_OK) == 0 else {
        throw ValidationError(
          "'\(name)' is no time zone in \(folder): give one like Europe/Berlin, or UTC")
      }
    }
    unsafe setenv("TZ", name, 1)
    tzset()
  }

  /// The local zone of this process.
  static func offsets() -> ZoneOffsets {
    var spans = [ZoneOffsets.Span(start: first, offset: offset(first))]
    var time = first
    while time < last {
      let next = time + step
      if offset(next) != offset(time) {
        spans.append(ZoneOffsets.Span(start: change(time, next), offset: offset(next)))
      }
      time = next
    }
    return ZoneOffsets(name: name, spans: spans)
  }

  /// Moments between which changes are looked for, 1900 and 2100, and how far apart; no zone
  /// changes and changes back within a week. Milliseconds.
  private static let first: Int64 = -2_208_988_800_000
  private static let last: Int64 = 4_102_444_800_000
  private static let step: Int64 = 7 * 86_400_000

  /// The first second with the offset of `end`.
  private static func change(_ start: Int64, _ end: Int64) -> Int64 {
    let wanted = offset(end)
    var low = start / 1000
    var high = end / 1000
    while low + 1 < high {
      let middle = (low + high) / 2
      if offset(middle * 1000) == wanted { high = middle } else { low = middle }
    }
    return high * 1000
  }

  private static func offset(_ milliseconds: Int64) -> Int32 {
    var seconds = time_t(milliseconds / 1000)
    var fields = unsafe tm()
    unsafe localtime_r(&seconds, &fields)
    return unsafe Int32(fields.tm_gmtoff)
  }

  private static var name: String {
    if let name = Process.environment("TZ") {
      return name.hasPrefix(":") ? String(name.dropFirst()) : name
    }
    var buffer = [UInt8](repeating: 0, count: 1024)
    // SAFETY: at most the bytes of the buffer are written.
    let count = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
      guard let start = bytes.baseAddress else { return -1 }
      return unsafe readlink("/etc/localtime", start, bytes.count)
    }
    let path = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
    guard let at = path.firstRange(of: "zoneinfo/") else { return count < 0 ? "UTC" : "local" }
    return String(path[at.upperBound...])
  }
}
