// The engine against a plain model: a dictionary and an array that do the same in the obvious way.

import Testing
import Varve
import VarveStorage
import VarveTestSupport

/// What a store should hold, kept in the simplest way.
private struct ReferenceStore {
  struct Row {
    var identity: String
    var content: [UInt8]
    var occurrence: Occurrence
    var message: Int
  }

  private(set) var rows: [Row] = []
  private var identities: Set<String> = []
  private var firsts: [[UInt8]: Int] = [:]

  /// Returns whether the occurrence was new, and whether its message was.
  mutating func append(_ occurrence: Occurrence, _ content: [UInt8]) -> (Bool, Bool) {
    let place = occurrence.place
    let identity =
      "\(place.host)\0\(place.path)\0\(place.incarnation)\0\(place.offset)\0\(place.part)\0\(content)"
    guard identities.insert(identity).inserted else { return (false, false) }
    let isNew = firsts[content] == nil
    let message = firsts[content] ?? rows.count + 1
    firsts[content] = message
    rows.append(
      Row(identity: identity, content: content, occurrence: occurrence, message: message))
    return (true, isNew)
  }

  /// Sequences in the order of a walk.
  func sequences(
    _ order: OccurrenceOrder, where accepts: (Occurrence) -> Bool
  ) -> [UInt64] {
    let all = rows.indices.filter { accepts(rows[$0].occurrence) }
    let timed = all.filter { rows[$0].occurrence.time != nil }.sorted {
      let a = (rows[$0].occurrence.time ?? 0, $0)
      let b = (rows[$1].occurrence.time ?? 0, $1)
      return order == .oldestFirst ? a < b : a > b
    }
    let untimed = all.filter { rows[$0].occurrence.time == nil }
    return (timed + untimed).map { UInt64($0 + 1) }
  }
}

@Suite struct ModelTests {
  private static func occurrence(_ generator: inout SplitMix64) -> (Occurrence, [UInt8]) {
    var occurrence = Occurrence(
      kind: Kind.allCases[generator.below(Kind.allCases.count)],
      place: SourcePlace(
        host: "h\(generator.below(2))", path: "f\(generator.below(3))",
        incarnation: UInt32(generator.below(2)), offset: UInt64(generator.below(400)),
        length: UInt64(generator.below(9)), line: UInt64(generator.below(50)),
        part: UInt16(generator.below(2))))
    if generator.below(4) > 0 { occurrence.time = Int64(generator.below(2000)) - 1000 }
    if generator.below(4) > 0 { occurrence.project = "/p/\(generator.below(4))" }
    if generator.below(4) > 0 { occurrence.session = "s\(generator.below(6))" }
    if generator.below(5) == 0 { occurrence.level = "ERROR" }
    if generator.below(5) == 0 { occurrence.tool = "Bash" }
    occurrence.isError = generator.below(9) == 0
    if generator.below(3) == 0 {
      occurrence.metadata = .object([
        .init("n", .int(Int64(generator.below(100)))), .init("t", .text("x")),
      ])
    }
    let text = "content \(generator.below(300))"
    return (occurrence, Array(String(repeating: text, count: 1 + generator.below(4)).utf8))
  }

  @Test(
    "Random histories equal the model", .timeLimit(.minutes(5)), arguments: [1, 2, 3] as [UInt64])
  func histories(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let disk = SimulatedFileSystem()
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    options.tailByteCount = 500 << generator.below(6)
    options.segmentByteCount = 4096 << generator.below(5)
    var store: Store? = try Store.open(
      at: "/s", options: options, fileSystem: disk, registers: false)
    var model = ReferenceStore()
    for round in 0..<60 {
      var batch = WriteBatch()
      var expected = CommitResult()
      for _ in 0..<generator.below(25) {
        let (occurrence, content) = Self.occurrence(&generator)
        try batch.append(occurrence, content: content)
        let (isNew, isNewMessage) = model.append(occurrence, content)
        if isNew { expected.occurrencesNew += 1 } else { expected.repeated += 1 }
        if isNewMessage { expected.messagesNew += 1 }
      }
      let result = try #require(try store?.commit(batch))
      #expect(result.occurrencesNew == expected.occurrencesNew)
      #expect(result.messagesNew == expected.messagesNew)
      #expect(result.repeated == expected.repeated)
      switch generator.below(12) {
      case 0: try store?.flush()
      case 1:
        store = nil
        store = try Store.open(at: "/s", options: options, fileSystem: disk, registers: false)
      case 2:
        store = nil
        store = try Store.rebuild(at: "/s", options: options, fileSystem: disk)
      case 3: _ = try store?.compact()
      case 4: _ = try store?.compact(isCold: true)
      default: break
      }
      if round % 10 == 9, let store { try Self.compare(store, model) }
    }
  }

  private static func compare(_ store: Store, _ model: ReferenceStore) throws {
    let snapshot = try store.snapshot()
    #expect(snapshot.nextSequence == UInt64(model.rows.count + 1))
    for (position, row) in model.rows.enumerated() {
      let found = try snapshot.occurrence(UInt64(position + 1))
      var expected = row.occurrence
      expected.isEcho = found.isEcho
      #expect(found.place == expected.place && found.time == expected.time)
      #expect(found.project == expected.project && found.session == expected.session)
      #expect(found.metadata == expected.metadata && found.kind == expected.kind)
      #expect(found.message == UInt64(row.message))
      let message = try #require(try snapshot.message(ContentDigest.hash(row.content)))
      #expect(message.content == row.content && message.sequence == UInt64(row.message))
    }
    try compareWalks(snapshot, model)
    let report = try snapshot.verify()
    #expect(report.isSound, "\(report.problems.prefix(3))")
  }

  private static func compareWalks(_ snapshot: Snapshot, _ model: ReferenceStore) throws {
    for order in [OccurrenceOrder.newestFirst, .oldestFirst] {
      try expectWalk(snapshot, .all, order, nil, nil, model.sequences(order) { _ in true })
      try expectWalk(
        snapshot, .project("/p/1"), order, nil, nil,
        model.sequences(order) { $0.project == "/p/1" })
      try expectWalk(
        snapshot, .session("s2"), order, -200, 300,
        model.sequences(order) {
          $0.session == "s2" && ($0.time.map { $0 >= -200 && $0 < 300 } ?? false)
        })
    }
    let sessions = try snapshot.sessions()
    let counted = Dictionary(grouping: model.rows.filter { $0.occurrence.session != nil }) {
      $0.occurrence.session
    }
    #expect(sessions.count == counted.count)
    for session in sessions {
      #expect(session.occurrences <= counted[session.name]?.count ?? 0)
    }
  }

  private static func expectWalk(
    _ snapshot: Snapshot, _ scope: OccurrenceScope, _ order: OccurrenceOrder, _ since: Int64?,
    _ until: Int64?, _ expected: [UInt64]
  ) throws {
    var cursor = try snapshot.occurrences(in: scope, since: since, until: until, order: order)
    var found: [UInt64] = []
    while let sequence = try cursor.nextSequence() { found.append(sequence) }
    #expect(found == expected, "\(scope) \(order)")
  }
}
