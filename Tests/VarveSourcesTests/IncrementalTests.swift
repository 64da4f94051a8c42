// Reading again: what was appended, cut, replaced, deleted, or left half read.

import Foundation
import Synchronization
import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Reading again") struct IncrementalTests {
  private func prompts(_ range: ClosedRange<Int>) -> String {
    range.map { #"{"display":"prompt \#($0)","timestamp":\#($0),"sessionId":"s"}"# + "\n" }.joined()
  }

  private let name = "home/history.jsonl"

  @Test("An unchanged source gives nothing and is not read")
  func leavesUnchangedFiles() throws {
    let world = try World()
    try world.history(prompts(1...5))
    try world.transcript(messageLine("user", #""x""#))
    try world.log("[DEBUG] d\n")
    try world.ingest()
    let digest = try world.digest()
    let report = try world.ingest()
    #expect(report.run == 2)
    #expect(report.files == 3 && report.unchangedFiles == 3)
    #expect(report.bytes == 0 && report.lines == 0)
    #expect(report.committed.occurrencesNew == 0 && report.committed.repeated == 0)
    #expect(try world.digest() == digest)
  }

  @Test("A touched source is looked at, not read again")
  func leavesTouchedFiles() throws {
    let world = try World()
    try world.history(prompts(1...5))
    try world.ingest()
    try world.scratch.age(name, seconds: 100)
    let report = try world.ingest()
    #expect(report.unchangedFiles == 0)
    #expect(report.bytes == 0 && report.committed.occurrencesNew == 0)
  }

  @Test("Only what was appended is read")
  func readsAppended() throws {
    let world = try World()
    try world.history(prompts(1...1000))
    try world.ingest()
    try world.scratch.append(name, prompts(1001...1003))
    let report = try world.ingest()
    #expect(report.bytes == UInt64(prompts(1001...1003).utf8.count))
    #expect(report.lines == 3)
    #expect(report.committed.occurrencesNew == 3 && report.committed.repeated == 0)
    let last = try #require(try world.sightings().last)
    #expect(last.occurrence.place.line == 1003)
    #expect(last.occurrence.place.incarnation == 0)
    #expect(last.occurrence.run == 2)
    try expectFresh(world)
  }

  @Test(
    "A line that arrives in two halves is one record, wherever it is cut", .requirement("CON-6"))
  func joinsHalves() throws {
    let line = #"{"display":"é","timestamp":2}"# + "\n"
    let bytes = Array(line.utf8)
    for cut in 0...bytes.count {
      let world = try World()
      let start = Array(prompts(1...1).utf8)
      try world.history(start + bytes[..<cut])
      try world.ingest()
      try world.history(start + bytes + Array(prompts(3...3).utf8))
      let report = try world.ingest()
      let found = try world.sightings()
      #expect(found.map(\.text) == ["prompt 1", "é", "prompt 3"], "cut at \(cut)")
      #expect(found.map(\.occurrence.place.line) == [1, 2, 3], "cut at \(cut)")
      #expect(report.skippedCount == 0)
      try expectFresh(world)
    }
  }

  @Test("Blanks before a line that is still being written are part of it", .requirement("CON-6"))
  func keepsBlanksOfUnfinishedLines() throws {
    let world = try World()
    try world.history(prompts(1...1) + "   ")
    try world.ingest()
    try world.scratch.append(name, prompts(2...2))
    try world.ingest()
    #expect(try world.sightings().map(\.occurrence.place.line) == [1, 2])
    try expectFresh(world)
  }

  @Test("What is left of a file that became shorter is the same as before", .requirement("CON-40"))
  func noticesTruncation() throws {
    let world = try World()
    try world.history(prompts(1...10))
    try world.ingest()
    try world.history(prompts(1...4))
    var report = try world.ingest()
    #expect(report.committed.occurrencesNew == 0 && report.committed.repeated == 4)
    try world.scratch.append(name, prompts(5...6))
    report = try world.ingest()
    #expect(report.committed.occurrencesNew == 2)
    let places = try world.sightings().map(\.occurrence.place)
    #expect(
      places.map(\.incarnation) == Array(repeating: 0, count: 10) + [1, 1])
    #expect(try world.snapshot().statistics().messages == 10)
  }

  @Test("A file that was written over is a new one")
  func noticesRewriting() throws {
    let world = try World()
    try world.history(prompts(1...10))
    try world.ingest()
    try world.history(prompts(11...30))
    let report = try world.ingest()
    #expect(report.committed.occurrencesNew == 20)
    #expect(try world.sightings().last?.occurrence.place.incarnation == 1)
    #expect(try world.sightings().count == 30)
  }

  @Test("A file that was replaced by another is a new one, a copy of it that grew is not")
  func noticesReplacement() throws {
    let world = try World()
    try world.history(prompts(1...10))
    try world.ingest()
    try replace(world, prompts(1...12))
    var report = try world.ingest()
    #expect(report.committed.occurrencesNew == 2 && report.committed.repeated == 0)
    try replace(world, prompts(21...40))
    report = try world.ingest()
    #expect(report.committed.occurrencesNew == 20)
    #expect(try world.sightings().last?.occurrence.place.incarnation == 1)
  }

  private func replace(_ world: World, _ text: String) throws {
    try world.scratch.write("new", text)
    let path = world.scratch.path + "/" + name
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: world.scratch.path + "/new", toPath: path)
  }

  @Test("What a deleted file gave stays, and is repeated when the file comes back")
  func keepsDeleted() throws {
    let world = try World()
    try world.history(prompts(1...3))
    try world.transcript(messageLine("user", #""x""#))
    try world.ingest()
    let digest = try world.digest()
    try FileManager.default.removeItem(atPath: world.home + "/projects/-p/s.jsonl")
    var report = try world.ingest()
    #expect(report.files == 1 && report.failures.isEmpty)
    #expect(try world.digest() == digest)
    try world.transcript(messageLine("user", #""x""#))
    report = try world.ingest()
    #expect(report.committed.occurrencesNew == 0)
    #expect(try world.digest() == digest)
  }

  @Test("A file and its home mean the same")
  func namesFilesByHome() throws {
    let world = try World()
    try world.history(prompts(1...3))
    try world.transcript(messageLine("user", #""x""#), name: "s/subagents/agent-1.jsonl")
    try world.log("[DEBUG] d\n")
    try world.ingest()
    let digest = try world.digest()
    let files = ["history.jsonl", "projects/-p/s/subagents/agent-1.jsonl", "debug/session-1.txt"]
    var other = world
    other.storeName = "other"
    for file in files {
      let again = try world.ingest(world.home + "/" + file)
      #expect(again.unchangedFiles == 1)
      #expect(try other.ingest(world.home + "/" + file).committed.occurrencesNew > 0)
    }
    #expect(try other.digest() == digest)
    #expect(try world.digest() == digest)
  }

  @Test("A copy of a home gives echoes", .requirement("CON-39", "CON-42"))
  func followsMovedHomes() throws {
    let world = try World()
    try world.history(prompts(1...3))
    try world.transcript(messageLine("user", #""x""#))
    try world.ingest()
    try FileManager.default.copyItem(
      atPath: world.home, toPath: world.scratch.path + "/backup")
    let report = try world.ingest(world.scratch.path + "/backup")
    #expect(report.committed.occurrencesNew == 4 && report.committed.echoes == 4)
    #expect(try world.ingest(world.scratch.path + "/backup").committed == CommitResult.none(4 + 4))
    #expect(try world.ingest().committed == CommitResult.none(4 + 4))
    let elsewhere = try world.ingest(world.scratch.path + "/backup") { $0.host = "laptop" }
    #expect(elsewhere.committed.occurrencesNew == 4 && elsewhere.committed.messagesNew == 0)
  }

  @Test(
    "An ingest that was stopped and goes on ends as one that was not", arguments: [1, 2, 5, 9, 14])
  func resumes(stop: Int) throws {
    let world = try World()
    try fill(world)
    var undisturbed = world
    undisturbed.storeName = "undisturbed"
    let whole = try undisturbed.ingest()
    let calls = Mutex(0)
    let first = try world.ingest {
      $0.onProgress = { _, _ in
        calls.withLock { count in
          count += 1
          return count < stop
        }
      }
    }
    #expect(calls.withLock { $0 } == stop)
    #expect(first.committed.occurrencesNew < whole.committed.occurrencesNew)
    let statuses = try world.snapshot().runFiles().filter { $0.run == first.run }
      .compactMap { $0.value["status"]?.text }
    #expect(!statuses.dropLast().contains("interrupted"))
    let second = try world.ingest()
    let sum = first.committed.occurrencesNew + second.committed.occurrencesNew
    #expect(sum == whole.committed.occurrencesNew)
    #expect(try world.digest() == undisturbed.digest())
    let tools = try world.sightings().map(\.occurrence.tool)
    #expect(try tools == undisturbed.sightings().map(\.occurrence.tool))
    let lines = try world.sightings().map(\.occurrence.place)
    #expect(try lines == undisturbed.sightings().map(\.occurrence.place))
    #expect(try world.ingest().committed.occurrencesNew == 0)
  }

  /// Files of several pieces, with entries and tools that reach from one piece into the next.
  private func fill(_ world: World) throws {
    try world.history(prompts(1...20))
    let long = String(repeating: "x", count: 3000)
    var text = messageLine(
      "assistant", #"[{"type":"tool_use","id":"t1","name":"Bash","input":{}}]"#)
    for i in 1...900 { text += messageLine("assistant", #""\#(i) \#(long)""#) }
    text += messageLine("user", #"[{"type":"tool_result","tool_use_id":"t1","content":"out"}]"#)
    try world.transcript(text)
    for i in 1...4 { try world.transcript(messageLine("user", #""\#(i)""#), name: "\(i).jsonl") }
    var log = ""
    for i in 1...40 {
      log += "2026-01-02T03:04:05.678Z [DEBUG] API: \(i)\n"
      for j in 1...30 { log += "  \(j) \(long)\n" }
    }
    try world.log(log)
  }

  @Test("A stopped ingest says so in the audit trail")
  func recordsInterruption() throws {
    let world = try World()
    try fill(world)
    let calls = Mutex(0)
    try world.ingest {
      $0.onProgress = { _, _ in
        calls.withLock { count in
          count += 1
          return count < 3
        }
      }
    }
    let runs = try world.snapshot().runs()
    #expect(runs.last?.value["status"]?.text == "interrupted")
    let files = try world.snapshot().runFiles()
    #expect(files.contains { $0.value["status"]?.text == "interrupted" })
    try world.ingest()
    #expect(
      try world.snapshot().runs().map { $0.value["status"]?.text } == ["interrupted", "done"])
  }

  @Test("The audit trail has the digest of each file")
  func recordsDigests() throws {
    let world = try World()
    try world.history(prompts(1...3))
    try world.ingest { $0.note = "first" }
    let file = try #require(try world.snapshot().runFiles().first)
    let digest = ContentDigest.hash(Array(prompts(1...3).utf8)).description
    #expect(file.path == "history.jsonl")
    #expect(file.value["sha256Before"]?.text == digest)
    #expect(file.value["sha256After"]?.text == digest)
    #expect(file.value["lines"]?.int == 3)
    #expect(file.value["status"]?.text == "done")
    let run = try #require(try world.snapshot().runs().first)
    #expect(run.number == 1 && run.value["note"]?.text == "first")
    #expect(run.value["host"]?.text == "test")
    let key = RunPath(run: 1, path: "history.jsonl")
    #expect(try world.snapshot().occurrencesByRunAndPath() == [key: 3])
  }

  @Test("A file that is written over while it is read is read again")
  func noticesChangesWhileReading() throws {
    let world = try World()
    try world.history(prompts(1...3))
    let scratch = world.scratch
    let name = name
    let more = prompts(4...4)
    let report = try world.ingest {
      $0.onProgress = { _, _ in
        try? scratch.write(name, more)
        return true
      }
    }
    #expect(report.rereadFiles >= 1 && report.failures.isEmpty)
    #expect(try world.sightings().map(\.text) == (1...4).map { "prompt \($0)" })
    #expect(try world.sightings().map(\.occurrence.place.incarnation) == [0, 0, 0, 1])
    let file = try #require(try world.snapshot().runFiles().first)
    #expect(file.value["sha256After"]?.text == ContentDigest.hash(Array(more.utf8)).description)
    #expect(try world.ingest().committed.occurrencesNew == 0)
  }

  /// The store is as if all had been read at once.
  private func expectFresh(_ world: World) throws {
    var fresh = world
    fresh.storeName = "fresh"
    try fresh.ingest()
    #expect(try fresh.digest() == world.digest())
  }
}

extension CommitResult {
  /// Nothing new in a store whose last sequence is this.
  fileprivate static func none(_ last: UInt64) -> CommitResult {
    var result = CommitResult()
    result.lastSequence = last
    return result
  }
}
