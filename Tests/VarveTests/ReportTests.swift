// Reports on made-up stores. `tools/check_reports` compares them with SQLite over random ones; here
// stands what SQL has no word for, and what must not break.

import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite("Reports") struct ReportTests {
  private typealias Row = SampleRow

  private func cells(_ report: Report, _ key: String) -> [Report.Value] {
    guard let at = report.columns.firstIndex(where: { $0.key == key }) else { return [] }
    return report.rows.map { $0[at] }
  }

  private static let day: Int64 = 86_400_000

  @Test("Echoes are left out, unknown times and projects are kept", arguments: [1, 4])
  func activity(parts: Int) throws {
    let snapshot = try Row.snapshot(
      [
        Row(time: 0), Row(time: 240_000), Row(time: 1_000_000, isError: true),
        Row(content: "other", time: 2 * Self.day), Row(time: 5, isEcho: true),
        Row(project: nil, session: nil), Row(project: "/q", time: -1),
      ], parts: parts)
    let report = try snapshot.report(ReportQuery(.activity))
    #expect(cells(report, "project") == [.text("/p"), .text("/q"), .null])
    #expect(cells(report, "messages") == [.number(4), .number(1), .number(1)])
    #expect(cells(report, "errors") == [.number(1), .number(0), .number(0)])
    #expect(cells(report, "daysActive") == [.number(2), .number(1), .number(0)])
    #expect(cells(report, "daysSpan") == [.number(2), .number(0), .null])
    #expect(cells(report, "activeSeconds") == [.number(240), .number(0), .number(0)])
    #expect(report.withoutTimeCount == 1 && report.occurrenceCount == 6)
    var messages = ReportQuery(.activity)
    messages.count = .messages
    #expect(try cells(snapshot.report(messages), "messages").first == .number(2))
  }

  @Test(
    "Turn durations take the place of gaps, session by session", .requirement("CON-53"),
    arguments: [1, 3])
  func turnDurations(parts: Int) throws {
    func turn(_ milliseconds: MetadataValue, kind: Kind = .meta) -> MetadataValue {
      .object([.init("subtype", .text("turn_duration")), .init("durationMs", milliseconds)])
    }
    let snapshot = try Row.snapshot(
      [
        Row(time: 0), Row(kind: .meta, time: 100_000, metadata: turn(.int(1_500))),
        Row(kind: .meta, time: nil, metadata: turn(.int(2_600))),
        // None of these closes a turn.
        Row(kind: .log, time: 110_000, metadata: turn(.int(7_000))),
        Row(kind: .meta, time: 120_000, metadata: turn(.int(-7_000))),
        Row(kind: .meta, time: 130_000, metadata: turn(.text("7000"))),
        Row(kind: .meta, time: 140_000, isEcho: true, metadata: turn(.int(7_000))),
        Row(session: "t", time: 0), Row(session: "t", time: 20_000),
        Row(project: "/q", session: "u", time: 0),
        Row(kind: .meta, project: "/q", session: "u", metadata: turn(.int(.max))),
        Row(kind: .meta, project: "/q", session: "u", metadata: turn(.int(5))),
        Row(kind: .meta, project: "/q", session: nil, metadata: turn(.int(5))),
      ], parts: parts)
    let report = try snapshot.report(ReportQuery(.activity))
    #expect(cells(report, "activeSeconds") == [.number(24), .number(.max / 1000)])
    let rule = try #require(report.rule)
    #expect(rule.contains("(2), else gaps of at most 5 minutes") && rule.hasSuffix("(1)"))
    #expect(try snapshot.story(of: "s").activeSeconds == 4)
    #expect(try snapshot.story(of: "t").activeSeconds == 20)
    var logs = ReportQuery(.activity)
    logs.filters = ["kind = log"]
    #expect(try cells(snapshot.report(logs), "activeSeconds") == [.number(130), .number(0)])
  }

  @Test("The first signatures are those that stand first among all")
  func firstSignatures() throws {
    var random = SplitMix64(seed: 4)
    let words = ["alpha", "beta", "gamma", "delta", "MCP server \"a\" Server stderr: "]
    let rows = (0..<400).map { number in
      let text = (0..<3).map { _ in words[Int(random.next() % 5)] }.joined(separator: " ")
      return Row(content: text + " x", component: "c", time: Int64(number), isError: true)
    }
    let snapshot = try Row.snapshot(rows)
    func signatures(_ limit: Int) throws -> [ErrorSignature] {
      var query = ReportQuery(.errors)
      query.signatureLimit = limit
      guard case .signatures(let found)? = try cells(snapshot.report(query), "signatures").first
      else { return [] }
      return found
    }
    let all = try signatures(1000)
    #expect(all.count > 64)
    for limit in [0, 1, 5, 64, 65] {
      #expect(try signatures(limit) == Array(all.prefix(limit)), "limit \(limit)")
    }
  }

  @Test("A timeline shows the days on which nothing happened, newest first")
  func timeline() throws {
    let snapshot = try Row.snapshot([
      Row(component: "b", time: 10), Row(component: "a", time: 20), Row(project: nil, time: 30),
      Row(time: 3 * Self.day + 5), Row(), Row(isEcho: true), Row(component: "a"),
    ])
    var query = ReportQuery(.timeline)
    query.since = -Self.day
    query.until = 4 * Self.day
    let report = try snapshot.report(query)
    #expect(report.occurrenceCount == 4 && report.withoutTimeCount == 0)
    #expect(report.leftOutCount == 2)
    #expect(
      cells(report, "date")
        == ["04", "03", "02", "01", "01"].map { .text("1970-01-\($0)") } + [.text("1969-12-31")])
    #expect(
      cells(report, "messages") == [1, 0, 0, 2, 1, 0].map { .number($0) })
    #expect(cells(report, "components")[3] == .texts(["a", "b"]))
    query.until = 200_000 * Self.day
    let error = #expect(throws: StoreError.self) { try snapshot.report(query) }
    #expect(error?.code == .limit)
  }

  @Test("Days are those of the zone, also where the clocks change")
  func zones() {
    let zone = ZoneOffsets(
      name: "made up",
      spans: [.init(start: .min, offset: 3600), .init(start: 100 * Self.day, offset: 7200)])
    var clock = ZoneOffsets.Clock(zone)
    #expect(clock.local(100 * Self.day - 1) == 100 * Self.day + 3_599_999)
    #expect(clock.local(100 * Self.day) == 100 * Self.day + 7_200_000)
    #expect(clock.local(-5) == 3_599_995)
    let buckets: [(ReportBucket, String)] = [
      (.hour, "2024-02-29T23"), (.day, "2024-02-29"), (.week, "2024-02-26"), (.month, "2024-02"),
    ]
    for (bucket, label) in buckets {
      #expect(bucket.label(bucket.number(ofLocal: 1_709_251_199_999)) == label)
    }
    #expect(ReportBucket.month.label(ReportBucket.month.number(ofLocal: -1)) == "1969-12")
  }

  @Test("Errors that differ in numbers, ids and paths have one signature")
  func signatures() throws {
    let snapshot = try Row.snapshot([
      Row(content: "\n  Timeout after 300 ms in /home/sam/a.txt\nmore", time: 9, isError: true),
      Row(content: "Timeout after 12 ms in /var/log/b.txt", time: 4, isError: true),
      Row(
        content: "no session 0b8f3c1e-1111-4222-8333-0123456789ab", component: "c", isError: true),
      Row(content: "Timeout after 12 ms in /var/log/b.txt"),
      Row(content: "<e>Not read</e>", component: "d", isError: true),
    ])
    let report = try snapshot.report(ReportQuery(.errors))
    #expect(cells(report, "component") == [.null, .text("c"), .text("d")])
    guard case .signatures(let found) = cells(report, "signatures").first else {
      Issue.record("no signatures")
      return
    }
    #expect(found.map(\.signature) == ["Timeout after # ms in <path>"])
    #expect(found.first?.count == 2 && found.first?.first == 4 && found.first?.last == 9)
    #expect(found.first?.sample == "Timeout after 300 ms in /home/sam/a.txt")
    let others = cells(report, "signatures").dropFirst().map { value in
      if case .signatures(let found) = value { found.map(\.signature) } else { [String]() }
    }
    #expect(others == [["no session #"], ["<e>Not read</e>"]])
  }

  @Test("Times at the ends of what a number holds, long names and no rows at all do no harm")
  func extremes() throws {
    let empty = try Row.snapshot([])
    for name in ReportQuery.Name.allCases {
      #expect(try empty.report(ReportQuery(name)).rows.isEmpty)
    }
    let long = String(repeating: "ü", count: 5000)
    let wild = try Row.snapshot([
      Row(component: long, time: .max - 1, isError: true), Row(component: long, time: .min + 2),
      Row(content: "", time: 0, isError: true), Row(kind: .toolInput, time: .max, model: long),
    ])
    let zone = ZoneOffsets(name: "east", spans: [.init(start: .min, offset: 50_400)])
    for name in ReportQuery.Name.allCases where name != .timeline {
      var query = ReportQuery(name)
      query.zone = zone
      #expect(try !wild.report(query).rows.isEmpty)
    }
    let components = try wild.report(ReportQuery(.components))
    #expect(cells(components, "component") == [.text(long)])
    #expect(cells(components, "errorRatePct") == [.percent(5000)])
    var timeline = ReportQuery(.timeline)
    timeline.zone = zone
    let error = #expect(throws: StoreError.self) { try wild.report(timeline) }
    #expect(error?.code == .limit)
  }

  @Test(
    "A share is rounded as SQLite rounds it, also where its binary fraction lies below a half",
    arguments: [(23, 58), (41, 103), (51, 128), (20, 50), (1, 3), (4000, 10_000)])
  func shares(errors: Int, hundredths: Int64) throws {
    let rows = (0..<4000).map { Row(component: "c", isError: $0 < errors) }
    let report = try Row.snapshot(rows).report(ReportQuery(.components))
    #expect(cells(report, "errorRatePct") == [.percent(hundredths)])
  }

  @Test("No time is on no day, also beside a time at the end of what a number holds")
  func noTimeBesideTheLeast() throws {
    let snapshot = try Row.snapshot([
      Row(component: "c", time: .min + 1), Row(component: "c"), Row(project: "/q", component: "d"),
    ])
    let activity = try snapshot.report(ReportQuery(.activity))
    #expect(cells(activity, "project") == [.text("/p"), .text("/q")])
    #expect(cells(activity, "daysActive") == [.number(1), .number(0)])
    #expect(cells(try snapshot.report(ReportQuery(.components)), "activeDays").last == .number(0))
  }

  @Test("What a report would not count anyway is not left out")
  func leftOut() throws {
    let snapshot = try Row.snapshot([
      Row(component: "c", time: 1, isError: true), Row(isError: true), Row(), Row(session: nil),
      Row(component: "c"), Row(isEcho: true),
    ])
    for (name, count) in [
      (ReportQuery.Name.errors, 1), (.components, 1), (.session, 3), (.activity, 4),
    ] {
      var query = ReportQuery(name)
      #expect(try snapshot.report(query).leftOutCount == 0)
      query.since = 0
      #expect(try snapshot.report(query).leftOutCount == count, "\(name)")
    }
  }

  @Test("Filters, order and limit are the user's")
  func choices() throws {
    let snapshot = try Row.snapshot([
      Row(project: "/a", component: "x", time: 1), Row(project: "/b", component: "x", time: 2),
      Row(project: "/b", component: "y", time: 3), Row(project: "/c", time: 4),
    ])
    var query = ReportQuery(.activity)
    query.filters = ["component EXISTS"]
    query.order = .init("project", isDescending: true)
    query.limit = 1
    let report = try snapshot.report(query)
    #expect(cells(report, "project") == [.text("/b")])
    #expect(report.rowCount == 2)
    query.order = .init("colour", isDescending: true)
    #expect(throws: StoreError.self) { try snapshot.report(query) }
    query = ReportQuery(.components)
    query.since = 2
    query.until = 3
    #expect(try cells(snapshot.report(query), "component") == [.text("x")])
  }

  // MARK: Errors

  @Test("What servers write stands apart, and what was seen before is not new")
  func errorsApart() throws {
    let server = #"MCP server "x" Server stderr: [12] listening"#
    let snapshot = try Row.snapshot([
      Row(content: "failed 1 time", time: 0, isError: true),
      Row(content: server, time: 1, isError: true), Row(content: server, time: 2, isError: true),
      Row(content: server, time: 3, isError: true),
      Row(content: "failed 2 times", time: 100, isError: true),
      Row(content: "failed 3 time", time: 101, isError: true),
      Row(content: "never dated", isError: true),
    ])
    var query = ReportQuery(.errors)
    let all = try snapshot.report(query)
    #expect(cells(all, "errors") == [.number(7)] && cells(all, "serverOutput") == [.number(3)])
    guard case .signatures(let signatures)? = cells(all, "signatures").first else {
      Issue.record("no signatures")
      return
    }
    #expect(signatures.map(\.count) == [2, 1, 1, 3])
    #expect(signatures.map(\.isServerOutput) == [false, false, false, true])
    query.newSince = 100
    let new = try snapshot.report(query)
    #expect(cells(new, "errors") == [.number(1)])
    query.newSince = 102
    #expect(try snapshot.report(query).rows.isEmpty)
    query.newSince = .min
    #expect(try cells(snapshot.report(query), "errors") == [.number(7)])
  }

  // MARK: Usage

  private func usage(_ message: String?, _ request: String?, _ output: Int64) -> MetadataValue {
    var members: [MetadataValue.Member] = [
      .init("usage", .object([.init("output_tokens", .int(output))]))
    ]
    if let message { members.append(.init("messageId", .text(message))) }
    if let request { members.append(.init("requestId", .text(request))) }
    return .object(members)
  }

  @Test("What was said last of a response counts, once", arguments: [1, 3])
  func tokens(parts: Int) throws {
    let snapshot = try Row.snapshot(
      [
        Row(kind: .answer, time: 10, model: "m", metadata: usage("a", "r", 7)),
        // Committed later, but said earlier.
        Row(kind: .answer, time: 5, model: "m", metadata: usage("a", "r", 1)),
        Row(kind: .toolInput, time: 11, model: "m", metadata: usage("a", nil, 20)),
        Row(kind: .toolInput, time: 11, model: "m", metadata: usage(nil, nil, 300)),
        Row(kind: .answer, time: 12, model: "n", metadata: usage("b", "r", .max)),
        Row(kind: .answer, time: 12, model: "n", metadata: usage("c", "r", .max)),
        Row(kind: .toolOutput, isError: true),
        Row(kind: .answer, time: 13, isEcho: true, model: "m", metadata: usage("a", "r", 999)),
        Row(kind: .log, metadata: usage("d", "r", 5)),
      ], parts: parts)
    let report = try snapshot.report(ReportQuery(.usage))
    #expect(cells(report, "day") == [.text("1970-01-01"), .text("1970-01-01"), .null])
    #expect(cells(report, "model") == [.text("m"), .text("n"), .null])
    #expect(cells(report, "outputTokens") == [.number(327), .number(.max), .number(0)])
    #expect(cells(report, "toolCalls") == [.number(2), .number(0), .number(0)])
    #expect(cells(report, "toolFailures") == [.number(0), .number(0), .number(1)])
    #expect(report.withoutTimeCount == 2)
  }

  // MARK: Disk

  @Test("Contents count where they are first, and blocks are shared out whole", arguments: [1, 3])
  func disk(parts: Int) throws {
    let big = String(repeating: "abc", count: 10_000)
    let snapshot = try Row.snapshot(
      [
        Row(content: big, path: "debug/a.txt"), Row(content: big, project: "/q", path: "debug/b"),
        Row(content: "small", project: nil, path: "/elsewhere/c"),
      ], parts: parts)
    var query = ReportQuery(.disk)
    let report = try snapshot.report(query)
    #expect(cells(report, "project") == [.text("/p"), .null, .text("/q")])
    #expect(cells(report, "contentBytes") == [.number(30_000), .number(5), .number(0)])
    #expect(cells(report, "repeatedBytes") == [.number(0), .number(0), .number(30_000)])
    #expect(cells(report, "ratio") == [.null, .null, .null])
    var stored: Int64 = 0
    for case .number(let bytes) in cells(report, "storedBytes") { stored += bytes }
    query.filters = ["project = '/q'"]
    #expect(try snapshot.report(query).rows.count == 1)
    query.filters = []
    query.isBySource = true
    let bySource = try snapshot.report(query)
    #expect(cells(bySource, "source") == [.text("debug"), .text("/elsewhere/c")])
    var again: Int64 = 0
    for case .number(let bytes) in cells(bySource, "storedBytes") { again += bytes }
    #expect(stored > 100 && stored == again)
  }
}
