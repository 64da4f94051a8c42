// Text cut with separators, joins and words that the settings add: leftmost, longest first.

import VarveFormat

struct CustomSeparators: Sendable {
  private let separators: [[Unicode.Scalar]]
  private let nonSeparators: Set<String>
  private let dictionary: [[Unicode.Scalar]]

  init(_ settings: TokenizerSettings) {
    func sorted(_ texts: [String]) -> [[Unicode.Scalar]] {
      texts.filter { !$0.isEmpty }.map { Array($0.unicodeScalars) }.sorted { $0.count > $1.count }
    }
    let joined = Set(settings.nonSeparators)
    nonSeparators = joined
    separators = sorted((settings.separators + [". ", ", "]).filter { !joined.contains($0) })
    dictionary = sorted(settings.dictionary)
  }

  func forEach<Sink: TokenSink>(_ text: RawSpan, _ sink: inout Sink) {
    let scalars = ScalarRuns.scalars(text.array(0..<text.byteCount), offset: 0)
    var start = 0
    var at = 0
    while at < scalars.count {
      if let count = match(dictionary, scalars, at) {
        ScalarRuns.words(scalars[start..<at], &sink)
        let run = scalars[at..<(at + count)]
        let normal = Normalizer.utf8(Normalizer.folded(Normalizer.decomposed(run.map(\.0)[...])))
        sink.word(normal.rawSpan, range(scalars, at, count))
        at += count
        start = at
        continue
      }
      guard let (count, kind) = separator(scalars, at) else {
        at += 1
        continue
      }
      ScalarRuns.words(scalars[start..<at], &sink)
      sink.separator(kind, range(scalars, at, count))
      at += count
      start = at
    }
    ScalarRuns.words(scalars[start...], &sink)
  }

  private func separator(
    _ scalars: [(Unicode.Scalar, Range<Int>)], _ at: Int
  ) -> (Int, SeparatorKind)? {
    if let count = match(separators, scalars, at) {
      let isPair =
        count == 2 && scalars[at + 1].0 == " " && ".,".unicodeScalars.contains(scalars[at].0)
      let kind = count == 1 ? Separators.kind(scalars[at].0) : .none
      return (count, isPair || kind == .hard ? .hard : .soft)
    }
    let kind = Separators.kind(scalars[at].0)
    guard kind != .none, !nonSeparators.contains(String(Character(scalars[at].0))) else {
      return nil
    }
    return (1, kind)
  }

  private func match(
    _ texts: [[Unicode.Scalar]], _ scalars: [(Unicode.Scalar, Range<Int>)], _ at: Int
  ) -> Int? {
    for text in texts where at + text.count <= scalars.count {
      if text.indices.allSatisfy({ scalars[at + $0].0 == text[$0] }) { return text.count }
    }
    return nil
  }

  private func range(
    _ scalars: [(Unicode.Scalar, Range<Int>)], _ at: Int, _ count: Int
  ) -> Range<Int> {
    scalars[at].1.lowerBound..<scalars[at + count - 1].1.upperBound
  }
}
