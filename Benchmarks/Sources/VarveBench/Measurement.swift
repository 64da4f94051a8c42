// Clocks, percentiles, memory.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

enum System {
  static func end(_ code: Int32) -> Never { exit(code) }

  /// Monotonic nanoseconds.
  static func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  static func removeTree(_ path: String) { run("rm -rf '\(path)'") }
  /// Copies files and brings them to the disk, as a backup has to.
  static func copyTree(_ source: String, _ target: String) {
    run("cp -r '\(source)' '\(target)' && sync")
  }
  static func makeFolder(_ path: String) { run("mkdir -p '\(path)'") }

  private static func run(_ command: String) { _ = unsafe Glibc.system(command) }

  /// Peak of anonymous memory since the start, in MiB, sampled from /proc by `MemoryPeak`.
  static func anonymousMemory() -> Double {
    guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while unsafe fgets(&line, 256, file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if text.hasPrefix("RssAnon:") {
        return (Double(text.filter(\.isNumber)) ?? 0) / 1024
      }
    }
    return 0
  }

  static func fileSize(_ path: String) -> Double {
    var info = stat()
    return unsafe stat(path, &info) == 0 ? Double(info.st_size) : 0
  }

  /// Appends and syncs `count` pieces of one file; nanoseconds a piece.
  static func bareCommits(_ path: String, pieces: [Int]) -> [UInt64] {
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    var times: [UInt64] = []
    let bytes = [UInt8](repeating: 0x61, count: pieces.max() ?? 0)
    for count in pieces {
      let start = now()
      _ = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, count) }
      fdatasync(descriptor)
      times.append(now() - start)
    }
    return times
  }

  /// A whole file with zero bytes behind it.
  static func readFile(_ path: String, padding: Int) -> [UInt8] {
    let size = Int(fileSize(path))
    var bytes = [UInt8](repeating: 0, count: size + padding)
    guard let file = unsafe fopen(path, "r") else { return bytes }
    let got = unsafe bytes.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, size, file) }
    unsafe fclose(file)
    return got == size ? bytes : [UInt8](repeating: 0, count: padding)
  }

  static func writeFile(_ path: String, _ body: ((UnsafeRawBufferPointer) -> Void) -> Void) {
    guard let file = unsafe fopen(path, "w") else { return }
    body { chunk in _ = unsafe fwrite(chunk.baseAddress, 1, chunk.count, file) }
    unsafe fclose(file)
  }
}

enum Percentiles {
  /// Microseconds at a share of sorted nanoseconds.
  static func microseconds(_ sorted: [UInt64], _ share: Double) -> Double {
    guard !sorted.isEmpty else { return 0 }
    return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1000
  }
}
