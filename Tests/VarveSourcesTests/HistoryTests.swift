// `history.jsonl`, homes, and prompts that two sources report: format-spec chapter 10, CON-9 and CON-24.

import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("History") struct HistoryTests {
  @Test("A line gives one prompt with its fields", .requirement("CON-9"))
  func readsPrompts() throws {
    let world = try World()
    try world.history(
      #"{"display":"fix \"it\"","pastedContents":{"1":{"id":1,"type":"text","content":"x\ny"}},"#
        + #""timestamp":1767323045678,"project":"/home/sam/p","sessionId":"abc"}"# + "\n")
    let report = try world.ingest()
    let all = try world.sightings()
    let found = try #require(all.first)
    let occurrence = found.occurrence
    #expect(found.kind == .prompt)
    #expect(found.text == #"fix "it""#)
    #expect(occurrence.role == "user")
    #expect(occurrence.time == messageTime)
    #expect(occurrence.project == "/home/sam/p")
    #expect(occurrence.session == "abc")
    #expect(occurrence.phase == "history")
    #expect(occurrence.place.path == "history.jsonl")
    #expect(occurrence.place.part == 0)
    #expect(occurrence.run == 1)
    #expect(!occurrence.isEcho && !occurrence.isError)
    #expect(occurrence.level == nil && occurrence.tool == nil && occurrence.model == nil)
    #expect(found.occurrence.metadata == nil)
    let paste = try #require(all.last)
    #expect(all.count == 2 && paste.text == "x\ny" && paste.kind == .prompt)
    #expect(paste.metadata == .object([.init("paste", .text("1"))]))
    #expect(paste.occurrence.place.part == 1 && paste.occurrence.time == messageTime)
    #expect(paste.occurrence.session == "abc" && paste.occurrence.project == "/home/sam/p")
    #expect(report.committed.occurrencesNew == 2)
    #expect(report.committed.messagesNew == 2)
  }

  @Test(
    "Without a display there is no prompt", .requirement("CON-9"),
    arguments: [
      "{}", #"{"display":""}"#, #"{"display":null}"#, #"{"display":5}"#, #"{"display":["a"]}"#,
      #"{"display":{"a":1}}"#, #"{"Display":"a"}"#, #"{"display":true,"display":"a"}"#,
    ])
  func skipsEmpty(line: String) throws {
    let world = try World()
    try world.history(line + "\n")
    let report = try world.ingest()
    #expect(try world.sightings().isEmpty)
    #expect(report.skipped.map(\.words) == ["history.jsonl:1 byte 0: no display"])
  }

  @Test(
    "Empty pasted contents are no metadata", .requirement("CON-9"),
    arguments: ["{}", "[]", "null", #""x""#, "1", "false"])
  func dropsEmptyPastes(paste: String) throws {
    let world = try World()
    try world.history(#"{"display":"a","pastedContents":\#(paste)}"# + "\n")
    try world.ingest()
    #expect(try world.only().occurrence.metadata == nil)
  }

  @Test(
    "Pasted contents beyond the limits of metadata cost no prompt", .requirement("CON-9", "CON-8"),
    arguments: [
      #""\#(String(repeating: "a", count: 2 << 20))""#,
      String(repeating: "[", count: 70) + String(repeating: "]", count: 70),
    ])
  func keepsPromptsOfLargePastes(paste: String) throws {
    let world = try World()
    try world.history(#"{"display":"a","pastedContents":{"1":\#(paste)}}"# + "\n")
    let report = try world.ingest()
    #expect(try world.only().text == "a")
    #expect(report.skippedCount == 0)
    #expect(report.warnings.map(\.line) == [1])
  }

  @Test("A home is a folder with one of three names", .requirement("CON-9"))
  func recognisesHomes() throws {
    let world = try World()
    try world.scratch.makeFolder("plain/other")
    #expect(!HomeLayout.isHome(world.scratch.path + "/plain"))
    for name in ["projects", "debug"] {
      try world.scratch.makeFolder("home-\(name)/\(name)")
      #expect(HomeLayout.isHome(world.scratch.path + "/home-\(name)"))
    }
    try world.history("")
    #expect(HomeLayout.isHome(world.home))
  }

  @Test("A home is read in the order history, projects, debug", .requirement("CON-9", "CON-15"))
  func ordersSources() throws {
    // Files that no reader takes are kept all the same.
    let world = try World()
    try world.log("[DEBUG] d\n")
    try world.transcript(messageLine("user", #""p""#))
    try world.history(#"{"display":"h"}"# + "\n")
    try world.scratch.write("home/todos/x.json", "[]")
    try world.scratch.write("home/projects/notes.txt", "no transcript")
    try world.scratch.write("home/debug/deeper/x.txt", "[DEBUG] not read\n")
    let report = try world.ingest()
    #expect(report.files == 6 && report.failures.isEmpty)
    let paths = try world.sightings().map(\.occurrence.place.path)
    #expect(paths == ["history.jsonl", "projects/-p/s.jsonl", "debug/session-1.txt"])
    #expect(try world.sightings().map(\.text) == ["h", "p", "d"])
  }
}

@Suite("Echoes") struct EchoTests {
  private func history(_ time: Int64, text: String = "same", session: String = "s-1") -> String {
    #"{"display":"\#(text)","timestamp":\#(time),"sessionId":"\#(session)"}"# + "\n"
  }

  @Test(
    "A transcript's prompt within two seconds of the history's is an echo",
    .requirement("CON-24"),
    arguments: [
      (0, true), (2000, true), (-2000, true), (2001, false), (-2001, false), (86_400_000, false),
    ] as [(Int64, Bool)])
  func findsEchoes(difference: Int64, isEcho: Bool) throws {
    let world = try World()
    try world.history(history(messageTime + difference))
    try world.transcript(messageLine("user", #""same""#))
    let report = try world.ingest()
    let found = try world.sightings()
    #expect(found.map(\.occurrence.isEcho) == [false, isEcho])
    #expect(found.map(\.text) == ["same", "same"])
    #expect(report.committed.echoes == (isEcho ? 1 : 0))
    #expect(report.committed.messagesNew == 1)
    #expect(report.committed.occurrencesNew == 2)
    #expect(try world.snapshot().statistics().echoes == (isEcho ? 1 : 0))
  }

  @Test("The history's prompt is an echo if the transcript was there first", .requirement("CON-24"))
  func findsEchoesBackwards() throws {
    let world = try World()
    try world.transcript(messageLine("user", #""same""#))
    try world.ingest()
    try world.history(history(messageTime - 7))
    let report = try world.ingest()
    #expect(report.committed.echoes == 1)
    #expect(try world.sightings().map(\.occurrence.isEcho) == [false, true])
    #expect(try world.sightings().map(\.occurrence.phase) == ["projects", "history"])
  }

  @Test(
    "Another session, text, kind or no time is no echo", .requirement("CON-24"),
    arguments: [
      #"{"display":"same","timestamp":1767323045678,"sessionId":"other"}"#,
      #"{"display":"same","timestamp":1767323045678}"#,
      #"{"display":"same ","timestamp":1767323045678,"sessionId":"s-1"}"#,
      #"{"display":"same","sessionId":"s-1"}"#,
      #"{"display":"same","timestamp":"1767323045678","sessionId":"s-1"}"#,
    ])
  func leavesOthers(line: String) throws {
    let world = try World()
    try world.history(line + "\n")
    try world.transcript(
      messageLine("user", #""same""#) + messageLine("user", #""same""#, extra: #","isMeta":true"#))
    let report = try world.ingest()
    #expect(report.committed.echoes == 0)
    #expect(report.committed.occurrencesNew == 3)
  }

  @Test("Prompts of the same source are no echoes of each other", .requirement("CON-24"))
  func leavesRepeats() throws {
    let world = try World()
    try world.history(history(messageTime) + history(messageTime))
    let report = try world.ingest()
    #expect(report.committed.echoes == 0)
    #expect(report.committed.occurrencesNew == 2)
    #expect(report.committed.messagesNew == 1)
  }
}
