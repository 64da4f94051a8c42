// A list of texts: count, ends, bytes. Dictionaries of indexes are such lists in ascending order.
// Chapter 5, BTR-32; chapter 6, INV-6.

package enum TextListLayout {
  package static func encode(_ texts: [[UInt8]]) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(UInt32(texts.count))
    var end: UInt64 = 0
    for text in texts {
      end += UInt64(text.count)
      writer.write(end)
    }
    for text in texts { writer.write(text) }
    return writer.bytes
  }

  package static func encode(_ texts: [String]) -> [UInt8] { encode(texts.map { Array($0.utf8) }) }

  package static func decode(_ bytes: RawSpan) throws(FormatError) -> [[UInt8]] {
    var reader = ByteReader(bytes)
    let count = Int(try reader.read(UInt32.self))
    guard count <= reader.remaining / 8 else { throw FormatError(.outOfBounds, at: 0) }
    var ends: [UInt64] = []
    ends.reserveCapacity(count)
    for _ in 0..<count { ends.append(try reader.read()) }
    var texts: [[UInt8]] = []
    texts.reserveCapacity(count)
    var start: UInt64 = 0
    for end in ends {
      guard end >= start, end - start <= UInt64(reader.remaining) else {
        throw FormatError(.outOfBounds, at: reader.offset)
      }
      texts.append(try reader.readBytes(Int(end - start)))
      start = end
    }
    try reader.expectEnd()
    return texts
  }
}
