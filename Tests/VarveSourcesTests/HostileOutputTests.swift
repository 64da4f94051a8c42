// Content that wants to drive the terminal, the shell or the program itself. THREATS 4, 10, 11.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Hostile output", .enabled(if: Command.binary != nil, Command.reason), .serialized)
struct HostileOutputTests {
  /// Every C0 and C1 control, escape sequences, direction and zero-width marks.
  private static let hostile: String = {
    var text = "\u{1B}]52;c;aGk=\u{07}\u{1B}[2J\u{1B}]8;;http://x\u{1B}\\link\rover\u{8}\u{8}"
    for value in UInt32(0)..<0xA0 where value < 0x20 || value >= 0x7F {
      if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
    }
    return text
      + "\u{202A}\u{202E}\u{2066}\u{2069}\u{200B}\u{200E}\u{200F}\u{061C}\u{FEFF}\u{2028}\u{2029}\u{AD}"
  }()

  private static func escaped(_ text: String) -> String {
    text.utf16.map { "\\u" + String(String(UInt32($0) | 0x10000, radix: 16).suffix(4)) }.joined()
  }

  /// Fails for every byte sequence that a terminal would obey.
  private func expectHarmless(_ bytes: [UInt8], _ what: String) {
    let text = String(decoding: bytes, as: UTF8.self)
    let bad = text.unicodeScalars.filter { scalar in
      switch scalar.value {
      case 0x09, 0x0A: false
      case 0..<0x20, 0x7F..<0xA0: true
      default:
        [.format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
      }
    }
    #expect(bad.isEmpty, "\(what): \(bad.map { String($0.value, radix: 16) })")
  }

  private func filled() throws -> (Command, session: String) {
    let world = try World()
    let session = "hostile" + Self.hostile.filter { $0 != "\0" && $0 != "\n" }
    let mark = Self.escaped(Self.hostile)
    let id = Self.escaped(session)
    try world.history(
      #"{"display":"\#(mark)","timestamp":1,"project":"/p/\#(mark)","sessionId":"\#(id)"}"# + "\n")
    try world.transcript(
      #"{"type":"assistant","sessionId":"\#(id)","cwd":"/p/\#(mark)","gitBranch":"\#(mark)","#
        + #""message":{"role":"\#(mark)","model":"\#(mark)","content":[{"type":"tool_use","#
        + #""id":"\#(mark)","name":"\#(mark)","input":{"\#(mark)":1}},"\#(mark)"]}}"# + "\n"
        + #"{"type":"custom-title","customTitle":"\#(mark)","sessionId":"\#(id)"}"# + "\n",
      name: "a\u{1B}[2J\u{202E}\r.jsonl")
    try world.log("[ERROR] [\u{1B}[31m] x\u{9B}2J\n", name: "\u{1B}]0;title\u{07}.txt")
    try world.scratch.write(
      "records.jsonl",
      #"{"content":"\#(mark)","level":"\#(mark)","component":"\#(mark)","source":"\#(mark)","#
        + #""source_type":"\#(mark)","host":"\#(mark)","metadata":{"\#(mark)":"\#(mark)"}}"# + "\n"
        + #"{"content":"x","hash":"\#(mark)"}"# + "\nbad\n")
    let command = try Command(world)
    let output = try command.run(
      "ingest", world.home, world.recordsPath, "--note", Self.hostile.filter { $0 != "\0" })
    #expect(output.code == 3)
    expectHarmless(output.bytes + output.errors, "ingest")
    return (command, session)
  }

  @Test("No control character of content reaches the terminal")
  func escapes() throws {
    let (command, session) = try filled()
    let hash = ContentDigest.hash(Array(Self.hostile.utf8)).description
    for arguments in [
      ["list"], ["list", "--oldest", "--limit", "2"], ["get", hash], ["session", "hostile"],
      ["session", session], ["session", "hostile", "--echoes"], ["sessions"], ["projects"],
      ["runs"],
      ["verify"], ["stats"], ["list", "--project", "\u{1B}[2J"], ["session", "\u{1B}[2Jxxxx"],
      ["list", "--kind", "\u{1B}[2J"], ["get", "\u{1B}[2J\u{202E}"],
      ["list", "--since", "\u{1B}[2J"],
      ["list", "--\u{1B}[2J"], ["\u{1B}[2J"], ["ingest", "/\u{1B}[2J"],
      ["stats", "--store", "/\u{1B}[2J"],
      ["inspect", "/\u{1B}[2J"],
    ] {
      let output = try command.run(arguments)
      #expect(!(output.bytes + output.errors).isEmpty)
      expectHarmless(output.bytes + output.errors, "\(arguments)")
    }
    #expect(try command.run("get", hash, "--raw").bytes == Array(Self.hostile.utf8))
  }

  @Test("JSON of hostile content is JSON, with the content in full")
  func printsJSON() throws {
    let (command, session) = try filled()
    let hash = ContentDigest.hash(Array(Self.hostile.utf8)).description
    for arguments in [
      ["list", "--json"], ["session", session, "--json"], ["sessions", "--json"],
      ["projects", "--json"], ["runs", "--json"], ["get", hash, "--json"],
    ] {
      let output = try command.run(arguments)
      #expect(output.code == 0, "\(arguments): \(output.errorText)")
      _ = try output.object()
      #expect(!output.bytes.dropLast().contains { $0 < 0x20 || $0 == 0x7F }, "\(arguments)")
    }
    #expect(try command.run("get", hash, "--json").object()["content"] as? String == Self.hostile)
  }

  @Test("What is no UTF-8 is shown as text, as Base64 and as it is")
  func printsBytes() throws {
    let world = try World()
    try world.history(#"{"display":"\ud83c!","sessionId":"s\ud800","timestamp":1}"# + "\n")
    let command = try Command(world)
    #expect(try command.run("ingest", world.home).code == 0)
    let bytes: [UInt8] = [0xED, 0xA0, 0xBC, 0x21]
    let hash = ContentDigest.hash(bytes).description
    #expect(try command.run("get", hash, "--raw").bytes == bytes)
    let object = try command.run("get", hash, "--json").object()
    #expect(object["contentBase64"] as? String == Base64.encode(bytes) && object["content"] == nil)
    for arguments in [["list"], ["get", hash], ["sessions"], ["sessions", "--json"], ["export"]] {
      let output = try command.run(arguments)
      #expect(output.code == 0)
      #expect(String(validating: output.bytes, as: UTF8.self) != nil, "\(arguments)")
    }
  }

  @Test("A closed pipe ends a list quietly")
  func endsQuietly() throws {
    let world = try World()
    try world.history(
      (0..<3000).map { #"{"display":"prompt \#($0) of a long history","timestamp":\#($0)}"# + "\n" }
        .joined())
    let command = try Command(world)
    #expect(try command.run("ingest", world.home).code == 0)
    for list in ["list --limit 3000", "list --limit 3000 --json", "export"] {
      let output = try command.shell(
        #"( "$VARVE" \#(list); echo "$?" >code ) | head -c 10 >/dev/null; cat code"#)
      #expect(output.text == "0\n", "\(list)")
      #expect(output.errors.isEmpty, "\(list): \(output.errorText)")
    }
  }

  @Test("Times at the ends of the scale are no crash")
  func survivesExtremeTimes() throws {
    let world = try World()
    var lines = ""
    for time in [Int64.min, .min + 1, -1, 0, .max - 1, .max] {
      lines +=
        #"{"display":"at \#(time)","timestamp":\#(time),"sessionId":"extreme","project":"/p"}"#
        + "\n"
    }
    try world.history(lines)
    let command = try Command(world)
    #expect(try command.run("ingest", world.home).code == 0)
    for arguments in [
      ["list"], ["list", "--json"], ["session", "extreme"], ["session", "extreme", "--json"],
      ["sessions"], ["sessions", "--json"], ["projects"], ["projects", "--json"], ["export"],
      ["list", "--since", "0001-01-01"], ["list", "--until", "9999-12-31"], ["stats"],
    ] {
      let output = try command.run(arguments)
      #expect(output.code == 0, "\(arguments): \(output.errorText)")
    }
    #expect(try command.run("list", "--json").rows("occurrences").count == 6)
  }

  @Test("The line that resumes a session is safe in a shell")
  func quotesResume() throws {
    let world = try World()
    let session = "x; touch owned; $(touch owned) `touch owned` 'y"
    try world.history(
      #"{"display":"a","timestamp":1,"sessionId":"\#(session)","project":"/p'; touch owned; '"}"#
        + "\n"
        + #"{"display":"b","timestamp":2,"sessionId":"0a1b-2c","project":"/p"}"# + "\n")
    let command = try Command(world)
    #expect(try command.run("ingest", world.home).code == 0)
    let rows = try command.run("sessions", "--json").rows("sessions")
    let lines = rows.compactMap { $0["resume"] as? String }
    #expect(lines.first == "cd '/p' && claude --resume 0a1b-2c")
    let line = try #require(lines.last)
    let output = try command.shell("cd() { :; }; claude() { printf '%s' \"$2\"; }; " + line)
    #expect(output.text == session)
    #expect(!FileManager.default.fileExists(atPath: world.scratch.path + "/owned"))
  }

  @Test("Export and ingest give the same digest, also of hostile content")
  func exportsEverything() throws {
    let (command, _) = try filled()
    try command.world.scratch.write(
      "more.jsonl",
      #"{"contentBase64":"/wDtoLw="}"# + "\n" + #"{"content":"","timestamp":-5}"# + "\n")
    #expect(try command.run("ingest", command.world.scratch.path + "/more.jsonl").code == 0)
    let export = try command.run("export")
    #expect(export.code == 0)
    try command.world.scratch.write("export.jsonl", export.bytes)
    let copy = ["--store", command.world.scratch.path + "/copy"]
    let again = try command.run(
      ["ingest", command.world.scratch.path + "/export.jsonl", "--quiet"] + copy)
    #expect(again.code == 0, "\(again.errorText)")
    let digest = try command.run("stats", "--json").object()["digest"] as? String
    #expect(try command.run(["stats", "--json"] + copy).object()["digest"] as? String == digest)
    #expect(try command.run(["export"] + copy).bytes == export.bytes)
  }
}
