// Sets of characters and their UTF-8: a range of scalars becomes a few sequences of ranges of
// bytes. After K. Thompson's `rune` ranges in Plan 9's regular expressions and RE2's `compile.cc`.

/// A set of Unicode scalars.
struct ScalarRanges: Equatable, Sendable {
  private(set) var ranges: [ClosedRange<UInt32>] = []

  static let most: UInt32 = 0x10FFFF

  init(_ ranges: [ClosedRange<UInt32>] = []) { self.ranges = ranges }

  mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }

  mutating func formUnion(_ other: ScalarRanges) { ranges += other.ranges }

  /// In order, without overlaps.
  var normalized: ScalarRanges {
    var result: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, range.lowerBound <= last.upperBound &+ 1 {
        result[result.count - 1] =
          last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return ScalarRanges(result)
  }

  /// All others.
  var complement: ScalarRanges {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in normalized.ranges {
      if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= Self.most { result.append(next...Self.most) }
    return ScalarRanges(result)
  }

  func subtracting(_ scalar: UInt32) -> ScalarRanges {
    var others = complement
    others.insert(scalar...scalar)
    return others.complement
  }

  /// With the other case of each letter. Whole planes of letters have their other case in them, so
  /// only what is not too many is looked at.
  var ignoringCase: ScalarRanges {
    var result = self
    for range in ranges where range.count <= 2048 {
      for value in range {
        guard let scalar = Unicode.Scalar(value) else { continue }
        for other in scalar.otherCases { result.insert(other...other) }
      }
    }
    return result.normalized
  }

  // MARK: UTF-8

  /// The sequences of bytes of the members.
  var node: RegexNode {
    var ascii = ByteSet()
    var hasASCII = false
    var parts: [RegexNode] = []
    for range in normalized.ranges {
      for part in Self.split(range) {
        if part.upperBound < 0x80 {
          for value in part { ascii.insert(UInt8(value)) }
          hasASCII = true
        } else {
          parts.append(Self.sequence(part))
        }
      }
    }
    if hasASCII { parts.insert(.bytes(ascii), at: 0) }
    return parts.count == 1 ? parts[0] : .either(parts)
  }

  /// Ranges whose UTF-8 differs by ranges of bytes in each place.
  private static func split(_ range: ClosedRange<UInt32>) -> [ClosedRange<UInt32>] {
    let low = range.lowerBound
    let high = range.upperBound
    // Surrogates have no UTF-8.
    if low < 0xD800, high >= 0xD800 {
      return split(low...0xD7FF) + (high > 0xDFFF ? split(0xE000...high) : [])
    }
    if low >= 0xD800, low <= 0xDFFF { return high > 0xDFFF ? split(0xE000...high) : [] }
    for limit in [0x7F, 0x7FF, 0xFFFF] as [UInt32] where low <= limit && high > limit {
      return split(low...limit) + split((limit + 1)...high)
    }
    if high < 0x80 { return [range] }
    for shift in [6, 12, 18] as [UInt32] {
      let mask: UInt32 = (1 << shift) - 1
      guard low & ~mask != high & ~mask else { break }
      if low & mask != 0 { return split(low...(low | mask)) + split(((low | mask) + 1)...high) }
      if high & mask != mask {
        return split(low...((high & ~mask) - 1)) + split((high & ~mask)...high)
      }
    }
    return [range]
  }

  private static func sequence(_ range: ClosedRange<UInt32>) -> RegexNode {
    let low = Self.utf8(range.lowerBound)
    let high = Self.utf8(range.upperBound)
    return .sequence(zip(low, high).map { .bytes(ByteSet($0...$1)) })
  }

  static func utf8(_ value: UInt32) -> [UInt8] {
    Unicode.Scalar(value).map { Array(String(Character($0)).utf8) } ?? []
  }
}

extension Unicode.Scalar {
  /// The other cases of a letter that are one scalar.
  fileprivate var otherCases: [UInt32] {
    if value < 0x80 {
      let isLetter = value | 0x20 >= 0x61 && value | 0x20 <= 0x7A
      return isLetter ? [value ^ 0x20] : []
    }
    return [properties.lowercaseMapping, properties.uppercaseMapping].compactMap { text in
      let scalars = text.unicodeScalars
      guard scalars.count == 1, let only = scalars.first, only != self else { return nil }
      return only.value
    }
  }
}
