// `projects/**/*.jsonl`: every type of line and block. Format-spec chapter 10, CON-10 to CON-15.

import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Transcripts") struct TranscriptTests {
  @Test("Every occurrence has the fields of its line", .requirement("CON-10"))
  func readsFields() throws {
    let world = try World()
    try world.transcript(
      #"{"type":"assistant","timestamp":"2026-01-02T03:04:05.678Z","cwd":"/p","sessionId":"s","#
        + #""gitBranch":"main","agentId":"a1","uuid":"u","parentUuid":"v","requestId":"r","#
        + #""version":"2.1.0","isSidechain":true,"slug":"x","message":{"id":"m","role":"assistant","#
        + #""model":"claude","content":[{"type":"text","text":"hi"},"#
        + #"{"type":"tool_use","id":"t1","name":"Bash","input":{}}]}}"# + "\n")
    try world.ingest()
    let found = try world.sightings()
    try #require(found.count == 2)
    for occurrence in found.map(\.occurrence) {
      #expect(occurrence.time == messageTime)
      #expect(occurrence.project == "/p")
      #expect(occurrence.session == "s")
      #expect(occurrence.branch == "main")
      #expect(occurrence.agent == "a1")
      #expect(occurrence.phase == "projects")
      #expect(occurrence.role == "assistant")
      #expect(occurrence.model == "claude")
      #expect(occurrence.place.path == "projects/-p/s.jsonl")
    }
    let common = ["uuid", "parentUuid", "requestId", "messageId", "version"]
    #expect(found[0].metadataKeys == common + ["sidechain"])
    #expect(found[1].metadataKeys == common + ["toolUseID", "sidechain"])
    let values = ["u", "v", "r", "m", "2.1.0"]
    #expect(common.map { found[1].metadata[$0]?.text } == values)
    #expect(found[1].metadata["toolUseID"]?.text == "t1")
    #expect(found[1].metadata["sidechain"] == .bool(true))
    #expect(found[1].occurrence.tool == "Bash")
  }

  @Test("The first occurrence of a line says what its response used", .requirement("CON-10"))
  func readsUsage() throws {
    let world = try World()
    try world.transcript(
      #"{"type":"assistant","message":{"id":"m","usage":{"input_tokens":3,"output_tokens":0,"#
        + #""cache_read_input_tokens":0,"cache_creation_input_tokens":1.5,"service_tier":"x"},"#
        + #""content":[{"type":"text","text":"hi"},{"type":"text","text":"ho"}]}}"# + "\n"
        + #"{"type":"assistant","message":{"id":"n","usage":7,"content":"no object"}}"# + "\n")
    try world.ingest()
    let found = try world.sightings()
    try #require(found.count == 3)
    #expect(
      found[0].metadata["usage"]
        == .object([.init("input_tokens", .int(3)), .init("output_tokens", .int(0))]))
    #expect(found[1].metadata["usage"] == nil)
    #expect(found[2].metadata["usage"] == nil)
  }

  @Test("Fields that are empty or no strings are absent", .requirement("CON-10"))
  func leavesEmptyFields() throws {
    let world = try World()
    try world.transcript(
      #"{"type":"user","cwd":"","sessionId":"","gitBranch":"","agentId":"","uuid":"","version":"","#
        + #""parentUuid":null,"isSidechain":false,"requestId":7,"message":{"content":"x"}}"# + "\n")
    try world.ingest()
    let occurrence = try world.only().occurrence
    #expect(occurrence.time == nil && occurrence.project == nil && occurrence.session == nil)
    #expect(occurrence.branch == nil && occurrence.agent == nil && occurrence.model == nil)
    #expect(occurrence.metadata == nil)
    #expect(occurrence.role == "user")
  }

  @Test(
    "The text of a message is a prompt, an answer, a summary or injected", .requirement("CON-11"),
    arguments: [
      ("user", "hello", "", .prompt), ("assistant", "hello", "", .answer),
      ("user", "hello", #","isMeta":true"#, .meta),
      ("assistant", "hello", #","isMeta":true"#, .meta),
      ("user", "hello", #","isMeta":false"#, .prompt),
      ("user", "hello", #","isMeta":"true""#, .prompt),
      ("user", "hello", #","isCompactSummary":true"#, .summary),
      ("user", "hello", #","isMeta":true,"isCompactSummary":true"#, .meta),
      ("user", "<command-name>/x", "", .meta), ("user", "<local-command-stdout>", "", .meta),
      ("user", "<bash-input>ls", "", .meta), ("user", "<task-notification>", "", .meta),
      ("user", "Caveat: The messages", "", .meta), ("user", "caveat: no", "", .prompt),
      ("user", " <command-name>", "", .prompt), ("user", "<task-notification", "", .prompt),
      ("assistant", "<command-name>", "", .answer), ("user", "", "", .prompt),
    ] as [(String, String, String, Kind)])
  func findsTextKinds(type: String, text: String, extra: String, kind: Kind) throws {
    let world = try World()
    try world.transcript(
      messageLine(type, #""\#(text)""#, extra: extra)
        + messageLine(type, #"[{"type":"text","text":"\#(text)"},"\#(text)"]"#, extra: extra))
    try world.ingest()
    let found = try world.sightings()
    #expect(found.map(\.kind) == [kind, kind, kind])
    #expect(found.map(\.text) == [text, text, text])
    #expect(found.map(\.occurrence.place.part) == [0, 0, 1])
    #expect(found.allSatisfy { $0.occurrence.role == type })
  }

  @Test("The role is the message's, else the type", .requirement("CON-11"))
  func readsRoles() throws {
    let world = try World()
    try world.transcript(
      #"{"type":"user","message":{"role":"system","content":"a"}}"# + "\n"
        + #"{"type":"assistant","message":{"content":"b"}}"# + "\n"
        + #"{"type":"user","message":{"role":5,"content":"c"}}"# + "\n")
    try world.ingest()
    #expect(try world.sightings().map(\.occurrence.role) == ["system", "assistant", "user"])
  }

  struct Block: Sendable, CustomTestStringConvertible {
    let block: String
    let kind: Kind?
    let content: String
    var role = "assistant"
    var tool: String?
    var isError = false

    var testDescription: String { block }

    /// A block that is dropped.
    static func drop(_ block: String, _ reason: String) -> Block {
      Block(block: block, kind: nil, content: reason)
    }

    /// A block that no rule understands.
    static func raw(_ block: String) -> Block { Block(block: block, kind: .raw, content: block) }
  }

  static let blocks = [
    Block(block: #"{"type":"text","text":"a\nb"}"#, kind: .answer, content: "a\nb"),
    Block(block: #"{"type":"text","text":""}"#, kind: .answer, content: ""),
    Block(block: #""bare""#, kind: .answer, content: "bare"),
    Block(
      block: #"{"type":"thinking","thinking":"hm","signature":"xyz"}"#, kind: .thinking,
      content: "hm"),
    .drop(#"{"type":"thinking","thinking":"","signature":"xyz"}"#, "empty thinking"),
    .raw(#"{"type":"thinking"}"#),
    Block(
      block: #"{"type":"tool_use","id":"t","name":"Read","input":{"p": 1}}"#, kind: .toolInput,
      content: #"{"p": 1}"#, tool: "Read"),
    Block(
      block: #"{"type":"server_tool_use","id":"t","name":"web_search","input":{"q":"x"}}"#,
      kind: .toolInput, content: #"{"q":"x"}"#, tool: "web_search"),
    Block(block: #"{"type":"tool_use","input":null}"#, kind: .toolInput, content: "null"),
    .raw(#"{"type":"tool_use","name":"Read"}"#),
    Block(
      block: #"{"type":"tool_result","tool_use_id":"q","content":"out"}"#, kind: .toolOutput,
      content: "out", role: "tool"),
    Block(
      block: #"{"type":"tool_result","tool_use_id":"q","content":"no","is_error":true}"#,
      kind: .toolOutput, content: "no", role: "tool", isError: true),
    Block(
      block: #"{"type":"tool_result","content":"","is_error":false}"#, kind: .toolOutput,
      content: "", role: "tool"),
    Block(
      block: #"{"type":"tool_result","content":[{"type":"text","text":"a"},{"type":"image"},"#
        + #"{"type":"text","text":"b"}]}"#, kind: .toolOutput, content: "a\nb", role: "tool"),
    Block(
      block: #"{"type":"tool_result","content":[{"type":"text","text":""}]}"#, kind: .toolOutput,
      content: "", role: "tool"),
    .drop(#"{"type":"tool_result","content":[{"type":"image"}]}"#, "no text in tool result"),
    .drop(#"{"type":"tool_result","content":[]}"#, "no text in tool result"),
    .drop(#"{"type":"tool_result"}"#, "no text in tool result"),
    .raw(#"{"type":"tool_result","content":5}"#),
    .drop(#"{"type":"image","source":{"data":"AAAA"}}"#, "binary block"),
    .drop(#"{"type":"document","source":{}}"#, "binary block"),
    .drop(#"{"type":"redacted_thinking","data":"AAAA"}"#, "redacted thinking"),
    .raw(#"{"type":"text"}"#), .raw(#"{"type":"text","text":5}"#), .raw(#"{"type":"new_block"}"#),
    .raw(#"{"text":"no type"}"#), .raw("null"), .raw("12.50"), .raw("[1, 2]"), .raw("true"),
  ]

  @Test("A block gives the occurrence of its type", .requirement("CON-11"), arguments: blocks)
  func readsBlocks(_ block: Block) throws {
    let world = try World()
    try world.transcript(
      messageLine("assistant", #"["before",\#(block.block),"after"]"#))
    let report = try world.ingest()
    let found = try world.sightings()
    guard let kind = block.kind else {
      #expect(found.map(\.text) == ["before", "after"])
      #expect(found.map(\.occurrence.place.part) == [0, 2])
      #expect(report.droppedByReason == [block.content: 1])
      #expect(report.skippedCount == 0)
      return
    }
    try #require(found.count == 3)
    #expect(found[1].kind == kind)
    #expect(found[1].text == block.content)
    #expect(found[1].occurrence.role == block.role)
    #expect(found[1].occurrence.tool == block.tool)
    #expect(found[1].occurrence.isError == block.isError)
    #expect(!found[0].occurrence.isError && !found[2].occurrence.isError)
    #expect(report.droppedByReason.isEmpty)
  }

  @Test("A result knows the tool that was used earlier in the file", .requirement("CON-11"))
  func joinsTools() throws {
    let world = try World()
    let use = messageLine(
      "assistant", #"[{"type":"tool_use","id":"t1","name":"Bash","input":{}}]"#)
    let result = messageLine(
      "user", #"[{"type":"tool_result","tool_use_id":"t1","content":"out"}]"#)
    try world.transcript(result + use + result)
    try world.transcript(result, name: "z.jsonl")
    try world.ingest()
    #expect(try world.sightings().map(\.occurrence.tool) == [nil, "Bash", "Bash", nil])
    #expect(
      try world.sightings().map { $0.metadata["toolUseID"]?.text } == ["t1", "t1", "t1", "t1"])
  }

  @Test("A result knows its tool when the file grew between them", .requirement("CON-11"))
  func joinsToolsAcrossRuns() throws {
    let world = try World()
    try world.transcript(
      messageLine("assistant", #"[{"type":"tool_use","id":"t1","name":"Bash","input":{}}]"#))
    try world.ingest()
    try world.scratch.append(
      "home/projects/-p/s.jsonl",
      messageLine("user", #"[{"type":"tool_result","tool_use_id":"t1","content":"out"}]"#))
    try world.ingest()
    #expect(try world.sightings().map(\.occurrence.tool) == ["Bash", "Bash"])
  }

  @Test(
    "A line whose blocks are all dropped is skipped with the first reason",
    .requirement("CON-12"),
    arguments: [
      ("[]", "empty message"),
      (#"[{"type":"image"},{"type":"redacted_thinking"}]"#, "binary block"),
      (#"[{"type":"thinking","thinking":""}]"#, "empty thinking"),
      (#"[{"type":"tool_result"}]"#, "no text in tool result"),
    ])
  func skipsDroppedLines(content: String, reason: String) throws {
    let world = try World()
    try world.transcript(messageLine("user", content))
    let report = try world.ingest()
    #expect(try world.sightings().isEmpty)
    #expect(report.skipped.map(\.words) == ["projects/-p/s.jsonl:1 byte 0: \(reason)"])
  }

  @Test(
    "A message that is none is kept as the whole line", .requirement("CON-12"),
    arguments: [
      #"{"type":"user"}"#, #"{"type":"assistant","message":"text"}"#,
      #"{"type":"user","message":null}"#, #"{"type":"user","message":["a"]}"#,
      #"{"type":"user","message":{}}"#, #"{"type":"user","message":{"content":null}}"#,
      #"{"type":"assistant","message":{"content":5}}"#,
      #"{"type":"assistant","message":{"content":{"type":"text","text":"a"}}}"#,
      #"{"type":"assistant","message":{"0":"e","1":"v"}}"#,
    ])
  func keepsOddMessages(line: String) throws {
    let world = try World()
    try world.transcript(" \t" + line + " \r\n")
    let report = try world.ingest()
    let found = try world.only()
    #expect(found.kind == .raw)
    #expect(found.text == line)
    #expect(found.occurrence.place.part == 0)
    #expect(report.skippedCount == 0)
  }

  @Test("An API error marks each occurrence of its line", .requirement("CON-13"))
  func marksApiErrors() throws {
    let world = try World()
    try world.transcript(
      messageLine(
        "assistant", #"["a",{"type":"text","text":"b"}]"#, extra: #","isApiErrorMessage":true"#)
        + messageLine("assistant", #"["c"]"#, extra: #","isApiErrorMessage":"true""#))
    try world.ingest()
    #expect(try world.sightings().map(\.occurrence.isError) == [true, true, false])
    #expect(try world.snapshot().statistics().errors == 2)
  }

  @Test(
    "Other types give one occurrence", .requirement("CON-14"),
    arguments: [
      (#"{"type":"summary","summary":"s\u0041","leafUuid":"u"}"#, .summary, "sA"),
      (#"{"type":"custom-title","customTitle":"t","sessionId":"s"}"#, .title, "t"),
      (#"{"type":"ai-title","aiTitle":"t","sessionId":"s"}"#, .title, "t"),
      (#"{"type":"system","content":"c"}"#, .meta, "c"),
      (#"{"type":"system","content":""}"#, .meta, ""),
      (#"{"type":"system","subtype":"turn_duration","durationMs":5}"#, .meta, nil),
      (#"{"type":"progress","data":{"type":"x", "a":1}}"#, .progress, #"{"type":"x", "a":1}"#),
      (#"{"type":"attachment","attachment":{"type":"file"}}"#, .meta, #"{"type":"file"}"#),
      (
        #"{"type":"attachment","attachment":{"type":"queued_command","prompt":"go\n"}}"#, .prompt,
        "go\n"
      ),
      (
        #"{"type":"attachment","attachment":{"type":"queued_command","prompt":[1]}}"#, .meta,
        #"{"type":"queued_command","prompt":[1]}"#
      ),
      (#"{"type":"queue-operation","content":"q"}"#, .meta, "q"),
      (#"{"type":"queue-operation","operation":"remove"}"#, .meta, nil),
      (#"{"type":"summary"}"#, .raw, nil), (#"{"type":"summary","summary":5}"#, .raw, nil),
      (#"{"type":"custom-title","aiTitle":"x"}"#, .raw, nil), (#"{"type":"ai-title"}"#, .raw, nil),
      (#"{"type":"progress"}"#, .raw, nil), (#"{"type":"attachment"}"#, .raw, nil),
      (#"{"type":"brand-new","x":1}"#, .raw, nil), (#"{"x":1}"#, .raw, nil),
      (#"{"type":5}"#, .raw, nil), (#"{"type":null}"#, .raw, nil), ("{}", .raw, nil),
      (#"{"role":"user","message":{"content":[{"type":"text","text":"cursor"}]}}"#, .raw, nil),
    ] as [(String, Kind, String?)])
  func readsOtherTypes(line: String, kind: Kind, content: String?) throws {
    let world = try World()
    try world.transcript("\t" + line + " \n")
    let report = try world.ingest()
    let found = try world.only()
    #expect(found.kind == kind)
    #expect(found.text == content ?? line)
    #expect(found.occurrence.place.part == 0)
    #expect(found.occurrence.role == (kind == .prompt ? "user" : nil))
    #expect(report.skippedCount == 0)
  }

  @Test(
    "What the client writes about itself is kept whole", .requirement("CON-14"),
    arguments: [
      "file-history-snapshot", "file-history-delta", "last-prompt", "agent-name", "mode",
      "permission-mode", "bridge-session", "pr-link", "frame-link", "fork-context-ref",
      "teleported-from",
    ])
  func keepsBookkeeping(type: String) throws {
    let world = try World()
    let line = #"{"type":"\#(type)","content":"c", "snapshot" : {"a":[1]}}"#
    try world.transcript(line + "\n")
    try world.ingest()
    #expect(try world.only().kind == .meta)
    #expect(try world.only().text == line)
  }

  @Test("System lines have level, subtype and errors; summaries no session", .requirement("CON-14"))
  func readsSystemLines() throws {
    let world = try World()
    try world.transcript(
      #"{"type":"system","level":"warning","subtype":"informational","content":"a"}"# + "\n"
        + #"{"type":"system","level":"ERROR","subtype":"api_error","error":{}}"# + "\n"
        + #"{"type":"system","level":5,"content":"c"}"# + "\n"
        + #"{"type":"summary","summary":"d","sessionId":"s"}"# + "\n"
        + #"{"type":"ai-title","aiTitle":"e","sessionId":"s"}"# + "\n")
    try world.ingest()
    let found = try world.sightings()
    #expect(found.map(\.occurrence.level) == ["WARNING", "ERROR", nil, nil, nil])
    #expect(found.map(\.occurrence.isError) == [false, true, false, false, false])
    #expect(
      found.map { $0.metadata["subtype"]?.text } == ["informational", "api_error", nil, nil, nil])
    #expect(found.map(\.occurrence.session) == [nil, nil, nil, nil, "s"])
  }

  @Test("A line that closes a turn says how long it took", .requirement("CON-53"))
  func readsTurnDurations() throws {
    let world = try World()
    func line(_ subtype: String, _ duration: String, _ more: String = "") -> String {
      #"{"type":"system","subtype":"\#(subtype)","durationMs":\#(duration)\#(more)}"# + "\n"
    }
    try world.transcript(
      line("turn_duration", "91594") + line("turn_duration", "7", #","content":"c""#)
        + line("turn_duration", "0") + line("turn_duration", "-4") + line("turn_duration", "1.5")
        + line("turn_duration", #""8""#) + line("compact_boundary", "9"))
    try world.ingest()
    let found: [Int64?] = try world.sightings().map { $0.metadata["durationMs"]?.int }
    #expect(found == [91594, 7, nil, nil, nil, nil, nil])
  }

  @Test("Escaped names and types mean the same as plain ones", .requirement("CON-14"))
  func readsEscapedNames() throws {
    let world = try World()
    try world.transcript(#"{"t\u0079pe":"\u0073ummary","summar\u0079":"s"}"# + "\n")
    try world.ingest()
    #expect(try world.only().kind == .summary)
    #expect(try world.only().text == "s")
  }

  @Test("Transcripts and journals are read in any depth", .requirement("CON-15"))
  func readsJournals() throws {
    let world = try World()
    let deep = (1...40).map { "d\($0)/" }.joined()
    let journal = #"{"event":"started","agent":"a"}"#
    try world.transcript(journal + "\n", name: "s/subagents/workflows/wf_1/journal.jsonl")
    try world.transcript(messageLine("user", #""agent""#), name: "s/subagents/agent-1.jsonl")
    try world.transcript(messageLine("user", #""deep""#), name: deep + "x.jsonl")
    try world.scratch.write("home/projects/top.jsonl", messageLine("user", #""top""#))
    try world.scratch.write("home/projects/-p/s/subagents/agent-1.meta.json", "{}")
    let report = try world.ingest()
    let found = try world.sightings()
    #expect(Set(found.map(\.text)) == [journal, "agent", "deep", "top", "{}"])
    #expect(found.first { $0.text == journal }?.kind == .raw)
    #expect(report.files == 5)
    #expect(report.failures.isEmpty)
  }
}
