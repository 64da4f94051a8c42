// Makes words and filter values comparable. SEARCH.md 2, "Normalization", and 14; Unicode Standard
// Annex 15 for the decompositions.

import CVarve

/// Normal forms of text.
package enum Normalizer {
  /// Appends the compatibility decomposition of a scalar.
  static func decompose(_ scalar: Unicode.Scalar, into output: inout [Unicode.Scalar]) {
    let code = scalar.value
    if code < 0xA0 {
      output.append(scalar)
      return
    }
    if code >= 0xAC00, code < 0xD7A4 {
      // Hangul syllables are computed: Unicode Standard 3.12.
      let index = code - 0xAC00
      let parts = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28]
      for part in parts where part != 0x11A7 {
        if let scalar = Unicode.Scalar(part) { output.append(scalar) }
      }
      return
    }
    let place = cvarve_decomposition(code)
    guard place != 0 else {
      output.append(scalar)
      return
    }
    for i in 0..<(place & 0xFF) {
      if let part = Unicode.Scalar(cvarve_decomposition_scalar(place >> 8 + i)) {
        output.append(part)
      }
    }
  }

  /// NFKD without control characters: what stop words are compared in.
  static func decomposed(_ scalars: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
    var output: [Unicode.Scalar] = []
    output.reserveCapacity(scalars.count)
    for scalar in scalars { decompose(scalar, into: &output) }
    // The category of control characters: Unicode Standard, table 4-4, fixed for ever.
    output.removeAll { $0.value < 0x20 || $0.value >= 0x7F && $0.value < 0xA0 }
    while let first = output.first, isWhitespace(first) { output.removeFirst() }
    while let last = output.last, isWhitespace(last) { output.removeLast() }
    return output
  }

  /// The lossy steps: lower case, quotes, ligatures, without combining marks.
  static func folded(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var output: [Unicode.Scalar] = []
    output.reserveCapacity(scalars.count)
    for scalar in scalars {
      if scalar.value < 0x80 {
        output.append(lower(scalar))
        continue
      }
      for part in scalar.properties.lowercaseMapping.unicodeScalars {
        switch part.value {
        case 0x2018, 0x2019, 0x201B: output.append("'")
        case 0x153: output += ["o", "e"]
        case 0xE6: output += ["a", "e"]
        case 0x111: output.append("d")
        case 0x131: output.append("i")
        case 0x3C2: output.append("\u{3C3}")
        default:
          // No mark stands before U+0300.
          if part.value < 0x300 || part.properties.generalCategory != .nonspacingMark {
            output.append(part)
          }
        }
      }
    }
    return output
  }

  private static func isWhitespace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x80
      ? scalar.value == 0x20 || scalar.value >= 0x09 && scalar.value <= 0x0D
      : scalar.properties.isWhitespace
  }

  private static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    scalar.value >= 0x41 && scalar.value <= 0x5A
      ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar
  }

  /// A word in the form in which the index holds it.
  package static func word(_ text: String) -> [UInt8] {
    utf8(folded(decomposed(Array(text.unicodeScalars)[...])))
  }

  /// A filter value: trimmed, decomposed, in lower case; marks stay, at most 468 bytes.
  package static func value(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
      return bytes.prefix(valueByteCountMax).map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
    }
    var scalars: [Unicode.Scalar] = []
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      decompose(scalar, into: &scalars)
    }
    while let first = scalars.first, isWhitespace(first) { scalars.removeFirst() }
    while let last = scalars.last, isWhitespace(last) { scalars.removeLast() }
    var output: [UInt8] = []
    for scalar in scalars {
      for part in scalar.properties.lowercaseMapping.unicodeScalars {
        let units = UTF8.encode(part).map(Array.init) ?? []
        guard output.count + units.count <= valueByteCountMax else { return output }
        output += units
      }
    }
    return output
  }

  /// Longest value that filters compare, in bytes.
  package static let valueByteCountMax = 468

  static func utf8(_ scalars: [Unicode.Scalar]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(scalars.count)
    for scalar in scalars {
      if let units = UTF8.encode(scalar) { bytes.append(contentsOf: units) }
    }
    return bytes
  }
}
