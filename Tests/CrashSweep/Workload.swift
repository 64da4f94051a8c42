// The work that is interrupted: two writers that take turns, a reader, seals, merges, full text,
// forgetting, compaction.

import Synchronization
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

/// What was acknowledged and what is on its way.
final class Ledger: Sendable {
  struct State {
    /// Occurrences that a returned commit made durable.
    var acknowledged = 0
    /// What there may be as well: occurrences after each commit in progress.
    var attempted: [Int] = []
    var isCreated = false
    /// Sequences of which a returned call forgot everything.
    var forgotten: Set<Int> = []
    /// Those that a call in progress forgets: all of them, or none yet.
    var forgetting: Set<Int> = []
  }

  let state = Mutex(State())
}

/// A fixed sequence of commits; the content of each occurrence follows from its number.
struct Workload {
  static let path = "/store"
  static let commitCount = 60

  /// Content of the occurrence with a sequence: every fifth repeats an earlier one.
  static func content(_ sequence: Int) -> [UInt8] {
    if sequence % 5 == 0, sequence > 7 { return content(sequence - 3) }
    var generator = SplitMix64(seed: UInt64(sequence))
    let count = 40 + generator.below(300)
    return Array("message \(sequence) ".utf8) + generator.bytes(count)
  }

  static func options() -> StoreOptions {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    options.segmentByteCount = 12 << 10
    options.tailByteCount = 1 << 10
    return options
  }

  static func batch(from first: Int, count: Int) throws -> WriteBatch {
    var batch = WriteBatch()
    for number in first..<(first + count) {
      var occurrence = Occurrence(
        kind: number % 3 == 0 ? .log : .answer,
        place: SourcePlace(host: "h", path: "f\(number % 2)", offset: UInt64(number)))
      occurrence.session = "session-\(number % 4)"
      occurrence.project = number % 2 == 0 ? "/p" : nil
      occurrence.time = number % 7 == 0 ? nil : Int64(number) * 1000
      try batch.append(occurrence, content: content(number))
    }
    try batch.append(
      Fact(kind: .watermark, key: Array("f".utf8), value: MetadataValue.int(Int64(first)).encoded))
    return batch
  }

  /// Runs all commits; the reader looks after each.
  static func run(_ disk: SimulatedFileSystem, _ ledger: Ledger, seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let writers = [
      try Store.open(at: path, options: options(), fileSystem: disk, registers: false),
      try Store.open(at: path, options: options(), fileSystem: disk, registers: false),
    ]
    ledger.state.withLock { $0.isCreated = true }
    let reader = try Store.open(
      at: path, options: StoreOptions(access: .read), fileSystem: disk)
    var next = 1
    for round in 0..<commitCount {
      // Every fourth time several commits share a sync.
      let counts = (0..<(round % 4 == 3 ? 4 : 1)).map { _ in 1 + generator.below(6) }
      let starts = counts.indices.map { next + counts[..<$0].reduce(0, +) }
      ledger.state.withLock { $0.attempted = zip(starts, counts).map { $0 - 1 + $1 } }
      let writer = writers[(round / 3) % 2]
      try writer.commit(together: try zip(starts, counts).map { try batch(from: $0, count: $1) })
      next += counts.reduce(0, +)
      ledger.state.withLock { $0.acknowledged = next - 1 }
      // Twice from what is in indexes, by the writer whose turn it is.
      if round % 20 == 19 { try writer.indexText() }
      // Twice what some of the log says goes.
      if round == 13 || round == 33 {
        try forget(writer, before: next, project: round < 20, ledger)
      }
      // And small segments become large ones, in the end all of them under zlib.
      if round == 27 || round == 50 { _ = try writer.compact(isCold: round == 50) }
      let seen = try reader.snapshot().nextSequence - 1
      guard seen == UInt64(next - 1) else {
        throw StoreError(.damaged, detail: "the reader sees \(seen) of \(next - 1) occurrences")
      }
    }
    try writers[0].flush()
    try writers[1].maintain()
    try writers[1].indexText()
  }

  /// Forgets the answers of a session, first those of one project only.
  private static func forget(
    _ store: Store, before end: Int, project: Bool, _ ledger: Ledger
  ) throws {
    let gone = (1..<end).filter { number in
      let session = project ? number % 4 == 2 : number % 4 == 1
      return session && number % 3 != 0
    }
    ledger.state.withLock { $0.forgetting = Set(gone) }
    _ = try store.forget { snapshot in
      var request = ForgetRequest()
      request.filters = ["session = '\(project ? "session-2" : "session-1")'", "kind = answer"]
      if project { request.filters.append("project = '/p'") }
      return ForgetOrder(try snapshot.selectForForgetting(request))
    }
    ledger.state.withLock { state in
      state.forgotten.formUnion(gone)
      state.forgetting = []
    }
  }
}
