// 128 numbers in as few bits as most of them need; the rest of the few that need more follows.
// Chapter 6, INV-23. After M. Zukowski, S. Heman, N. Nes, P. Boncz, "Super-scalar RAM-CPU cache
// compression", 2006, with the greater ones apart as in H. Yan, S. Ding, T. Suel, "Inverted index
// compression and query processing with optimized document ordering", 2009.

/// Numbers of one column of a block of postings.
package enum PatchedBlock {
  /// Numbers of a block.
  @inlinable package static var count: Int { PostingsLayout.blockCount }

  /// How a block of numbers is written.
  struct Shape: Equatable {
    var width: Int
    var exceptionCount: Int
    var byteCount: Int
  }

  /// The width that takes the least bytes; of those the greatest, which leaves the fewest
  /// exceptions.
  static func shape(_ values: [UInt32]) -> Shape {
    var lengths = [Int](repeating: 0, count: 33)
    for value in values { lengths[32 - value.leadingZeroBitCount] += 1 }
    var best = Shape(width: 32, exceptionCount: 0, byteCount: 16 * 32)
    for width in (0..<32).reversed() {
      var exceptionCount = 0
      var byteCount = 16 * width
      for length in (width + 1)...32 where lengths[length] > 0 {
        exceptionCount += lengths[length]
        byteCount += lengths[length] * (1 + (length - width + 6) / 7)
      }
      if byteCount < best.byteCount {
        best = Shape(width: width, exceptionCount: exceptionCount, byteCount: byteCount)
      }
    }
    return best
  }

  /// Appends the numbers, then the places of the exceptions, then what is above their width.
  static func append(_ values: [UInt32], _ shape: Shape, to writer: inout ByteWriter) {
    pack(values, width: shape.width, to: &writer)
    guard shape.exceptionCount > 0 else { return }
    for (place, value) in values.enumerated() where value >> UInt32(shape.width) != 0 {
      writer.write(UInt8(place))
    }
    for value in values where value >> UInt32(shape.width) != 0 {
      writer.writeVarint(UInt64(value >> UInt32(shape.width)))
    }
  }

  /// Values of `width` bits, least significant bit first.
  static func pack(_ values: [UInt32], width: Int, to writer: inout ByteWriter) {
    guard width > 0 else { return }
    let mask = UInt64(1) << UInt64(width) - 1
    var buffer: UInt64 = 0
    var bits = 0
    writer.append(upTo: values.count * width / 8 + 8) { output in
      for value in values {
        buffer |= (UInt64(value) & mask) << UInt64(bits)
        bits += width
        while bits >= 32 {
          output.write(UInt32(truncatingIfNeeded: buffer))
          buffer >>= 32
          bits -= 32
        }
      }
      while bits > 0 {
        output.append(UInt8(truncatingIfNeeded: buffer))
        buffer >>= 8
        bits -= 8
      }
    }
  }

  /// Reads the numbers.
  ///
  /// - Parameters:
  ///   - start: of the block; 8 bytes behind `limit` may be loaded.
  ///   - limit: where the block ends at the latest.
  ///   - bits: that a number has at most.
  ///   - bias: added to each number.
  /// - Returns: where they end.
  static func read(
    _ bytes: RawSpan, at start: Int, width: Int, exceptionCount: Int, limit: Int, bits: Int,
    bias: UInt32, into values: inout [UInt32]
  ) throws(FormatError) -> Int {
    let places = start + 16 * width
    guard width <= bits, exceptionCount <= count, places + exceptionCount <= limit else {
      throw FormatError(.outOfBounds, at: start)
    }
    unpack(bytes, at: start, width: width, bias: bias, into: &values)
    if exceptionCount == 0 { return places }
    var reader = ByteReader(bytes.extracting(0..<limit), at: places + exceptionCount)
    var least = 0
    for i in 0..<exceptionCount {
      let place = Int(bytes.load(UInt8.self, at: places + i))
      guard place >= least, place < count else { throw FormatError(.outOfOrder, at: places + i) }
      least = place + 1
      let above = try reader.readVarint()
      guard above > 0, above <= (UInt64(1) << UInt64(bits) - 1) >> UInt64(width) else {
        throw FormatError(.outOfBounds, at: places + i)
      }
      values[place] &+= UInt32(truncatingIfNeeded: above << UInt64(width))
    }
    return reader.offset
  }

  private static func unpack(
    _ bytes: RawSpan, at start: Int, width: Int, bias: UInt32, into values: inout [UInt32]
  ) {
    var output = values.mutableSpan
    if width == 0 {
      for i in 0..<count { output[i] = bias }
      return
    }
    unpack(bytes, at: start, width: width) { i, value in
      output[i] = UInt32(truncatingIfNeeded: value) &+ bias
    }
  }

  /// Calls a closure with each number of `width` bits, 1 to 32: as many of one load as it holds.
  @inline(__always)
  static func unpack(
    _ bytes: RawSpan, at start: Int, width: Int, _ body: (Int, UInt64) -> Void
  ) {
    let mask: UInt64 = (1 << UInt64(width)) - 1
    if width <= 8 {
      // Eight numbers are `width` bytes.
      for group in 0..<(count / 8) {
        var word = bytes.load(UInt64.self, at: start + group * width)
        for i in 0..<8 {
          body(group * 8 + i, word & mask)
          word >>= UInt64(width)
        }
      }
      return
    }
    if width <= 14 {
      // Four numbers and what is left of a byte in front of them.
      for group in 0..<(count / 4) {
        let bit = group * 4 * width
        var word = bytes.load(UInt64.self, at: start + bit >> 3) >> UInt64(bit & 7)
        for i in 0..<4 {
          body(group * 4 + i, word & mask)
          word >>= UInt64(width)
        }
      }
      return
    }
    for i in 0..<count {
      let bit = i * width
      body(i, bytes.load(UInt64.self, at: start + bit >> 3) >> UInt64(bit & 7) & mask)
    }
  }
}
