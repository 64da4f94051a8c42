// Forgetting and the files that it came from: format-spec chapter 12. The originals lose the records,
// and reading the sources again, grown or rewritten, brings nothing back.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Forgetting and originals") struct ForgetOriginalsTests {
  private static func line(_ text: String, session: String, time: Int) -> String {
    #"{"display":"\#(text)","pastedContents":{},"timestamp":\#(1_767_323_045_000 + time),"#
      + #""project":"/p","sessionId":"\#(session)"}"# + "\n"
  }

  private static let lines = (0..<40).map { number in
    line(
      "prompt \(number) zebra\(number * 7919)x", session: number % 4 == 1 ? "gone" : "kept",
      time: number)
  }

  private static func forget(_ world: World, _ filters: [String]) throws -> ForgetResult {
    let store = try Store.open(at: world.storePath, options: StoreOptions(access: .write))
    var request = ForgetRequest()
    request.filters = filters
    return try store.forget(request, reason: "a test")
  }

  private static func history(_ world: World) throws -> (map: OriginalMap, text: String)? {
    let snapshot = try world.snapshot()
    let all = try snapshot.originals(allVersions: true).filter { $0.name.path == "history.jsonl" }
    guard let original = all.first, all.count == 1 else { return nil }
    let bytes = try snapshot.bytes(of: original)
    var whole: [UInt8] = []
    for number in 0..<bytes.chunkCount { whole += try bytes.chunk(number) }
    return (original.map, String(decoding: whole, as: UTF8.self))
  }

  private static func blanked(_ lines: [String]) -> String {
    lines.map { line in
      guard line.contains("\"gone\"") else { return line }
      return String(repeating: " ", count: line.utf8.count - 1) + "\n"
    }.joined()
  }

  /// Files of the store that hold a text, decompressed where they are segments.
  private static func traces(of text: String, _ world: World) throws -> [String] {
    var found: [String] = []
    let names = try FileManager.default.subpathsOfDirectory(atPath: world.storePath)
    for name in names {
      let path = world.storePath + "/" + name
      guard let data = FileManager.default.contents(atPath: path) else { continue }
      if data.range(of: Data(text.utf8)) != nil { found.append(name) }
      guard name.hasSuffix(".vseg") else { continue }
      let file = Array(data)
      var at = FileHeader.byteCount
      while at < file.count, let header = try? BlockHeader(file.rawSpan, at: at) {
        let start = at + BlockHeader.byteCount
        at = start + header.storedByteCount
        guard at <= file.count else { break }
        let payload = try header.payload(file.rawSpan.extracting(start..<at))
        if Data(payload).range(of: Data(text.utf8)) != nil { found.append("\(name) at \(start)") }
      }
    }
    return found
  }

  @Test(
    "The bytes of what was forgotten become spaces, and no file holds them",
    .requirement("FGT-7", "FGT-10", "FGT-11"))
  func blanks() throws {
    let world = try World()
    try world.history(Self.lines.joined())
    try world.ingest()
    #expect(try !Self.traces(of: "zebra\(5 * 7919)x", world).isEmpty)
    let result = try Self.forget(world, ["session = gone"])
    #expect(result.occurrences == 10 && result.messages == 10)
    let history = try #require(try Self.history(world))
    #expect(history.text == Self.blanked(Self.lines))
    #expect(history.map.blanked.count == 10 && history.map.sha256 == nil)
    for number in stride(from: 1, to: 40, by: 4) {
      #expect(try Self.traces(of: "zebra\(number * 7919)x", world) == [])
    }
    #expect(try world.snapshot().verify().isSound)
    // A second time, more of the same file.
    _ = try Self.forget(world, ["timestamp < 1767323045003"])
    let second = try #require(try Self.history(world))
    // Lines 0 to 2 and 5, 9, 13 and so on; line feeds stay between them.
    #expect(second.map.blanked.count == 12 && second.text.hasPrefix("   "))
    #expect(try world.snapshot().statistics().occurrences == 28)
    #expect(try Self.traces(of: "zebra0x", world) == [])
  }

  @Test(
    "Sources that are read again bring nothing back", .requirement("FGT-3", "FGT-8", "FGT-12"))
  func staysGone() throws {
    let world = try World()
    try world.history(Self.lines.joined())
    try world.ingest()
    _ = try Self.forget(world, ["session = gone"])
    let digest = try world.digest()
    // Unchanged, and with another reader's eyes.
    let again = try world.ingest { $0.isComplete = true }
    #expect(again.committed.occurrencesNew == 0)
    #expect(try world.digest() == digest)
    // Grown: only what is new comes, the original goes on.
    let more = Self.line("more", session: "kept", time: 100)
    try world.scratch.append("home/history.jsonl", more)
    #expect(try world.ingest().committed.occurrencesNew == 1)
    #expect(try Self.history(world)?.text == Self.blanked(Self.lines) + more)
    // Rewritten: the same lines elsewhere in it stay out, of the records and of the originals.
    let moved = Self.line("first", session: "kept", time: 200) + Self.lines.reversed().joined()
    try world.history(moved)
    let report = try world.ingest()
    #expect(report.committed.occurrencesNew == 1 && report.committed.forgotten == 10)
    for number in stride(from: 1, to: 40, by: 4) {
      #expect(try Self.traces(of: "zebra\(number * 7919)x", world) == [])
    }
    #expect(try world.snapshot().verify().isSound)
  }

  @Test("A chunk that another file needs stays", .requirement("FGT-7"))
  func sharedChunks() throws {
    let world = try World()
    try world.history(Self.lines.joined())
    try world.scratch.write("home/other.bin", Self.lines.joined())
    try world.ingest()
    _ = try Self.forget(world, ["session = gone"])
    let snapshot = try world.snapshot()
    let other = try #require(try snapshot.originals().first { $0.name.path == "other.bin" })
    let bytes = try snapshot.bytes(of: other)
    #expect(try bytes.chunk(0) == Array(Self.lines.joined().utf8))
    #expect(try Self.history(world)?.text == Self.blanked(Self.lines))
  }

  @Test("Chunks that were cut anew since hold nothing of it either", .requirement("FGT-7"))
  func appended() throws {
    let world = try World()
    try world.history("")
    // Small appends: their chunks are cut anew together when there are many.
    for line in Self.lines {
      try world.scratch.append("home/history.jsonl", line)
      try world.ingest()
    }
    _ = try Self.forget(world, ["session = gone"])
    #expect(try Self.history(world)?.text == Self.blanked(Self.lines))
    for number in stride(from: 1, to: 40, by: 4) {
      #expect(try Self.traces(of: "zebra\(number * 7919)x", world) == [])
    }
    #expect(try world.snapshot().verify().isSound)
  }

  @Test(
    "Versions that a file had before and has now lose the record alike", .requirement("FGT-15"))
  func versions() throws {
    let world = try World()
    try world.history(Self.lines.joined())
    try world.ingest()
    let moved = Self.line("first", session: "kept", time: 200) + Self.lines.reversed().joined()
    try world.history(moved)
    try world.ingest()
    let snapshot = try world.snapshot()
    #expect(
      try snapshot.originals(allVersions: true).count { $0.name.path == "history.jsonl" } == 2)
    _ = try Self.forget(world, ["session = gone"])
    for number in stride(from: 1, to: 40, by: 4) {
      #expect(try Self.traces(of: "zebra\(number * 7919)x", world) == [])
    }
  }

  @Test(
    "Facts of originals that were made before a forgetting are refused after it",
    .requirement("FGT-16"))
  func stale() throws {
    let world = try World()
    try world.history(Self.lines.joined())
    try world.ingest()
    let before = try world.snapshot()
    _ = try Self.forget(world, ["session = gone"])
    let store = try Store.open(at: world.storePath, options: StoreOptions(access: .write))
    var batch = WriteBatch()
    try batch.append(try #require(try before.facts(.sourceChunk).first))
    batch.knownForgettings = try before.forgettingCount()
    #expect(throws: StoreError.self) { try store.commit(batch) }
    #expect(try Self.traces(of: "zebra7919x", world) == [])
    batch.knownForgettings = try store.snapshot().forgettingCount()
    #expect(try store.commit(WriteBatch()).occurrencesNew == 0)
  }

  @Test("Fields that every row has are searched after a forgetting")
  func searchedFields() throws {
    let world = try World()
    try world.history(Self.lines.joined())
    try world.ingest()
    let store = try Store.open(at: world.storePath, options: StoreOptions(access: .write))
    try store.setSearchSettings(
      .object([
        .init(
          "searchableAttributes", .array([.text("content"), .text("kind"), .text("error")]))
      ]))
    try store.indexText()
    var request = ForgetRequest()
    request.filters = ["session = gone"]
    _ = try store.forget(request)
    #expect(try store.snapshot().search(SearchQuery("prompt")).total == 30)
  }
}
