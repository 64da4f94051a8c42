// Generic JSONL, and the shape that `varve export` writes: format-spec chapter 10, CON-21 to CON-23.

import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Generic JSONL") struct GenericTests {
  private func read(_ line: String) throws -> (Sighting, ImportReport) {
    let world = try World()
    try world.records(line + "\n")
    let report = try world.ingest(world.recordsPath)
    return (try world.only(), report)
  }

  @Test("Every field has its names", .requirement("CON-21"))
  func readsFields() throws {
    let (found, report) = try read(
      #"{"content":"c\n","source":"history.jsonl:line-1","timestamp":1767323045678,"#
        + #""session_id":"s","project":"/p","source_type":"debug","level":"WARN","component":"API","#
        + #""kind":"answer","role":"user","tool":"T","model":"M","branch":"B","agent":"A","#
        + #""host":"h","error":true,"metadata":{"a":1},"extra":[true],"id":"ignored"}"#)
    let occurrence = found.occurrence
    #expect(found.text == "c\n")
    #expect(found.kind == .answer)
    #expect(occurrence.statedSource == "history.jsonl:line-1")
    #expect(occurrence.time == messageTime)
    #expect(occurrence.session == "s" && occurrence.project == "/p")
    #expect(occurrence.phase == "debug" && occurrence.level == "WARN")
    #expect(occurrence.component == "API" && occurrence.role == "user")
    #expect(occurrence.tool == "T" && occurrence.model == "M")
    #expect(occurrence.branch == "B" && occurrence.agent == "A")
    #expect(occurrence.place.host == "h" && occurrence.isError)
    #expect(occurrence.place.path.hasSuffix("/records.jsonl"))
    #expect(
      found.metadata == .object([.init("a", .int(1)), .init("extra", .array([.bool(true)]))]))
    #expect(report.skippedCount == 0 && report.warnings.isEmpty)
  }

  @Test(
    "Old and short names mean the same", .requirement("CON-21"),
    arguments: [
      (#""sessionId":"x""#, .session), (#""session":"x""#, .session), (#""phase":"x""#, .phase),
      (#""log_level":"x""#, .level), (#""project_id":"x""#, .project),
      (#""source_file":"x""#, .source),
    ] as [(String, TextField)])
  func readsAliases(member: String, field: TextField) throws {
    let (found, _) = try read(#"{"content":"c",\#(member)}"#)
    #expect(found.occurrence[field] == "x")
    #expect(found.occurrence.metadata == nil)
  }

  @Test("The level ERROR is an error, others are not", .requirement("CON-21"))
  func errors() throws {
    #expect(try read(#"{"content":"x","level":"ERROR"}"#).0.occurrence.isError)
    #expect(try !read(#"{"content":"x","level":"WARN","error":false}"#).0.occurrence.isError)
    #expect(try !read(#"{"content":"ERROR"}"#).0.occurrence.isError)
  }

  @Test("Of two members with one name or meaning the first counts", .requirement("CON-21"))
  func takesTheFirst() throws {
    let (found, _) = try read(
      #"{"content":"first","content":"second","session_id":"a","sessionId":"b","error":true,"#
        + #""error":false,"timestamp":1767323045678,"timestamp":5,"kind":"plan","kind":"todo","#
        + #""contentBase64":"AAAA"}"#)
    #expect(found.text == "first")
    #expect(found.occurrence.session == "a")
    #expect(found.occurrence.isError)
    #expect(found.occurrence.time == messageTime)
    #expect(found.kind == .plan)
  }

  @Test(
    "Times are milliseconds, seconds or text", .requirement("CON-21"),
    arguments: [
      ("1767323045678", messageTime), ("1767323045", messageTime - 678),
      ("1767323045.678", messageTime), ("1767323045678.9", messageTime), ("-1", -1000),
      ("99999999999", 99_999_999_999_000), ("100000000000", 100_000_000_000), ("0", 0),
      (#""2026-01-02T03:04:05.678Z""#, messageTime), (#""2026-01-02T03:04:05.678""#, messageTime),
      (#""2026-01-02T04:04:05.678+01:00""#, messageTime), ("1e999", nil), ("null", nil),
      ("123456789012345678901234567890", nil), ("-1e300", nil), ("true", nil), ("[]", nil),
      (#""soon""#, nil), (#""1767323045678""#, nil),
    ] as [(String, Int64?)])
  func readsTimes(text: String, time: Int64?) throws {
    let (found, _) = try read(#"{"content":"c","timestamp":\#(text)}"#)
    #expect(found.occurrence.time == time)
  }

  @Test(
    "A kind that is not stated follows from the phase", .requirement("CON-21"),
    arguments: [
      ("history", .prompt), ("debug", .log), ("file-history", .file), ("todos", .todo),
      ("shell-snapshots", .shell), ("session-env", .meta), ("projects", .meta), ("", .meta),
    ] as [(String, Kind)])
  func derivesKinds(phase: String, kind: Kind) throws {
    #expect(try read(#"{"source_type":"\#(phase)","content":"c"}"#).0.kind == kind)
    #expect(try read(#"{"source_type":"\#(phase)","content":"c","kind":5}"#).0.kind == kind)
    #expect(try read(#"{"source_type":"\#(phase)","content":"c","kind":"unheard"}"#).0.kind == kind)
  }

  @Test("Every kind can be stated", .requirement("CON-21"), arguments: Kind.allCases)
  func readsKinds(kind: Kind) throws {
    #expect(try read(#"{"content":"c","kind":"\#(kind.name)"}"#).0.kind == kind)
  }

  @Test("Content can be bytes", .requirement("CON-21"))
  func decodesBase64() throws {
    #expect(try read(#"{"contentBase64":"/wD+"}"#).0.content == [0xFF, 0, 0xFE])
    #expect(try read(#"{"contentBase64":""}"#).0.content == [])
    for count in 0..<20 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
      #expect(Base64.decode(Array(Base64.encode(bytes).utf8)) == bytes)
    }
    for bad in ["A", "AA", "AAA", "A===", "AA=A", "AAAA====", "????", "AA A"] {
      #expect(Base64.decode(Array(bad.utf8)) == nil, "\(bad)")
    }
  }

  @Test(
    "A line without content is skipped", .requirement("CON-21"),
    arguments: [
      "{}", #"{"content":5}"#, #"{"content":null}"#, #"{"content":{"a":"b"}}"#, #"{"text":"c"}"#,
      #"{"contentBase64":"A"}"#, #"{"contentBase64":5}"#,
    ])
  func skipsWithoutContent(line: String) throws {
    let world = try World()
    try world.records(line + "\n" + #"{"content":""}"# + "\n")
    let report = try world.ingest(world.recordsPath)
    #expect(report.skippedByReason == ["no content": 1])
    #expect(try world.only().content == [])
  }

  @Test("Numbers of metadata keep what they say", .requirement("CON-21"))
  func keepsNumbers() throws {
    let big = "123456789012345678901234567890"
    let (found, _) = try read(
      #"{"content":"c","metadata":{"big":\#(big),"far":1e999,"zero":-0,"half":0.5,"long":"#
        + #"9223372036854775807,"longer":9223372036854775808,"exact":1.10,"x":{"y":[null]}}}"#)
    let metadata = found.metadata
    #expect(metadata["big"] == .number(Array(big.utf8)))
    #expect(metadata["far"] == .number(Array("1e999".utf8)))
    #expect(metadata["zero"] == .number(Array("-0".utf8)))
    #expect(metadata["half"] == .double(0.5))
    #expect(metadata["long"] == .int(.max))
    #expect(metadata["longer"] == .number(Array("9223372036854775808".utf8)))
    #expect(metadata["exact"] == .number(Array("1.10".utf8)))
    #expect(metadata["x"] == .object([.init("y", .array([.null]))]))
  }

  @Test("A stated hash is compared with the content's", .requirement("CON-22"))
  func comparesHashes() throws {
    let right = ContentDigest.hash(Array("c".utf8)).description
    for stated in [right, right.uppercased()] {
      let (found, report) = try read(#"{"hash":"\#(stated)","content":"c"}"#)
      #expect(report.warnings.isEmpty)
      #expect(found.occurrence.metadata == nil)
    }
    let (found, report) = try read(#"{"content":"c","hash":"abcd","metadata":{"a":"b"}}"#)
    #expect(report.warnings.map(\.line) == [1])
    #expect(report.warnings.allSatisfy { $0.reason.contains(right) })
    #expect(report.skippedCount == 0)
    #expect(found.text == "c")
    #expect(found.metadata["statedHash"]?.text == "abcd")
    #expect(found.metadata["a"]?.text == "b")
  }

  @Test("An exported record keeps the place of its sighting", .requirement("CON-23"))
  func keepsPlaces() throws {
    let (found, _) = try read(
      #"{"content":"c","host":"mine","source":"mine","varve":{"host":"far","file":"history.jsonl","#
        + #""incarnation":2,"offset":77,"part":3,"line":9,"length":15,"source":"stated"}}"#)
    let wanted = SourcePlace(
      host: "far", path: "history.jsonl", incarnation: 2, offset: 77, length: 15, line: 9, part: 3)
    #expect(found.occurrence.place == wanted)
    #expect(found.occurrence.statedSource == "stated")
  }

  @Test(
    "A place that makes no sense is no crash", .requirement("CON-23"),
    arguments: [
      #"{"varve":5,"content":"c"}"#, #"{"varve":null,"content":"c"}"#,
      #"{"varve":{"offset":-1,"part":70000,"line":"x","incarnation":99999999999},"content":"c"}"#,
      #"{"varve":{"offset":9223372036854775807,"length":1e999,"host":[]},"content":"c"}"#,
    ])
  func survivesOddPlaces(line: String) throws {
    #expect(try read(line).0.text == "c")
  }

  @Test("Reading what a source gave as generic JSONL has its identity", .requirement("CON-23"))
  func repeatsExports() throws {
    let world = try World()
    try world.history(#"{"display":"c","timestamp":5,"sessionId":"s"}"# + "\n")
    try world.ingest()
    try world.records(
      #"{"content":"c","kind":"prompt","varve":{"host":"test","file":"history.jsonl","offset":0}}"#
        + "\n")
    let report = try world.ingest(world.recordsPath)
    #expect(report.committed.repeated == 1)
    #expect(report.committed.occurrencesNew == 0)
  }
}
