// Open metadata as a typed binary tree. Chapter 3, MET-1 to MET-6. JSON exists only at the edges.

/// A value of open metadata.
public indirect enum MetadataValue: Equatable, Sendable {
  /// The absence of a value.
  case null
  /// A truth value.
  case bool(Bool)
  /// An integer that fits 64 bits.
  case int(Int64)
  /// A binary floating-point number.
  case double(Double)
  /// A number whose text must be kept.
  case number([UInt8])
  /// Text, UTF-8 or as near to it as the source was.
  case string([UInt8])
  /// Values in order.
  case array([MetadataValue])
  /// Members in their order in the source.
  case object([Member])

  /// A named value.
  public struct Member: Equatable, Sendable {
    /// Its name.
    public var key: [UInt8]
    /// Its value.
    public var value: MetadataValue

    /// Creates a member.
    public init(_ key: [UInt8], _ value: MetadataValue) {
      self.key = key
      self.value = value
    }

    /// Creates a member with a name that is text.
    public init(_ key: String, _ value: MetadataValue) {
      self.init(Array(key.utf8), value)
    }
  }

  /// A string value.
  public static func text(_ text: String) -> MetadataValue { .string(Array(text.utf8)) }

  /// The member of an object.
  public subscript(_ key: String) -> MetadataValue? {
    guard case .object(let members) = self else { return nil }
    let wanted = Array(key.utf8)
    return members.first { $0.key == wanted }?.value
  }

  /// The text of a string value.
  public var text: String? {
    guard case .string(let bytes) = self else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The value of an integer.
  public var int: Int64? {
    guard case .int(let value) = self else { return nil }
    return value
  }
}

/// Tags and encoding of metadata trees.
@usableFromInline
package enum MetadataTree {
  package enum Tag: UInt8, Sendable {
    case null = 0
    case `false` = 1
    case `true` = 2
    case int = 3
    case double = 4
    case string = 5
    case array = 6
    case object = 7
    case number = 8
  }

  package static func encode(_ value: MetadataValue) -> [UInt8] {
    var writer = ByteWriter(reserving: 64)
    append(value, to: &writer)
    return writer.bytes
  }

  package static func append(_ value: MetadataValue, to writer: inout ByteWriter) {
    switch value {
    case .null: writer.write(Tag.null.rawValue)
    case .bool(let truth): writer.write(truth ? Tag.true.rawValue : Tag.false.rawValue)
    case .int(let number):
      writer.write(Tag.int.rawValue)
      writer.writeZigzag(number)
    case .double(let number):
      writer.write(Tag.double.rawValue)
      writer.write(number.bitPattern)
    case .number(let text): appendText(.number, text, to: &writer)
    case .string(let text): appendText(.string, text, to: &writer)
    case .array(let values):
      writer.write(Tag.array.rawValue)
      writer.writeVarint(values.count)
      for value in values { append(value, to: &writer) }
    case .object(let members):
      writer.write(Tag.object.rawValue)
      writer.writeVarint(members.count)
      for member in members {
        writer.writeVarint(member.key.count)
        writer.write(member.key)
        append(member.value, to: &writer)
      }
    }
  }

  private static func appendText(_ tag: Tag, _ text: [UInt8], to writer: inout ByteWriter) {
    writer.write(tag.rawValue)
    writer.writeVarint(text.count)
    writer.write(text)
  }

  /// Decodes a whole tree.
  package static func decode(_ bytes: RawSpan) throws(FormatError) -> MetadataValue {
    var reader = ByteReader(bytes)
    let value = try decode(&reader, depth: 0)
    try reader.expectEnd()
    return value
  }

  private static func decode(
    _ reader: inout ByteReader, depth: Int
  ) throws(FormatError) -> MetadataValue {
    let at = reader.offset
    guard depth <= Limits.metadataDepth else { throw FormatError(.outOfBounds, at: at) }
    guard let tag = Tag(rawValue: try reader.read(UInt8.self)) else {
      throw FormatError(.unknownTag, at: at)
    }
    switch tag {
    case .null: return .null
    case .false: return .bool(false)
    case .true: return .bool(true)
    case .int: return .int(try reader.readZigzag())
    case .double: return .double(Double(bitPattern: try reader.read()))
    case .string: return .string(try text(&reader))
    case .number: return .number(try text(&reader))
    case .array:
      let count = try reader.readCount(max: reader.remaining)
      var values: [MetadataValue] = []
      for _ in 0..<count { values.append(try decode(&reader, depth: depth + 1)) }
      return .array(values)
    case .object:
      let count = try reader.readCount(max: reader.remaining)
      var members: [MetadataValue.Member] = []
      for _ in 0..<count {
        let key = try text(&reader)
        members.append(.init(key, try decode(&reader, depth: depth + 1)))
      }
      return .object(members)
    }
  }

  private static func text(_ reader: inout ByteReader) throws(FormatError) -> [UInt8] {
    let count = try reader.readCount(max: Limits.factByteCount)
    return try reader.readBytes(count)
  }
}
