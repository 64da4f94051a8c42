// The first 40 bytes of every file of a store. Chapter 1, ENV-11 to ENV-16.

/// What a file of a store is.
public enum FileKind: UInt8, Sendable, CaseIterable {
  /// A segment of the log, `*.vseg`.
  case segment = 1
  /// A manifest of one generation, `*.vman`.
  case manifest = 2
  /// `CURRENT`, naming the newest manifest.
  case current = 3
  /// `TAIL`, saying how far other processes may trust the active segment.
  case tail = 4
  /// An index of B+trees and columns, `*.vbt`.
  case index = 5
  /// A full-text index, `*.vft`.
  case fullText = 6
  /// The record of a backup, `*.vbak`.
  case backup = 7
  /// An encrypted object of a backup target.
  case sealedObject = 8
  /// The keys of a target, wrapped, `*.vkey`.
  case keySlot = 9
  /// What a pruning will delete, `*.vprune`.
  case pruneList = 10

  /// The version of the format that this code writes and reads.
  @inlinable public var version: UInt16 { self == .fullText ? 2 : 1 }
}

/// The header that opens every file.
public struct FileHeader: Equatable, Sendable {
  /// Bytes of a header.
  @inlinable public static var byteCount: Int { 40 }
  /// Versions that some kind has or had.
  static let versions: ClosedRange<UInt16> = 1...2
  /// "VRVE" read as a little-endian integer.
  @inlinable package static var magic: UInt32 { 0x4556_5256 }

  /// What the file is.
  public let kind: FileKind
  /// Number of the segment or index, generation of a manifest, CURRENT or TAIL.
  public let number: UInt64
  /// Random 16 bytes chosen when the store was made, so that files of two stores do not mix.
  public let storeID: StoreID

  /// A header for a new file.
  package init(kind: FileKind, number: UInt64, storeID: StoreID) {
    self.kind = kind
    self.number = number
    self.storeID = storeID
  }

  /// Reads and checks a header.
  package init(_ bytes: RawSpan) throws(FormatError) {
    guard bytes.byteCount >= Self.byteCount else {
      throw FormatError(.truncated, at: bytes.byteCount)
    }
    guard bytes.load(UInt32.self, at: 0) == Self.magic else { throw FormatError(.badMagic, at: 0) }
    let version = bytes.load(UInt16.self, at: 4)
    guard Self.versions.contains(version) else { throw FormatError(.unsupportedVersion, at: 4) }
    guard Checksum.crc32c(bytes.extracting(0..<36)) == bytes.load(UInt32.self, at: 36) else {
      throw FormatError(.checksumMismatch, at: 36)
    }
    guard let kind = FileKind(rawValue: bytes.load(UInt8.self, at: 6)) else {
      throw FormatError(.unknownTag, at: 6)
    }
    guard version == kind.version else {
      throw FormatError(version < kind.version ? .outdatedVersion : .unsupportedVersion, at: 4)
    }
    guard bytes.load(UInt8.self, at: 7) == 0 else { throw FormatError(.reservedNotZero, at: 7) }
    guard bytes.load(UInt32.self, at: 32) == 0 else { throw FormatError(.reservedNotZero, at: 32) }
    self.kind = kind
    number = bytes.load(at: 8)
    storeID = StoreID(high: bytes.loadBigEndian(at: 16), low: bytes.loadBigEndian(at: 24))
  }

  /// Reads a header and checks that the file is what its name says.
  package init(
    _ bytes: RawSpan, expecting kind: FileKind
  ) throws(FormatError) {
    try self.init(bytes)
    guard self.kind == kind else { throw FormatError(.wrongKind, at: 6) }
  }

  package func write(to writer: inout ByteWriter) {
    let start = writer.count
    writer.write(Self.magic)
    writer.write(kind.version)
    writer.write(kind.rawValue)
    writer.write(UInt8(0))
    writer.write(number)
    writer.writeBigEndian(storeID.high)
    writer.writeBigEndian(storeID.low)
    writer.write(UInt32(0))
    writer.write(Checksum.crc32c(writer.bytes.rawSpan.extracting(start..<(start + 36))))
  }
}

/// The identity of a store.
public struct StoreID: Hashable, Sendable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// 32 hexadecimal digits.
  public var description: String {
    var writer = ByteWriter(reserving: 16)
    writer.writeBigEndian(high)
    writer.writeBigEndian(low)
    return Hex.encode(writer.bytes)
  }
}
