// Files that are read whole: format-spec chapter 10, CON-25 to CON-38.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Files read whole") struct WholeFileTests {
  private let session = "11111111-2222-3333-4444-555555555555"

  private func snapshotLine(_ path: String, _ name: String) -> String {
    #"{"type":"file-history-snapshot","messageId":"m","snapshot":{"messageId":"m","trackedFileBackups":"#
      + #"{"\#(path)":{"backupFileName":"\#(name)","version":1,"backupTime":"2026-01-02T03:04:05.678Z"}}}}"#
      + "\n"
  }

  private func prompt(_ text: String, extra: String = "") -> String {
    messageLine("user", "\"\(text)\"", extra: #","cwd":"/home/sam/p""# + extra)
      .replacing("s-1", with: session)
  }

  /// What one file of the home gave.
  private func only(_ world: World, _ path: String) throws -> Sighting {
    let found = try world.sightings().filter { $0.occurrence.place.path == path }
    try #require(found.count == 1)
    return found[0]
  }

  @Test(
    "A file version knows its path, time and project", .requirement("CON-25", "CON-26", "CON-27"))
  func readsFileVersions() throws {
    let world = try World()
    let name = "00112233aabbccdd@v2"
    try world.transcript(
      prompt("x") + snapshotLine("Sources/a.swift", name), name: session + ".jsonl")
    let bytes: [UInt8] = [0, 255, 10, 13, 200]
    try world.scratch.write("home/file-history/\(session)/\(name)", bytes)
    try world.scratch.write("home/file-history/\(session)/other", "unknown")
    try world.ingest()
    let found = try only(world, "file-history/\(session)/\(name)")
    #expect(found.kind == .file && found.content == bytes)
    #expect(found.occurrence.phase == "file-history" && found.occurrence.session == session)
    #expect(found.occurrence.project == "/home/sam/p" && found.occurrence.time == messageTime)
    #expect(found.occurrence.place.length == 5 && found.occurrence.place.line == 0)
    #expect(found.metadata["path"]?.text == "/home/sam/p/Sources/a.swift")
    #expect(found.metadata["version"]?.int == 2)
    let other = try only(world, "file-history/\(session)/other")
    #expect(other.occurrence.metadata == nil && other.occurrence.time != nil)
  }

  @Test("What a later run needs to know, it finds in the store", .requirement("CON-26", "CON-32"))
  func findsContextOfEarlierRuns() throws {
    let world = try World()
    let result =
      #"[{"type":"tool_result","tool_use_id":"t1","content":"<persisted-output>\nOutput too large (9KB). Full output saved to: /h/tool-results/t1.txt\n\nPreview"}]"#
    let use = #"[{"type":"tool_use","id":"t1","name":"Bash","input":{}}]"#
    try world.transcript(
      prompt("x") + messageLine("assistant", use)
        + messageLine("user", result)
        .replacing("s-1", with: session), name: session + ".jsonl")
    try world.ingest()
    try world.log("[DEBUG] later\n", name: session + ".txt")
    try world.transcript("all of it", name: session + "/tool-results/t1.txt")
    try world.ingest()
    #expect(try only(world, "debug/\(session).txt").occurrence.project == "/home/sam/p")
    let found = try only(world, "projects/-p/\(session)/tool-results/t1.txt")
    #expect(found.kind == .toolOutput && found.text == "all of it")
    #expect(found.occurrence.tool == "Bash" && found.occurrence.time == messageTime)
    #expect(found.metadata["toolUseID"]?.text == "t1")
    #expect(found.occurrence.role == "tool" && found.occurrence.phase == "tool-results")
  }

  @Test("Pictures outside a transcript are originals only", .requirement("CON-32"))
  func leavesPictures() throws {
    let world = try World()
    try world.transcript("\u{89}PNG", name: session + "/tool-results/page.png")
    let report = try world.ingest()
    #expect(try world.sightings().isEmpty && report.droppedByReason == ["binary file": 1])
    #expect(try world.snapshot().originals().contains { $0.name.path.hasSuffix("page.png") })
  }

  @Test("Items of a list are to-dos", .requirement("CON-28"))
  func readsTodos() throws {
    let world = try World()
    try world.scratch.write(
      "home/todos/\(session)-agent-abc.json",
      #" [{"content":"a\tb","status":"pending","priority":"high","id":"1"}, {"status":"x"}, 7]"#)
    try world.scratch.write("home/todos/\(session)-agent-\(session).json", "[]")
    try world.history("")
    let report = try world.ingest()
    let found = try world.sightings()
    #expect(found.map(\.text) == ["a\tb", #"{"status":"x"}"#, "7"])
    #expect(found.map(\.kind) == [.todo, .raw, .raw])
    #expect(found.map(\.occurrence.place.part) == [0, 1, 2])
    #expect(found[0].occurrence.place.offset == 2)
    #expect(found[0].occurrence.session == session && found[0].occurrence.agent == "abc")
    #expect(found[0].metadataKeys == ["status", "priority", "id"])
    #expect(report.droppedByReason == ["empty list": 1])
  }

  @Test("An item whose state changed is a new sighting, the others are not", .requirement("CON-40"))
  func followsTodos() throws {
    let world = try World()
    let name = "home/todos/\(session)-agent-\(session).json"
    func list(_ states: [String]) -> String {
      let items = states.enumerated().map {
        #"{"content":"item \#($0.offset)","status":"\#($0.element)"}"#
      }
      return "[" + items.joined(separator: ",") + "]"
    }
    try world.history("")
    try world.scratch.write(name, list(["pending", "pending", "pending"]))
    try world.ingest()
    for (states, new) in [
      (["completed", "pending", "pending"], 1), (["completed", "completed", "pending"], 1),
      (["pending", "completed", "pending"], 1), (["pending", "completed", "pending"], 0),
    ] {
      try world.scratch.write(name, list(states))
      let report = try world.ingest()
      #expect(report.committed.occurrencesNew == new, "\(states)")
      #expect(report.committed.messagesNew == 0)
    }
  }

  @Test(
    "Tasks, shell snapshots, plans, notes and state", .requirement("CON-29", "CON-30", "CON-31"))
  func readsTheRest() throws {
    let world = try World()
    try world.transcript(prompt("x", extra: #","slug":"red-blue-fox""#), name: session + ".jsonl")
    try world.scratch.write(
      "home/tasks/\(session)/1.json", #"{"id":"1","subject":"s","description":"d","status":"open"}"#
    )
    try world.scratch.write("home/tasks/team-one/2.json", #"{"description":"d2"}"#)
    try world.scratch.write("home/tasks/team-one/.lock", "")
    try world.scratch.write("home/shell-snapshots/snapshot-zsh-1767323045678-ab12cd.sh", "# S\n")
    try world.scratch.write("home/plans/red-blue-fox.md", "# Plan")
    try world.scratch.write("home/plans/red-blue-fox-agent-a1.md", "# Sub")
    try world.ingest()
    let task = try only(world, "tasks/\(session)/1.json")
    #expect(task.kind == .todo && task.text == "s\nd" && task.occurrence.session == session)
    #expect(task.metadataKeys == ["status", "id"] && task.occurrence.project == "/home/sam/p")
    let team = try only(world, "tasks/team-one/2.json")
    #expect(team.text == "d2" && team.occurrence.session == nil)
    #expect(team.metadata["team"]?.text == "team-one")
    let shell = try only(world, "shell-snapshots/snapshot-zsh-1767323045678-ab12cd.sh")
    #expect(shell.kind == .shell && shell.text == "# S\n" && shell.occurrence.time == messageTime)
    #expect(shell.metadata["shell"]?.text == "zsh")
    let plan = try only(world, "plans/red-blue-fox.md")
    #expect(plan.kind == .plan && plan.occurrence.session == session)
    let sub = try only(world, "plans/red-blue-fox-agent-a1.md")
    #expect(sub.occurrence.agent == "a1" && sub.occurrence.project == "/home/sam/p")
  }

  @Test(
    "Pastes, notes, state of the client", .requirement("CON-33", "CON-34", "CON-35", "CON-36"))
  func readsPastesAndState() throws {
    let world = try World()
    try world.history(
      #"{"display":"[Pasted text #1]","pastedContents":{"1":{"id":1,"type":"text","contentHash":"abcd"}},"#
        + #""timestamp":1767323045678,"project":"/home/sam/p","sessionId":"\#(session)"}"# + "\n")
    try world.scratch.write("home/paste-cache/abcd.txt", "long")
    try world.scratch.write("home/paste-cache/ffff.txt", "lost")
    try world.transcript(prompt("x"), name: session + ".jsonl")
    try world.transcript("# Note", name: "memory/deep/note.md")
    try world.transcript("{}", name: "sessions-index.json")
    try world.transcript(#"{"agentType":"x"}"#, name: session + "/subagents/agent-a7.meta.json")
    try world.scratch.write(
      "home/sessions/12.json",
      #"{"pid":12,"sessionId":"s-9","cwd":"/home/sam/q","startedAt":1767323045678}"#)
    try world.scratch.write("home/stats-cache.json", "not json")
    try world.ingest()
    let paste = try only(world, "paste-cache/abcd.txt")
    #expect(paste.kind == .prompt && paste.occurrence.time == messageTime)
    #expect(paste.occurrence.session == session && paste.occurrence.project == "/home/sam/p")
    #expect(try only(world, "paste-cache/ffff.txt").occurrence.session == nil)
    let line = try only(world, "history.jsonl")
    #expect(line.metadataKeys == ["pastedContents"])
    let note = try only(world, "projects/-p/memory/deep/note.md")
    #expect(note.kind == .file && note.occurrence.project == "/home/sam/p")
    let state = try only(world, "sessions/12.json")
    #expect(state.kind == .meta && state.occurrence.session == "s-9")
    #expect(state.occurrence.project == "/home/sam/q" && state.occurrence.time == messageTime)
    #expect(try only(world, "stats-cache.json").occurrence.phase == "stats")
    #expect(try only(world, "projects/-p/sessions-index.json").occurrence.phase == "projects")
    let agent = try only(world, "projects/-p/\(session)/subagents/agent-a7.meta.json")
    #expect(agent.occurrence.agent == "a7" && agent.occurrence.session == session)
  }

  @Test("Files that should be JSON and are not", .requirement("CON-25"))
  func skipsDamage() throws {
    let world = try World()
    try world.history("")
    for (number, text) in ["", "{", "[1", "{}", "\u{0}", "[\"\\ud83c"].enumerated() {
      try world.scratch.write("home/todos/\(session)-agent-\(number).json", text)
    }
    try world.scratch.write("home/tasks/t/1.json", "[]")
    let report = try world.ingest()
    #expect(report.skippedCount == 7 && report.failures.isEmpty)
    #expect(try world.sightings().isEmpty)
    #expect(try world.snapshot().originals().filter { $0.map.kind == .file }.count == 8)
  }

  @Test("Secrets, sockets and caches are left out", .requirement("CON-37", "CON-38"))
  func leavesOut() throws {
    let world = try World()
    try world.history("")
    for name in [
      ".credentials.json", "plugins/x/y.md", "cache/a", "projects/-p/k.pem", "session-env/s/h.sh",
      "CLAUDE.md", "tasks/t/.lock",
    ] {
      try world.scratch.write("home/" + name, "secret")
    }
    let made = unsafe mkfifo(world.home + "/pipe", 0o600)
    #expect(made == 0)
    try world.ingest()
    func files() throws -> Set<String> {
      Set(try world.snapshot().originals().filter { $0.map.kind == .file }.map(\.name.path))
    }
    #expect(try files() == ["history.jsonl", "session-env/s/h.sh", "CLAUDE.md"])
    #expect(try world.sightings().isEmpty)
    try world.ingest {
      $0.filter.included = ["plugins/x/**", ".credentials.json"]
      $0.filter.excluded = ["session-env"]
    }
    #expect(try files().isSuperset(of: [".credentials.json", "plugins/x/y.md"]))
    world.scratch.remove("home/CLAUDE.md")
    var other = world
    other.storeName = "other"
    try other.ingest { $0.filter.excluded = ["session-env"] }
    let names = try other.snapshot().originals().filter { $0.map.kind == .file }.map(\.name.path)
    #expect(names == ["history.jsonl"])
  }
}
