// A session as one reads it: results under calls, subagents together, each event once.

import Testing
import Varve
import VarveFormat
import VarveTestSupport

@Suite("The story of a session") struct SessionStoryTests {
  /// One occurrence: what it says, its agent, its call.
  private struct Row {
    var content: String
    var kind = Kind.log
    var time: Int64?
    var agent: String?
    var call: String?
    var isError = false
    var isEcho = false
    var component: String?
    var project: String? = "/p"
  }

  private func snapshot(_ rows: [Row]) throws -> Snapshot {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    let store = try Store.open(
      at: "/s", options: options, fileSystem: SimulatedFileSystem(), registers: false)
    var batch = WriteBatch()
    for (number, row) in rows.enumerated() {
      var sighting = Occurrence(
        kind: row.kind, place: SourcePlace(host: "h", path: "f", offset: UInt64(number)))
      sighting.session = "s"
      sighting.project = row.project
      sighting.time = row.time
      sighting.agent = row.agent
      sighting.component = row.component
      sighting.isError = row.isError
      sighting.isEcho = row.isEcho
      if let call = row.call {
        sighting.metadata = .object([.init("toolUseID", .text(call))])
      }
      try batch.append(sighting, content: Array(row.content.utf8))
    }
    try store.commit(batch)
    return try store.snapshot()
  }

  private func told(_ story: SessionStory, _ snapshot: Snapshot) throws -> [String] {
    try story.entries.map { entry in
      let content = try snapshot.message(at: entry.occurrence.message).content
      return String(repeating: ">", count: entry.depth) + String(decoding: content, as: UTF8.self)
    }
  }

  @Test("Results stand under their calls, a subagent's work where it began")
  func order() throws {
    let snapshot = try snapshot([
      Row(content: "ask", kind: .prompt, time: 0),
      Row(content: "call a", kind: .toolInput, time: 1, call: "a"),
      Row(content: "call b", kind: .toolInput, time: 2, call: "b"),
      Row(content: "agent asks", kind: .prompt, time: 3, agent: "x"),
      Row(content: "result a", kind: .toolOutput, time: 4, call: "a"),
      Row(content: "agent calls", kind: .toolInput, time: 5, agent: "x", call: "a"),
      Row(content: "log", time: 6),
      Row(content: "agent gets", kind: .toolOutput, time: 7, agent: "x", call: "a"),
      Row(content: "result b", kind: .toolOutput, time: 8, call: "b"),
      Row(content: "ask", kind: .prompt, time: 9, isEcho: true),
      Row(content: "lost result", kind: .toolOutput, time: 10, call: "c"),
      Row(content: "without time"),
    ])
    let story = try snapshot.story(of: "s")
    #expect(
      try told(story, snapshot) == [
        "ask", "call a", ">result a", "call b", ">result b", ">agent asks", ">agent calls",
        ">>agent gets", "log", "lost result", "without time",
      ])
    #expect(try snapshot.story(of: "s", withEchoes: true).entries.count == 12)
    #expect(
      try told(snapshot.story(of: "s", kinds: [.toolOutput]), snapshot) == [
        "result a", ">agent gets", "result b", "lost result",
      ])
  }

  @Test("The head adds up what was told")
  func head() throws {
    let snapshot = try snapshot([
      Row(content: "1", time: 0, component: "b"),
      Row(content: "title", kind: .title, time: 60_000, project: "/a"),
      Row(content: "2", time: 360_000, isError: true, component: "a", project: nil),
      Row(content: "3", time: 900_000, component: "b"), Row(content: "4"),
    ])
    let story = try snapshot.story(of: "s")
    #expect(story.started == 0 && story.ended == 900_000 && story.activeSeconds == 360)
    #expect(story.components == ["a", "b"] && story.errorCount == 1 && story.project == "/a")
    let title = try #require(story.title)
    #expect(try snapshot.message(at: title).content == Array("title".utf8))
    #expect(try snapshot.story(of: "none").entries.isEmpty)
    // The head is of the whole session, whatever is told of it.
    let some = try snapshot.story(of: "s", kinds: [.title])
    #expect(some.entries.count == 1 && some.ended == 900_000 && some.errorCount == 1)
    #expect(try snapshot.story(of: "s", kinds: [.log]).title == title)
  }
}
