// The way of rows through reports: chunks, ranges and threads must not show. What is right is
// checked by `tools/check_reports` beside SQLite; here, that it does not depend on who counted.

import Dispatch
import Testing
import VarveFormat
import VarveTestSupport

@testable import Varve

@Suite("Rows on their way through reports") struct ReportScanTests {
  private static let day: Int64 = 86_400_000

  /// Rows of which some have everything, in an order of time that sometimes falls, with runs of
  /// one session, repeated contents, and more distinct sessions and components than a word has
  /// bits.
  private static func rows(_ count: Int, seed: UInt64) -> [SampleRow] {
    var random = SplitMix64(seed: seed)
    var rows: [SampleRow] = []
    var time: Int64 = 0
    var session = 0
    func roll(_ n: UInt64) -> Bool { random.next() % n == 0 }
    while rows.count < count {
      if roll(20) { session = Int(random.next() % 300) }
      time += Int64(random.next() % UInt64(roll(50) ? day : 200_000))
      var row = SampleRow()
      row.content = roll(3) ? "again \(random.next() % 40)" : "text \(rows.count) 17"
      row.kind = roll(8) ? .toolOutput : roll(4) ? .toolInput : .answer
      row.session = roll(30) ? nil : "s\(session)"
      row.project = roll(25) ? nil : "/p\(session % 7)"
      row.component = roll(3) ? nil : "c\(random.next() % 300)"
      row.time = roll(40) ? nil : roll(30) ? time - 10 * day : time
      row.isError = roll(9)
      // Later errors look like none before.
      if row.isError { row.content += String(repeating: "x", count: rows.count / 500) }
      row.isEcho = roll(15)
      row.model = roll(2) ? nil : "m\(random.next() % 3)"
      row.path = "f/\(random.next() % 50)"
      if roll(60) {
        row.kind = .meta
        row.metadata = .object([
          .init("subtype", .text("turn_duration")), .init("durationMs", .int(Int64(rows.count))),
        ])
      } else if roll(6) {
        row.metadata = .object([
          .init("messageId", .text("r\(random.next() % 90)")),
          .init("usage", .object([.init("output_tokens", .int(Int64(rows.count)))])),
        ])
      }
      rows.append(row)
    }
    return rows
  }

  private static func threads(_ width: Int) -> Concurrency {
    var threads = Concurrency(width: width) { count, body in
      DispatchQueue.concurrentPerform(iterations: count, execute: body)
    }
    threads.documentCountMin = 1
    return threads
  }

  private static var queries: [ReportQuery] {
    ReportQuery.Name.allCases.flatMap { name in
      [ReportQuery.Count.occurrences, .messages].flatMap { count in
        (0..<4).map { variant in
          var query = ReportQuery(name)
          query.count = count
          query.bucket = variant % 2 == 0 ? .day : .hour
          query.isBySource = variant == 3
          if variant == 1 { query.filters = ["component EXISTS"] }
          if variant == 2 {
            query.since = 5 * day
            query.until = 200 * day
          }
          if variant == 3, name == .errors { query.newSince = 30 * day }
          return query
        }
      }
    }
  }

  @Test("Ranges on several threads add up to what one pass does", arguments: [1, 2, 3] as [UInt64])
  func ranges(seed: UInt64) throws {
    let snapshot = try SampleRow.snapshot(Self.rows(5_000, seed: seed), parts: 3)
    for query in Self.queries {
      let alone = try snapshot.report(query)
      #expect(!alone.rows.isEmpty, "\(query.name)")
      for width in [2, 3, 7] {
        let shared = try snapshot.report(query, concurrently: Self.threads(width))
        // Not compared in the macro, which would print both.
        let isSame = shared == alone
        #expect(isSame, "\(query.name) by \(query.count.rawValue), \(width) threads")
      }
    }
  }

  @Test("Fewer rows than threads, none, and just a chunk")
  func borders() throws {
    for count in [0, 1, 2, ReportScan.chunkRowCount, ReportScan.chunkRowCount + 1] {
      let snapshot = try SampleRow.snapshot(Self.rows(count, seed: 9))
      for name in ReportQuery.Name.allCases {
        let alone = try snapshot.report(ReportQuery(name))
        let shared = try snapshot.report(ReportQuery(name), concurrently: Self.threads(5))
        let isSame = shared == alone
        #expect(isSame, "\(name) of \(count)")
      }
    }
  }

  @Test("Sets of bits and sets of pairs hold the same")
  func sets() {
    var random = SplitMix64(seed: 4)
    var expected: [UInt32: Set<UInt32>] = [:]
    var sets = [
      GroupedSet(), GroupedSet(valueCount: 200), GroupedSet(valueCount: 2_000, groupCount: 30),
      GroupedSet(valueCount: 2_000),
    ]
    var others = sets
    for step in 0..<400 {
      let groups = (0..<20).map { _ in UInt32(random.next() % 30) }
      let values = (0..<20).map { _ in UInt32(random.next() % 201) }
      for (group, value) in zip(groups, values) where value != 0 {
        expected[group, default: []].insert(value)
      }
      for i in sets.indices {
        if step < 300 {
          sets[i].add(groups.span, values.span)
        } else {
          // There, groups and numbers have other numbers.
          let (back, reversed) = (groups.map { 29 - $0 }, values.map { $0 == 0 ? 0 : 201 - $0 })
          others[i].add(back.span, reversed.span)
        }
      }
    }
    for i in sets.indices {
      sets[i].add(
        others[i], groups: (0..<30).map { 29 - $0 }, values: (0...200).map { 201 - max(1, $0) })
      for (group, values) in sets[i].values(30).enumerated() {
        #expect(Set(values) == expected[UInt32(group)] && values.count == Set(values).count)
      }
      #expect(sets[i].counts(30) == (0..<30).map { Int64(expected[$0]?.count ?? 0) })
    }
  }
}
