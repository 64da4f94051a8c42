// Puts the bytes of files into the store, chunk by chunk. Format-spec chapter 11.

import Varve
import VarveFormat

/// Archives the files of one ingest. Not for several threads at once.
final class OriginalArchiver {
  /// A file and the newest map of it.
  struct Known {
    var name: OriginalName
    var map: OriginalMap
  }

  /// Where earlier originals are read.
  var snapshot: Snapshot
  private let run: UInt64
  /// What is known so far; all of it if `hasAll`.
  private var latest: [[UInt8]: Known] = [:]
  private let hasAll: Bool
  private var added: Set<ContentHash> = []
  private let forgotten: ForgottenSources?
  /// Bytes that went into new chunks.
  private(set) var storedByteCount: UInt64 = 0

  private static let pieceByteCount = 1 << 20
  /// A file up to this size is digested anew when it has grown, in bytes; about 15 ms.
  private static let digestedAgainMax: UInt64 = 4 << 20
  /// Small chunks at the end of a file that are cut anew together.
  private static let smallChunksMax = 8

  /// - Parameter loadsAll: whether the maps of all files are read at once, as a whole home needs
  ///   them.
  init(_ snapshot: Snapshot, run: UInt64, loadsAll: Bool) throws(StoreError) {
    self.snapshot = snapshot
    self.run = run
    forgotten = try snapshot.forgottenSources()
    hasAll = loadsAll
    guard loadsAll else { return }
    for fact in try snapshot.facts(.fileMap) {
      guard let name = OriginalName(key: fact.key), let map = OriginalMap(fact) else { continue }
      let key = name.watermarkKey
      if let other = latest[key], other.name.incarnation > name.incarnation { continue }
      latest[key] = Known(name: name, map: map)
    }
  }

  /// The map of an incarnation of a file.
  func known(_ name: OriginalName) throws(StoreError) -> OriginalMap? {
    if let known = latest[name.watermarkKey] { return known.name == name ? known.map : nil }
    guard !hasAll, let fact = try snapshot.fact(.fileMap, key: name.key) else { return nil }
    return OriginalMap(fact)
  }

  /// Whether something of an earlier version of a file was forgotten: what replaces it may hold it
  /// again, in another place.
  func isForgotten(_ name: OriginalName) -> Bool {
    forgotten?.contains(.init(host: name.host, path: name.path)) ?? false
  }

  /// Opens an incarnation of a file.
  func original(_ name: OriginalName) throws(StoreError) -> OriginalBytes? {
    var map: OriginalMap?
    if let known = latest[name.watermarkKey], known.name == name {
      map = known.map
    } else if let fact = try snapshot.fact(.fileMap, key: name.key) {
      map = OriginalMap(fact)
    }
    guard let map, map.kind == .file else { return nil }
    return try OriginalBytes(snapshot, name, map)
  }

  // MARK: Files

  /// Archives the first `status.size` bytes of a file; `nil` if it ended before.
  func archive(
    _ name: OriginalName, _ file: any SourceBytes, _ status: SourceStatus,
    into flow: inout ArchiveFlow
  ) throws -> OriginalMap? {
    var map = OriginalMap(.file, status, run: run)
    var lists = ListWriter(name: name, number: 0, entries: [])
    var digest = RunningDigest()
    guard
      try cut(file, from: 0, to: status.size, &lists, &flow, { digest.update($0) })
    else { return nil }
    map.lists = try lists.finish(&flow)
    map.sha256 = lists.single ?? digest.finish()
    try flow.append(map.fact(name))
    latest[name.watermarkKey] = Known(name: name, map: map)
    return map
  }

  /// Archives what was appended to a file since its last map; `nil` if the file ended before
  /// `status.size`.
  func extend(
    _ original: OriginalBytes, _ file: any SourceBytes, _ status: SourceStatus,
    into flow: inout ArchiveFlow
  ) throws -> OriginalMap? {
    let name = original.name
    let (number, known, offset) = original.lastList()
    var entries = known
    var start = offset + entries.reduce(0) { $0 + UInt64($1.byteCount) }
    let isSmall = { (entry: ChunkList.Entry) in Int(entry.byteCount) < Chunker.byteCountMin }
    let smallCount = entries.reversed().prefix(while: isSmall).count
    // Bytes beyond the size are of an interrupted run: cut from the chunk that holds them.
    while let last = entries.last, start > original.map.size || smallCount >= Self.smallChunksMax {
      guard start > original.map.size || isSmall(last) else { break }
      start -= UInt64(last.byteCount)
      entries.removeLast()
    }
    var lists = ListWriter(name: name, number: number, entries: entries)
    var map = OriginalMap(.file, status, run: run)
    map.blanked = original.map.blanked
    let kept = map.blanked.isEmpty ? file : BlankedSource(file: file, ranges: map.blanked)
    guard try cut(kept, from: start, to: status.size, &lists, &flow, { _ in }) else { return nil }
    map.lists = try lists.finish(&flow)
    let isDigested = status.size <= Self.digestedAgainMax && map.blanked.isEmpty
    map.sha256 = isDigested ? try digest(file, status.size) : nil
    try flow.append(map.fact(name))
    latest[name.watermarkKey] = Known(name: name, map: map)
    return map
  }

  private func digest(_ file: any SourceBytes, _ size: UInt64) throws -> ContentHash? {
    let bytes = try file.bytes(at: 0, count: Int(size))
    return bytes.count == Int(size) ? ContentDigest.hash(bytes) : nil
  }

  /// Chunk entries of a file on their way into lists.
  private struct ListWriter {
    let name: OriginalName
    var number: Int
    var entries: [ChunkList.Entry]
    var total = 0

    /// Digest of the only chunk, which is that of the file.
    var single: ContentHash? {
      number == 0 && entries.count == 1 && total == 1 ? entries[0].hash : nil
    }

    init(name: OriginalName, number: Int, entries: [ChunkList.Entry]) {
      self.name = name
      self.number = number
      self.entries = entries
    }

    mutating func append(_ entry: ChunkList.Entry, _ flow: inout ArchiveFlow) throws {
      if entries.count == ChunkList.chunkCount {
        try flow.append(ChunkList.fact(name, number, entries[...]))
        number += 1
        entries.removeAll()
      }
      entries.append(entry)
      total += 1
    }

    /// Writes the last list; returns how many there are.
    mutating func finish(_ flow: inout ArchiveFlow) throws -> Int {
      guard !entries.isEmpty else { return number }
      try flow.append(ChunkList.fact(name, number, entries[...]))
      return number + 1
    }
  }

  /// Cuts a range of a file into chunks and stores the new ones; false if the file ended before.
  private func cut(
    _ file: any SourceBytes, from: UInt64, to end: UInt64, _ lists: inout ListWriter,
    _ flow: inout ArchiveFlow, _ see: (RawSpan) -> Void
  ) throws -> Bool {
    guard from < end else { return from == end }
    let capacity = Int(min(UInt64(Self.pieceByteCount + Chunker.byteCountMax), end - from))
    var buffer = [UInt8](repeating: 0, count: capacity)
    var filled = 0
    var offset = from
    while offset < end || filled > 0 {
      let wanted = Int(min(UInt64(capacity - filled), end - offset))
      let target = filled + wanted
      while filled < target {
        let got = try file.read(into: &buffer, from: filled, limit: target, at: offset)
        if got == 0 { return false }
        see(buffer.rawSpan.extracting(filled..<(filled + got)))
        filled += got
        offset += UInt64(got)
      }
      var start = 0
      let isLast = offset == end
      while start < filled, isLast || filled - start >= Chunker.byteCountMax {
        let count = Chunker.length(buffer.rawSpan, from: start, to: filled)
        try store(buffer.rawSpan.extracting(start..<(start + count)), &lists, &flow)
        start += count
      }
      buffer.moveToFront(start..<filled)
      filled -= start
    }
    return true
  }

  private func store(
    _ bytes: RawSpan, _ lists: inout ListWriter, _ flow: inout ArchiveFlow
  ) throws {
    let hash = ContentDigest.hash(bytes)
    try lists.append(.init(hash: hash, byteCount: UInt32(bytes.byteCount)), &flow)
    guard added.insert(hash).inserted else { return }
    guard try !snapshot.hasFact(.sourceChunk, key: hash.bytes) else { return }
    storedByteCount += UInt64(bytes.byteCount)
    try flow.append(
      Fact(
        kind: .sourceChunk, key: hash.bytes, value: bytes.array(0..<bytes.byteCount)))
  }

  // MARK: Folders and links

  /// Notes a folder, a link, or a file whose bytes are known but whose mode or time changed.
  func note(
    _ name: OriginalName, _ map: OriginalMap, into flow: inout ArchiveFlow
  ) throws {
    if let known = try known(name), known.describesSame(map) { return }
    try flow.append(map.fact(name))
    latest[name.watermarkKey] = Known(name: name, map: map)
  }
}

/// Where archived facts go: the importer's batch, submitted when it is large.
struct ArchiveFlow {
  var batch: WriteBatch
  let submit: (inout WriteBatch) throws -> Void

  mutating func append(_ fact: Fact) throws {
    try batch.append(fact)
    try submit(&batch)
  }
}
