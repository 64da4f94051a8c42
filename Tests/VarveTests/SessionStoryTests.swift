// A session as one reads it: results under calls, subagents together, each event once.

import Testing
import Varve
import VarveFormat
import VarveTestSupport

@Suite("The story of a session") struct SessionStoryTests {
  private typealias Row = SampleRow

  private func told(_ story: SessionStory, _ snapshot: Snapshot) throws -> [String] {
    try story.entries.map { entry in
      let content = try snapshot.message(at: entry.occurrence.message).content
      return String(repeating: ">", count: entry.depth) + String(decoding: content, as: UTF8.self)
    }
  }

  @Test("Results stand under their calls, a subagent's work where it began")
  func order() throws {
    let snapshot = try Row.snapshot([
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
    let snapshot = try Row.snapshot([
      Row(content: "1", component: "b", time: 0),
      Row(content: "title", kind: .title, project: "/a", time: 60_000),
      Row(content: "2", project: nil, component: "a", time: 360_000, isError: true),
      Row(content: "3", component: "b", time: 900_000), Row(content: "4"),
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
