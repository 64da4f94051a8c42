/// A growing buffer of bytes that a corpus is written into.
///
/// It is the only file of the corpus with unsafe code. An array pays for a uniqueness check and a
/// generic copy at each of the forty million words of a corpus, and would take most of the time of
/// the program whose loading is to be measured.
@safe
struct CorpusBytes: ~Copyable {
  // SAFETY: `base` is allocated with `capacity` bytes, the first `count` of which are initialised;
  // every append reserves before it writes, and no pointer leaves except for a closure's duration.
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  private static let hexDigits: [UInt8] = Array("0123456789abcdef".utf8)
  private static let base62Digits: [UInt8] = Array(
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)

  init(capacity: Int = 1 << 16) {
    self.capacity = capacity
    unsafe base = .allocate(capacity: capacity)
  }

  deinit {
    unsafe base.deallocate()
  }

  /// The bytes, for the duration of the call.
  func withBytes<Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try unsafe body(UnsafeRawBufferPointer(start: base, count: count))
  }

  subscript(index: Int) -> UInt8 {
    get {
      precondition(index >= 0 && index < count)
      return unsafe base[index]
    }
    set {
      precondition(index >= 0 && index < count)
      unsafe base[index] = newValue
    }
  }

  @inline(__always)
  mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count)
    count = newCount
  }

  @inline(__always)
  private mutating func reserve(_ added: Int) {
    if count + added > capacity {
      grow(by: added)
    }
  }

  @inline(never)
  private mutating func grow(by added: Int) {
    let newCapacity = max(capacity * 2, count + added)
    let newBase = UnsafeMutablePointer<UInt8>.allocate(capacity: newCapacity)
    unsafe newBase.update(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = newBase
    capacity = newCapacity
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    reserve(1)
    unsafe base[count] = byte
    count += 1
  }

  @inline(__always)
  mutating func append(_ text: StaticString) {
    let added = text.utf8CodeUnitCount
    reserve(added)
    unsafe (base + count).update(from: text.utf8Start, count: added)
    count += added
  }

  @inline(__always)
  mutating func append(_ other: borrowing CorpusBytes, _ run: CorpusRun) {
    let offset = Int(run.offset)
    let added = Int(run.count)
    precondition(offset >= 0 && added >= 0 && offset + added <= other.count)
    reserve(added)
    unsafe (base + count).update(from: other.base + offset, count: added)
    count += added
  }

  mutating func append(_ text: some Sequence<UInt8>) {
    for byte in text {
      append(byte)
    }
  }

  @inline(__always)
  mutating func append(decimal value: Int) {
    if value < 10 {
      return append(UInt8(truncatingIfNeeded: 48 + value))
    }
    var digitCount = 1
    var rest = value
    while rest >= 10 {
      rest /= 10
      digitCount += 1
    }
    append(decimal: value, width: digitCount)
  }

  /// Exactly `width` digits, with leading zeros.
  @inline(__always)
  mutating func append(decimal value: Int, width: Int) {
    reserve(width)
    var rest = UInt(bitPattern: value)
    var index = count + width
    while index > count {
      index -= 1
      unsafe base[index] = UInt8(truncatingIfNeeded: 48 + rest % 10)
      rest /= 10
    }
    count += width
  }

  /// The lowest `digitCount` hexadecimal digits of `bits`, at most 16.
  @inline(__always)
  mutating func append(hex bits: UInt64, digitCount: Int) {
    var shift = digitCount * 4
    for _ in 0..<digitCount {
      shift -= 4
      append(Self.hexDigits[Int(truncatingIfNeeded: (bits >> UInt64(shift)) & 15)])
    }
  }

  /// A UUID of version 4 whose random bits are `high` and `low`.
  mutating func append(uuid high: UInt64, _ low: UInt64) {
    append(hex: high >> 32, digitCount: 8)
    append(45)
    append(hex: high >> 16, digitCount: 4)
    append("-4")
    append(hex: high, digitCount: 3)
    append(45)
    append(hex: (low >> 48) & 0x3FFF | 0x8000, digitCount: 4)
    append(45)
    append(hex: low, digitCount: 12)
  }

  /// Digits and letters of both cases, as in the request numbers of web services.
  mutating func append(base62 bits: UInt64, digitCount: Int) {
    var rest = bits
    for digit in 0..<digitCount {
      if digit % 10 == 9 {
        rest = CorpusRandom.mix(rest ^ bits)
      }
      append(Self.base62Digits[Int(truncatingIfNeeded: rest % 62)])
      rest /= 62
    }
  }

  /// `other` from `start` to its end as the inside of a JSON string.
  mutating func append(escaped other: borrowing CorpusBytes, from start: Int = 0) {
    precondition(start >= 0 && start <= other.count)
    let sourceCount = other.count - start
    reserve(sourceCount * 6)
    let source = unsafe other.base + start
    var target = unsafe base + count
    var index = 0
    while index < sourceCount {
      let byte = unsafe source[index]
      index += 1
      if byte >= 32 && byte != 34 && byte != 92 {
        unsafe target.pointee = byte
        unsafe target += 1
        continue
      }
      unsafe target.pointee = 92
      let letter = Self.escapeLetter(of: byte)
      unsafe target[1] = letter
      unsafe target += 2
      if letter == 117 {
        unsafe target[0] = 48
        unsafe target[1] = 48
        unsafe target[2] = 48 + byte >> 4
        unsafe target[3] = Self.hexDigits[Int(byte & 15)]
        unsafe target += 4
      }
    }
    count = unsafe target - base
  }

  private static func escapeLetter(of byte: UInt8) -> UInt8 {
    switch byte {
    case 10: return 110
    case 9: return 116
    case 13: return 114
    case 34, 92: return byte
    default: return 117
    }
  }
}

/// A stretch of another buffer: where a word, a phrase or a literal lies.
struct CorpusRun {
  var offset: UInt32
  var count: UInt32

  init(offset: Int, count: Int) {
    self.offset = UInt32(offset)
    self.count = UInt32(count)
  }
}
