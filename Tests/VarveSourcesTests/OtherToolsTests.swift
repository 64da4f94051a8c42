// Rollouts of the Codex CLI and chats of the Gemini CLI: format-spec chapter 10, CON-45 to CON-51.

import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Other tools") struct OtherToolsTests {
  private let rollout = "home/sessions/2026/01/02/rollout-2026-01-02T03-04-05-abc.jsonl"

  private func line(_ type: String, _ payload: String, second: Int = 5) -> String {
    #"{"timestamp":"2026-01-02T03:04:0\#(second).678Z","type":"\#(type)","payload":\#(payload)}"#
      + "\n"
  }

  private var meta: String {
    line("session_meta", #"{"id":"c-1","cwd":"/home/sam/p","git":{"branch":"main"}}"#)
      + line("turn_context", #"{"cwd":"/home/sam/p","model":"m-5"}"#)
  }

  @Test(
    "A rollout gives prompts, answers, thoughts and tools with their context",
    .requirement("CON-45", "CON-46"))
  func readsRollouts() throws {
    let world = try World()
    try world.scratch.write(
      rollout,
      meta
        + line(
          "response_item",
          #"{"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>x"},{"type":"input_text","text":"plant"},{"type":"input_image"}]}"#
        )
        + line(
          "response_item",
          #"{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"zz"}"#
        )
        + line("response_item", #"{"type":"reasoning","summary":[],"encrypted_content":"zz"}"#)
        + line(
          "response_item",
          #"{"type":"function_call","name":"shell","arguments":"{\"a\":1}","call_id":"k"}"#)
        + line(
          "response_item",
          #"{"type":"function_call_output","call_id":"k","output":[{"type":"input_text","text":"a"},{"text":"b"}]}"#
        )
        + line(
          "response_item",
          #"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"done"}]}"#
        )
        + line("response_item", #"{"type":"never_seen","x":1}"#))
    let report = try world.ingest()
    #expect(report.skippedByReason == ["encrypted reasoning": 1])
    #expect(report.droppedByReason["binary block"] == 1)
    let found = try world.sightings().filter { $0.kind != .meta }
    #expect(found.map(\.kind) == [.prompt, .thinking, .toolInput, .toolOutput, .answer, .raw])
    #expect(found.dropLast().map(\.text) == ["plant", "hm", #"{"a":1}"#, "a\nb", "done"])
    for sighting in found {
      #expect(sighting.occurrence.session == "c-1" && sighting.occurrence.phase == "codex")
      #expect(sighting.occurrence.project == "/home/sam/p" && sighting.occurrence.branch == "main")
      #expect(sighting.occurrence.model == "m-5" && sighting.occurrence.time == messageTime)
    }
    #expect(found[3].occurrence.tool == "shell" && found[3].occurrence.role == "tool")
    #expect(found[3].metadata["toolUseID"]?.text == "k")
    #expect(try world.sightings().filter { $0.kind == .meta }.count == 3)
  }

  @Test(
    "What stands as an event and as an item is told once, also across runs",
    .requirement("CON-47", "CON-48"))
  func pairsEventsAndItems() throws {
    let world = try World()
    let item =
      #"{"type":"message","role":"user","content":[{"type":"input_text","text":"plant"}]}"#
    try world.scratch.write(
      rollout,
      meta + line("response_item", item)
        + line("event_msg", #"{"type":"exec_command_end","stdout":"x"}"#)
        + line("event_msg", #"{"type":"token_count","info":null}"#)
        + line("event_msg", #"{"type":"error","message":"no"}"#)
        + line("event_msg", #"{"type":"brand_new"}"#))
    try world.ingest()
    try world.scratch.append(
      rollout, line("event_msg", #"{"type":"user_message","message":"plant"}"#))
    try world.ingest()
    let found = try world.sightings().filter { $0.kind != .meta || $0.occurrence.isError }
    #expect(found.map(\.kind) == [.prompt, .progress, .meta, .raw, .prompt])
    #expect(found.map(\.occurrence.isEcho) == [false, false, false, false, true])
    #expect(found[2].text == "no" && found[2].occurrence.isError)
  }

  @Test(
    "The history of Codex is told in seconds, and its prompts are echoed", .requirement("CON-45"))
  func readsHistory() throws {
    let world = try World()
    try world.history(#"{"session_id":"c-1","ts":1767323045,"text":"plant"}"# + "\n")
    try world.scratch.write(
      rollout, meta + line("event_msg", #"{"type":"user_message","message":"plant"}"#))
    try world.ingest()
    let found = try world.sightings().filter { $0.kind == .prompt }
    #expect(found.map(\.occurrence.phase) == ["history", "codex"])
    #expect(found.map(\.occurrence.isEcho) == [false, true])
    #expect(found[0].occurrence.time == 1_767_323_045_000)
  }

  @Test(
    "What Codex and Gemini say of their tokens is counted once a response",
    .requirement("CON-47", "CON-50"))
  func countsTokens() throws {
    let world = try World()
    func count(_ total: Int, _ input: Int, _ output: Int) -> String {
      line(
        "event_msg",
        #"{"type":"token_count","info":{"total_token_usage":{"total_tokens":\#(total)},"#
          + #""last_token_usage":{"input_tokens":\#(input),"cached_input_tokens":30,"#
          + #""output_tokens":\#(output)}}}"#)
    }
    // The second event repeats the first response; the last one says nothing.
    try world.scratch.write(
      rollout,
      meta + count(47, 40, 7) + count(47, 40, 7) + count(150, 100, 3)
        + line("event_msg", #"{"type":"token_count","info":null}"#))
    try world.scratch.write("home/tmp/abc/.project_root", "/home/sam/p\n")
    let answer =
      answer("x").dropLast() + #","tokens":{"input":9,"output":2,"cached":4,"thoughts":5}}"#
    let file = "home/tmp/abc/chats/session-1.json"
    try world.scratch.write(file, #"{"sessionId":"g-1","messages":[\#(user),\#(answer)]}"#)
    try world.ingest()
    let report = try world.snapshot().report(ReportQuery(.usage))
    let places: [Int] = ["inputTokens", "outputTokens", "cacheReadTokens"].map { name in
      report.columns.firstIndex { $0.key == name } ?? 0
    }
    let rows: [[Report.Value]] = report.rows.map { row in places.map { row[$0] } }
    #expect(rows.contains([.number(80), .number(10), .number(60)]), "Codex")
    #expect(rows.contains([.number(5), .number(7), .number(4)]), "Gemini")
    let counted = try world.sightings().filter { $0.metadata["usage"] != nil }
    #expect(counted.count == 4)
    #expect(counted.filter { $0.kind == .answer }.map { $0.metadata["messageId"]?.text } == ["2"])
  }

  // MARK: Gemini

  private let user =
    #"{"id":"1","timestamp":"2026-01-02T03:04:05.678Z","type":"user","content":"plant"}"#
  private func answer(_ output: String) -> String {
    #"{"id":"2","timestamp":"2026-01-02T03:04:05.678Z","type":"gemini","model":"g","content":"done","#
      + #""thoughts":[{"subject":"A","description":"b"}],"toolCalls":[{"id":"t","name":"ls","args":{"p":1},"#
      + #""status":"error","result":[{"functionResponse":{"response":{"output":"\#(output)"}}}]}]}"#
  }

  @Test(
    "A chat gives the same from a file and from lines, and once when it is written anew",
    .requirement("CON-49", "CON-50", "CON-51"))
  func readsChats() throws {
    let world = try World()
    try world.scratch.write("home/tmp/abc/.project_root", "/home/sam/p\n")
    let file = "home/tmp/abc/chats/session-1.json"
    try world.scratch.write(file, #"{"sessionId":"g-1","messages":[\#(user),\#(answer("x"))]}"#)
    try world.ingest()
    func expect(_ found: [Sighting]) {
      #expect(found.map(\.kind) == [.prompt, .answer, .thinking, .toolInput, .toolOutput])
      #expect(found.map(\.text) == ["plant", "done", "A\nb", #"{"p":1}"#, "x"])
      #expect(found.allSatisfy { $0.occurrence.session == "g-1" && !$0.occurrence.isEcho })
      #expect(found.allSatisfy { $0.occurrence.project == "/home/sam/p" })
      #expect(found[4].occurrence.isError && found[4].occurrence.tool == "ls")
    }
    expect(try world.sightings().filter { $0.kind != .meta })
    // The last message changes: what it had before is the same event, what is new is told.
    try world.scratch.write(
      file, #"{"sessionId":"g-1","messages":[\#(user),\#(answer("xyz"))]}"#)
    let report = try world.ingest()
    #expect(report.committed.occurrencesNew == 4 && report.committed.echoes == 3)
    let told = try world.sightings().filter { $0.kind != .meta && !$0.occurrence.isEcho }
    #expect(told.map(\.text) == ["plant", "done", "A\nb", #"{"p":1}"#, "x", "xyz"])

    var lines = try World()
    lines.storeName = "other"
    try lines.scratch.write("home/tmp/abc/.project_root", "/home/sam/p\n")
    try lines.scratch.write(
      "home/tmp/abc/chats/session-1.jsonl",
      #"{"sessionId":"g-1","kind":"main"}"# + "\n" + user + "\n" + answer("x") + "\n"
        + #"{"$set":{"messages":[\#(user)]}}"# + "\n" + #"{"$rewindTo":"1"}"# + "\n")
    try lines.ingest()
    let all = try lines.sightings().filter { $0.kind != .meta }
    expect(all.filter { !$0.occurrence.isEcho })
    #expect(all.filter(\.occurrence.isEcho).map(\.text) == ["plant"])
  }

  // MARK: Mapping

  @Test("Foreign names and times fill the fields", .requirement("CON-52"))
  func mapsFields() throws {
    let world = try World()
    try world.records(
      #"{"text":"hi","meta":{"ts":1767323045,"who":"ann"},"content":"no"}"# + "\n" + #"{"x":1}"#
        + "\n")
    let mapping = try #require(FieldMapping("content=text,timestamp=meta.ts,role=meta.who"))
    let report = try world.ingest(world.recordsPath) { options in
      options.mapping = mapping
      options.mapping.timeFormat = .s
    }
    #expect(report.skippedByReason == ["no content": 1])
    let found = try world.sightings()
    #expect(found.map(\.text) == ["hi"])
    #expect(found[0].occurrence.time == 1_767_323_045_000 && found[0].occurrence.role == "ann")
    // Under another mapping the file is read again.
    try world.ingest(world.recordsPath)
    #expect(try world.sightings().map(\.text) == ["hi", "no"])
    for bad in ["", "content", "content=", "nonsense=x", "content=a..b"] {
      #expect(FieldMapping(bad) == nil, "\(bad)")
    }
  }
}
