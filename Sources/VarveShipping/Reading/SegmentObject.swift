// A segment that is read in a target: chunk by chunk where each says by itself whether it is right,
// else as a whole that is fetched first.

import Synchronization
import Varve
import VarveFormat
import VarveStorage

/// A segment of a backup.
final class SegmentObject: ReadableFile {
  let path: String
  private let object: BackupObject
  private let cache: ObjectCache
  private let state = Mutex(State())

  private struct State {
    /// The file, where it was fetched whole.
    var whole: (any ReadableFile)?
    /// The chunk that was read last, as what comes next is often in it, too.
    var last: (number: Int, bytes: [UInt8])?
    /// Chunks that were fetched at a time when it was read from front to back.
    var fetchCount = 1
  }

  /// Chunks that are fetched at a time at most: 4 MiB.
  private static let fetchCountMax = 16
  private static let chunkByteCount = UInt64(SealedObject.chunkByteCount)

  init(_ path: String, _ object: BackupObject, _ cache: ObjectCache) {
    // What is read whole is a file of the cache: it is to blame for what is wrong with it.
    self.path = cache.objects.isEncrypted ? path : cache.path(object)
    self.object = object
    self.cache = cache
  }

  func byteCount() -> UInt64 { object.byteCount }
  func modified() -> Int64 { 0 }

  func map() throws(StorageError) -> ByteRegion {
    ByteRegion(try read(at: 0, count: Int(clamping: object.byteCount)))
  }

  func read(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
    guard cache.objects.isEncrypted else { return try whole().read(at: offset, count: count) }
    guard offset < object.byteCount, count > 0 else { return [] }
    let end = min(object.byteCount, offset + UInt64(count))
    let first = Int(offset / Self.chunkByteCount)
    let last = Int((end - 1) / Self.chunkByteCount)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(end - offset))
    for number in first...last {
      let chunk = try far { try self.chunk(number, upTo: last) }
      let start = UInt64(number) * Self.chunkByteCount
      let from = Int(max(offset, start) - start)
      let to = Int(min(end - start, UInt64(chunk.count)))
      guard from <= to else { break }
      bytes += chunk[from..<to]
    }
    return bytes
  }

  private func whole() throws(StorageError) -> any ReadableFile {
    if let file = state.withLock({ $0.whole }) { return file }
    let file = try far { try cache.wholeFile(object) }
    state.withLock { $0.whole = file }
    return file
  }

  /// A chunk: the last one read, or from the cache, or fetched, with those up to another one that
  /// are read next.
  private func chunk(_ number: Int, upTo last: Int) throws -> [UInt8] {
    let known = state.withLock { $0.last }
    if let known, known.number == number { return known.bytes }
    if let bytes = cache.chunk(number, of: object) {
      state.withLock { $0.last = (number, bytes) }
      return bytes
    }
    let isNext = known.map { $0.number + 1 == number } ?? false
    let count = state.withLock { state in
      state.fetchCount = isNext ? min(Self.fetchCountMax, state.fetchCount * 2) : 1
      return max(state.fetchCount, min(Self.fetchCountMax, last - number + 1))
    }
    let total = Int((object.byteCount + Self.chunkByteCount - 1) / Self.chunkByteCount)
    let chunks = try cache.fetchChunks(number..<min(total, number + count), of: object)
    guard let bytes = chunks.first else {
      throw StoreError(.damaged, path: path, detail: "the target gave nothing of the segment")
    }
    state.withLock { $0.last = (number, bytes) }
    return bytes
  }
}
