// Echoes: the same prompt in the history and in the transcript. Format-spec CON-24.

import Testing
import Varve
import VarveStorage
import VarveTestSupport

@Suite struct EchoTests {
  private func prompt(
    _ phase: String, _ time: Int64?, session: String = "s", offset: UInt64
  ) throws -> WriteBatch {
    var occurrence = Occurrence(
      kind: .prompt, place: SourcePlace(host: "h", path: phase, offset: offset))
    occurrence.phase = phase
    occurrence.time = time
    occurrence.session = session
    var batch = WriteBatch()
    try batch.append(occurrence, content: Array("pwd".utf8))
    return batch
  }

  @Test("Both orders, both sides of an index, the edge of two seconds", .requirement("CON-24"))
  func rule() throws {
    for isIndexed in [false, true] {
      for (first, second) in [("history", "projects"), ("projects", "history")] {
        for (difference, isEcho) in [
          (0, true), (2000, true), (-2000, true), (2001, false), (-2001, false),
        ] as [(Int64, Bool)] {
          var options = StoreOptions(access: .write)
          options.createIfMissing = true
          let store = try Store.open(
            at: "/s", options: options, fileSystem: SimulatedFileSystem(), registers: false)
          try store.commit(try prompt(first, 10_000, offset: 1))
          if isIndexed { try store.flush() }
          let result = try store.commit(try prompt(second, 10_000 + difference, offset: 2))
          #expect(result.echoes == (isEcho ? 1 : 0), "\(first) \(difference) \(isIndexed)")
          let other = try store.commit(
            try prompt(second, 10_000, session: "other", offset: 3))
          #expect(other.echoes == 0)
          #expect(try store.commit(try prompt(first, 10_000, offset: 4)).echoes == (isEcho ? 1 : 0))
          #expect(try store.commit(try prompt(second, nil, offset: 5)).echoes == 0)
        }
      }
    }
  }
}
