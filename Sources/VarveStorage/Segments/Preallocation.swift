// Zeros ahead of the log's end, SEG-37: a sync of bytes that replace others need not make a new
// size of the file durable, which is most of what a small commit waits for. After PostgreSQL,
// which writes its log into files of zeros (`wal_init_zero`).

import VarveFormat

/// What is known of the active segment behind the log's end.
package struct Preallocation {
  /// Bytes of the active segment, zeros included.
  private(set) var fileEnd: UInt64 = 0
  /// Bytes of zeros written at once.
  private let byteCount: Int
  private let segmentByteCount: UInt64
  /// Whether the last commit was small: one alone is not worth zeros.
  private var isExpectingMore = false

  init(segmentByteCount: UInt64) {
    self.segmentByteCount = segmentByteCount
    byteCount = Int(min(UInt64(Limits.preallocatedByteCount), segmentByteCount / 4))
  }

  /// Takes over a file as it is found.
  mutating func restart(_ file: any ReadableFile) throws(StorageError) {
    fileEnd = try file.byteCount()
  }

  /// Whether a file is as it was left, with zeros behind the end of the log. A process that died
  /// while it wrote there wrote the start of a block first.
  func isUntouched(_ file: any ReadableFile, end: UInt64) throws(StorageError) -> Bool {
    guard try file.byteCount() == fileEnd, end <= fileEnd else { return false }
    return try file.read(at: end, count: 4).allSatisfy { $0 == 0 }
  }

  /// Makes room for one of several small commits. A disk that has no room for zeros may still have
  /// some for the commit.
  mutating func prepare(
    _ file: any WritableFile, end: UInt64, count: Int
  ) throws(StorageError) {
    let isSmall = count * 2 <= byteCount
    defer { isExpectingMore = isSmall }
    guard isSmall, isExpectingMore, end + UInt64(count) > fileEnd,
      end + UInt64(byteCount) <= segmentByteCount
    else { return }
    do throws(StorageError) {
      try file.overwrite([UInt8](repeating: 0, count: byteCount), at: end)
      fileEnd = end + UInt64(byteCount)
    } catch {
      try restart(file)
    }
  }

  /// Notes that the log now ends at an offset.
  mutating func advance(to end: UInt64) { fileEnd = max(fileEnd, end) }

  /// Whether nothing but zeros, and not too many, stand between two offsets.
  package static func areZeros(
    _ file: any ReadableFile, from start: UInt64, to end: UInt64
  ) throws(StorageError) -> Bool {
    guard start <= end, end - start <= UInt64(Limits.preallocatedByteCount),
      try file.read(at: start, count: 4).allSatisfy({ $0 == 0 })
    else { return false }
    return try file.read(at: start, count: Int(end - start)).allSatisfy { $0 == 0 }
  }
}
