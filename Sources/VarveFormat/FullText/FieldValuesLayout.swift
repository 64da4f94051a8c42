// The values of one metadata field over the occurrences of a full-text file. Chapter 6, INV-50.

/// Four parts with their sizes in front: distinct values, and columns of how many an occurrence
/// has, which, and its flags.
package enum FieldValuesLayout {
  /// First byte of a value that is a number, 8 bytes of its bits.
  @inlinable package static var number: UInt8 { 1 }
  /// First byte of a value that is text.
  @inlinable package static var string: UInt8 { 2 }

  package struct Decoded: Sendable {
    package var values: [[UInt8]]
    package var counts: [UInt64]
    package var places: [UInt64]
    package var flags: [UInt64]

    package init(values: [[UInt8]], counts: [UInt64], places: [UInt64], flags: [UInt64]) {
      self.values = values
      self.counts = counts
      self.places = places
      self.flags = flags
    }
  }

  package static func encode(
    values: [[UInt8]], counts: [UInt64], places: [UInt64], flags: [UInt64]
  ) -> [UInt8] {
    var parts = [TextListLayout.encode(values)]
    for numbers in [counts, places, flags] {
      var column = ColumnBuilder()
      column.append(numbers)
      parts.append(column.finish())
    }
    var writer = ByteWriter(reserving: parts.reduce(32) { $0 + $1.count })
    for part in parts { writer.write(UInt64(part.count)) }
    for part in parts { writer.write(part) }
    return writer.bytes
  }

  package static func decode(_ bytes: RawSpan) throws(FormatError) -> Decoded {
    var reader = ByteReader(bytes)
    var sizes: [Int] = []
    for _ in 0..<4 {
      let size = try reader.read(UInt64.self)
      guard size <= UInt64(bytes.byteCount) else { throw FormatError(.outOfBounds, at: 0) }
      sizes.append(Int(size))
    }
    let values = try TextListLayout.decode(bytes.extracting(try reader.readRange(sizes[0])))
    var columns: [[UInt64]] = []
    for size in sizes[1...] {
      var numbers: [UInt64] = []
      try ColumnReader(bytes.extracting(try reader.readRange(size))).appendAll(to: &numbers)
      columns.append(numbers)
    }
    try reader.expectEnd()
    guard columns[0].count == columns[2].count else { throw FormatError(.inconsistent, at: 0) }
    var total: UInt64 = 0
    for count in columns[0] {
      guard count <= UInt64(columns[1].count) else { throw FormatError(.inconsistent, at: 0) }
      total += count
    }
    guard total == UInt64(columns[1].count), columns[1].allSatisfy({ $0 < UInt64(values.count) })
    else { throw FormatError(.inconsistent, at: 0) }
    for value in values {
      guard value.first == string || value.first == number && value.count == 9 else {
        throw FormatError(.unknownTag, at: 0)
      }
    }
    return Decoded(
      values: values, counts: columns[0], places: columns[1], flags: columns[2])
  }
}
