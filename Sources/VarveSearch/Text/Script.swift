// Scripts, as far as text is cut where one ends and another begins. SEARCH.md 2, "Groups by
// script".

/// A script with its own words; everything else is `other` and joins its neighbours.
enum Script: UInt8 {
  case other, latin, greek, cyrillic, armenian, hebrew, arabic, devanagari, bengali, gurmukhi
  case gujarati, tamil, telugu, kannada, malayalam, sinhala, thai, lao, tibetan, myanmar, georgian
  case hangul, ethiopic, khmer, mongolian, cj

  /// First and last code point, ascending.
  private static let ranges: [(first: UInt32, last: UInt32, script: Script)] = [
    (0x41, 0x5A, .latin), (0x61, 0x7A, .latin), (0xAA, 0xAA, .latin), (0xBA, 0xBA, .latin),
    (0xC0, 0xD6, .latin), (0xD8, 0xF6, .latin), (0xF8, 0x2B8, .latin), (0x2E0, 0x2E4, .latin),
    (0x370, 0x373, .greek), (0x375, 0x377, .greek), (0x37A, 0x37D, .greek),
    (0x37F, 0x3FF, .greek), (0x400, 0x52F, .cyrillic), (0x531, 0x58F, .armenian),
    (0x591, 0x5F4, .hebrew), (0x600, 0x6FF, .arabic), (0x750, 0x77F, .arabic),
    (0x8A0, 0x8FF, .arabic), (0x900, 0x97F, .devanagari), (0x980, 0x9FF, .bengali),
    (0xA00, 0xA7F, .gurmukhi), (0xA80, 0xAFF, .gujarati), (0xB80, 0xBFF, .tamil),
    (0xC00, 0xC7F, .telugu), (0xC80, 0xCFF, .kannada), (0xD00, 0xD7F, .malayalam),
    (0xD80, 0xDFF, .sinhala), (0xE00, 0xE7F, .thai), (0xE80, 0xEFF, .lao),
    (0xF00, 0xFFF, .tibetan), (0x1000, 0x109F, .myanmar), (0x10A0, 0x10FF, .georgian),
    (0x1100, 0x11FF, .hangul), (0x1200, 0x139F, .ethiopic), (0x1780, 0x17FF, .khmer),
    (0x1800, 0x18AF, .mongolian), (0x1C80, 0x1C8F, .cyrillic), (0x1D00, 0x1D25, .latin),
    (0x1D2C, 0x1D65, .latin), (0x1D6B, 0x1DBE, .latin), (0x1E00, 0x1EFF, .latin),
    (0x1F00, 0x1FFF, .greek), (0x2071, 0x2071, .latin), (0x207F, 0x207F, .latin),
    (0x2090, 0x209C, .latin), (0x212A, 0x212B, .latin), (0x2C60, 0x2C7F, .latin),
    (0x2DE0, 0x2DFF, .cyrillic), (0x2E80, 0x2FDF, .cj), (0x3005, 0x3007, .cj),
    (0x3021, 0x3029, .cj), (0x3031, 0x303B, .cj), (0x3041, 0x30FF, .cj),
    (0x3100, 0x312F, .cj), (0x3131, 0x318E, .hangul), (0x31F0, 0x31FF, .cj),
    (0x3400, 0x4DBF, .cj), (0x4E00, 0x9FFF, .cj), (0xA640, 0xA69F, .cyrillic),
    (0xA722, 0xA7FF, .latin), (0xA960, 0xA97F, .hangul), (0xAB30, 0xAB64, .latin),
    (0xAC00, 0xD7FB, .hangul), (0xF900, 0xFAFF, .cj), (0xFB00, 0xFB06, .latin),
    (0xFB1D, 0xFB4F, .hebrew), (0xFB50, 0xFDFF, .arabic), (0xFE70, 0xFEFC, .arabic),
    (0xFF21, 0xFF3A, .latin), (0xFF41, 0xFF5A, .latin), (0xFF66, 0xFF9D, .cj),
    (0xFFA0, 0xFFDC, .hangul), (0x20000, 0x3134F, .cj),
  ]

  /// The script of a scalar. Cost: a binary search.
  init(_ scalar: Unicode.Scalar) {
    let code = scalar.value
    var low = 0
    var high = Self.ranges.count
    while low < high {
      let middle = (low + high) / 2
      if Self.ranges[middle].last < code { low = middle + 1 } else { high = middle }
    }
    if low < Self.ranges.count, Self.ranges[low].first <= code {
      self = Self.ranges[low].script
    } else {
      self = .other
    }
  }
}
