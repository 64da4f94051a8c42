// A page of a B+tree: one prefix for all its keys, then entries of one size. Chapter 5, BTR-13 to
// BTR-24. Prefix truncation per page follows R. Bayer, K. Unterauer, "Prefix B-trees", ACM TODS
// 2(1), 1977.

/// Sizes of a page and the encoding of one.
@usableFromInline
package enum BTreePage {
  @inlinable package static var byteCount: Int { 4096 }
  @inlinable package static var headerByteCount: Int { 16 }
  @inlinable package static var leaf: UInt8 { 1 }
  @inlinable package static var branch: UInt8 { 2 }

  /// Appends one page; `entries` are whole keys with their values.
  package static func append(
    kind: UInt8, number: UInt32, keyByteCount: Int, valueByteCount: Int, prefixCount: Int,
    entries: [(key: TreeKey, value: TreeValue)], to writer: inout ByteWriter
  ) {
    let start = writer.count
    writer.write(UInt32(0))
    writer.write(number)
    writer.write(kind)
    writer.write(UInt8(keyByteCount))
    writer.write(UInt16(entries.count))
    writer.write(UInt8(valueByteCount))
    writer.write(UInt8(prefixCount))
    writer.write(UInt16(0))
    let stride = keyByteCount - prefixCount + valueByteCount
    writer.append(upTo: prefixCount + entries.count * stride + 8) { output in
      if let first = entries.first?.key { first.write(0..<prefixCount, to: &output) }
      for entry in entries {
        entry.key.write(prefixCount..<keyByteCount, to: &output)
        if valueByteCount >= 4 { output.write(entry.value.first) }
        if valueByteCount == 20 {
          output.write(entry.value.offset)
          output.write(entry.value.item)
          output.write(entry.value.extra)
        }
      }
    }
    let used = writer.count - start
    precondition(used <= byteCount, "page overflow")
    writer.bytes.append(contentsOf: repeatElement(0, count: byteCount - used))
    let checksum = Checksum.crc32c(
      writer.bytes.rawSpan.extracting((start + 4)..<(start + byteCount)))
    writer.patch(checksum, at: start)
  }

  /// Checks a page's checksum and shape before any of its entries is used.
  package static func check(
    _ page: RawSpan, number: UInt32, keyByteCount: Int, leafValueByteCount: Int
  ) throws(FormatError) {
    guard page.byteCount == byteCount else { throw FormatError(.truncated, at: 0) }
    guard Checksum.crc32c(page.extracting(4..<byteCount)) == page.load(UInt32.self, at: 0) else {
      throw FormatError(.checksumMismatch, at: 0)
    }
    guard page.load(UInt32.self, at: 4) == number else { throw FormatError(.inconsistent, at: 4) }
    let view = BTreePageView(page)
    guard view.kind == leaf || view.kind == branch else { throw FormatError(.unknownTag, at: 8) }
    let valueByteCount = view.kind == leaf ? leafValueByteCount : 4
    guard view.keyByteCount == keyByteCount, view.valueByteCount == valueByteCount,
      view.prefixCount <= keyByteCount
    else { throw FormatError(.inconsistent, at: 9) }
    guard page.load(UInt16.self, at: 14) == 0 else { throw FormatError(.reservedNotZero, at: 14) }
    let used = headerByteCount + view.prefixCount + view.count * view.stride
    guard view.count > 0, used <= byteCount else { throw FormatError(.outOfBounds, at: 10) }
  }
}

/// Reads the entries of a checked page. Hot: see HouseTests.
@usableFromInline
package struct BTreePageView: ~Escapable {
  @usableFromInline let page: RawSpan
  @usableFromInline package let count: Int
  @usableFromInline package let keyByteCount: Int
  @usableFromInline package let valueByteCount: Int
  @usableFromInline package let prefixCount: Int
  @usableFromInline package let stride: Int

  @inlinable
  @_lifetime(copy page)
  package init(_ page: RawSpan) {
    self.page = page
    keyByteCount = Int(page.load(UInt8.self, at: 9))
    count = Int(page.load(UInt16.self, at: 10))
    valueByteCount = Int(page.load(UInt8.self, at: 12))
    prefixCount = Int(page.load(UInt8.self, at: 13))
    stride = keyByteCount &- prefixCount &+ valueByteCount
  }

  @inlinable package var kind: UInt8 { page.load(UInt8.self, at: 8) }

  /// The whole key at an index.
  @inlinable
  package func key(_ index: Int) -> TreeKey {
    let start = BTreePage.headerByteCount &+ prefixCount &+ index &* stride
    var key = TreeKey(word(0, suffix: start))
    if keyByteCount > 8 { key.b = word(8, suffix: start) }
    if keyByteCount > 16 { key.c = word(16, suffix: start) }
    if keyByteCount > 24 { key.d = word(24, suffix: start) }
    if keyByteCount > 32 { key.e = word(32, suffix: start) }
    return key
  }

  /// Eight bytes of a key, from the page's prefix, from the entry, or from both.
  @inlinable @inline(__always)
  package func word(_ from: Int, suffix start: Int) -> UInt64 {
    var value: UInt64
    if from >= prefixCount {
      value = load(start &+ from &- prefixCount)
    } else {
      value = load(BTreePage.headerByteCount &+ from)
      let shared = prefixCount &- from
      if shared < 8 {
        let bits = UInt64(truncatingIfNeeded: 8 &* shared)
        value = value & ~(UInt64.max &>> bits) | load(start) &>> bits
      }
    }
    let rest = keyByteCount &- from
    if rest < 8 { value &= ~(UInt64.max &>> UInt64(truncatingIfNeeded: 8 &* rest)) }
    return value
  }

  /// Eight bytes at an offset, zero behind the page's end.
  @inlinable @inline(__always)
  package func load(_ at: Int) -> UInt64 {
    if at &+ 8 <= BTreePage.byteCount { return page.loadBigEndian(UInt64.self, at: at) }
    var value: UInt64 = 0
    for i in 0..<8 where at &+ i < BTreePage.byteCount {
      value |= UInt64(page.load(UInt8.self, at: at &+ i)) &<< UInt64(56 &- 8 &* i)
    }
    return value
  }

  @inlinable
  package func value(_ index: Int) -> TreeValue {
    let at =
      BTreePage.headerByteCount &+ prefixCount &+ index &* stride &+ keyByteCount &- prefixCount
    switch valueByteCount {
    case 4:
      return TreeValue(page.load(at: at))
    case 20:
      return TreeValue(
        page.load(at: at), offset: page.load(at: at + 4), item: page.load(at: at + 12),
        extra: page.load(at: at + 16))
    default:
      return TreeValue(0)
    }
  }

  /// Index of the first entry whose key is not less than `key`.
  @inlinable
  package func lowerBound(_ key: TreeKey) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) >> 1
      if self.key(middle) < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
