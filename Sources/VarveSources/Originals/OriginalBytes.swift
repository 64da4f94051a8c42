// Reading an original back out of the store, as if it were the file.

public import Varve
import VarveFormat

/// What a reader needs of a file: a source on disk, or an original in the store.
protocol SourceBytes: Sendable {
  /// Fills a buffer from `filled` on, up to `limit`; returns how many bytes came, 0 at the end.
  func read(
    into buffer: inout [UInt8], from filled: Int, limit: Int, at offset: UInt64?
  ) throws(SourceError) -> Int
  func status() throws(SourceError) -> SourceStatus
}

extension SourceFile: SourceBytes {}

extension SourceBytes {
  /// Bytes of a range, fewer at the end of the file.
  func bytes(at offset: UInt64, count: Int) throws(SourceError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = try read(
        into: &buffer, from: filled, limit: count, at: offset + UInt64(filled))
      if got == 0 { break }
      filled += got
    }
    buffer.removeLast(count - filled)
    return buffer
  }
}

/// The bytes of an archived file. Not for several threads at once.
public struct OriginalBytes: Sendable {
  private let snapshot: Snapshot
  let name: OriginalName
  /// What is known of the file.
  public let map: OriginalMap
  let entries: [ChunkList.Entry]
  private let starts: [UInt64]

  /// Reads the chunk lists of a file; checks that they make up its size.
  ///
  /// - Throws: ``StoreError`` with code `damaged` if lists are missing, malformed or do not sum up.
  public init(
    _ snapshot: Snapshot, _ name: OriginalName, _ map: OriginalMap
  ) throws(StoreError) {
    self.snapshot = snapshot
    self.name = name
    self.map = map
    var entries: [ChunkList.Entry] = []
    var starts: [UInt64] = []
    var end: UInt64 = 0
    for number in 0..<map.lists {
      guard let fact = try snapshot.fact(.chunkList, key: ChunkList.key(name, number)),
        let list = ChunkList.decode(fact.value)
      else { throw Self.damaged(name, "chunk list \(number) is missing or malformed") }
      for entry in list where end < map.size {
        // ORG-5: bytes beyond the size belong to a reading that was interrupted.
        entries.append(entry)
        starts.append(end)
        end += UInt64(entry.byteCount)
      }
    }
    guard end >= map.size else { throw Self.damaged(name, "chunks do not sum up to the size") }
    self.entries = entries
    self.starts = starts
  }

  private static func damaged(_ name: OriginalName, _ text: String) -> StoreError {
    StoreError(.damaged, path: name.path, detail: "original: \(text)")
  }

  /// Number of chunks.
  public var chunkCount: Int { entries.count }

  /// One chunk, checked against its digest (ORG-2) and cut to the file's size.
  public func chunk(_ number: Int) throws(StoreError) -> [UInt8] {
    let entry = entries[number]
    guard var bytes = try snapshot.fact(.sourceChunk, key: entry.hash.bytes)?.value else {
      throw Self.damaged(name, "chunk \(entry.hash) is missing")
    }
    guard bytes.count == Int(entry.byteCount), ContentDigest.hash(bytes) == entry.hash else {
      throw Self.damaged(name, "chunk \(entry.hash) is not what its name says")
    }
    let room = map.size - starts[number]
    if UInt64(bytes.count) > room { bytes.removeLast(bytes.count - Int(room)) }
    return bytes
  }

  /// SHA-256 of the whole file.
  public func digest() throws(StoreError) -> ContentHash {
    if let known = map.sha256 { return known }
    var digest = RunningDigest()
    for number in 0..<chunkCount {
      let bytes = try chunk(number)
      digest.update(bytes.rawSpan)
    }
    return digest.finish()
  }

  /// Number of the chunk with an offset inside the file.
  fileprivate func index(at offset: UInt64) -> Int {
    var low = 0
    var high = starts.count
    while low + 1 < high {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  func start(_ number: Int) -> UInt64 { starts[number] }

  /// Whether a range has bytes in a chunk.
  func overlaps(_ range: BlankedRange, chunk number: Int) -> Bool {
    range.offset < starts[number] + UInt64(entries[number].byteCount)
      && range.end > starts[number]
  }

  /// The last entries, where appended bytes go on; the list that they are in, and its first chunk's
  /// offset.
  func lastList() -> (number: Int, entries: [ChunkList.Entry], offset: UInt64) {
    guard map.lists > 0, !entries.isEmpty else { return (0, [], 0) }
    let number = (entries.count - 1) / ChunkList.chunkCount
    let first = number * ChunkList.chunkCount
    return (number, Array(entries[first...]), starts[first])
  }

  /// Whether a file holds the last chunk where it stands, and one other chosen at random.
  func endsLike(_ file: any SourceBytes) throws -> Bool {
    guard let last = entries.indices.last else { return true }
    return try matches(last, file) && matches(Int.random(in: 0...last), file)
  }

  private func matches(_ number: Int, _ file: any SourceBytes) throws -> Bool {
    let entry = entries[number]
    let count = Int(min(UInt64(entry.byteCount), map.size - starts[number]))
    var bytes = try file.bytes(at: starts[number], count: count)
    BlankedRange.blank(map.blanked, &bytes, at: starts[number])
    if count < Int(entry.byteCount) { return try bytes == chunk(number) }
    return bytes.count == count && ContentDigest.hash(bytes) == entry.hash
  }

  /// Whether a file starts with these bytes; compares all of them.
  func isPrefix(of file: any SourceBytes) throws -> Bool {
    for number in entries.indices where try !matches(number, file) { return false }
    return true
  }
}

/// An original as a source of lines; remembers one chunk.
final class OriginalSource: SourceBytes, @unchecked Sendable {
  private let original: OriginalBytes
  private var current: (number: Int, bytes: [UInt8])?

  init(_ original: OriginalBytes) { self.original = original }

  func status() throws(SourceError) -> SourceStatus { SourceStatus(original.map) }

  func read(
    into buffer: inout [UInt8], from filled: Int, limit: Int, at offset: UInt64?
  ) throws(SourceError) -> Int {
    let offset = offset ?? 0
    guard offset < original.map.size, filled < limit else { return 0 }
    let number = original.index(at: offset)
    if current?.number != number {
      do {
        current = (number, try original.chunk(number))
      } catch {
        throw SourceError(path: original.name.path, number: 5, doing: "read original")
      }
    }
    guard let bytes = current?.bytes else { return 0 }
    let start = Int(offset - original.start(number))
    let count = min(bytes.count - start, limit - filled)
    buffer.replaceSubrange(filled..<(filled + count), with: bytes[start..<(start + count)])
    return count
  }
}
