// Columns, filters and pages: round trips, and the fast path against the obvious one.

import Testing
import VarveFormat
import VarveTestSupport

@Suite("Index structures")
struct IndexTests {
  @Test(
    "Columns of every width come back", .requirement("COL-1", "COL-2", "COL-3", "COL-4", "COL-5"),
    arguments: 0...64)
  func columns(width: Int) throws {
    var random = SplitMix64(seed: UInt64(width))
    let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
    let base = width == 64 ? 0 : random.next() & ~mask & (UInt64.max >> 1)
    for count in [0, 1, 2, 7, 1023, 1024, 1025, 2049] where count < 10 || width % 8 < 2 {
      var values = (0..<count).map { _ in base + (random.next() & mask) }
      if count > 1 { values[count / 2] = base + mask }
      var builder = ColumnBuilder()
      builder.append(values)
      let bytes = builder.finish()
      let column = try ColumnReader(bytes.rawSpan)
      #expect(column.count == count)
      var all: [UInt64] = []
      column.appendAll(to: &all)
      #expect(all == values)
      for row in [0, 1, count / 2, count - 1] where row >= 0 && row < count {
        #expect(column[row] == values[row])
      }
    }
  }

  @Test("A filter denies no key it holds, and most others", .requirement("FLT-2", "FLT-4", "FLT-5"))
  func filter() throws {
    var random = SplitMix64(seed: 9)
    for count in [0, 1, 20, 1000] {
      var builder = DedupFilterBuilder(keyCount: count)
      let keys = (0..<count).map { _ in random.next() }
      for key in keys { builder.insert(key) }
      let bytes = builder.finish()
      try DedupFilter.check(bytes.rawSpan)
      #expect(keys.allSatisfy { DedupFilter.mayContain($0, in: bytes.rawSpan) })
      let passed = (0..<2000).filter { _ in
        DedupFilter.mayContain(random.next(), in: bytes.rawSpan)
      }.count
      #expect(passed < 60)
    }
  }

  @Test("The filter's key of an identity", .requirement("FLT-3"))
  func identityKey() {
    var random = SplitMix64(seed: 10)
    for _ in 0..<50 {
      let bytes = random.bytes(34)
      let span = bytes.rawSpan
      let content: UInt64 = span.loadBigEndian(at: 26)
      let offset: UInt64 = span.loadBigEndian(at: 16)
      let part = UInt64(span.loadBigEndian(UInt16.self, at: 24))
      var x = content ^ span.loadBigEndian(UInt64.self, at: 8)
      x ^= (offset &+ part << 48) &* 0x9E37_79B9_7F4A_7C15
      x ^= x >> 33
      x = x &* 0xFF51_AFD7_ED55_8CCD
      x ^= x >> 33
      x = x &* 0xC4CE_B9FE_1A85_EC53
      x ^= x >> 33
      #expect(DedupFilter.hash(OccurrenceIdentity(span)) == x)
    }
  }

  @Test(
    "Pages come back and are searched as a list would be",
    .requirement("BTR-4", "BTR-13", "BTR-15", "BTR-16"), arguments: TreeKind.allCases)
  func pages(kind: TreeKind) throws {
    var random = SplitMix64(seed: UInt64(kind.rawValue))
    let shared = random.bytes(kind.keyByteCount)
    for count in [1, 2, 17, 60] {
      // Few distinct bytes behind a common start, so that prefixes and neighbours occur.
      var keys: Set<TreeKey> = []
      while keys.count < count {
        let rest = random.bytes(4).map { $0 & 7 }
        let bytes = Array(shared[..<(kind.keyByteCount - 4)]) + rest
        keys.insert(TreeKey(bytes.rawSpan, count: kind.keyByteCount))
      }
      let sorted = keys.sorted()
      let entries = sorted.map { key -> (key: TreeKey, value: TreeValue) in
        switch kind.valueByteCount {
        case 0: (key, TreeValue(0))
        case 4: (key, TreeValue(UInt32(truncatingIfNeeded: random.next())))
        default: (key, TreeValue(1, offset: random.next(), item: 2, extra: 3))
        }
      }
      let prefix =
        count == 1 ? kind.keyByteCount : sorted[0].sharedByteCount(sorted[count - 1])
      var writer = ByteWriter()
      BTreePage.append(
        kind: BTreePage.leaf, number: 9, keyByteCount: kind.keyByteCount,
        valueByteCount: kind.valueByteCount, prefixCount: prefix, entries: entries, to: &writer)
      let page = writer.bytes
      try BTreePage.check(
        page.rawSpan, number: 9, keyByteCount: kind.keyByteCount,
        leafValueByteCount: kind.valueByteCount)
      #expect(throws: FormatError(.inconsistent, at: 4)) {
        try BTreePage.check(
          page.rawSpan, number: 8, keyByteCount: kind.keyByteCount,
          leafValueByteCount: kind.valueByteCount)
      }
      let view = BTreePageView(page.rawSpan)
      for (i, entry) in entries.enumerated() {
        #expect(view.key(i) == entry.key && view.value(i) == entry.value)
      }
      for _ in 0..<50 {
        let bytes = Array(shared[..<(kind.keyByteCount - 4)]) + random.bytes(4).map { $0 & 7 }
        let wanted = TreeKey(bytes.rawSpan, count: kind.keyByteCount)
        let linear = sorted.firstIndex { !($0 < wanted) } ?? count
        #expect(view.lowerBound(wanted) == linear)
      }
    }
  }

  @Test("A section table comes back", .requirement("BTR-34"))
  func sections() throws {
    var writer = ByteWriter()
    FileHeader(kind: .index, number: 1, storeID: VectorFiles.storeID).write(to: &writer)
    writer.write([UInt8](repeating: 0, count: 24))
    let entries = [
      SectionEntry(
        kind: .dictionary, sub: 0, checksum: 5, offset: 40, byteCount: 8, itemCount: 0, extra: 0),
      SectionEntry(
        kind: .tree, sub: 3, checksum: 6, offset: 48, byteCount: 16, itemCount: 1,
        extra: 1 << 32),
    ]
    IndexLayout.appendTable(entries, at: 64, to: &writer)
    #expect(try IndexLayout.sections(writer.bytes.rawSpan) == entries)
    for i in 64..<writer.count {
      var changed = writer.bytes
      changed[i] ^= 1
      #expect(throws: FormatError.self) { try IndexLayout.sections(changed.rawSpan) }
    }
  }
}
