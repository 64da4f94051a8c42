// Where the content of a record is. Chapter 3, SEG-13.

/// Content of a record: its own bytes, an earlier message, a place in an archived original, or
/// nothing any more.
package enum RecordContent: Equatable, Sendable {
  /// A range of the block's payload.
  case inline(Range<Int>)
  /// The message that was first seen at this sequence.
  case repeated(UInt64)
  /// Bytes of an archived original.
  case reference(ContentReference)
  /// The record was forgotten: where its digest stands, which is all that is left (SEG-50).
  case forgotten(Range<Int>)
}

/// A place in a source chunk.
package struct ContentReference: Equatable, Sendable {
  /// How the bytes there become content.
  package enum Encoding: UInt8, Sendable {
    /// They are the content.
    case raw = 0
    /// They are the inside of a JSON string, without its quotes.
    case jsonString = 1
  }

  package var chunk: ContentHash
  package var offset: UInt64
  package var length: UInt64
  package var encoding: Encoding

  package init(chunk: ContentHash, offset: UInt64, length: UInt64, encoding: Encoding) {
    self.chunk = chunk
    self.offset = offset
    self.length = length
    self.encoding = encoding
  }

  package func write(to writer: inout ByteWriter) {
    chunk.write(to: &writer)
    writer.writeVarint(offset)
    writer.writeVarint(length)
    writer.write(encoding.rawValue)
  }

  package init(from reader: inout ByteReader) throws(FormatError) {
    let range = try reader.readRange(32)
    chunk = ContentHash(reader.bytes, at: range.lowerBound)
    offset = try reader.readVarint()
    length = UInt64(try reader.readCount(max: Limits.contentByteCount))
    let at = reader.offset
    guard let encoding = Encoding(rawValue: try reader.read(UInt8.self)) else {
      throw FormatError(.unknownTag, at: at)
    }
    self.encoding = encoding
  }
}
