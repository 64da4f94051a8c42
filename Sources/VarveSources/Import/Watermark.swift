// How far a file was read, and how to recognise it again. Format-spec SEG-19.

import Varve
import VarveFormat

/// The state of a source file after a commit.
struct Watermark: Sendable {
  var status: SourceStatus
  var offset: UInt64 = 0
  var line: UInt64 = 0
  var incarnation: UInt32 = 0
  var head: ContentHash = .zero
  var tail: ContentHash = .zero
  var reader: Int = 0
  var state: MetadataValue?

  static let sampleByteCount = 4096

  init(status: SourceStatus, reader: Int) {
    self.status = status
    self.reader = reader
  }

  /// Reads the value of a fact; nil if it is not one of ours.
  init?(_ value: MetadataValue, status: SourceStatus) {
    guard let offset = value["offset"]?.int, let line = value["line"]?.int,
      let incarnation = value["incarnation"]?.int, let reader = value["reader"]?.int,
      let head = value["head"]?.text.flatMap({ ContentHash(hex: $0) }),
      let tail = value["tail"]?.text.flatMap({ ContentHash(hex: $0) }),
      let size = value["size"]?.int, let modified = value["modified"]?.int,
      let inode = value["inode"]?.int, let device = value["device"]?.int
    else { return nil }
    self.status = status
    self.status.size = UInt64(bitPattern: size)
    self.status.modified = modified
    self.status.inode = UInt64(bitPattern: inode)
    self.status.device = UInt64(bitPattern: device)
    self.offset = UInt64(bitPattern: offset)
    self.line = UInt64(bitPattern: line)
    self.incarnation = UInt32(clamping: incarnation)
    self.reader = Int(reader)
    self.head = head
    self.tail = tail
    state = value["state"]
  }

  /// Goes on where an earlier reading ended; from the start if another version of the reader did
  /// it.
  mutating func resume(_ last: Watermark) {
    incarnation = last.incarnation
    guard last.reader == reader else { return }
    offset = last.offset
    line = last.line
    state = last.state
  }

  func fact(key: [UInt8]) -> Fact {
    Fact(kind: .watermark, key: key, value: MetadataTree.encode(value))
  }

  /// The value of its fact.
  var value: MetadataValue {
    var members: [MetadataValue.Member] = [
      .init("device", .int(Int64(bitPattern: status.device))),
      .init("inode", .int(Int64(bitPattern: status.inode))),
      .init("size", .int(Int64(bitPattern: status.size))),
      .init("offset", .int(Int64(bitPattern: offset))),
      .init("line", .int(Int64(bitPattern: line))),
      .init("modified", .int(status.modified)),
      .init("incarnation", .int(Int64(incarnation))),
      .init("head", .text(head.description)),
      .init("tail", .text(tail.description)),
      .init("reader", .int(Int64(reader))),
    ]
    if let state { members.append(.init("state", state)) }
    return .object(members)
  }

  /// Nothing changed since: same identity, size and time, and everything was read.
  func isUnchanged(_ now: SourceStatus, reader: Int) -> Bool {
    self.reader == reader && status == now && status.isRegular
  }

  /// Whether what was read before is still there, so that reading may go on behind it.
  func continues(_ file: any SourceBytes, size: UInt64) throws(SourceError) -> Bool {
    guard size >= offset else { return false }
    return try Self.samples(file, offset: offset) == (head, tail)
  }

  /// Hashes of the first and of the last bytes before an offset.
  static func samples(
    _ file: any SourceBytes, offset: UInt64
  ) throws(SourceError) -> (head: ContentHash, tail: ContentHash) {
    let count = Int(min(UInt64(sampleByteCount), offset))
    let head = try file.bytes(at: 0, count: count)
    let tail = try file.bytes(at: offset - UInt64(count), count: count)
    return (ContentDigest.hash(head.rawSpan), ContentDigest.hash(tail.rawSpan))
  }
}
