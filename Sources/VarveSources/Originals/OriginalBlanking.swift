// Originals without what was forgotten: the bytes of its records become spaces, so that all other
// records stay where they are. Format-spec chapter 12.

public import Varve
import VarveFormat

/// A range of bytes of an original that was blanked.
public struct BlankedRange: Equatable, Sendable {
  /// First byte.
  public var offset: UInt64
  /// Number of bytes.
  public var length: UInt64

  var end: UInt64 { offset + length }

  /// Ranges in order, those that touch as one.
  static func joined(_ ranges: [BlankedRange]) -> [BlankedRange] {
    var result: [BlankedRange] = []
    for range in ranges.sorted(by: { $0.offset < $1.offset }) where range.length > 0 {
      if let last = result.last, last.end >= range.offset {
        result[result.count - 1].length = max(last.end, range.end) - last.offset
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// Blanks bytes that start at an offset of the file; line ends stay.
  static func blank(_ ranges: [BlankedRange], _ bytes: inout [UInt8], at start: UInt64) {
    let end = start + UInt64(bytes.count)
    for range in ranges where range.offset < end && range.end > start {
      let from = Int(max(range.offset, start) - start)
      let to = Int(min(range.end, end) - start)
      for i in from..<to where bytes[i] != 0x0A { bytes[i] = 0x20 }
    }
  }
}

/// A file on disk as its archived original has it.
struct BlankedSource: SourceBytes {
  let file: any SourceBytes
  let ranges: [BlankedRange]

  func status() throws(SourceError) -> SourceStatus { try file.status() }

  func read(
    into buffer: inout [UInt8], from filled: Int, limit: Int, at offset: UInt64?
  ) throws(SourceError) -> Int {
    // Without an offset nobody could say which bytes are to be blank.
    guard let offset else { preconditionFailure("an original is read at offsets") }
    let got = try file.read(into: &buffer, from: filled, limit: limit, at: offset)
    var bytes = Array(buffer[filled..<(filled + got)])
    BlankedRange.blank(ranges, &bytes, at: offset)
    buffer.replaceSubrange(filled..<(filled + got), with: bytes)
    return got
  }
}

/// Finds what originals hold of occurrences that are forgotten.
public struct OriginalBlanking {
  /// An original that changes.
  public struct Change: Sendable {
    /// The original.
    public var original: Original
    /// What is blanked now, beside what was before.
    public var ranges: [BlankedRange]
  }

  private let snapshot: Snapshot
  private let originals: [Original]

  /// - Parameter snapshot: of which something is forgotten.
  public init(_ snapshot: Snapshot) throws(StoreError) {
    self.snapshot = snapshot
    originals = try snapshot.originals(allVersions: true).filter { $0.map.kind == .file }
  }

  private struct Key: Hashable {
    var host: String
    var path: String
    var incarnation: UInt32
  }

  /// The originals that hold what a selection forgets.
  ///
  /// - Parameter set: where a copy forgets what its store did: of files that it names, what was not
  ///   read yet goes, too.
  public func changes(
    for selection: ForgetSelection, unread set: ForgettingSet? = nil
  ) throws(StoreError) -> [Change] {
    var byKey: [Key: Int] = [:]
    for (number, original) in originals.enumerated() {
      let name = original.name
      byKey[Key(host: name.host, path: name.path, incarnation: name.incarnation)] = number
    }
    var ranges: [Int: [BlankedRange]] = [:]
    for sequence in selection.sequences {
      let place = try snapshot.occurrence(sequence).place
      let key = Key(host: place.host, path: place.path, incarnation: place.incarnation)
      guard let number = byKey[key] else { continue }
      // Where a length is not known, the file is the record. Places are content: they may be wrong.
      let size = originals[number].map.size
      let offset = place.length > 0 ? min(place.offset, size) : 0
      let length = place.length > 0 ? min(place.length, size - offset) : size
      ranges[number, default: []].append(BlankedRange(offset: offset, length: length))
    }
    try addOtherVersions(&ranges)
    // A line that was half written when its file was archived may be what is forgotten now. The
    // file itself goes on from there where it is still the same; what took its place does not.
    let named = Set(ranges.keys.map { originals[$0].name.source })
    try addUnread(&ranges) { original, isCurrent in
      set?.contains(original.name.source) ?? (!isCurrent && named.contains(original.name.source))
    }
    return ranges.keys.sorted().map { number in
      Change(original: originals[number], ranges: BlankedRange.joined(ranges[number] ?? []))
    }
  }

  /// A record that stands in several versions of a file is known by its place in the first one
  /// (CON-40): the same bytes go from the others, too.
  private func addOtherVersions(_ ranges: inout [Int: [BlankedRange]]) throws(StoreError) {
    var versions: [[UInt8]: [Int]] = [:]
    for (number, original) in originals.enumerated() {
      versions[original.name.watermarkKey, default: []].append(number)
    }
    for number in ranges.keys.sorted() {
      let others = versions[originals[number].name.watermarkKey]?.filter { $0 != number } ?? []
      guard !others.isEmpty else { continue }
      let own = try whole(number)
      let records = Set(
        (ranges[number] ?? []).map { Array(own[Int($0.offset)..<Int($0.end)]) }
          .filter { !$0.allSatisfy { $0 == 0x20 || $0 == 0x0A } })
      for other in others {
        let bytes = try whole(other)
        for record in records {
          var at = 0
          while let place = Self.find(record, in: bytes, from: at) {
            ranges[other, default: []].append(
              BlankedRange(offset: UInt64(place), length: UInt64(record.count)))
            at = place + record.count
          }
        }
      }
    }
  }

  /// Adds what was not read yet of some files when they were archived.
  private func addUnread(
    _ ranges: inout [Int: [BlankedRange]], of isWanted: (Original, _ isCurrent: Bool) -> Bool
  ) throws(StoreError) {
    var marks: [Int: MetadataValue?] = [:]
    for (number, original) in originals.enumerated() where original.name.hasLines {
      let mark = try snapshot.fact(.watermark, key: original.name.watermarkKey)
        .flatMap { try? MetadataTree.decode($0.value.rawSpan) }
      let isCurrent = mark?["incarnation"]?.int == Int64(original.name.incarnation)
      if isWanted(original, isCurrent) { marks[number] = isCurrent ? mark : .some(nil) }
    }
    guard !marks.isEmpty else { return }
    let ends = try recordEnds(of: Set(marks.keys.map { originals[$0].name.source }))
    for (number, mark) in marks {
      let (name, size) = (originals[number].name, originals[number].map.size)
      // Where nobody says how far a version was read, lines that are whole were.
      var start = mark?["offset"]?.int.map { UInt64(clamping: $0) } ?? 0
      if mark == nil, let end = try whole(number).lastIndex(of: 0x0A) { start = UInt64(end + 1) }
      let key = Key(host: name.host, path: name.path, incarnation: name.incarnation)
      start = max(start, ends[key] ?? 0)
      guard start < size else { continue }
      ranges[number, default: []].append(BlankedRange(offset: start, length: size - start))
    }
  }

  /// Where the last record of each version of some files ends.
  private func recordEnds(
    of sources: Set<ForgetRequest.Source>
  ) throws(StoreError) -> [Key: UInt64] {
    var ends: [Key: UInt64] = [:]
    for sequence in try snapshot.sequences(of: sources) {
      let place = try snapshot.occurrence(sequence).place
      let key = Key(host: place.host, path: place.path, incarnation: place.incarnation)
      ends[key] = max(ends[key] ?? 0, place.offset &+ UInt64(place.length))
    }
    return ends
  }

  private func whole(_ number: Int) throws(StoreError) -> [UInt8] {
    let original = try snapshot.bytes(of: originals[number])
    var bytes: [UInt8] = []
    for chunk in 0..<original.chunkCount { bytes += try original.chunk(chunk) }
    return bytes
  }

  /// Where some bytes stand in others.
  private static func find(_ part: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard let first = part.first, part.count <= bytes.count else { return nil }
    let (wanted, text) = (part.rawSpan, bytes.rawSpan)
    var at = start
    while at + part.count <= bytes.count {
      guard let next = text.firstIndex(of: first, in: at..<(bytes.count - part.count + 1)) else {
        return nil
      }
      if text.extracting(next..<(next + part.count)).isEqual(to: wanted) { return next }
      at = next + 1
    }
    return nil
  }

  /// Adds to an order what the changes need: new chunks, lists and maps, and the old ones that go.
  public func add(_ changes: [Change], to order: inout ForgetOrder) throws(StoreError) {
    var uses = try chunkUses()
    var added: Set<ContentHash> = []
    for change in changes {
      let bytes = try snapshot.bytes(of: change.original)
      let name = change.original.name
      var entries = bytes.entries
      for number in entries.indices {
        guard change.ranges.contains(where: { bytes.overlaps($0, chunk: number) }) else { continue }
        var chunk = try bytes.chunk(number)
        let old = entries[number].hash
        BlankedRange.blank(change.ranges, &chunk, at: bytes.start(number))
        let hash = ContentDigest.hash(chunk)
        guard hash != old else { continue }
        entries[number] = .init(hash: hash, byteCount: UInt32(chunk.count))
        uses[old, default: 1] -= 1
        uses[hash, default: 0] += 1
        if added.insert(hash).inserted {
          order.facts.append(Fact(kind: .sourceChunk, key: hash.bytes, value: chunk))
        }
      }
      try addLists(name, entries, change, to: &order)
    }
    guard !changes.isEmpty || order.adopted != nil else { return }
    // What no list names goes: also what was cut anew since, and what an interrupted forgetting
    // left.
    order.neededChunks = Set(uses.filter { $0.value > 0 }.keys)
    order.sources += Set(
      changes.map { .init(host: $0.original.name.host, path: $0.original.name.path) })
  }

  private func addLists(
    _ name: OriginalName, _ entries: [ChunkList.Entry], _ change: Change,
    to order: inout ForgetOrder
  ) throws(StoreError) {
    var number = 0
    for start in stride(from: 0, to: entries.count, by: ChunkList.chunkCount) {
      let end = min(start + ChunkList.chunkCount, entries.count)
      order.facts.append(ChunkList.fact(name, number, entries[start..<end]))
      order.obsoleteFacts.append((.chunkList, ChunkList.key(name, number)))
      number += 1
    }
    var map = change.original.map
    map.lists = number
    map.blanked = BlankedRange.joined(map.blanked + change.ranges)
    // It was the digest of what is not there any more.
    map.sha256 = nil
    order.facts.append(map.fact(name))
    order.obsoleteFacts.append((.fileMap, name.key))
  }

  /// How many files need each chunk.
  private func chunkUses() throws(StoreError) -> [ContentHash: Int] {
    var uses: [ContentHash: Int] = [:]
    for original in originals {
      for entry in try snapshot.bytes(of: original).entries { uses[entry.hash, default: 0] += 1 }
    }
    return uses
  }
}

extension OriginalName {
  /// The file as occurrences name it.
  fileprivate var source: ForgetRequest.Source { .init(host: host, path: path) }

  /// Whether it is read line by line.
  fileprivate var hasLines: Bool {
    SourceFormat.format(ofName: path).map { !$0.isWhole } ?? path.hasSuffix(".jsonl")
  }
}

extension Store {
  /// Forgets what a request covers, in the archived originals, too, with the facts of sessions and
  /// projects of which nothing stays.
  ///
  /// - Parameters:
  ///   - request: what to forget; what it covers is selected under the writer's lock.
  ///   - reason: why; kept with the tombstone.
  ///   - concurrently: runs passes over text at a time.
  /// - Throws: as ``Varve/Store/forget(concurrently:_:)``.
  public func forget(
    _ request: ForgetRequest, reason: String = "", concurrently: Concurrency = .none
  ) throws -> ForgetResult {
    try forget(concurrently: concurrently) { snapshot in
      var order = try Self.order(try snapshot.selectForForgetting(request), snapshot)
      order.reason = reason
      return order
    }
  }

  /// Forgets what the store forgot that this one is an older copy of, and takes its tombstones.
  ///
  /// Segments that several copies have stay equal in them.
  ///
  /// - Throws: as ``Varve/Store/forget(concurrently:_:)``; `request` if the log of the copy is not
  ///   the beginning of that of the store.
  public func forget(
    _ set: ForgettingSet, concurrently: Concurrency = .none
  ) throws -> ForgetResult {
    try forget(concurrently: concurrently) { snapshot in
      return try Self.order(try snapshot.selectForForgetting(set), snapshot, unread: set)
    }
  }

  private static func order(
    _ selection: ForgetSelection, _ snapshot: Snapshot, unread set: ForgettingSet? = nil
  ) throws -> ForgetOrder {
    var order = ForgetOrder(selection)
    order.adopted = set
    let blanking = try OriginalBlanking(snapshot)
    try blanking.add(try blanking.changes(for: selection, unread: set), to: &order)
    for session in selection.sessions {
      order.obsoleteFacts.append((.session, Array(session.utf8)))
    }
    for project in selection.projects {
      order.obsoleteFacts.append((.project, Array(project.utf8)))
    }
    return order
  }
}
