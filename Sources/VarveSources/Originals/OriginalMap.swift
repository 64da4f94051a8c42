// What is known of an archived original: its file map and chunk lists. Format-spec chapter 11.

public import Varve
import VarveFormat

/// Which file of which home on which host.
public struct OriginalName: Hashable, Sendable {
  /// Host on which it lies.
  public var host: String
  /// Full path of its home; empty for a file outside a home.
  public var home: String
  /// Path below the home, or the full path of a file outside a home.
  public var path: String
  /// How often the file was replaced or rewritten before, plus the home's first.
  public var incarnation: UInt32

  /// Key of its watermark.
  var watermarkKey: [UInt8] {
    Array(host.utf8) + [0] + Array(home.utf8) + [0] + Array(path.utf8)
  }

  /// Key of its file map.
  var key: [UInt8] {
    watermarkKey + [0]
      + (0..<4).map { UInt8(truncatingIfNeeded: incarnation >> UInt32(24 - 8 * $0)) }
  }

  init(host: String, home: String, path: String, incarnation: UInt32) {
    self.host = host
    self.home = home
    self.path = path
    self.incarnation = incarnation
  }

  /// Reads the key of a file map; nil if it is none.
  init?(key: [UInt8]) {
    guard key.count >= 7, key[key.count - 5] == 0 else { return nil }
    let parts = key[..<(key.count - 5)].split(
      separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    host = String(decoding: parts[0], as: UTF8.self)
    home = String(decoding: parts[1], as: UTF8.self)
    path = String(decoding: parts[2], as: UTF8.self)
    incarnation = key[(key.count - 4)...].reduce(0) { $0 << 8 | UInt32($1) }
  }
}

/// An archived file, folder or link.
public struct OriginalMap: Equatable, Sendable {
  /// What it is.
  public enum Kind: String, Sendable {
    case file, folder, link
  }

  /// What it is.
  public var kind: Kind
  /// Permission bits.
  public var mode: UInt32
  /// Nanoseconds since 1970 UTC.
  public var modified: Int64
  /// Bytes of a file.
  public var size: UInt64
  /// Number of chunk lists.
  public var lists: Int
  /// Where a link leads.
  public var target: String?
  /// SHA-256 of the whole file, if it was computed when the file was read.
  public var sha256: ContentHash?
  /// Ingest run that wrote this map.
  public var run: UInt64
  /// When it was written, milliseconds since 1970 UTC.
  public var seen: Int64
  /// What was forgotten of it and is blank now, in order.
  public var blanked: [BlankedRange] = []

  init(_ kind: Kind, _ status: SourceStatus, run: UInt64) {
    self.kind = kind
    mode = status.mode
    modified = status.modified
    size = kind == .file ? status.size : 0
    lists = 0
    self.run = run
    seen = SourceFolder.now()
  }

  init?(_ fact: Fact) {
    guard let value = try? MetadataTree.decode(fact.value.rawSpan),
      let kind = value["type"]?.text.flatMap(Kind.init(rawValue:)), let mode = value["mode"]?.int,
      let modified = value["modified"]?.int, let size = value["size"]?.int,
      let lists = value["lists"]?.int, lists >= 0, size >= 0,
      lists <= 1 + size / Int64(ChunkList.chunkCount)
    else { return nil }
    self.kind = kind
    self.mode = UInt32(truncatingIfNeeded: mode) & 0o7777
    self.modified = modified
    self.size = UInt64(size)
    self.lists = Int(lists)
    target = value["target"]?.text
    sha256 = value["sha256"]?.text.flatMap { ContentHash(hex: $0) }
    run = UInt64(bitPattern: value["run"]?.int ?? 0)
    seen = value["seen"]?.int ?? 0
    guard case .array(let ranges)? = value["blanked"] else { return }
    for range in ranges {
      guard case .array(let ends) = range, ends.count == 2, let offset = ends[0].int,
        let length = ends[1].int, offset >= 0, length >= 1, offset <= Int64.max - length,
        blanked.last.map({ $0.end < UInt64(offset) }) ?? true
      else { return nil }
      blanked.append(BlankedRange(offset: UInt64(offset), length: UInt64(length)))
    }
  }

  func fact(_ name: OriginalName) -> Fact {
    var members: [MetadataValue.Member] = [
      .init("type", .text(kind.rawValue)), .init("mode", .int(Int64(mode))),
      .init("modified", .int(modified)), .init("size", .int(Int64(size))),
      .init("lists", .int(Int64(lists))),
    ]
    if let target { members.append(.init("target", .text(target))) }
    if let sha256 { members.append(.init("sha256", .text(sha256.description))) }
    members.append(.init("run", .int(Int64(bitPattern: run))))
    members.append(.init("seen", .int(seen)))
    if !blanked.isEmpty {
      let ranges = blanked.map { range in
        MetadataValue.array([.int(Int64(range.offset)), .int(Int64(range.length))])
      }
      members.append(.init("blanked", .array(ranges)))
    }
    return Fact(kind: .fileMap, key: name.key, value: MetadataTree.encode(.object(members)))
  }

  /// Whether two maps say the same of the file itself.
  func describesSame(_ other: OriginalMap) -> Bool {
    kind == other.kind && mode == other.mode && modified == other.modified && size == other.size
      && target == other.target
  }
}

/// One list of the chunks of a file. ORG-4.
struct ChunkList {
  /// Chunks of a full list.
  static let chunkCount = 64
  static let entryByteCount = 36

  struct Entry: Equatable {
    var hash: ContentHash
    var byteCount: UInt32
  }

  static func key(_ name: OriginalName, _ number: Int) -> [UInt8] {
    name.key + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
  }

  static func fact(_ name: OriginalName, _ number: Int, _ entries: ArraySlice<Entry>) -> Fact {
    var writer = ByteWriter(reserving: entries.count * entryByteCount)
    for entry in entries {
      entry.hash.write(to: &writer)
      writer.write(entry.byteCount)
    }
    return Fact(kind: .chunkList, key: key(name, number), value: writer.bytes)
  }

  /// Entries of a list; nil if it is malformed.
  static func decode(_ value: [UInt8]) -> [Entry]? {
    guard value.count % entryByteCount == 0, value.count <= chunkCount * entryByteCount else {
      return nil
    }
    var entries: [Entry] = []
    for at in stride(from: 0, to: value.count, by: entryByteCount) {
      let hash = ContentHash(value.rawSpan.extracting(at..<(at + 32)))
      entries.append(Entry(hash: hash, byteCount: value.rawSpan.load(at: at + 32)))
    }
    return entries
  }
}
