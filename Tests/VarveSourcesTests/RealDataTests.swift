// Real homes, if there are some: the reader's figures beside those of an independent count.

import Foundation
import Testing
import Varve
import VarveSources
import VarveTestSupport

@Suite(
  "Real data",
  .enabled(
    if: ProcessInfo.processInfo.environment["VARVE_DATA"] != nil,
    "VARVE_DATA is not set: it names a folder with the homes a and b and the extracted phase 1"),
  .serialized)
struct RealDataTests {
  private let folder = ProcessInfo.processInfo.environment["VARVE_DATA"] ?? ""

  @Test("A home gives what the independent count finds", arguments: ["a", "b"])
  func agreesWithCount(home: String) throws {
    let world = try World()
    let report = try world.ingest(folder + "/" + home)
    let sums = try world.snapshot().statistics()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", Repository.root + "/tools/count_home", folder + "/" + home, "--json",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let result = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let total = try #require(result["total"] as? [String: Any])
    let figures: [(String, Int)] = [
      ("occurrences", Int(sums.occurrences)), ("distinctMessages", Int(sums.messages)),
      ("echoes", Int(sums.echoes)), ("errors", Int(sums.errors)), ("sessions", sums.sessions),
      ("projects", sums.projects), ("withoutTime", Int(sums.withoutTime)),
      ("skippedLines", report.skippedCount), ("files", report.files), ("bytes", Int(report.bytes)),
      ("lines", report.lines),
    ]
    for (name, value) in figures { #expect(total[name] as? Int == value, "\(name)") }
    #expect(total["droppedParts"] as? [String: Int] == report.droppedByReason)
    #expect(total["skippedByReason"] as? [String: Int] == report.skippedByReason)
    #expect(report.failures.isEmpty)
    #expect(report.committed.repeated == 0)
    #expect(try world.ingest(folder + "/" + home).committed.occurrencesNew == 0)
  }

  @Test("The extracted phase 1 has 1,494 records of 963 messages")
  func readsPhaseOne() throws {
    let world = try World()
    let report = try world.ingest(folder + "/extracted/extracted/phase-1-history.jsonl")
    #expect(report.committed.occurrencesNew == 1494)
    #expect(report.committed.messagesNew == 963)
    #expect(report.skippedCount == 0)
    // One record states a hash that is not its content's.
    #expect(report.warnings.map(\.line) == [153])
    #expect(try world.sightings().allSatisfy { $0.kind == .prompt && $0.occurrence.time != nil })
  }
}
