/// Tool results kept for being seen again.
///
/// An agent reads the same file many times, whole and unchanged or a part of it after an edit.
/// The first gives repeated contents, the second is why transcripts compress well in small blocks.
struct CorpusRecall: ~Copyable {
  private var bytes = CorpusBytes()
  private var runs: [CorpusRun] = []

  private static let byteCountMax = 1 << 14

  mutating func keep(_ content: borrowing CorpusBytes) {
    guard content.count < 4_096 else { return }
    if bytes.count + content.count > Self.byteCountMax {
      bytes.truncate(to: 0)
      runs.removeAll(keepingCapacity: true)
    }
    let run = CorpusRun(offset: bytes.count, count: content.count)
    bytes.append(content, CorpusRun(offset: 0, count: content.count))
    runs.append(run)
  }

  /// Appends a kept content as it was; false if none is kept yet.
  func appendWhole(to target: inout CorpusBytes, _ random: inout CorpusRandom) -> Bool {
    guard !runs.isEmpty else { return false }
    target.append(bytes, runs[random.below(runs.count)])
    return true
  }

  /// Appends whole lines of a recent content, at most `byteCountMax` bytes.
  func appendPart(
    to target: inout CorpusBytes, byteCountMax: Int, _ random: inout CorpusRandom
  ) {
    guard !runs.isEmpty else { return }
    let run = runs[runs.count - 1 - random.logarithmic(below: runs.count)]
    let start = Int(run.offset)
    var end = start + min(Int(run.count), max(0, byteCountMax))
    while end > start && bytes[end - 1] != 10 {
      end -= 1
    }
    target.append(bytes, CorpusRun(offset: start, count: end - start))
  }
}

extension CorpusComposer {
  /// Remembers the content as one that may be seen again.
  mutating func keep() {
    recall.keep(out)
  }

  /// A tool result that was there before, byte for byte.
  mutating func appendRecalled() {
    if !recall.appendWhole(to: &out, &random) {
      append(draw(fixed))
    }
  }
}
