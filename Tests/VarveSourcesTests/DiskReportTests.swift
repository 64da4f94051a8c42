// Which project and which source the bytes of files belong to.

import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Disk by project and source") struct DiskReportTests {
  private func cells(_ report: Report, _ keys: String...) -> [[Report.Value]] {
    report.columns(keys).rows
  }

  private func line(_ project: String?, _ text: String) -> String {
    let cwd = project.map { #""cwd":"\#($0)","# } ?? ""
    return #"{"type":"user",\#(cwd)"sessionId":"s","message":{"content":"\#(text)"}}"# + "\n"
  }

  @Test("A file belongs where its first occurrence does that belongs anywhere")
  func skipsLinesWithoutProject() throws {
    let world = try World()
    let text = line(nil, "no project yet") + line("/p", "one") + line("/q", "two")
    try world.transcript(text)
    try world.history(#"{"display":"lost","timestamp":1}"# + "\n")
    try world.ingest()
    let report = try world.snapshot().report(ReportQuery(.disk))
    let size = Report.Value.number(Int64(text.utf8.count))
    #expect(
      cells(report, "project", "files", "originalBytes").prefix(2) == [
        [.text("/p"), .number(1), size], [.null, .number(1), .number(33)],
      ])
  }

  @Test("Files of one path on two hosts are two files")
  func keepsHostsApart() throws {
    let world = try World()
    try world.transcript(line("/a", "here"))
    try world.ingest { $0.host = "one" }
    let text = line("/b", "a longer line over there")
    try world.transcript(text)
    try world.ingest { $0.host = "two" }
    var query = ReportQuery(.disk)
    query.filters = ["project = '/b'"]
    let size = Report.Value.number(Int64(text.utf8.count))
    #expect(
      cells(try world.snapshot().report(query), "project", "files", "originalBytes")
        == [[.text("/b"), .number(1), size]])
    query.filters = []
    query.isBySource = true
    let bySource = cells(try world.snapshot().report(query), "source", "files")
    #expect(bySource == [[.text("projects"), .number(2)]])
  }

  @Test("Shares of the blocks add up to what the segment holds beside its frames")
  func sharesAddUp() throws {
    let world = try World()
    var random = SplitMix64(seed: 1)
    for number in 0..<40 {
      // Little that repeats: the blocks are mostly contents and chunks.
      let words = (0..<200).map { _ in String(random.next(), radix: 36) }
      let text = line("/p\(number % 3)", words.joined(separator: " "))
      try world.transcript(text, name: "s-\(number).jsonl")
    }
    try world.ingest()
    let snapshot = try world.snapshot()
    var stored: Int64 = 0
    for case .number(let bytes) in cells(try snapshot.report(ReportQuery(.disk)), "storedBytes")
      .joined()
    { stored += bytes }
    let segment = try snapshot.statistics().segmentBytes
    // Facts other than chunks, headers and frames belong to no project.
    #expect(stored > Int64(segment) / 2 && stored <= Int64(segment))
  }
}
