// Text that is not ASCII, cut by scalars and scripts. SEARCH.md 2.

import VarveFormat

/// The slow path: text cut by scalars.
enum ScalarRuns {
  /// The scalars of some bytes with their ranges; what is not UTF-8 becomes U+FFFD.
  static func scalars(_ bytes: [UInt8], offset: Int) -> [(Unicode.Scalar, Range<Int>)] {
    var found: [(Unicode.Scalar, Range<Int>)] = []
    found.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      let (scalar, count) = scalar(in: bytes, at: at)
      found.append((scalar, (offset + at)..<(offset + at + count)))
      at += count
    }
    return found
  }

  /// One scalar and its bytes; U+FFFD and 1 where no well-formed sequence begins. The ranges are
  /// those of The Unicode Standard, table 3-7.
  private static func scalar(in bytes: [UInt8], at: Int) -> (Unicode.Scalar, Int) {
    let first = bytes[at]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    let count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard first >= 0xC2, first < 0xF5, at + count <= bytes.count else { return ("\u{FFFD}", 1) }
    var code = UInt32(first) & (0x7F >> UInt32(count))
    for byte in bytes[(at + 1)..<(at + count)] {
      guard byte & 0xC0 == 0x80 else { return ("\u{FFFD}", 1) }
      code = code << 6 | UInt32(byte & 0x3F)
    }
    let isShortest = code >= (count == 4 ? 0x10000 : count == 3 ? 0x800 : 0x80)
    guard isShortest, let scalar = Unicode.Scalar(code) else { return ("\u{FFFD}", 1) }
    return (scalar, count)
  }

  static func forEach<Sink: TokenSink>(_ bytes: [UInt8], offset: Int, _ sink: inout Sink) {
    let scalars = scalars(bytes, offset: offset)
    var start = 0
    for i in scalars.indices {
      let kind = Separators.kind(scalars[i].0)
      guard kind != .none else { continue }
      words(scalars[start..<i], &sink)
      sink.separator(kind, scalars[i].1)
      start = i + 1
    }
    words(scalars[start...], &sink)
  }

  /// Cuts a run without separators where the script changes, CJK into pairs.
  static func words<Sink: TokenSink>(
    _ run: ArraySlice<(Unicode.Scalar, Range<Int>)>, _ sink: inout Sink
  ) {
    var start = run.startIndex
    var script = Script.other
    for i in run.indices {
      let next = Script(run[i].0)
      guard next != .other else { continue }
      if script != .other, next != script {
        word(run[start..<i], script, &sink)
        start = i
      }
      script = next
    }
    if start < run.endIndex { word(run[start...], script, &sink) }
  }

  private static func word<Sink: TokenSink>(
    _ run: ArraySlice<(Unicode.Scalar, Range<Int>)>, _ script: Script, _ sink: inout Sink
  ) {
    if script == .cj, run.count > 2 {
      for i in run.indices.dropLast() { emit(run[i...(i + 1)], &sink) }
      return
    }
    emit(run, &sink)
  }

  private static func emit<Sink: TokenSink>(
    _ run: ArraySlice<(Unicode.Scalar, Range<Int>)>, _ sink: inout Sink
  ) {
    guard let first = run.first, let last = run.last else { return }
    let normal = Normalizer.utf8(
      Normalizer.folded(Normalizer.decomposed(run.map(\.0)[...])))
    sink.word(normal.rawSpan, first.1.lowerBound..<last.1.upperBound)
  }
}
