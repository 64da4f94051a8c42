// Patterns in raw content: what cannot be skipped, and what filters of trigrams save.

import Varve
import VarveSources

enum Grepping {
  private static let rareCount = 20
  private static let rareByteCount = 12
  /// Patterns of all kinds beside the rare texts.
  private static let patterns = [
    ("absent", "no such text anywhere"), ("oneByte", "q"), ("expression", "[a-z]+_[0-9]{4}x"),
    ("eitherCase", "(?i)timeout"), ("lineStart", "^zzz"),
  ]

  static func grep(_ arguments: Arguments) throws -> [Figure] {
    let store = try Store.open(at: arguments.storePath, options: StoreOptions(access: .read))
    let snapshot = try store.snapshot()
    var rare: [String] = []
    var times: [UInt64] = []
    var random = SplitMix64(seed: arguments.seed)
    let limit = Int(snapshot.nextSequence) / 100
    while rare.count < rareCount {
      let text = try draw(snapshot, &random)
      guard let text else { continue }
      let (time, count) = try run(snapshot, text, isLiteral: true)
      guard count > 0, count <= limit else { continue }
      rare.append(text)
      times.append(time)
    }
    times.sort()
    var figures = [
      Figure("rare.p50", Percentiles.microseconds(times, 0.5) / 1000, "ms"),
      Figure("rare.p95", Percentiles.microseconds(times, 0.95) / 1000, "ms"),
    ]
    for (name, pattern) in patterns {
      var best = UInt64.max
      var count = 0
      for _ in 0..<3 {
        let (time, found) = try run(snapshot, pattern, isLiteral: false)
        best = min(best, time)
        count = found
      }
      figures.append(Figure(name, Double(best) / 1e6, "ms"))
      figures.append(Figure(name + ".messages", Double(count), ""))
    }
    var lines = ""
    for text in rare { lines += "rare\tF\t\(text)\n" }
    for (name, pattern) in patterns { lines += "\(name)\tE\t\(pattern)\n" }
    let path = arguments.directory + "/patterns-\(arguments.messages).tsv"
    unsafe System.writeFile(path) { write in
      let bytes = Array(lines.utf8)
      unsafe bytes.withUnsafeBytes { unsafe write($0) }
    }
    return figures
  }

  /// A piece of some message, without what a line of JSON would have to escape.
  private static func draw(
    _ snapshot: Snapshot, _ random: inout SplitMix64
  ) throws -> String? {
    let sequence = 1 + random.next() % (snapshot.nextSequence - 1)
    let content = try snapshot.message(at: try snapshot.occurrence(sequence).message).content
    guard content.count > rareByteCount else { return nil }
    let start = Int(random.next() % UInt64(content.count - rareByteCount))
    let piece = content[start..<(start + rareByteCount)]
    guard piece.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
      return nil
    }
    return String(decoding: piece, as: UTF8.self)
  }

  private static func run(
    _ snapshot: Snapshot, _ pattern: String, isLiteral: Bool
  ) throws -> (time: UInt64, count: Int) {
    var query = GrepQuery(pattern)
    query.isLiteral = isLiteral
    query.detail = .messages
    var count = 0
    let start = System.now()
    try snapshot.grep(query, concurrently: .dispatch) { _ in
      count += 1
      return true
    }
    return (System.now() - start, count)
  }
}
