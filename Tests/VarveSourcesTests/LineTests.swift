// Escapes, slices, parts, places, times and the cutting of lines: format-spec chapter 10, CON-1 to CON-8.

import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Lines") struct LineTests {
  struct Escape: Sendable, CustomTestStringConvertible {
    let escaped: String
    let bytes: [UInt8]

    init(_ escaped: String, _ bytes: [UInt8]) {
      self.escaped = escaped
      self.bytes = bytes
    }

    var testDescription: String { escaped }
  }

  static let escapes = [
    Escape(#"\u0041"#, [0x41]),
    Escape(#"\u00e9"#, [0xC3, 0xA9]),
    Escape(#"\u20AC"#, [0xE2, 0x82, 0xAC]),
    Escape(#"\u0000"#, [0]),
    Escape(#"\"\\\/\b\f\n\r\t"#, [0x22, 0x5C, 0x2F, 8, 12, 10, 13, 9]),
    Escape(#"\ud83c"#, [0xED, 0xA0, 0xBC]),
    Escape(#"\udf89"#, [0xED, 0xBE, 0x89]),
    Escape(#"\uD800\u0041"#, [0xED, 0xA0, 0x80, 0x41]),
    Escape(#"\ud83c\udf89"#, [0xF0, 0x9F, 0x8E, 0x89]),
    Escape(#"\ud83c\ud83c\udf89"#, [0xED, 0xA0, 0xBC, 0xF0, 0x9F, 0x8E, 0x89]),
    Escape(#"\udf89\ud83c"#, [0xED, 0xBE, 0x89, 0xED, 0xA0, 0xBC]),
    Escape(#"\uffff\uFFFE"#, [0xEF, 0xBF, 0xBF, 0xEF, 0xBF, 0xBE]),
    Escape("é🎉", Array("é🎉".utf8)),
  ]

  @Test("Unescaping keeps every code unit", .requirement("CON-1"), arguments: escapes)
  func unescapes(_ escape: Escape) throws {
    let world = try World()
    try world.history(#"{"display":"\#(escape.escaped)","timestamp":1}"# + "\n")
    try world.ingest()
    #expect(try world.only().content == escape.bytes)
  }

  @Test(
    "A slice is the value as it stands, without the white space around it",
    .requirement("CON-2"),
    arguments: [
      #"{ "b" : [ 1 , 2 ],"a":1e2 , "a": "\u0041" }"#, "{}", #"[1, {"x" :null}]"#, #""text \" é""#,
      "-1.50e+10", "true", "null", #"{"päth":"\ud800"}"#,
    ])
  func keepsSlices(slice: String) throws {
    let world = try World()
    let block = #"[{"type":"tool_use","id":"t","name":"N","input": \#(slice) }]"#
    try world.transcript(
      messageLine("assistant", block) + #"{"type":"progress","data":\#(slice)  }"# + "\r\n"
        + "  " + #"{"type":"attachment" ,"attachment" :  \#(slice)}"# + " \t\n")
    try world.ingest()
    let found = try world.sightings()
    #expect(found.map(\.text) == [slice, slice, slice])
    #expect(found.map(\.kind) == [.toolInput, .progress, .meta])
  }

  @Test("Parts count all blocks, also those that are left out", .requirement("CON-3"))
  func numbersParts() throws {
    let world = try World()
    let blocks = """
      [{"type":"image"},{"type":"text","text":"a"},{"type":"thinking","thinking":""},"b",\
      {"type":"tool_use","name":"T","input":1}]
      """
    try world.transcript(messageLine("assistant", blocks) + messageLine("user", #""c""#))
    let report = try world.ingest()
    let found = try world.sightings()
    #expect(found.map(\.occurrence.place.part) == [1, 3, 4, 0])
    #expect(found.map(\.text) == ["a", "b", "1", "c"])
    #expect(report.droppedByReason == ["binary block": 1, "empty thinking": 1])
    #expect(report.skippedCount == 0)
  }

  @Test("A place is the byte offset of the line or entry", .requirement("CON-4"))
  func keepsOffsets() throws {
    let world = try World()
    let first = #"{"display":"é🎉","timestamp":1}"# + "\r\n"
    let blank = "  \n"
    let second = #"   {"display":"b","timestamp":2}"# + "\n"
    try world.history(first + blank + second)
    try world.log("[DEBUG] é\n  more\n[INFO] two\n")
    try world.ingest()
    let found = try world.sightings()
    let offset = UInt64(first.utf8.count + blank.utf8.count)
    #expect(found.map(\.occurrence.place.offset) == [0, offset, 0, 18])
    #expect(found.map(\.occurrence.place.line) == [1, 3, 1, 3])
    let lengths = [first.utf8.count - 2, second.utf8.count - 1, 18, 11].map { UInt64($0) }
    #expect(found.map(\.occurrence.place.length) == lengths)
    #expect(found.map(\.occurrence.place.path).suffix(1) == ["debug/session-1.txt"])
    #expect(found.allSatisfy { $0.occurrence.place.host == "test" })
  }

  @Test(
    "Times are milliseconds since 1970 UTC", .requirement("CON-5"),
    arguments: [
      ("2026-01-02T03:04:05.678Z", messageTime), ("2026-01-02T03:04:05.678901Z", messageTime),
      ("2026-01-02T03:04:05Z", messageTime - 678), ("2026-01-02T03:04:05.6Z", messageTime - 78),
      ("2026-01-02T05:04:05.678+02:00", messageTime),
      ("2026-01-01T21:34:05.678-0530", messageTime), ("2026-01-02 03:04:05.678", messageTime),
      ("1969-12-31T23:59:59.999Z", -1), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
      ("0001-01-01T00:00:00Z", -62_135_596_800_000),
    ] as [(String, Int64)])
  func readsTimes(text: String, time: Int64) throws {
    let world = try World()
    try world.transcript(#"{"type":"mode","timestamp":"\#(text)"}"# + "\n")
    try world.ingest()
    #expect(try world.only().occurrence.time == time)
    #expect(TimeParsing.iso8601(text) == time)
  }

  @Test(
    "What is no time is none", .requirement("CON-5"),
    arguments: [
      "", "yesterday", "2026-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z", "2026-01-02", "2026-01-02T24:00:00Z", "2026-01-02T00:60:00Z",
      "2026-01-02T00:00:00.Z", "2026-01-02T00:00:00+25:00", "2026-01-02T00:00:00Zjunk",
      "2026-01-02T00:00:00+", "٢٠٢٦-01-02T00:00:00Z", "1767323045678", "-001-01-01T00:00:00Z",
    ])
  func refusesTimes(text: String) throws {
    let world = try World()
    try world.transcript(#"{"type":"mode","timestamp":"\#(text)"}"# + "\n")
    try world.ingest()
    #expect(try world.only().occurrence.time == nil)
    #expect(TimeParsing.iso8601(text) == nil)
  }

  @Test("Lines end at LF; CR, blanks and empty lines are no records", .requirement("CON-6"))
  func cutsLines() throws {
    let world = try World()
    try world.history(
      "\n\r\n \t \n" + #"{"display":"a"}"# + "\r\n\n" + "\t" + #"{"display":"b"}"# + " \r\r\n"
        + #"{"display":"c"}"#)
    let report = try world.ingest()
    #expect(try world.sightings().map(\.text) == ["a", "b", "c"])
    #expect(try world.sightings().map(\.occurrence.place.line) == [4, 6, 7])
    #expect(report.lines == 3)
    #expect(report.skippedCount == 0)
    #expect(report.pendingFiles == 0)
  }

  @Test(
    "A last line without LF that does not parse waits", .requirement("CON-6"),
    arguments: [#"{"display":"b""#, #"{"display":"b"} x"#, "42", #""text""#, "\0\0\0", "\u{FEFF}"])
  func waitsForTheRest(end: String) throws {
    let world = try World()
    try world.history(#"{"display":"a"}"# + "\n" + end)
    let report = try world.ingest()
    #expect(try world.only().text == "a")
    #expect(report.pendingFiles == 1)
    #expect(report.skipped.isEmpty)
  }

  @Test("A line that is no JSON object is skipped with its place", .requirement("CON-7"))
  func namesSkippedLines() throws {
    let world = try World()
    try world.history(#"{"display":"a"}"# + "\n\nnonsense\n[]\n" + #"{"display":"b"}"# + "\n")
    let report = try world.ingest()
    let reason = "not a JSON object"
    #expect(
      report.skipped.map(\.words) == [
        "history.jsonl:3 byte 17: \(reason)", "history.jsonl:4 byte 26: \(reason)",
      ])
    #expect(report.skippedByReason == [reason: 2])
    #expect(try world.sightings().map(\.text) == ["a", "b"])
  }

  @Test("A line over 64 MiB is skipped, one of 64 MiB is kept", .requirement("CON-7"))
  func limitsLines() throws {
    let world = try World()
    let head = Array(#"{"x":""#.utf8)
    let tail = Array(#"","display":"long"}"#.utf8)
    let count = 64 << 20
    var bytes = Array((#"{"display":"first"}"# + "\n").utf8)
    for extra in [0, 1] {
      bytes += head
      bytes += [UInt8](repeating: 0x61, count: count + extra - head.count - tail.count)
      bytes += tail + [0x0A]
    }
    bytes += Array((#"{"display":"last"}"# + "\n").utf8)
    try world.history(bytes)
    let report = try world.ingest()
    #expect(try world.sightings().map(\.text) == ["first", "long", "last"])
    #expect(try world.sightings().map(\.occurrence.place.line) == [1, 2, 4])
    #expect(
      report.skipped.map(\.words) == ["history.jsonl:3 byte \(20 + count + 1): line too long"])
  }

  @Test("Every line of the sample home is accounted for", .requirement("CON-8"))
  func accountsForEveryLine() throws {
    let world = try World()
    let report = try world.ingest(Repository.root + "/Tests/Fixtures/sample-home")
    let found = try world.sightings()
    var places: Set<String> = []
    for sighting in found where sighting.occurrence.phase != "debug" {
      places.insert("\(sighting.occurrence.place.path):\(sighting.occurrence.place.line)")
    }
    for skipped in report.skipped { places.insert("\(skipped.file):\(skipped.line)") }
    var lines = 0
    for file in try world.snapshot().runFiles()
    where !file.path.hasPrefix("debug/") {
      // A list without items is a file that gives nothing.
      if file.path.hasPrefix("todos/"), file.value["dropped"]?.int != 0 { continue }
      lines += Int(file.value["lines"]?.int ?? 0)
    }
    // The last line of one transcript is still being written.
    #expect(report.pendingFiles == 1)
    #expect(places.count + 1 == lines)
    #expect(lines > 200)
    #expect(report.committed.occurrencesNew == found.count)
  }

  @Test("A line that fails a limit is skipped once", .requirement("CON-8"))
  func skipsOnce() throws {
    let world = try World()
    let session = String(repeating: "s", count: 100_000)
    let blocks = #"[{"type":"image"},{"type":"text","text":"a"},{"type":"text","text":"b"}]"#
    try world.transcript(
      #"{"type":"user","sessionId":"\#(session)","message":{"content":\#(blocks)}}"# + "\n"
        + messageLine("user", #""kept""#))
    let report = try world.ingest()
    #expect(try world.only().text == "kept")
    #expect(report.skippedByReason == ["a field of 100000 bytes; the limit is 65536": 1])
    #expect(report.skipped.map(\.line) == [1])
  }
}
