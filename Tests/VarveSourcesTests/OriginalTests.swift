// Originals: format-spec chapter 11. What was read is given back byte for byte, with its folders
// and times.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Originals") struct OriginalTests {
  private func bytes(_ world: World, _ path: String, version: UInt32? = nil) throws -> [UInt8] {
    let snapshot = try world.snapshot()
    let found = try snapshot.originals(allVersions: version != nil).first {
      $0.name.path == path && (version == nil || $0.name.incarnation == version)
    }
    let original = try snapshot.bytes(of: try #require(found))
    var all: [UInt8] = []
    for number in 0..<original.chunkCount { all += try original.chunk(number) }
    #expect(try original.digest() == ContentDigest.hash(all))
    return all
  }

  private func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
  }

  @Test(
    "Files of every size come back", .requirement("ORG-1", "ORG-2", "ORG-3", "ORG-4"),
    arguments: [0, 1, 16_383, 16_384, 16_385, 65_536, 262_144, 262_145, 1_500_000, 5_000_000])
  func keepsEverySize(size: Int) throws {
    let world = try World()
    try world.history("")
    let content = noise(size, seed: UInt64(size))
    try world.scratch.write("home/other.bin", content)
    try world.ingest()
    #expect(try bytes(world, "other.bin") == content)
  }

  @Test(
    "What is appended is added; nothing before it is stored again", .requirement("ORG-4", "ORG-5"))
  func extends() throws {
    let world = try World()
    var content = noise(900_000, seed: 1)
    try world.history("")
    try world.scratch.write("home/other.bin", content)
    try world.ingest()
    var last = try world.snapshot().facts(.sourceChunk).count
    for step in 1...40 {
      let more = noise(step * 37 % 900 + 1, seed: UInt64(100 + step))
      content += more
      let handle = try FileHandle(
        forWritingTo: URL(fileURLWithPath: world.home + "/other.bin"))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(more))
      try handle.close()
      try world.ingest()
      let count = try world.snapshot().facts(.sourceChunk).count
      #expect(count - last <= 2)
      last = count
    }
    #expect(try bytes(world, "other.bin") == content)
    #expect(
      try world.snapshot().originals(allVersions: true).filter { $0.map.kind == .file }.count == 2)
  }

  @Test("A file that is rewritten keeps its earlier version", .requirement("ORG-3", "CON-39"))
  func keepsVersions() throws {
    let world = try World()
    let first = noise(400_000, seed: 2)
    var second = first
    second.replaceSubrange(200_000..<200_003, with: [1, 2, 3, 4, 5])
    try world.history("")
    try world.scratch.write("home/other.bin", first)
    try world.ingest()
    let before = try world.snapshot().facts(.sourceChunk).count
    try world.scratch.write("home/other.bin", second)
    try world.ingest()
    #expect(try bytes(world, "other.bin") == second)
    #expect(try bytes(world, "other.bin", version: 0) == first)
    #expect(try bytes(world, "other.bin", version: 1) == second)
    // Boundaries depend on content: a change in the middle costs one or two chunks.
    #expect(try world.snapshot().facts(.sourceChunk).count - before <= 3)
  }

  @Test("A change in the middle that keeps size and ends is noticed", .requirement("CON-40"))
  func noticesMiddle() throws {
    let world = try World()
    func line(_ number: Int) -> String { #"{"display":"prompt \#(1000 + number)"}"# + "\n" }
    try world.history((0..<1000).map(line).joined())
    try world.ingest()
    try world.history((0..<1000).map { $0 == 500 ? line(8000) : line($0) }.joined())
    let report = try world.ingest()
    #expect(report.committed.occurrencesNew == 1 && report.committed.repeated == 999)
    #expect(try world.sightings().map(\.text).contains("prompt 9000"))
  }

  @Test("A home is written again as it was", .requirement("ORG-3", "ORG-6"))
  func restores() throws {
    let world = try World()
    try world.history(#"{"display":"a"}"# + "\n")
    try world.transcript(messageLine("user", #""x""#))
    try world.scratch.makeFolder("home/session-env/empty")
    try world.scratch.write("home/a name\nwith é", "odd")
    try FileManager.default.createSymbolicLink(
      atPath: world.home + "/debug-latest", withDestinationPath: "debug/none.txt")
    unsafe chmod(world.home + "/history.jsonl", 0o640)
    unsafe chmod(world.home + "/session-env", 0o500)
    try world.scratch.age("home/history.jsonl", seconds: 123_456.789)
    try world.scratch.age("home/projects", seconds: 9_999)
    try world.ingest()
    let target = world.scratch.path + "/out"
    var restore = OriginalRestore(try world.snapshot(), into: target)
    let result = try restore.run(try world.snapshot().originals())
    #expect(
      result.files == 3 && result.links == 1 && result.targets == [target + "/test" + world.home])
    let shown = try shell(
      """
      cd '\(world.home)' && find . ! -type d -printf '%P %y %m %s %T@ %l\\0' | sort -z >'\(target)/1'
      find . -type d -printf '%P %y %m %T@\\0' | sort -z >>'\(target)/1'
      cd '\(target)/test\(world.home)' && find . ! -type d -printf '%P %y %m %s %T@ %l\\0' | sort -z >'\(target)/2'
      find . -type d -printf '%P %y %m %T@\\0' | sort -z >>'\(target)/2'
      diff '\(target)/1' '\(target)/2' && diff -r --no-dereference '\(world.home)' . && echo same
      chmod 700 '\(world.home)/session-env' session-env
      """)
    #expect(shown == "same\n")
    var again = OriginalRestore(try world.snapshot(), into: target)
    #expect(throws: SourceError.self) { try again.run(try world.snapshot().originals()) }
  }

  private func shell(_ script: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  @Test("An original that names a place outside its home is not written")
  func refusesTraversal() throws {
    for name in ["../x", "a/../../x", "./x", "a\0b"] {
      let world = try World()
      try world.history("")
      try world.ingest()
      let snapshot = try world.snapshot()
      var original = try #require(try snapshot.originals().first { $0.map.kind == .file })
      original.name.path = name
      var restore = OriginalRestore(snapshot, into: world.scratch.path + "/out")
      #expect(throws: StoreError.self) { try restore.run([original]) }
    }
  }

  @Test("Gone and changed sources are told apart, and a newer reader reads what is gone")
  func knowsPresence() throws {
    let world = try World()
    try world.history(#"{"display":"a"}"# + "\n")
    try world.transcript(messageLine("user", #""x""#))
    try world.ingest()
    func states() throws -> [String] {
      try world.snapshot().originals().filter { $0.map.kind == .file }.map(\.presence.rawValue)
    }
    #expect(try states() == ["present", "present"])
    try world.scratch.append("home/history.jsonl", "x")
    world.scratch.remove("home/projects/-p/s.jsonl")
    #expect(try states() == ["changed", "gone"])
    // An older reader's mark: the original is read again, and gives nothing twice.
    let options = StoreOptions(access: .write)
    do {
      let store = try Store.open(at: world.storePath, options: options)
      var batch = WriteBatch()
      for fact in try store.snapshot().facts(.watermark) {
        guard case .object(var members) = try MetadataValue(decoding: fact.value) else { continue }
        for at in members.indices where members[at].key == Array("reader".utf8) {
          members[at].value = .int(0)
        }
        try batch.append(
          Fact(kind: .watermark, key: fact.key, value: MetadataValue.object(members).encoded))
      }
      try store.commit(batch)
    }
    let report = try world.ingest()
    #expect(report.committed.occurrencesNew == 0 && report.committed.repeated == 2)
  }
}

@Suite("Copies of events") struct CopyTests {
  @Test("A forked session's copies are echoes", .requirement("CON-41"))
  func marksForks() throws {
    let world = try World()
    func line(_ uuid: String, _ text: String, session: String) -> String {
      messageLine(
        "assistant", #"[{"type":"text","text":"\#(text)"}]"#, extra: #","uuid":"\#(uuid)""#
      )
      .replacing("s-1", with: session)
    }
    try world.transcript(
      line("u1", "one", session: "a") + line("u2", "two", session: "a"), name: "a.jsonl")
    try world.transcript(
      line("u1", "one", session: "b") + line("u3", "two", session: "b")
        + line("u2", "other", session: "b"), name: "b.jsonl")
    let report = try world.ingest()
    #expect(report.committed.occurrencesNew == 5 && report.committed.echoes == 1)
    #expect(try world.sightings().map(\.occurrence.isEcho) == [false, false, true, false, false])
    // The same when the original lies in an index already.
    try world.transcript(line("u2", "two", session: "c"), name: "c.jsonl")
    #expect(try world.ingest().committed.echoes == 1)
  }

  @Test("Progress that a subagent's transcript has is an echo", .requirement("CON-43"))
  func marksProgress() throws {
    let world = try World()
    let time = "2026-01-02T03:04:05.678Z"
    try world.transcript(
      messageLine("assistant", #""x""#, extra: #","agentId":"a7""#),
      name: "s-1/subagents/agent-a7.jsonl")
    func progress(_ agent: String) -> String {
      #"{"type":"progress","sessionId":"s-1","data":{"type":"agent_progress","agentId":"\#(agent)","#
        + #""message":{"timestamp":"\#(time)"}}}"# + "\n"
    }
    try world.transcript(progress("a7") + progress("a8"), name: "s-1.jsonl")
    try world.ingest()
    #expect(try world.sightings().map(\.occurrence.isEcho) == [false, true, false])
    try world.scratch.append("home/projects/-p/s-1.jsonl", progress("a7") + progress("a9"))
    #expect(try world.ingest().committed.echoes == 1)
  }

  @Test("A result inside and outside the transcript is one event", .requirement("CON-44"))
  func marksResults() throws {
    let world = try World()
    let block = #"[{"type":"tool_result","tool_use_id":"t","content":"long text"}]"#
    try world.transcript(messageLine("user", block), name: "s-1.jsonl")
    try world.transcript("long text", name: "s-1/tool-results/t.txt")
    try world.transcript("long text", name: "s-2/tool-results/t.txt")
    try world.ingest()
    #expect(try world.sightings().map(\.occurrence.isEcho) == [false, true, false])
  }

  @Test("Two homes on one host stay apart", .requirement("CON-39"))
  func keepsHomesApart() throws {
    let world = try World()
    try world.history(#"{"display":"one","sessionId":"a","timestamp":1}"# + "\n")
    try world.scratch.write(
      "second/history.jsonl", #"{"display":"two","sessionId":"b","timestamp":2}"# + "\n")
    for _ in 1...3 {
      try world.ingest()
      try world.ingest(world.scratch.path + "/second")
    }
    #expect(try world.sightings().map(\.text) == ["one", "two"])
    #expect(try world.sightings().map(\.occurrence.place.incarnation) == [0, 1 << 20])
    #expect(try world.sightings().map(\.occurrence.isEcho) == [false, false])
  }
}
