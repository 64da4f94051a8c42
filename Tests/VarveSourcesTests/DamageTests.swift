// Damaged and hostile input: every bad line is named with its place, every other line is kept.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Damaged lines") struct DamagedLineTests {
  /// One line between two good ones.
  struct Line: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// Reason for which it is skipped, or the content that is kept.
    var reason: String?
    var content: [UInt8] = []

    var testDescription: String { name }

    static func bad(_ name: String, _ text: String, _ reason: String = "not a JSON object") -> Line
    {
      Line(name: name, bytes: Array(text.utf8), reason: reason)
    }

    static func inside(_ name: String, _ bytes: [UInt8], _ reason: String) -> Line {
      let text = Array(#"{"display":""#.utf8) + bytes + Array(#""}"#.utf8)
      return Line(name: name, bytes: text, reason: reason)
    }

    static func good(_ name: String, _ text: String, _ content: String = "x") -> Line {
      Line(name: name, bytes: Array(text.utf8), reason: nil, content: Array(content.utf8))
    }

    /// An object whose nesting is `depth` in all.
    static func nested(_ open: String, _ close: String, _ depth: Int) -> String {
      #"{"display":"x","n":"# + String(repeating: open, count: depth - 1) + "1"
        + String(repeating: close, count: depth - 1) + "}"
    }
  }

  static let notUTF8 = "invalid UTF-8"
  static let tooDeep = "nesting too deep"

  static let bad: [Line] = [
    .bad("torn", #"{"display":"to"#), .bad("torn in a name", #"{"displ"#), .bad("brace", "{"),
    .bad("glued", #"{"display":"x"}{"display":"y"}"#),
    .bad("torn and glued", #"{"type":"pr-link","prNu{"display":"x"}"#),
    .bad("trailing junk", #"{"display":"x"} junk"#), .bad("trailing brace", #"{"display":"x"}}"#),
    .bad("trailing comma", #"{"display":"x",}"#), .bad("no comma", #"{"a":1 "display":"x"}"#),
    .bad("no colon", #"{"display" "x"}"#), .bad("no value", #"{"display":}"#),
    .bad("single quotes", "{'display':'x'}"), .bad("bare name", #"{display:"x"}"#),
    .bad("comment", #"{"display":"x"} // why"#), .bad("word", #"{"display":undefined}"#),
    .bad("NaN", #"{"display":"x","n":NaN}"#), .bad("infinity", #"{"display":"x","n":-Infinity}"#),
    .bad("leading zero", #"{"display":"x","n":01}"#), .bad("no digits", #"{"display":"x","n":-}"#),
    .bad("no fraction", #"{"display":"x","n":1.}"#), .bad("plus", #"{"display":"x","n":+1}"#),
    .bad("no exponent", #"{"display":"x","n":1e}"#),
    .bad("hexadecimal", #"{"display":"x","n":0x1}"#),
    .bad("half a word", #"{"display":"x","n":tru}"#),
    .bad("long word", #"{"display":"x","n":truee}"#),
    .bad("bad escape", #"{"display":"\x41"}"#), .bad("bad digits", #"{"display":"\u12G4"}"#),
    .bad("few digits", #"{"display":"\u12"}"#),
    .bad("bad escape in a name", #"{"display":"x","\q":1}"#),
    .bad("bad escape elsewhere", #"{"display":"x","n":["\u00"]}"#),
    .bad("array", #"["display"]"#), .bad("string", #""display""#), .bad("number", "5"),
    .bad("null", "null"), .bad("text", "hello world"), .bad("empty escape", #"{"display":"\"}"#),
    .bad("mismatch", #"{"display":["x"}"#), .bad("NUL run", String(repeating: "\0", count: 512)),
    .bad("byte order mark", "\u{FEFF}" + #"{"display":"x"}"#),
    .bad("NUL after a record", #"{"display":"x"}"# + "\0\0"),
    .inside("NUL in a string", [0x61, 0, 0x62], "not a JSON object"),
    .inside("control character", [1], "not a JSON object"),
    .inside("escape character", [0x1B, 0x5B, 0x32, 0x4A], "not a JSON object"),
    .inside("raw tab", [9], "not a JSON object"),
    .inside("raw CR", [0x61, 13, 0x62], "not a JSON object"),
    .inside("overlong of two", [0xC0, 0xAF], notUTF8),
    .inside("overlong of three", [0xE0, 0x80, 0xAF], notUTF8),
    .inside("overlong of four", [0xF0, 0x80, 0x80, 0xAF], notUTF8),
    .inside("truncated", [0xE2, 0x82], notUTF8),
    .inside("truncated of four", [0xF0, 0x9F, 0x8E], notUTF8),
    .inside("lone continuation", [0x80], notUTF8), .inside("impossible", [0xFF, 0xFE], notUTF8),
    .inside("surrogate", [0xED, 0xA0, 0x80], notUTF8),
    .inside("beyond Unicode", [0xF4, 0x90, 0x80, 0x80], notUTF8),
    .inside("Latin-1", [0x63, 0x61, 0x66, 0xE9], notUTF8),
    Line(name: "UTF-16", bytes: [0xFF, 0xFE, 0x7B, 0, 0x7D, 0], reason: notUTF8),
    .bad("513 arrays", Line.nested("[", "]", 513), tooDeep),
    .bad("513 objects", Line.nested(#"{"a":"#, "}", 513), tooDeep),
    .bad("100000 arrays", Line.nested("[", "]", 100_000), tooDeep),
    .bad("100000 objects", Line.nested(#"{"a":"#, "}", 100_000), tooDeep),
    .bad("100000 arrays left open", #"{"a":"# + String(repeating: "[", count: 100_000), tooDeep),
  ]

  static let good: [Line] = [
    .good("511 arrays", Line.nested("[", "]", 511)),
    .good("512 arrays", Line.nested("[", "]", 512)),
    .good("511 objects", Line.nested(#"{"a":"#, "}", 511)),
    .good("512 objects", Line.nested(#"{"a":"#, "}", 512)),
    .good("duplicate name", #"{"display":"first","display":"second"}"#, "first"),
    .good("escaped name", #"{"displa\u0079":"x"}"#),
    .good("far number", #"{"display":"x","n":1e999}"#),
    .good("30 digits", #"{"display":"x","n":123456789012345678901234567890}"#),
    .good("many digits", #"{"display":"x","n":\#(String(repeating: "9", count: 5000))}"#),
    .good("minus zero", #"{"display":"x","n":-0.0e-0}"#),
    .good("blanks", "  {\t\"display\" :\"x\"} \t"),
    .good("CR", #"{"display":"x"}"# + "\r"),

    .good(
      "5 MB", #"{"display":"\#(String(repeating: "é", count: 2_500_000))"}"#,
      String(repeating: "é", count: 2_500_000)),
    .good(
      "10000 members", "{" + (0..<10_000).map { #""k\#($0)":0,"# }.joined() + #""display":"x"}"#),
    .good("DEL and C1", "{\"display\":\"\u{7F}\u{9B}\"}", "\u{7F}\u{9B}"),
    Line(
      name: "lone surrogate", bytes: Array(#"{"display":"\ud83c","\ud800":"\udfff"}"#.utf8),
      reason: nil, content: [0xED, 0xA0, 0xBC]),
  ]

  @Test("A bad line is named, the others are kept", .requirement("CON-7", "CON-8"), arguments: bad)
  func namesBadLines(_ line: Line) throws {
    let (texts, report) = try read(line)
    #expect(texts == [Array("first".utf8), Array("last".utf8)])
    let reason = try #require(line.reason)
    #expect(report.skipped.map(\.words) == ["history.jsonl:2 byte 20: \(reason)"])
    #expect(report.lines == 3)
    #expect(report.pendingFiles == 0)
  }

  @Test("An odd line is kept", .requirement("CON-7", "CON-8"), arguments: good)
  func keepsOddLines(_ line: Line) throws {
    let (texts, report) = try read(line)
    #expect(texts == [Array("first".utf8), line.content, Array("last".utf8)])
    #expect(report.skipped.isEmpty)
  }

  @Test(
    "A bad line at the end without LF waits, and nothing is lost", .requirement("CON-6"),
    arguments: bad)
  func waitsForBadLines(_ line: Line) throws {
    let world = try World()
    try world.history(Array((#"{"display":"first"}"# + "\n").utf8) + line.bytes)
    let report = try world.ingest()
    #expect(try world.sightings().map(\.text) == ["first"])
    #expect(report.skipped.isEmpty)
    #expect(report.pendingFiles == 1)
  }

  private func read(_ line: Line) throws -> ([[UInt8]], ImportReport) {
    let world = try World()
    let first = Array((#"{"display":"first"}"# + "\n").utf8)
    let last = Array((#"{"display":"last"}"# + "\n").utf8)
    try world.history(first + line.bytes + [0x0A] + last)
    let report = try world.ingest()
    #expect(report.failures.isEmpty)
    return (try world.sightings().map(\.content), report)
  }

  @Test(
    "A history line whose fields have other types is kept without them",
    .requirement("CON-9", "CON-8"),
    arguments: [
      #""timestamp":"1767323045678""#, #""timestamp":null"#, #""timestamp":true"#,
      #""timestamp":1.5"#, #""timestamp":1e999"#, #""timestamp":123456789012345678901234567890"#,
      #""timestamp":{}"#, #""timestamp":[1]"#, #""project":5"#, #""project":null"#,
      #""project":["/p"]"#, #""project":"""#, #""sessionId":5"#, #""sessionId":{"a":1}"#,
      #""sessionId":false"#, #""pastedContents":5"#, #""pastedContents":"x""#, #""x":1"#,
    ])
  func survivesHistoryTypes(member: String) throws {
    let world = try World()
    try world.history(#"{\#(member),"display":"x"}"# + "\n")
    try world.ingest()
    let occurrence = try world.only().occurrence
    #expect(occurrence.time == nil && occurrence.project == nil && occurrence.session == nil)
    #expect(occurrence.metadata == nil)
  }

  @Test(
    "A transcript line whose fields have other types is kept", .requirement("CON-8", "CON-12"),
    arguments: [
      #""timestamp":5"#, #""timestamp":null"#, #""timestamp":"yesterday""#,
      #""timestamp":"2026-02-30T00:00:00Z""#, #""cwd":5"#, #""cwd":[]"#, #""sessionId":[]"#,
      #""sessionId":5"#, #""gitBranch":{}"#, #""gitBranch":null"#, #""agentId":true"#,
      #""uuid":1"#, #""parentUuid":[]"#, #""requestId":{}"#, #""version":2"#, #""isMeta":"yes""#,
      #""isMeta":1"#, #""isSidechain":"true""#, #""isCompactSummary":{}"#,
      #""isApiErrorMessage":1"#, #""toolUseResult":[[[]]]"#,
    ])
  func survivesTranscriptTypes(member: String) throws {
    let world = try World()
    try world.transcript(
      #"{"type":"user",\#(member),"message":{"role":5,"model":[],"id":{},"content":"x"}}"# + "\n")
    let report = try world.ingest()
    let found = try world.only()
    #expect(found.kind == .prompt && found.text == "x")
    let occurrence = found.occurrence
    #expect(occurrence.time == nil && occurrence.project == nil && occurrence.session == nil)
    #expect(occurrence.branch == nil && occurrence.agent == nil && occurrence.model == nil)
    #expect(occurrence.metadata == nil && !occurrence.isError)
    #expect(report.skippedCount == 0)
  }

  @Test(
    "A block whose fields have other types is kept", .requirement("CON-11"),
    arguments: [
      #"{"type":"tool_use","id":5,"name":[],"input":{}}"#, #"{"type":5}"#, #"{"type":["text"]}"#,
      #"{"type":"tool_result","tool_use_id":{},"content":"x","is_error":"true"}"#,
      #"{"type":"tool_result","content":["x",5,null,{"type":"text","text":"y"}]}"#,
      #"{"type":"tool_result","content":null}"#, #"{"type":"thinking","thinking":{}}"#,
      #"{"type":"text","text":null}"#,
    ])
  func survivesBlockTypes(block: String) throws {
    let world = try World()
    try world.transcript(messageLine("assistant", "[\(block)]"))
    let report = try world.ingest()
    let found = try world.only()
    #expect(found.occurrence.tool == nil && !found.occurrence.isError)
    #expect(report.skippedCount == 0)
  }

  @Test("A NUL in a name is kept", .requirement("CON-10"))
  func keepsNULs() throws {
    let world = try World()
    try world.history(#"{"display":"a\u0000b","sessionId":"s\u0000t","project":"\u0000"}"# + "\n")
    try world.ingest()
    let found = try world.only()
    #expect(found.content == [0x61, 0, 0x62])
    #expect(found.occurrence.session == "s\0t")
    #expect(found.occurrence.project == "\0")
  }

  @Test("A field of 64 KiB is kept, a longer one costs the line", .requirement("CON-8"))
  func limitsFields() throws {
    let world = try World()
    for (name, count) in [("a", 65_536), ("b", 65_537), ("c", 100_000)] {
      let session = String(repeating: "s", count: count)
      try world.scratch.write(
        "home/projects/\(name).jsonl",
        #"{"type":"user","sessionId":"\#(session)","message":{"content":"x"}}"# + "\n"
          + #"{"type":"user","sessionId":"ok","message":{"content":"y"}}"# + "\n")
    }
    let report = try world.ingest()
    #expect(try world.sightings().map(\.text) == ["x", "y", "y", "y"])
    #expect(
      report.skipped.map(\.words) == [
        "projects/b.jsonl:1 byte 0: a field of 65537 bytes; the limit is 65536",
        "projects/c.jsonl:1 byte 0: a field of 100000 bytes; the limit is 65536",
      ])
  }
}

@Suite("Odd files") struct OddFileTests {
  @Test(
    "A file without records gives nothing", .requirement("CON-6"),
    arguments: ["", "\n", "\r\n", "\n\n\n", " \t\r", "  \n\t"])
  func readsEmptyFiles(text: String) throws {
    let world = try World()
    try world.history(text)
    try world.transcript(text)
    try world.scratch.write("records.jsonl", text)
    let report = try world.ingest(world.home, world.recordsPath)
    #expect(try world.sightings().isEmpty)
    #expect(report.files == 3)
    #expect(report.lines == 0 && report.skippedCount == 0 && report.pendingFiles == 0)
  }

  @Test("An empty log has no entry, a log of one LF has an empty one", .requirement("CON-16"))
  func readsEmptyLogs() throws {
    let world = try World()
    try world.log("", name: "a.txt")
    try world.log("\n", name: "b.txt")
    try world.ingest()
    #expect(try world.only().content == [])
    #expect(try world.only().occurrence.session == "b")
  }

  @Test(
    "Links are not followed and pipes not waited for", .timeLimit(.minutes(1)),
    .requirement("CON-16"))
  func leavesLinksAndPipes() throws {
    let world = try World()
    try world.history(#"{"display":"h"}"# + "\n")
    try world.scratch.write("elsewhere.jsonl", messageLine("user", #""linked""#))
    try world.scratch.write("elsewhere.txt", "[DEBUG] linked\n")
    try world.scratch.makeFolder("home/projects/folder.jsonl")
    try world.scratch.makeFolder("home/debug/folder.txt")
    let files = FileManager.default
    for (link, target) in [
      ("projects/link.jsonl", "elsewhere.jsonl"), ("projects/gone.jsonl", "gone"),
      ("projects/loop", "home/projects"), ("debug/latest", "elsewhere.txt"),
      ("debug/link.txt", "elsewhere.txt"),
    ] {
      try files.createSymbolicLink(
        atPath: world.home + "/" + link,
        withDestinationPath: world.scratch.path + "/" + target)
    }
    #expect(unsafe mkfifo(world.home + "/projects/pipe.jsonl", 0o600) == 0)
    #expect(unsafe mkfifo(world.home + "/debug/pipe.txt", 0o600) == 0)
    let report = try world.ingest()
    #expect(try world.sightings().map(\.text) == ["h"])
    #expect(report.failures.isEmpty)
  }

  @Test("A home whose main folders are links says so", .requirement("CON-8"))
  func namesLinkedFolders() throws {
    let world = try World()
    try world.log("[DEBUG] d\n")
    try world.scratch.write("other/s.jsonl", messageLine("user", #""p""#))
    try FileManager.default.createSymbolicLink(
      atPath: world.home + "/projects", withDestinationPath: world.scratch.path + "/other")
    let report = try world.ingest()
    #expect(try world.sightings().map(\.text) == ["d"])
    #expect(report.failures.map(\.path) == [world.home + "/projects"])
  }

  @Test(
    "A pipe, a device or a folder that is named is a failure, not a wait", .timeLimit(.minutes(1)))
  func refusesOtherFiles() throws {
    let world = try World()
    try world.records(#"{"content":"c"}"# + "\n")
    let pipe = world.scratch.path + "/pipe.jsonl"
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let report = try world.ingest(pipe, "/dev/null", world.recordsPath)
    #expect(report.failures.map(\.path) == [pipe, "/dev/null"])
    #expect(try world.only().text == "c")
  }

  @Test("A path that is not there is an error before anything is read")
  func refusesMissingPaths() throws {
    let world = try World()
    try world.history(#"{"display":"h"}"# + "\n")
    #expect(throws: SourceError.self) { try world.ingest(world.home, world.home + "/gone") }
    #expect(try world.sightings().isEmpty)
  }

  @Test(
    "A file that cannot be read is a failure, the others are read",
    .enabled(if: geteuid() != 0, "root reads every file; run as another user to check this"))
  func survivesUnreadableFiles() throws {
    let world = try World()
    try world.transcript(messageLine("user", #""a""#), name: "a.jsonl")
    try world.transcript(messageLine("user", #""b""#), name: "b.jsonl")
    try world.transcript(messageLine("user", #""c""#), name: "c/c.jsonl")
    let files = FileManager.default
    let locked = world.home + "/projects/-p/"
    for name in ["a.jsonl", "c"] {
      try files.setAttributes([.posixPermissions: 0], ofItemAtPath: locked + name)
    }
    defer { try? files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: locked + "c") }
    let report = try world.ingest()
    #expect(try world.sightings().map(\.text) == ["b"])
    #expect(Set(report.failures.map(\.path)) == [locked + "a.jsonl", locked + "c"])
    #expect(report.failures.allSatisfy { $0.number == EACCES })
  }

  #if os(Linux)
    @Test("A file whose reading fails is a failure, the others are read")
    func survivesReadErrors() throws {
      let world = try World()
      try world.records(#"{"content":"c"}"# + "\n")
      let report = try world.ingest("/proc/self/mem", world.recordsPath)
      #expect(report.failures.map(\.doing) == ["read"])
      #expect(try world.only().text == "c")
      #expect(try world.ingest("/proc/self/mem").failures.count == 1)
    }

    @Test("A name that is no UTF-8 is a failure, the others are read")
    func survivesOddNames() throws {
      let world = try World()
      try world.transcript(messageLine("user", #""a""#), name: "a.jsonl")
      let folder = Array((world.home + "/projects/-p/").utf8)
      let name = folder + [0xFF, 0xFE] + Array(".jsonl".utf8)
      let source = world.home + "/projects/-p/a.jsonl"
      let done = unsafe (name + [0]).withUnsafeBytes { bytes in
        unsafe source.withCString { from in
          unsafe bytes.withMemoryRebound(to: CChar.self) { to in
            guard let to = to.baseAddress else { return Int32(-1) }
            return unsafe link(from, to)
          }
        }
      }
      #expect(done == 0)
      let report = try world.ingest()
      #expect(try world.sightings().map(\.text) == ["a"])
      #expect(report.failures.count == 1)
    }
  #endif

  @Test("A folder of JSONL with a broken link is read")
  func survivesBrokenLinks() throws {
    let world = try World()
    try world.scratch.write("many/b.jsonl", #"{"content":"b"}"# + "\n")
    try world.scratch.write("many/c.jsonl", #"{"content":"c"}"# + "\n")
    try FileManager.default.createSymbolicLink(
      atPath: world.scratch.path + "/many/a.jsonl", withDestinationPath: "/gone")
    try FileManager.default.createSymbolicLink(
      atPath: world.scratch.path + "/many/loop.jsonl", withDestinationPath: ".")
    let report = try world.ingest(world.scratch.path + "/many")
    #expect(try world.sightings().map(\.text) == ["b", "c"])
    #expect(report.failures.map(\.path) == [world.scratch.path + "/many/a.jsonl"])
  }

  @Test("Random bytes never crash a reader", arguments: SourceFormat.allCases)
  func survivesRandomBytes(format: SourceFormat) throws {
    let world = try World()
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    let words = [
      "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "d83c", "\n", "\r", " ", "1e9", "-", "null",
      "true", #""type":"#, #""user""#, #""message":{"content":"#, #"{"display":""#, #""content":""#,
      "[DEBUG] ", "2026-01-02T03:04:05.678Z ", "\0", "é", "🎉", #""varve":{"#, #""metadata":"#,
    ]
    for _ in 0..<20 {
      var bytes: [UInt8] = []
      for _ in 0..<400 {
        if next() % 12 == 0 {
          bytes.append(UInt8(truncatingIfNeeded: next()))
        } else {
          bytes += Array(words[Int(next() % UInt64(words.count))].utf8)
        }
      }
      try world.scratch.write("random", bytes)
      let report = try world.ingest(world.scratch.path + "/random") { $0.format = format }
      #expect(report.failures.isEmpty)
    }
    #expect(try world.snapshot().verify().isSound)
  }
}
