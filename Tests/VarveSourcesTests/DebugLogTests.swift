// `debug/*.txt` of both eras: format-spec chapter 10, CON-16 to CON-20.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Debug logs") struct DebugLogTests {
  @Test("Lines that are no header continue the entry above", .requirement("CON-16", "CON-17"))
  func joinsEntries() throws {
    let world = try World()
    try world.log(
      """
      started by hand
      second line
      [DEBUG] old era
          at f (file:///cli.js:1:2)

      [ERROR] failed: {
        errno: -2,
      }
      2026-01-02T03:04:05.678Z [INFO] new era
      2026-01-02T03:04:05.678Z not a header
      [TRACE] not a header
       [DEBUG] not a header
      [DEBUG]not a header
      2026-01-02T03:04:05Z [DEBUG] not a header
      2026-01-02T03:04:05.678Z  [DEBUG] not a header
      2026-01-02T03:04:05.678+00:00 [DEBUG] not a header
      2026-13-45T03:04:05.678Z [WARN] header whose time does not exist

      """)
    let report = try world.ingest()
    let found = try world.sightings()
    let others = """
      2026-01-02T03:04:05.678Z not a header
      [TRACE] not a header
       [DEBUG] not a header
      [DEBUG]not a header
      2026-01-02T03:04:05Z [DEBUG] not a header
      2026-01-02T03:04:05.678Z  [DEBUG] not a header
      2026-01-02T03:04:05.678+00:00 [DEBUG] not a header
      """
    #expect(
      found.map(\.text) == [
        "started by hand\nsecond line", "old era\n    at f (file:///cli.js:1:2)\n",
        "failed: {\n  errno: -2,\n}", "new era\n" + others, "header whose time does not exist",
      ])
    #expect(found.map(\.occurrence.level) == [nil, "DEBUG", "ERROR", "INFO", "WARN"])
    #expect(found.map(\.occurrence.time) == [nil, nil, nil, messageTime, nil])
    #expect(found.map(\.occurrence.place.line) == [1, 3, 6, 9, 17])
    #expect(report.lines == 17)
  }

  @Test(
    "An entry ends without its last line end", .requirement("CON-17"),
    arguments: [
      ("[DEBUG] a\n", "a"), ("[DEBUG] a\r\n", "a"), ("[DEBUG] a\n\n", "a\n"),
      ("[DEBUG] a\r\nb\r\n", "a\r\nb"), ("[DEBUG] a\r\r\n", "a\r"), ("[DEBUG] \n", ""),
      ("[DEBUG] a", "a"), ("[DEBUG] a\r", "a\r"), ("x\r\n", "x"), ("\n", ""),
      ("[DEBUG] a \t\n", "a \t"),
    ])
  func cutsEntries(log: String, content: String) throws {
    let world = try World()
    try world.log(log + (log.hasSuffix("\n") ? "[INFO] next\n" : ""))
    try world.ingest { $0.isComplete = true }
    #expect(try world.sightings().first?.content == Array(content.utf8))
  }

  @Test("Bytes of a log are kept as they are", .requirement("CON-17"))
  func keepsBytes() throws {
    let world = try World()
    let content: [UInt8] = [0, 0x1B, 0x5B, 0xFF, 0xC0, 0xAF, 0x0D, 0x41]
    try world.scratch.write("home/debug/s.txt", Array("[WARN] ".utf8) + content + [0x0A])
    try world.ingest()
    #expect(try world.only().content == content)
  }

  @Test("An entry has level, time, session and error, but no project", .requirement("CON-18"))
  func readsFields() throws {
    let world = try World()
    try world.log(
      "2026-01-02T03:04:05.678Z [ERROR] bad\n[WARN] odd\n", name: "11112222-aaaa.txt")
    try world.ingest()
    let found = try world.sightings()
    #expect(found.map(\.kind) == [.log, .log])
    #expect(found.map(\.occurrence.level) == ["ERROR", "WARN"])
    #expect(found.map(\.occurrence.isError) == [true, false])
    #expect(found.map(\.occurrence.time) == [messageTime, nil])
    #expect(found.map(\.occurrence.session) == ["11112222-aaaa", "11112222-aaaa"])
    #expect(found.map(\.occurrence.phase) == ["debug", "debug"])
    #expect(found.allSatisfy { $0.occurrence.project == nil && $0.occurrence.role == nil })
    #expect(
      found.map(\.occurrence.place.path) == Array(repeating: "debug/11112222-aaaa.txt", count: 2))
  }

  static let components: [(String, String?)] = [
    ("[API:auth] refreshed", "API:auth"), ("[Claude in Chrome] x", "Claude in Chrome"),
    ("[] empty", nil), ("[a[b]] x", nil), ("[a\nb] x", nil),
    ("[" + String(repeating: "x", count: 64) + "] a", String(repeating: "x", count: 64)),
    ("[" + String(repeating: "x", count: 65) + "] a", nil),
    (#"MCP server "github" Connection failed"#, "MCP server github"),
    (#"MCP server "github: x"#, nil),
    (
      #"MCP server "\#(String(repeating: "n", count: 64))": x"#,
      "MCP server " + String(repeating: "n", count: 64)
    ),
    (#"MCP server "\#(String(repeating: "n", count: 65))": x"#, nil),
    ("Hooks: found 0", "Hooks"), ("LSP Diagnostics: checking", "LSP Diagnostics"),
    ("Writing to temp file: /x", "Writing to temp file"), ("one two three four five: x", nil),
    ("a-b_c.d/e2: x", "a-b_c.d/e2"), ("Error: Error: aborted", "Error"),
    ("https://example.org: x", nil), ("naïve: x", nil), (": x", nil), ("key:value", nil),
    ("line one\nHooks: later", nil),
    (String(repeating: "w", count: 46) + ": x", String(repeating: "w", count: 46)),
    (String(repeating: "w", count: 47) + ": x", nil),
    ("Getting matching hook commands for X", "Hooks"), ("Matched 3 unique hooks", "Hooks"),
    ("Found 2 hook matchers in settings", "Hooks"), ("Found a file", nil),
    ("executePreToolHooks called for tool: T", "executePreToolHooks called for tool"),
    ("executePreToolHooks called, tool", "Hooks"),
    ("Streaming stall detected, 34s", "Stream"), ("Stream started", "Stream"),
    ("stream started", nil), ("plain words", nil), ("", nil),
  ]

  @Test(
    "A component is a tag, a server, the first words, or a family", .requirement("CON-19"),
    arguments: components)
  func findsComponents(text: String, component: String?) throws {
    let world = try World()
    try world.log("[DEBUG] \(text)\n")
    try world.ingest()
    #expect(try world.only().occurrence.component == component)
  }

  @Test("Without a last line end the last entry waits", .requirement("CON-20"))
  func waitsForTheEnd() throws {
    let world = try World()
    try world.log("[DEBUG] one\n[DEBUG] two\n  more\n  tor")
    var report = try world.ingest()
    #expect(report.pendingFiles == 1)
    #expect(try world.sightings().map(\.text) == ["one"])
    try world.scratch.append("home/debug/session-1.txt", "n\n[DEBUG] three\n")
    report = try world.ingest()
    #expect(report.pendingFiles == 0)
    let found = try world.sightings()
    #expect(found.map(\.text) == ["one", "two\n  more\n  torn", "three"])
    #expect(found.map(\.occurrence.place.line) == [1, 2, 5])
    #expect(found.map(\.occurrence.place.offset) == [0, 12, 38])
  }

  @Test("An old log, or a complete one, is taken to its end", .requirement("CON-20"))
  func takesOldLogs() throws {
    let world = try World()
    try world.log("[DEBUG] one\n[DEBUG] tw", name: "old.txt")
    try world.log("[DEBUG] one\n[DEBUG] tw", name: "young.txt")
    try world.scratch.age("home/debug/old.txt", seconds: 3700)
    try world.scratch.age("home/debug/young.txt", seconds: 3500)
    var report = try world.ingest()
    #expect(report.pendingFiles == 1)
    let sessions = try world.sightings().map(\.occurrence.session)
    #expect(sessions == ["old", "old", "young"])
    report = try world.ingest { $0.isComplete = true }
    #expect(report.pendingFiles == 0)
    #expect(try world.sightings().map(\.text) == ["one", "tw", "one", "tw"])
  }

  @Test("An entry over 64 MiB is skipped and costs no memory", .requirement("CON-20", "CON-17"))
  func limitsEntries() throws {
    let world = try World()
    let line = [UInt8](repeating: 0x61, count: (1 << 20) - 1) + [0x0A]
    var bytes = Array("[DEBUG] one\n[DEBUG] long\n".utf8)
    for _ in 0..<65 { bytes += line }
    try world.scratch.write("home/debug/s.txt", bytes + Array("[DEBUG] two\n".utf8))
    let report = try world.ingest()
    #expect(try world.sightings().map(\.text) == ["one", "two"])
    #expect(report.skipped.map(\.words) == ["debug/s.txt:2 byte 12: line too long"])
  }
}
