// Forgetting against a plain model: what is forgotten is gone from every answer and every byte, and
// everything else is as if it had been alone.

import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite("Forgetting")
struct ForgettingTests {
  /// One committed row of the model.
  private struct Row {
    var occurrence: Occurrence
    var content: String
    var isGone = false

    func isSameSighting(_ other: Row) -> Bool {
      content == other.content && occurrence.session == other.occurrence.session
        && occurrence.time == other.occurrence.time
    }
  }

  private static let path = "/s"

  private static func options(_ generator: inout SplitMix64) -> StoreOptions {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    options.tailByteCount = 600 << generator.below(5)
    options.segmentByteCount = 3000 << generator.below(4)
    return options
  }

  private static func row(_ generator: inout SplitMix64, _ number: Int) -> Row {
    var occurrence = Occurrence(
      kind: generator.below(2) == 0 ? .prompt : .log,
      place: SourcePlace(
        host: "h", path: "f\(generator.below(3))", offset: UInt64(number), length: 7))
    occurrence.session = "s\(generator.below(5))"
    occurrence.project = "/p/\(generator.below(3))"
    occurrence.time = generator.below(6) == 0 ? nil : Int64(number)
    occurrence.isError = generator.below(7) == 0
    if generator.below(3) == 0 { occurrence.metadata = .object([.init("n", .int(Int64(number)))]) }
    // A token that compresses badly, so that a search of bytes would find it.
    let content = generator.below(40)
    return Row(occurrence: occurrence, content: "tok\(content &* 7919 &+ 104_729)en \(content)")
  }

  /// What to forget, as a request and as a rule.
  private struct Choice {
    var request = ForgetRequest()
    var rule: (Row) -> Bool = { _ in false }
  }

  private static func choice(_ generator: inout SplitMix64, _ rows: [Row]) -> Choice {
    var choice = Choice()
    switch generator.below(4) {
    case 0:
      let session = "s\(generator.below(5))"
      choice.request.filters = ["session = '\(session)'", "kind = prompt"]
      choice.rule = { $0.occurrence.session == session && $0.occurrence.kind == .prompt }
    case 1:
      let path = "f\(generator.below(3))"
      choice.request.sources = [.init(host: "h", path: path)]
      choice.request.filters = ["project = '/p/1'"]
      choice.rule = { $0.occurrence.place.path == path && $0.occurrence.project == "/p/1" }
    case 2:
      let content = rows[generator.below(rows.count)].content
      choice.request.hashes = [ContentDigest.hash(Array(content.utf8))]
      choice.rule = { $0.content == content }
    default:
      choice.request.filters = ["error = true"]
      choice.rule = { $0.occurrence.isError }
    }
    return choice
  }

  @Test(
    "Random histories with random forgettings equal the model", .timeLimit(.minutes(5)),
    .requirement("SEG-50", "SEG-52", "SEG-15", "BTR-9", "FGT-1", "FGT-2", "FGT-5"),
    arguments: LongChecks.areOn ? (1...60).map { UInt64($0) } : [1, 2, 3, 4])
  func histories(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let options = Self.options(&generator)
    let disk = SimulatedFileSystem()
    var store: Store? = try Store.open(
      at: Self.path, options: options, fileSystem: disk, registers: false)
    var rows: [Row] = []
    for round in 0..<24 {
      var batch = WriteBatch()
      var masked = 0
      let gone = rows.filter(\.isGone)
      for _ in 0..<generator.below(20) + 1 {
        let row = Self.row(&generator, rows.count + masked)
        try batch.append(row.occurrence, content: Array(row.content.utf8))
        // FGT-3: the same content in the same session at the same time, or both without one.
        if gone.contains(where: { $0.isSameSighting(row) }) {
          masked += 1
        } else {
          rows.append(row)
        }
      }
      let result = try #require(try store?.commit(batch))
      #expect(result.occurrencesNew == batch.count - masked && result.forgotten == masked)
      switch generator.below(6) {
      case 0: try store?.flush()
      case 1: try store?.indexText()
      case 3: _ = try store?.compact(isCold: true)
      case 4: _ = try store?.compact()
      case 2:
        store = nil
        store = try Store.rebuild(at: Self.path, options: options, fileSystem: disk)
      default: break
      }
      guard round % 4 == 3, let store else { continue }
      let before = try store.snapshot()
      let choice = Self.choice(&generator, rows)
      let wanted = rows.indices.filter { !rows[$0].isGone && choice.rule(rows[$0]) }
      let forgotten = try store.forget { snapshot in
        ForgetOrder(try snapshot.selectForForgetting(choice.request))
      }
      #expect(forgotten.occurrences == wanted.count, "seed \(seed), round \(round)")
      for index in wanted { rows[index].isGone = true }
      try Self.compare(try store.snapshot(), rows, "seed \(seed), round \(round)")
      try Self.expectNoTrace(of: rows, disk)
      // As many indexes as before, and one of what was the tail.
      let count = before.view.version.manifest.indexes.count
      #expect(try store.snapshot().view.version.manifest.indexes.count <= count + 1)
      // A snapshot from before keeps its view.
      #expect(try before.verify().isSound)
    }
    let digest = try store?.snapshot().digest()
    store = nil
    let rebuilt = try Store.rebuild(at: Self.path, options: options, fileSystem: disk)
    try Self.expectNothingComesBack(rebuilt, rows)
    #expect(try rebuilt.snapshot().digest() == digest)
  }

  private static func compare(_ snapshot: Snapshot, _ rows: [Row], _ place: String) throws {
    let report = try snapshot.verify()
    #expect(report.isSound, "\(place): \(report.problems.first?.kind ?? "")")
    let left = rows.indices.filter { !rows[$0].isGone }
    #expect(report.occurrences == UInt64(left.count))
    #expect(report.forgotten == UInt64(rows.count - left.count))
    for index in rows.indices {
      let sequence = UInt64(index + 1)
      guard !rows[index].isGone else {
        #expect((try? snapshot.occurrence(sequence)) == nil)
        continue
      }
      let wanted = rows[index].occurrence
      let found = try snapshot.occurrence(sequence)
      let first = left.first { rows[$0].content == rows[index].content }
      #expect(found.sequence == sequence && found.message == UInt64((first ?? 0) + 1))
      #expect(found.place == wanted.place && found.metadata == wanted.metadata, "\(place)")
      #expect(found.session == wanted.session && found.time == wanted.time, "\(place)")
      let content = Array(rows[index].content.utf8)
      #expect(try snapshot.message(at: found.message).content == content)
    }
    for content in Set(rows.map(\.content)) {
      let sightings = left.filter { rows[$0].content == content }.map { UInt64($0 + 1) }
      let message = try snapshot.message(ContentDigest.hash(Array(content.utf8)))
      #expect(message?.sequence == sightings.first, "\(place): \(content)")
      if let message { #expect(try snapshot.sightings(of: message.sequence) == sightings) }
    }
    try compareSums(snapshot, rows.filter { !$0.isGone }, place)
  }

  /// Sums, sessions, reports and searches of a store that has only what is left.
  private static func compareSums(_ snapshot: Snapshot, _ left: [Row], _ place: String) throws {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    let other = try Store.open(
      at: path, options: options, fileSystem: SimulatedFileSystem(), registers: false)
    var batch = WriteBatch()
    for row in left { try batch.append(row.occurrence, content: Array(row.content.utf8)) }
    try other.commit(batch)
    let alone = try other.snapshot()
    #expect(try snapshot.digest() == alone.digest(), "\(place)")
    #expect(try snapshot.sessions() == alone.sessions())
    #expect(try snapshot.projects() == alone.projects())
    #expect(try snapshot.countsByKind() == alone.countsByKind())
    let sums = try snapshot.statistics()
    let wanted = try alone.statistics()
    #expect(sums.messages == wanted.messages && sums.occurrences == wanted.occurrences)
    #expect(sums.withoutTime == wanted.withoutTime && sums.errors == wanted.errors)
    #expect(sums.contentBytes == wanted.contentBytes)
    for name in ReportQuery.Name.allCases where name != .disk {
      let query = ReportQuery(name)
      #expect(try snapshot.report(query).rows == alone.report(query).rows, "\(place): \(name)")
    }
    for text in ["", "tok", "tok104729en", "3", "-3"] {
      var query = SearchQuery(text)
      query.facets = ["session", "kind"]
      for filters in [[], ["session != s1"], ["error IS NOT EMPTY", "NOT kind = log"]] {
        query.filters = filters
        let found = try snapshot.search(query)
        let expected = try alone.search(query)
        #expect(found.total == expected.total, "\(place): '\(text)' \(filters)")
        #expect(found.hits.map(\.message.content) == expected.hits.map(\.message.content))
        #expect(found.facets.map(\.values) == expected.facets.map(\.values))
      }
    }
    #expect(try lines(snapshot) == lines(alone))
  }

  private static func lines(_ snapshot: Snapshot) throws -> [ContentHash] {
    var hashes: [ContentHash] = []
    try snapshot.grep(GrepQuery("tok")) { hit in
      hashes.append(hit.hash)
      return true
    }
    return hashes
  }

  /// No file holds a token of a content that is wholly gone: neither as it is nor compressed.
  private static func expectNoTrace(of rows: [Row], _ disk: SimulatedFileSystem) throws {
    let left = Set(rows.filter { !$0.isGone }.map(\.content))
    let gone = Set(rows.filter(\.isGone).map(\.content)).subtracting(left)
    let tokens = gone.compactMap { $0.split(separator: " ").first }.map { Array($0.utf8) }
    for folder in ["", "/indexes", "/segments", "/manifests", "/tmp"] {
      for name in try disk.list(path + folder) where name.contains(".") || name == "TAIL" {
        let file = try disk.open(path + folder + "/" + name)
        let bytes = try file.readAll(limit: 64 << 20)
        for token in tokens { #expect(!bytes.contains(token), "\(name)") }
        if name.hasSuffix(".vseg") { try expectNoTrace(of: tokens, file) }
      }
    }
  }

  private static func expectNoTrace(of tokens: [[UInt8]], _ file: any ReadableFile) throws {
    let start = try file.read(at: 0, count: FileHeader.byteCount)
    let header = try FileHeader(start.rawSpan)
    let segment = try SegmentFile(file, id: header.number, storeID: header.storeID)
    var scanner = LogScanner(
      segment, from: UInt64(FileHeader.byteCount), limit: try file.byteCount())
    while let commit = scanner.next() {
      for block in commit.blocks {
        for token in tokens { #expect(!block.payload.contains(token), "byte \(block.offset)") }
      }
    }
  }

  /// The same sightings again, also of a store that was rebuilt: not one is new.
  private static func expectNothingComesBack(_ store: Store, _ rows: [Row]) throws {
    var batch = WriteBatch()
    for row in rows { try batch.append(row.occurrence, content: Array(row.content.utf8)) }
    // In another file, as after it was rewritten.
    for (number, row) in rows.enumerated() where row.isGone {
      var moved = row.occurrence
      moved.place.incarnation = 1
      moved.place.offset = UInt64(number * 3)
      try batch.append(moved, content: Array(row.content.utf8))
    }
    let result = try store.commit(batch)
    let gone = rows.filter(\.isGone).count
    #expect(result.occurrencesNew == 0 && result.messagesNew == 0)
    #expect(result.repeated == rows.count - gone && result.forgotten == 2 * gone)
  }

  @Test("Everywhere takes all sightings and keeps the content out", .requirement("FGT-3"))
  func everywhere() throws {
    let disk = SimulatedFileSystem()
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    let store = try Store.open(at: Self.path, options: options, fileSystem: disk, registers: false)
    func batch(_ session: String, _ contents: [String], from offset: Int) throws -> WriteBatch {
      var batch = WriteBatch()
      for (i, content) in contents.enumerated() {
        var occurrence = Occurrence(
          kind: .prompt, place: SourcePlace(host: "h", path: "f", offset: UInt64(offset + i)))
        occurrence.session = session
        try batch.append(occurrence, content: Array(content.utf8))
      }
      return batch
    }
    try store.commit(try batch("a", ["secret", "kept"], from: 0))
    try store.commit(try batch("b", ["secret", "other"], from: 10))
    var request = ForgetRequest()
    request.filters = ["session = a", "kind = prompt"]
    request.hashes = [ContentDigest.hash(Array("secret".utf8))]
    let selection = try store.snapshot().selectForForgetting(request)
    #expect(selection.sequences == [1] && selection.messageCount == 0)
    #expect(selection.remainders.map(\.sequences) == [[3]])
    request.isEverywhere = true
    _ = try store.forget { ForgetOrder(try $0.selectForForgetting(request)) }
    let result = try store.commit(try batch("c", ["secret", "new"], from: 20))
    #expect(result.forgotten == 1 && result.occurrencesNew == 1)
    #expect(try store.snapshot().search(SearchQuery("secret")).total == 0)
    #expect(try store.snapshot().statistics().occurrences == 3)
    let snapshot = try store.snapshot()
    #expect(throws: StoreError.self) { try snapshot.selectForForgetting(ForgetRequest()) }
  }

  @Test(
    "The history digest of what was committed does not change",
    .requirement("SEG-51", "SEG-53", "FGT-4"))
  func history() throws {
    let disk = SimulatedFileSystem()
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    let store = try Store.open(at: Self.path, options: options, fileSystem: disk, registers: false)
    var digests: [ContentHash] = []
    for number in 0..<5 {
      var batch = WriteBatch()
      var occurrence = Occurrence(
        kind: .prompt, place: SourcePlace(host: "h", path: "f", offset: UInt64(number)))
      occurrence.session = "s\(number % 2)"
      try batch.append(occurrence, content: Array("text \(number)".utf8))
      try batch.append(
        Fact(kind: .session, key: [UInt8(number)], value: MetadataValue.null.encoded))
      try store.commit(batch)
      digests.append(try store.snapshot().historyDigest)
    }
    var request = ForgetRequest()
    request.filters = ["session = s1"]
    _ = try store.forget { snapshot in
      var order = ForgetOrder(try snapshot.selectForForgetting(request))
      order.obsoleteFacts = [(.session, [2])]
      return order
    }
    let view = try store.snapshot().view
    var found: [ContentHash] = []
    for entry in view.version.manifest.segments where entry.state != .active {
      guard let segment = view.version.segments[entry.id] else { continue }
      var scanner = LogScanner(segment, from: UInt64(FileHeader.byteCount), limit: entry.byteCount)
      while let commit = scanner.next() {
        found.append(commit.frame.historyDigest)
        // Where something is gone, no seed tells whether a guess of it is right.
        let isWhole = [0, 4].contains(Int(commit.frame.number) - 1) || commit.frame.number > 5
        #expect((commit.frame.seedHigh != 0) == isWhole, "commit \(commit.frame.number)")
      }
    }
    #expect(Array(found.prefix(5)) == digests)
    #expect(try store.snapshot().fact(.session, key: [2]) == nil)
    #expect(try store.snapshot().fact(.session, key: [3]) != nil)
    #expect(try store.snapshot().verify().isSound)
  }

  @Test(
    "Any operation may fail: then everything is there, and forgetting again does the rest",
    .requirement("FGT-6", "FGT-13"))
  func failures() throws {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    var failed = 0
    for step in 1...200 {
      let disk = SimulatedFileSystem()
      var store: Store? = try Store.open(
        at: Self.path, options: options, fileSystem: disk, registers: false)
      var batch = WriteBatch()
      for number in 0..<6 {
        var occurrence = Occurrence(
          kind: .prompt, place: SourcePlace(host: "h", path: "f", offset: UInt64(number)))
        occurrence.session = "s\(number % 2)"
        try batch.append(occurrence, content: Array("text \(number)".utf8))
      }
      try store?.commit(batch)
      var request = ForgetRequest()
      request.filters = ["session = s1"]
      disk.fail(at: disk.operationCount + step)
      let isDone =
        (try? store?.forget { ForgetOrder(try $0.selectForForgetting(request)) }) != nil
      disk.fail(at: nil)
      store = nil
      let again = try Store.open(
        at: Self.path, options: options, fileSystem: disk, registers: false)
      let left = try again.snapshot().statistics().occurrences
      #expect(isDone ? left == 3 : left == 6 || left == 3, "step \(step): \(left) left")
      // What is still there is known, mask or not.
      #expect(try again.commit(batch).repeated == Int(left))
      _ = try again.forget { ForgetOrder(try $0.selectForForgetting(request)) }
      #expect(try again.snapshot().statistics().occurrences == 3)
      #expect(try again.snapshot().verify().isSound)
      if isDone { break }
      failed += 1
    }
    #expect(failed > 10 && failed < 200)
  }
}
