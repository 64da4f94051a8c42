// SHA-256 digests as values: compared as bytes, printed as hex. Chapter 1, ENV-7.

/// A SHA-256 digest: of a message's content, of a file, or of the history.
public struct ContentHash: Hashable, Comparable, Sendable, CustomStringConvertible {
  @usableFromInline package let a: UInt64
  @usableFromInline package let b: UInt64
  @usableFromInline package let c: UInt64
  @usableFromInline package let d: UInt64

  /// Four big-endian words, first bytes first.
  @inlinable
  package init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
    self.a = a
    self.b = b
    self.c = c
    self.d = d
  }

  /// Reads 32 bytes at an offset; traps outside the span.
  @inlinable
  package init(_ bytes: RawSpan, at offset: Int = 0) {
    a = bytes.loadBigEndian(at: offset)
    b = bytes.loadBigEndian(at: offset + 8)
    c = bytes.loadBigEndian(at: offset + 16)
    d = bytes.loadBigEndian(at: offset + 24)
  }

  /// Reads 64 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    guard let bytes = Hex.decode(hex), bytes.count == 32 else { return nil }
    self.init(bytes.rawSpan)
  }

  /// All zero bytes; stands for "none" where the format says so.
  public static let zero = ContentHash(0, 0, 0, 0)

  /// The digest's 32 bytes.
  public var bytes: [UInt8] {
    var writer = ByteWriter(reserving: 32)
    write(to: &writer)
    return writer.bytes
  }

  @inlinable
  package func write(to writer: inout ByteWriter) {
    writer.append(upTo: 32) { output in
      output.write(a.byteSwapped)
      output.write(b.byteSwapped)
      output.write(c.byteSwapped)
      output.write(d.byteSwapped)
    }
  }

  /// 64 lower-case hexadecimal digits.
  public var description: String { Hex.encode(bytes) }

  /// Order of the digests as byte strings.
  @inlinable
  public static func < (left: ContentHash, right: ContentHash) -> Bool {
    if left.a != right.a { return left.a < right.a }
    if left.b != right.b { return left.b < right.b }
    if left.c != right.c { return left.c < right.c }
    return left.d < right.d
  }

  /// The message id: a version 8 UUID (RFC 9562) made of the first 16 bytes.
  public var messageID: String {
    let high = (a & ~0xF000) | 0x8000
    let low = (b & ~(0xC0 << 56)) | (0x80 << 56)
    var writer = ByteWriter(reserving: 16)
    writer.writeBigEndian(high)
    writer.writeBigEndian(low)
    let hex = Array(Hex.encode(writer.bytes).utf8)
    var text: [UInt8] = []
    for (i, byte) in hex.enumerated() {
      if i == 8 || i == 12 || i == 16 || i == 20 { text.append(0x2D) }
      text.append(byte)
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Lower-case hexadecimal text.
public enum Hex {
  /// Two digits a byte.
  public static func encode(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of an even number of digits in either case; nil for anything else.
  public static func decode(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for i in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[i]), let low = value(digits[i + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    case 0x41...0x46: digit - 0x41 + 10
    default: nil
    }
  }
}
