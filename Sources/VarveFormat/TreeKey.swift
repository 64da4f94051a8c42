// Keys of the trees as fixed-size values that compare like their bytes. Chapter 5, BTR-5 to BTR-12.

/// The trees of an index; numbers are never reused.
package enum TreeKind: UInt8, Sendable, CaseIterable {
  /// Content hash to sequence of the message.
  case hash = 1
  /// Message sequence and sequence of a repeated occurrence.
  case repeats = 2
  /// Occurrence identity to sequence.
  case identity = 3
  /// Time and sequence.
  case time = 4
  /// Project, time and sequence.
  case project = 5
  /// Session, time and sequence.
  case session = 6
  /// Kind and key digest of a fact to its place in the log.
  case facts = 7

  @inlinable package var keyByteCount: Int {
    switch self {
    case .hash: 32
    case .repeats: 12
    case .identity: 34
    case .time: 12
    case .project, .session: 16
    case .facts: 17
    }
  }

  @inlinable package var valueByteCount: Int {
    switch self {
    case .hash, .identity: 4
    case .repeats, .time, .project, .session: 0
    case .facts: 20
    }
  }
}

/// Up to 40 bytes of key, left-aligned in big-endian words, so that words compare as bytes do.
@usableFromInline
package struct TreeKey: Comparable, Hashable, Sendable {
  @usableFromInline package var a: UInt64
  @usableFromInline package var b: UInt64
  @usableFromInline package var c: UInt64
  @usableFromInline package var d: UInt64
  @usableFromInline package var e: UInt64

  @inlinable
  package init(_ a: UInt64, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0, _ e: UInt64 = 0) {
    self.a = a
    self.b = b
    self.c = c
    self.d = d
    self.e = e
  }

  @inlinable
  package init(_ hash: ContentHash) { self.init(hash.a, hash.b, hash.c, hash.d) }

  @inlinable
  package init(_ identity: OccurrenceIdentity) {
    self.init(
      identity.scopeHigh, identity.scopeLow, identity.offset,
      UInt64(identity.part) << 48 | identity.content >> 16, identity.content << 48)
  }

  /// Reads a key of `count` bytes.
  @inlinable
  package init(_ bytes: RawSpan, count: Int) {
    self.init(0)
    for i in 0..<count { set(bytes.load(UInt8.self, at: i), at: i) }
  }

  /// Appends the first bytes of the key.
  package func append(_ count: Int, to writer: inout ByteWriter) {
    writer.writeBigEndian((a, b, c, d, e), byteCount: count)
  }

  @inlinable
  func word(_ number: Int) -> UInt64 {
    switch number {
    case 0: a
    case 1: b
    case 2: c
    case 3: d
    default: e
    }
  }

  @inlinable
  package func byte(at index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: word(index >> 3) >> UInt64(56 - 8 * (index & 7)))
  }

  @inlinable
  package mutating func set(_ byte: UInt8, at index: Int) {
    let value = UInt64(byte) << UInt64(56 - 8 * (index & 7))
    switch index >> 3 {
    case 0: a |= value
    case 1: b |= value
    case 2: c |= value
    case 3: d |= value
    default: e |= value
    }
  }

  /// Eight bytes from an offset, zero behind the key.
  @inlinable @inline(__always)
  func word(at offset: Int) -> UInt64 {
    let (high, low) =
      switch offset >> 3 {
      case 0: (a, b)
      case 1: (b, c)
      case 2: (c, d)
      case 3: (d, e)
      default: (e, 0)
      }
    let bits = UInt64(truncatingIfNeeded: 8 &* (offset & 7))
    return bits == 0 ? high : high &<< bits | low &>> (64 &- bits)
  }

  /// Appends some of the key's bytes.
  @inlinable @inline(__always)
  func write(_ range: Range<Int>, to output: inout OutputSpan<UInt8>) {
    var at = range.lowerBound
    while at + 8 <= range.upperBound {
      output.write(word(at: at).byteSwapped)
      at += 8
    }
    guard at < range.upperBound else { return }
    var rest = word(at: at)
    while at < range.upperBound {
      output.append(UInt8(truncatingIfNeeded: rest >> 56))
      rest <<= 8
      at += 1
    }
  }

  /// Number of leading bytes that two keys share.
  @inlinable
  package func sharedByteCount(_ other: TreeKey) -> Int {
    if a != other.a { return (a ^ other.a).leadingZeroBitCount >> 3 }
    if b != other.b { return 8 + (b ^ other.b).leadingZeroBitCount >> 3 }
    if c != other.c { return 16 + (c ^ other.c).leadingZeroBitCount >> 3 }
    if d != other.d { return 24 + (d ^ other.d).leadingZeroBitCount >> 3 }
    return 32 + (e ^ other.e).leadingZeroBitCount >> 3
  }

  @inlinable
  package static func < (left: TreeKey, right: TreeKey) -> Bool {
    if left.a != right.a { return left.a < right.a }
    if left.b != right.b { return left.b < right.b }
    if left.c != right.c { return left.c < right.c }
    if left.d != right.d { return left.d < right.d }
    return left.e < right.e
  }
}

/// Keys of the single trees.
package enum TreeKeys {
  /// A time as it sorts in a key: none after all times.
  @inlinable
  package static func time(_ time: Int64) -> UInt64 {
    time == OccurrenceFields.noTime ? .max : UInt64(bitPattern: time) ^ (1 << 63)
  }

  /// The time of a key's eight bytes.
  @inlinable
  package static func time(ofKey word: UInt64) -> Int64 {
    word == .max ? OccurrenceFields.noTime : Int64(bitPattern: word ^ (1 << 63))
  }

  /// Time, then sequence relative to the index.
  @inlinable
  package static func time(_ time: Int64, relative: UInt32) -> TreeKey {
    TreeKey(Self.time(time), UInt64(relative) << 32)
  }

  /// Number of a text in the index's dictionary, time, relative sequence.
  @inlinable
  package static func text(_ ordinal: UInt32, _ time: Int64, relative: UInt32) -> TreeKey {
    let key = Self.time(time)
    return TreeKey(UInt64(ordinal) << 32 | key >> 32, key << 32 | UInt64(relative))
  }

  /// Message sequence, then relative sequence of an occurrence that repeats it.
  @inlinable
  package static func repeats(_ message: UInt64, relative: UInt32) -> TreeKey {
    TreeKey(message, UInt64(relative) << 32)
  }

  /// Kind of a fact and the first 16 bytes of the SHA-256 of its key.
  @inlinable
  package static func fact(_ kind: FactKind, _ key: ContentHash) -> TreeKey {
    TreeKey(
      UInt64(kind.rawValue) << 56 | key.a >> 8, key.a << 56 | key.b >> 8, key.b << 56)
  }
}

/// The value beside a key: a relative sequence, or the place of a fact.
@usableFromInline
package struct TreeValue: Equatable, Sendable {
  /// Relative sequence, or segment of a fact.
  @usableFromInline package var first: UInt32
  /// Byte offset of a fact's block.
  @usableFromInline package var offset: UInt64
  /// Index of a fact in its block, and the commit that wrote it.
  @usableFromInline package var item: UInt32
  @usableFromInline package var extra: UInt32

  @inlinable
  package init(_ first: UInt32, offset: UInt64 = 0, item: UInt32 = 0, extra: UInt32 = 0) {
    self.first = first
    self.offset = offset
    self.item = item
    self.extra = extra
  }
}
