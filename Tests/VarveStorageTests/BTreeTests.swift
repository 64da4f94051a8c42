// Trees against sorted arrays: lookups and walks, with keys that share prefixes and keys that do not.

import Testing
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite struct BTreeTests {
  private static let storeID = StoreID(high: 1, low: 2)

  /// Builds an index from rows whose identities are the keys to test.
  private static func index(_ offsets: [UInt64]) throws -> IndexFile {
    var tail = TailRows(firstSequence: 1)
    for offset in offsets {
      let hash = Digest.hash(Array("\(offset)".utf8))
      var fields = OccurrenceFields(kind: .log)
      fields.time = Int64(offset % 97)
      fields[.session] = tail.strings.intern(Array("session-\(offset % 13)".utf8))
      tail.append(
        TailRow(
          hash: hash,
          identity: OccurrenceIdentity(
            scopeHigh: offset % 3, scopeLow: 7, offset: offset, part: 0, content: hash),
          fields: fields, message: tail.nextSequence, contentByteCount: 1))
    }
    var writer = IndexFileWriter(
      header: FileHeader(kind: .index, number: 1, storeID: storeID), file: nil)
    try IndexBuilder(tail, range: tail.rows.indices).write(to: &writer)
    return try IndexFile(
      ByteRegion(try writer.finish().image), path: "test", firstSequence: 1, storeID: storeID)
  }

  @Test(arguments: [0, 1, 2, 100, 5000])
  func lookupsAndWalks(count: Int) throws {
    var generator = SplitMix64(seed: UInt64(count))
    let offsets = Array(
      Set((0..<count).map { _ in generator.next() >> UInt64(generator.below(60)) }))
    let index = try Self.index(offsets)
    try index.verify()
    let tree = index.tree(.identity)
    var keys: [TreeKey] = []
    for (row, offset) in offsets.enumerated() {
      let hash = Digest.hash(Array("\(offset)".utf8))
      let identity = OccurrenceIdentity(
        scopeHigh: offset % 3, scopeLow: 7, offset: offset, part: 0, content: hash)
      keys.append(TreeKey(identity))
      #expect(try index.occurrence(identity) == UInt64(row + 1))
      #expect(try index.message(hash) == UInt64(row + 1))
    }
    keys.sort()
    var forward = try tree.cursor(from: TreeKey(0))
    for key in keys { #expect(try forward.next()?.key == key) }
    #expect(try forward.next() == nil)
    for key in keys.reversed() { #expect(try forward.previous()?.key == key) }
    #expect(try forward.previous() == nil)
    for _ in 0..<200 {
      let probe = TreeKey(generator.next() % 4, 7, generator.next() >> UInt64(generator.below(60)))
      let expected = keys.firstIndex { !($0 < probe) }
      var cursor = try tree.cursor(from: probe)
      #expect(try cursor.next()?.key == expected.map { keys[$0] })
      if expected == nil || expected.map({ keys[$0] != probe }) == true {
        #expect(try tree.find(probe) == nil)
      }
    }
  }

  @Test("A merge of parts is the index of the whole")
  func merges() throws {
    let offsets = (0..<3000).map { UInt64($0 * 7919 % 100_000) }
    var tail = TailRows(firstSequence: 1)
    var parts: [IndexFile] = []
    for start in stride(from: 0, to: offsets.count, by: 500) {
      var part = TailRows(firstSequence: UInt64(start + 1))
      for offset in offsets[start..<(start + 500)] {
        let hash = Digest.hash(Array("\(offset)".utf8))
        let identity = OccurrenceIdentity(
          scopeHigh: 1, scopeLow: 1, offset: offset, part: 0, content: hash)
        func row(_ rows: inout TailRows) -> TailRow {
          var fields = OccurrenceFields(kind: .log)
          fields.time = Int64(offset)
          fields[.project] = rows.strings.intern(Array("/p\(offset % 11)".utf8))
          return TailRow(
            hash: hash, identity: identity, fields: fields, message: rows.nextSequence,
            contentByteCount: offset)
        }
        part.append(row(&part))
        tail.append(row(&tail))
      }
      parts.append(try Self.image(part, first: UInt64(start + 1)))
    }
    let whole = try Self.image(tail, first: 1)
    var writer = IndexFileWriter(
      header: FileHeader(kind: .index, number: 1, storeID: Self.storeID), file: nil)
    try IndexMerger(parts).write(to: &writer)
    let merged = try IndexFile(
      ByteRegion(try writer.finish().image), path: "merged", firstSequence: 1,
      storeID: Self.storeID)
    #expect(merged.digest == whole.digest)
    try merged.verify()
  }

  private static func image(_ rows: TailRows, first: UInt64) throws -> IndexFile {
    var writer = IndexFileWriter(
      header: FileHeader(kind: .index, number: 1, storeID: storeID), file: nil)
    try IndexBuilder(rows, range: rows.rows.indices).write(to: &writer)
    return try IndexFile(
      ByteRegion(try writer.finish().image), path: "part", firstSequence: first,
      storeID: storeID)
  }
}
