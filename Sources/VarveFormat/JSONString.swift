// Unescaping of JSON strings to bytes. Chapter 10, CON-1; RFC 8259 section 7. Lone surrogates keep
// their three-byte form (generalised UTF-8), because a Swift String could not hold them.

/// The inside of a JSON string as bytes.
package enum JSONString {
  /// Appends the unescaped bytes of `escaped` (without quotes) to `output`.
  package static func unescape(
    _ escaped: RawSpan, appendingTo output: inout [UInt8]
  ) throws(FormatError) {
    var runStart = 0
    while let at = escaped.firstIndex(of: 0x5C, in: runStart..<escaped.byteCount) {
      var i = at
      append(escaped, runStart..<i, to: &output)
      guard i + 1 < escaped.byteCount else { throw FormatError(.truncated, at: i) }
      let code = escaped.load(UInt8.self, at: i + 1)
      i += 2
      switch code {
      case 0x22, 0x5C, 0x2F: output.append(code)
      case 0x62: output.append(0x08)
      case 0x66: output.append(0x0C)
      case 0x6E: output.append(0x0A)
      case 0x72: output.append(0x0D)
      case 0x74: output.append(0x09)
      case 0x75: try unicode(escaped, &i, &output)
      default: throw FormatError(.unknownTag, at: i - 1)
      }
      runStart = i
    }
    append(escaped, runStart..<escaped.byteCount, to: &output)
  }

  /// Whether every escape of the inside of a string is one that JSON has.
  package static func isValid(_ escaped: RawSpan) -> Bool {
    var i = 0
    while let at = escaped.firstIndex(of: 0x5C, in: i..<escaped.byteCount) {
      i = at
      guard i + 1 < escaped.byteCount else { return false }
      switch escaped.load(UInt8.self, at: i + 1) {
      case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: i += 2
      case 0x75:
        guard (try? hex(escaped, at: i + 2)) != nil else { return false }
        i += 6
      default: return false
      }
    }
    return true
  }

  private static func append(_ bytes: RawSpan, _ range: Range<Int>, to output: inout [UInt8]) {
    guard !range.isEmpty else { return }
    let part = bytes.extracting(range)
    // SAFETY: the pointer is used only inside the closure.
    unsafe part.withUnsafeBytes { unsafe output.append(contentsOf: $0) }
  }

  private static func unicode(
    _ bytes: RawSpan, _ i: inout Int, _ output: inout [UInt8]
  ) throws(FormatError) {
    var scalar = try hex(bytes, at: i)
    i += 4
    if scalar >= 0xD800 && scalar < 0xDC00, i + 6 <= bytes.byteCount,
      bytes.load(UInt8.self, at: i) == 0x5C, bytes.load(UInt8.self, at: i + 1) == 0x75
    {
      let low = try hex(bytes, at: i + 2)
      if low >= 0xDC00 && low < 0xE000 {
        scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
        i += 6
      }
    }
    switch scalar {
    case 0..<0x80:
      output.append(UInt8(scalar))
    case 0x80..<0x800:
      output.append(UInt8(0xC0 | scalar >> 6))
      output.append(UInt8(0x80 | scalar & 0x3F))
    case 0x800..<0x10000:
      output.append(UInt8(0xE0 | scalar >> 12))
      output.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      output.append(UInt8(0x80 | scalar & 0x3F))
    default:
      output.append(UInt8(0xF0 | scalar >> 18))
      output.append(UInt8(0x80 | scalar >> 12 & 0x3F))
      output.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      output.append(UInt8(0x80 | scalar & 0x3F))
    }
  }

  private static func hex(_ bytes: RawSpan, at start: Int) throws(FormatError) -> UInt32 {
    guard start + 4 <= bytes.byteCount else { throw FormatError(.truncated, at: start) }
    var value: UInt32 = 0
    for i in 0..<4 {
      let digit = bytes.load(UInt8.self, at: start + i)
      switch digit {
      case 0x30...0x39: value = value << 4 | UInt32(digit - 0x30)
      case 0x61...0x66: value = value << 4 | UInt32(digit - 0x61 + 10)
      case 0x41...0x46: value = value << 4 | UInt32(digit - 0x41 + 10)
      default: throw FormatError(.unknownTag, at: start + i)
      }
    }
    return value
  }
}
