// Integers on disk: fixed, varint, zigzag; texts that are numbered.

import Testing
import VarveFormat
import VarveTestSupport

@Suite("Integers and texts")
struct IntegerTests {
  static let edges: [UInt64] =
    [0, 1, UInt64.max] + (1..<64).flatMap { [1 << UInt64($0), (1 << UInt64($0)) - 1] }

  @Test("Varints come back and are shortest", .requirement("ENV-2", "ENV-3"))
  func varints() throws {
    var random = SplitMix64(seed: 4)
    for value in Self.edges + (0..<500).map({ _ in random.next() >> UInt64(random.below(64)) }) {
      var writer = ByteWriter()
      writer.writeVarint(value)
      #expect(writer.count == ByteWriter.varintByteCount(value))
      var reader = ByteReader(writer.bytes.rawSpan)
      #expect(try reader.readVarint() == value)
      #expect(reader.remaining == 0)
      for cut in 0..<writer.count { #expect(Self.error(Array(writer.bytes[..<cut])) == .truncated) }
      // The same value with a zero byte at its end.
      var longer = writer.bytes
      longer[longer.count - 1] |= 0x80
      longer.append(0)
      #expect(Self.error(longer) == .nonCanonicalVarint)
    }
    let nine = [UInt8](repeating: 0xFF, count: 9)
    #expect(Self.error(nine + [1]) == nil)
    #expect(Self.error(nine + [2]) == .nonCanonicalVarint)
    #expect(Self.error(nine + [0x81, 0]) == .nonCanonicalVarint)
  }

  private static func error(_ bytes: [UInt8]) -> FormatError.Code? {
    var reader = ByteReader(bytes.rawSpan)
    do throws(FormatError) {
      _ = try reader.readVarint()
      return nil
    } catch { return error.code }
  }

  @Test("Zigzag integers come back; small ones of either sign are short", .requirement("ENV-4"))
  func zigzag() throws {
    var random = SplitMix64(seed: 5)
    let randoms = (0..<500).map { _ in Int64(bitPattern: random.next()) >> Int64(random.below(64)) }
    for value in [0, 1, -1, 63, -64, 64, -65, Int64.max, Int64.min] + randoms {
      var writer = ByteWriter()
      writer.writeZigzag(value)
      if (-64..<64).contains(value) { #expect(writer.count == 1) }
      var reader = ByteReader(writer.bytes.rawSpan)
      #expect(try reader.readZigzag() == value)
    }
  }

  @Test("Fixed integers are little-endian, keys big-endian", .requirement("ENV-1"))
  func fixed() throws {
    var writer = ByteWriter()
    writer.write(UInt32(0x0102_0304))
    writer.writeBigEndian(UInt32(0x0102_0304))
    writer.write(Int64(-2))
    #expect(Array(writer.bytes[..<8]) == [4, 3, 2, 1, 1, 2, 3, 4])
    var reader = ByteReader(writer.bytes.rawSpan)
    #expect(try reader.read(UInt32.self) == 0x0102_0304)
    #expect(writer.bytes.rawSpan.loadBigEndian(UInt32.self, at: 4) == 0x0102_0304)
    #expect(try reader.readRange(4) == 4..<8)
    #expect(try reader.read(Int64.self) == -2)
    #expect(throws: FormatError(.truncated, at: 16)) {
      var past = ByteReader(writer.bytes.rawSpan, at: 16)
      _ = try past.read(UInt8.self)
    }
  }

  @Test("A string table numbers distinct texts in order of first use", .requirement("ENV-5"))
  func stringTable() {
    var random = SplitMix64(seed: 6)
    var table = StringTable()
    for _ in 0..<2 {
      var numbers: [[UInt8]: Int32] = [:]
      for _ in 0..<2000 {
        let text = random.bytes(random.below(5))
        let known = numbers[text]
        #expect(table.find(text.rawSpan) == known)
        let id = table.intern(text)
        #expect(id == known ?? Int32(numbers.count))
        numbers[text] = id
      }
      #expect(table.count == numbers.count)
      for (text, id) in numbers { #expect(table.bytes(id) == text) }
      table.removeAll()
    }
    #expect(table.count == 0)
  }

  @Test("Keys of trees order as their bytes", .requirement("BTR-4", "BTR-5", "SEG-12"))
  func keys() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<500 {
      let a = random.bytes(34).map { $0 & 1 }
      let b = random.bytes(34).map { $0 & 1 }
      let left = OccurrenceIdentity(a.rawSpan)
      let right = OccurrenceIdentity(b.rawSpan)
      let isLess = a.lexicographicallyPrecedes(b)
      #expect((left < right) == isLess)
      #expect((TreeKey(left) < TreeKey(right)) == isLess)
      #expect(TreeKey(left) == TreeKey(a.rawSpan, count: 34))
      let shared = zip(a, b).prefix { $0 == $1 }.count
      if a != b { #expect(TreeKey(left).sharedByteCount(TreeKey(right)) == shared) }
      var writer = ByteWriter()
      left.write(to: &writer)
      #expect(writer.bytes == a)
    }
    let times: [Int64] = [.min + 1, -1, 0, 1, .max - 1]
    let words = times.map { TreeKeys.time($0) }
    #expect(words == words.sorted() && words.allSatisfy { $0 < TreeKeys.time(.min) })
    #expect(words.map { TreeKeys.time(ofKey: $0) } == times)
    #expect(TreeKeys.time(ofKey: TreeKeys.time(OccurrenceFields.noTime)) == OccurrenceFields.noTime)
  }
}
