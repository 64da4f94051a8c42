// The built command: help, JSON, exit codes, names, times and cursors. ARCHITECTURE section 12.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Command", .enabled(if: Command.binary != nil, Command.reason), .serialized)
struct CommandTests {
  static let orchard = "/home/sam/code/orchard"
  static let first = "aaaa1111-0000-4000-8000-000000000001"
  static let second = "aaaa2222-0000-4000-8000-000000000002"

  /// A home of two sessions in two projects, with an echo, an error and a title.
  private func filled() throws -> Command {
    let world = try World()
    try world.history(
      #"{"display":"plant a tree","timestamp":1767323045678,"sessionId":"\#(Self.first)","#
        + #""project":"\#(Self.orchard)"}"# + "\n"
        + #"{"display":"sell apples","timestamp":1767409445678,"sessionId":"\#(Self.second)","#
        + #""project":"/home/sam/shop"}"# + "\n")
    func line(_ type: String, _ content: String) -> String {
      #"{"type":"\#(type)","sessionId":"\#(Self.first)","cwd":"\#(Self.orchard)","#
        + #""timestamp":"2026-01-02T03:04:06.000Z","message":{"model":"m","content":\#(content)}}"#
        + "\n"
    }
    try world.transcript(
      line("user", #""plant a tree""#) + line("assistant", #""planted""#)
        + line(
          "assistant", #"[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}}]"#)
        + line(
          "user", #"[{"type":"tool_result","tool_use_id":"t","content":"no","is_error":true}]"#)
        + #"{"type":"custom-title","customTitle":"Trees","sessionId":"\#(Self.first)"}"# + "\n")
    try world.log(
      "2026-01-02T03:04:07.000Z [DEBUG] Hooks: none\n2026-01-02T03:04:08.000Z [ERROR] bad\n",
      name: Self.first + ".txt")
    let command = try Command(world)
    let output = try command.run("ingest", "--host", "test", "--note", "n", world.home)
    #expect(output.code == 0, "\(output.errorText)")
    return command
  }

  static let commands: [(String, [String])] = [
    (
      "ingest",
      ["--store", "--json", "--format", "--note", "--host", "--complete", "--wait", "--quiet"]
    ),
    ("get", ["--store", "--json", "--raw"]),
    (
      "list",
      [
        "--store", "--json", "--project", "--session", "--since", "--until", "--kind", "--level",
        "--component", "--role", "--errors", "--limit", "--oldest", "--next",
      ]
    ),
    ("session", ["--store", "--json", "--echoes", "--kind"]),
    ("sessions", ["--store", "--json", "--project", "--limit"]),
    ("projects", ["list (default)", "set"]), ("projects list", ["--store", "--json"]),
    ("projects set", ["--store", "--name", "--description", "--active", "--wait"]),
    ("runs", ["--store", "--json", "--run", "--limit"]), ("stats", ["--store", "--json"]),
    ("verify", ["--store", "--json", "--expect-at-least"]), ("attest", ["--store", "--json"]),
    ("rebuild", ["--store", "--wait", "--quiet"]), ("inspect", ["--json"]),
    ("export", ["--store", "--project", "--session", "--since", "--until", "--kind", "--errors"]),
  ]

  @Test("Help names every option", arguments: commands)
  func helps(name: String, options: [String]) throws {
    let command = try Command(World())
    let words = name.split(separator: " ").map(String.init)
    let output = try command.run(words + ["--help"])
    #expect(output.code == 0 && output.errors.isEmpty)
    #expect(output.text.contains("OVERVIEW: ") && output.text.contains("USAGE: varve \(name)"))
    for option in options { #expect(output.text.contains(option), "\(option)") }
    if words.count == 1 {
      #expect(try command.run("help", name).text == output.text)
      #expect(try command.run("--help").text.contains("  \(name) "))
    }
  }

  private static let fields = [
    "project", "session", "source", "line", "timestamp", "extractedAt", "level", "component",
    "phase", "kind", "role", "tool", "model", "branch", "agent", "host", "error",
  ]
  private static let place = ["file", "offset", "length", "run"]

  private func expectKeys(_ object: [String: Any]?, _ keys: [String]) {
    let missing = keys.filter { object?[$0] == nil }
    #expect(missing.isEmpty)
  }

  @Test("JSON has the members that scripts rely on")
  func printsJSON() throws {
    let command = try filled()
    expectKeys(
      try command.run("stats", "--json").object(),
      [
        "messages", "occurrences", "echoes", "projects", "sessions", "segments", "indexes",
        "storeBytes", "contentBytes", "sourceBytes", "withoutTime", "generation", "digest",
      ])
    let hash = ContentDigest.hash(Array("plant a tree".utf8)).description
    let message = try command.run("get", hash, "--json").object()
    let all = ["id", "hash", "content", "metadata", "occurrenceCount", "occurrences"] + Self.fields
    expectKeys(message, all)
    let sightings = try #require(message["occurrences"] as? [[String: Any]])
    #expect(sightings.count == 2 && message["occurrenceCount"] as? Int == 2)
    for sighting in sightings { expectKeys(sighting, Self.fields + Self.place) }
    #expect(message["timestamp"] as? String == "2026-01-02T03:04:05.678Z")
    #expect(message["content"] as? String == "plant a tree")
    #expect(message["level"] is NSNull && message["error"] as? Bool == false)
    let list = try command.run("list", "--json").object()
    #expect(list["next"] is NSNull)
    let session = try command.run("session", "aaaa1", "--json").object()
    #expect(session["next"] is NSNull)
    for rows in [list, session] {
      let rows = try #require(rows["occurrences"] as? [[String: Any]])
      #expect(rows.count > 5)
      for row in rows {
        expectKeys(row, ["id", "hash", "content", "metadata"] + Self.fields + Self.place)
      }
    }
  }

  @Test("JSON of lists has the members that scripts rely on")
  func printsJSONLists() throws {
    let command = try filled()
    let sessions = try command.run("sessions", "--json").rows("sessions")
    #expect(sessions.map { $0["id"] as? String } == [Self.second, Self.first])
    for row in sessions {
      expectKeys(
        row,
        [
          "id", "title", "project", "started", "ended", "durationSeconds", "occurrences", "errors",
          "sourcePresent", "resume",
        ])
    }
    #expect(sessions.map { $0["title"] as? String } == ["sell apples", "Trees"])
    #expect(sessions.map { $0["errors"] as? Int } == [0, 2])
    #expect(sessions.last?["started"] as? String == "2026-01-02T03:04:05.678Z")
    #expect(sessions.last?["durationSeconds"] as? Int == 2)
    let projects = try command.run("projects", "--json").rows("projects")
    #expect(projects.map { $0["name"] as? String } == ["shop", "orchard"])
    for row in projects {
      expectKeys(
        row,
        [
          "path", "name", "description", "active", "first", "last", "sessions", "occurrences",
          "errors",
        ])
    }
    let runs = try command.run("runs", "--json").rows("runs")
    #expect(runs.count == 3)
    for row in runs {
      expectKeys(
        row,
        [
          "id", "phase", "file", "bytes", "sha256Before", "sha256After", "new", "repeated",
          "skipped", "errors", "started", "completed", "durationSeconds", "status", "note",
        ])
      #expect(row["note"] as? String == "n" && row["status"] as? String == "done")
    }
    #expect(runs.compactMap { $0["new"] as? Int }.reduce(0, +) == 9)
    let verify = try command.run("verify", "--json").object()
    expectKeys(verify, ["ok", "checked", "problems"])
    #expect(verify["ok"] as? Bool == true)
    #expect((verify["problems"] as? [Any])?.isEmpty == true)
  }

  @Test("JSON of an ingest names what was skipped")
  func printsJSONOfIngest() throws {
    let world = try World()
    try world.history(#"{"display":"a"}"# + "\nbad\n" + #"{"display":"a"}"# + "\n{\"dis")
    let command = try Command(world)
    let output = try command.run("ingest", "--json", world.home)
    #expect(output.code == 3)
    let report = try output.object()
    expectKeys(
      report,
      [
        "run", "files", "lines", "messagesNew", "occurrencesNew", "echoes", "repeated", "skipped",
        "seconds",
      ])
    #expect(report["messagesNew"] as? Int == 1 && report["occurrencesNew"] as? Int == 2)
    #expect(report["lines"] as? Int == 4 && report["pendingFiles"] as? Int == 1)
    let skipped = try output.rows("skipped")
    #expect(skipped.count == 1)
    #expect(skipped.first?["file"] as? String == "history.jsonl")
    #expect(skipped.first?["line"] as? Int == 2 && skipped.first?["offset"] as? Int == 16)
    #expect(skipped.first?["reason"] as? String == "not a JSON object")
  }

  @Test("Exit codes say what kind of end it was")
  func exits() throws {
    let command = try filled()
    let store = command.world.storePath
    func expect(_ code: Int32, _ arguments: String..., lines: Int = 1) throws {
      let output = try command.run(arguments)
      #expect(output.code == code, "\(arguments): \(output.errorText)")
      let said = output.errorText.split(separator: "\n").count
      if code != 0, code != 2 { #expect(said <= lines, "\(arguments): \(output.errorText)") }
    }
    try expect(0, "stats")
    try expect(0, "verify", "--expect-at-least", "9")
    try expect(1, "verify", "--expect-at-least", "10")
    try expect(1, "get", "00000000")
    try expect(1, "list", "--kind", "plan")
    try expect(1, "session", "bbbb")
    try expect(1, "list", "--project", "nowhere")
    try expect(2, "nonsense")
    try expect(2, "list", "--nonsense")
    try expect(2, "list", "--kind", "nonsense")
    try expect(2, "list", "--limit", "0")
    try expect(2, "list", "--next", "x")
    try expect(2, "get")
    try expect(2, "get", "xyz!")
    try expect(2, "get", "123")
    try expect(2, "stats", "--store", store + "/not-there")
    try expect(2, "session", "aaaa")
    try expect(2, "projects", "set", "orchard")
    try expect(2, "ingest", "--format", "nonsense", "x")
    try expect(2, "ingest", "--wait", "-1", "x")
    try expect(6, "ingest", store + "/not-there")
    try expect(0, "attest")
    try expect(0, "rebuild", "--quiet")
    #expect(FileManager.default.fileExists(atPath: store + "/not-there") == false)
  }

  @Test("Damage, a newer format and a busy store have their codes")
  func exitsOnDamage() throws {
    let command = try filled()
    let store = command.world.storePath
    #if os(Linux)
      let busy = try command.shell(
        "flock '\(store)/LOCK' \"$VARVE\" ingest --wait 0.1 --host other '\(command.world.home)'")
      #expect(busy.code == 5, "\(busy.errorText)")
    #endif
    let output = try command.shell(
      """
      cp -r '\(store)' newer && printf '\\002' | dd of=newer/CURRENT bs=1 seek=4 conv=notrunc 2>/dev/null
      "$VARVE" stats --store newer; echo "newer $?"
      cp -r '\(store)' cut && for f in cut/segments/*; do : >"$f"; done
      "$VARVE" stats --store cut; echo "cut $?"
      "$VARVE" list --store cut; echo "cut $?"
      cp -r '\(store)' gone && "$VARVE" projects set orchard --name O --store gone >/dev/null && rm gone/indexes/*
      "$VARVE" list --store gone; echo "gone $?"
      "$VARVE" rebuild --quiet --store gone; echo "rebuilt $?"
      "$VARVE" verify --store gone >/dev/null; echo "verified $?"
      : >file; "$VARVE" stats --store file; echo "file $?"
      "$VARVE" inspect file >/dev/null; echo "inspected $?"
      """)
    let said = output.lines.map(String.init)
    #expect(
      said == [
        "newer 4", "cut 4", "cut 4", "gone 4", "rebuilt 0", "verified 0", "file 2", "inspected 4",
      ])
  }

  @Test("Names can be shortened as long as they are unique")
  func shortensNames() throws {
    let command = try filled()
    let hash = ContentDigest.hash(Array("planted".utf8))
    for name in [
      hash.description, String(hash.description.prefix(4)), String(hash.description.prefix(5)),
      String(hash.description.prefix(33)), hash.description.uppercased(), hash.messageID,
      String(hash.messageID.prefix(14)), String(hash.messageID.prefix(20)),
    ] {
      let output = try command.run("get", name, "--raw")
      #expect(output.code == 0 && output.text == "planted", "\(name)")
    }
    let ambiguous = try command.run("session", "aaaa")
    #expect(ambiguous.code == 2 && ambiguous.bytes.isEmpty)
    #expect(ambiguous.errorText.contains(Self.first) && ambiguous.errorText.contains(Self.second))
    #expect(try command.run("session", "aaa").code == 1)
    #expect(try command.run("session", "aaaa2", "--json").rows("occurrences").count == 1)
    for project in ["orchard", "code/orchard", Self.orchard, "orchard/"] {
      let rows = try command.run("list", "--json", "--project", project, "--limit", "100").rows(
        "occurrences")
      // Prompts and answers, and log entries through their session.
      #expect(rows.count == 7, "\(project)")
    }
    #expect(try command.run("list", "--project", "rchard").code == 1)
    let shown = try command.run("session", "aaaa1", "--json").rows("occurrences").count
    let echoes = try command.run("session", "aaaa1", "--json", "--echoes").rows("occurrences").count
    #expect(shown == 7 && echoes == 8)
  }

  @Test("An ambiguous hash lists the candidates")
  func listsCandidates() throws {
    var seen: [String: Int] = [:]
    var pair: (Int, Int)?
    for number in 0..<10_000 where pair == nil {
      let prefix = String(ContentDigest.hash(Array("\(number)".utf8)).description.prefix(4))
      if let other = seen[prefix] { pair = (other, number) }
      seen[prefix] = number
    }
    let (one, two) = try #require(pair)
    let world = try World()
    try world.records(#"{"content":"\#(one)"}"# + "\n" + #"{"content":"\#(two)"}"# + "\n")
    let command = try Command(world)
    #expect(try command.run("ingest", world.recordsPath).code == 0)
    let hashes = [one, two].map { ContentDigest.hash(Array("\($0)".utf8)).description }
    let output = try command.run("get", String(hashes[0].prefix(4)))
    #expect(output.code == 2 && output.bytes.isEmpty)
    for hash in hashes { #expect(output.errorText.contains(hash.prefix(16))) }
    #expect(try command.run("get", String(hashes[0].prefix(16)), "--raw").text == "\(one)")
  }

  static let since: [(String, [String], Int)] = [
    ("all", [], 5), ("since 2h", ["--since", "2h"], 1), ("since 90m", ["--since", "90m"], 1),
    ("since 30m", ["--since", "30m"], 0), ("since 4d", ["--since", "4d"], 2),
    ("since 1w", ["--since", "1w"], 2), ("until 2h", ["--until", "2h"], 3),
    ("until now", ["--until", "now"], 4), ("since now", ["--since", "now"], 0),
    ("a day", ["--since", "2026-01-02", "--until", "2026-01-02"], 1),
    ("two days", ["--since", "2026-01-02", "--until", "2026-01-03"], 2),
    ("from a moment", ["--since", "2026-01-02T03:04:05.678Z", "--until", "2026-01-03"], 2),
    ("behind it", ["--since", "2026-01-02T03:04:05.679Z", "--until", "2026-01-03"], 1),
    ("up to it", ["--until", "2026-01-02T03:04:05.678Z"], 0),
    ("a zone", ["--since", "2026-01-02T04:04:05.678+01:00", "--until", "2026-01-02"], 1),
    ("never", ["--since", "2026-01-03", "--until", "2026-01-01"], 0),
    ("yesterday", ["--since", "yesterday", "--until", "yesterday"], 0),
    ("capitals", ["--since", "TODAY", "--until", "Yesterday"], 0),
  ]

  /// The calendar of the command, which runs in UTC.
  private static let utc: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .current
    return calendar
  }()

  @Test("Times have many forms, and a day includes itself")
  func filtersTimes() throws {
    let world = try World()
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    let times = [messageTime, messageTime + 86_400_000, now - 3 * 86_400_000, now - 3_600_000]
    let records = times.map { #"{"content":"\#($0)","timestamp":\#($0)}"# + "\n" }.joined()
    try world.records(records + #"{"content":"untimed"}"# + "\n")
    let command = try Command(world)
    #expect(try command.run("ingest", world.recordsPath).code == 0)
    for (name, arguments, stated) in Self.since {
      // In the first hour of a day the newest record is of yesterday.
      let isYesterday = Self.utc.isDateInYesterday(
        Date(timeIntervalSince1970: Double(times[3]) / 1000))
      let count = name == "yesterday" && isYesterday ? 1 : stated
      let output = try command.run(["list", "--json"] + arguments)
      #expect(try output.rows("occurrences").count == count, "\(name)")
      #expect(output.code == (count == 0 ? 1 : 0), "\(name)")
    }
    for bad in [
      "", "soon", "2h30m", "-2h", "2y", "2026-13-01", "2026-02-30", "2026-1-2", "99999999999h",
      "٣h",
    ] {
      let output = try command.run("list", "--since=\(bad)")
      #expect(output.code == 2 && output.bytes.isEmpty, "\(bad)")
    }
  }

  @Test("Cursors page through everything exactly once", arguments: [1, 7, 50])
  func pages(size: Int) throws {
    let world = try World()
    var records = ""
    for i in 0..<60 {
      let time = i % 4 == 0 ? "" : #","timestamp":\#(1_767_323_045_678 + i / 5)"#
      records +=
        #"{"content":"\#(i % 40)","kind":"\#(i % 3 == 0 ? "plan" : "todo")"\#(time)}"# + "\n"
    }
    try world.records(records)
    let command = try Command(world)
    #expect(try command.run("ingest", world.recordsPath).code == 0)
    for arguments in [[], ["--oldest"], ["--kind", "plan"], ["--since", "2026-01-01"]] {
      func sequences(_ output: Command.Output) throws -> [Int] {
        try output.rows("occurrences").compactMap { $0["sequence"] as? Int }
      }
      let list = ["list", "--json", "--limit"]
      let whole = try sequences(try command.run(list + ["1000"] + arguments))
      var paged: [Int] = []
      var next: [String] = []
      while true {
        let output = try command.run(list + ["\(size)"] + arguments + next)
        let page = try sequences(output)
        #expect(page.count <= size && !page.isEmpty)
        paged += page
        guard let cursor = try output.object()["next"] as? Int else { break }
        next = ["--next", "\(cursor)"]
      }
      #expect(paged == whole)
      #expect(Set(whole).count == whole.count)
    }
    #expect(try command.run("list", "--next", "999999").code == 1)
  }

  @Test("Standard input, formats, and a store named by option")
  func readsStandardInput() throws {
    let command = try Command(World())
    let line = #"{"display":"h","content":"c"}"# + "\n"
    let store = command.world.scratch.path + "/named"
    let output = try command.run(["ingest", "--store", store, "-"], input: Array(line.utf8))
    #expect(output.code == 0, "\(output.errorText)")
    #expect(try command.run("list", "--store", store).text.contains("  c\n"))
    #expect(
      try command.run(["ingest", "--format", "history", "-"], input: Array(line.utf8)).code == 0)
    #expect(try command.run("list").text.contains("  h\n"))
    let missing = try command.run(
      ["stats"], environment: ["VARVE_STORE": "", "XDG_DATA_HOME": store + "-x"])
    #expect(missing.code == 2 && missing.errorText.contains("ingest --store \(store)-x/varve"))
    #expect(!FileManager.default.fileExists(atPath: store + "-x"))
  }

  @Test("Without a path the home of the environment is read")
  func readsDefaultHome() throws {
    let world = try World()
    try world.scratch.write("nobody/.claude/history.jsonl", #"{"display":"from HOME"}"# + "\n")
    try world.scratch.write("configured/history.jsonl", #"{"display":"configured"}"# + "\n")
    let command = try Command(world)
    let plain = try command.run("ingest")
    #expect(plain.code == 0 && plain.errorText.contains("nobody/.claude"))
    let configured = try command.run(
      ["ingest", "--host", "b"],
      environment: ["CLAUDE_CONFIG_DIR": world.scratch.path + "/configured"])
    #expect(configured.code == 0 && configured.errorText.contains("configured"))
    let text = try command.run("list").text
    #expect(text.contains("from HOME") && text.contains("configured"))
  }

  @Test("What people say about a project is kept")
  func describesProjects() throws {
    let command = try filled()
    #expect(
      try command.run("projects", "set", "orchard", "--name", "Trees", "--active", "false").code
        == 0)
    #expect(
      try command.run("projects", "set", "orchard", "--description", "with\u{1B}[2Jfruit").code == 0
    )
    #expect(try command.run("projects", "set", "nowhere", "--name", "x").code == 1)
    let rows = try command.run("projects", "--json").rows("projects")
    let row = try #require(rows.first { $0["path"] as? String == Self.orchard })
    #expect(row["name"] as? String == "Trees" && row["active"] as? Bool == false)
    #expect(row["description"] as? String == "with\u{1B}[2Jfruit")
  }
}
