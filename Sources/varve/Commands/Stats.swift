// `varve stats`: sizes and the digest.

import ArgumentParser
import Varve
import VarveSources

struct Stats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how much the store holds, and the digest of all of it.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    let sums = try snapshot.statistics()
    let digest = try snapshot.digest()
    let sourceBytes = try snapshot.sourceByteCount()
    let rows: [(String, JSON)] = [
      ("messages", .int(sums.messages)), ("occurrences", .int(sums.occurrences)),
      ("echoes", .int(sums.echoes)), ("errors", .int(sums.errors)),
      ("projects", .int(sums.projects)), ("sessions", .int(sums.sessions)),
      ("withoutTime", .int(sums.withoutTime)), ("segments", .int(sums.segments)),
      ("indexes", .int(sums.indexes)), ("storeBytes", .int(sums.storeBytes)),
      ("segmentBytes", .int(sums.segmentBytes)), ("indexBytes", .int(sums.indexBytes)),
      ("contentBytes", .int(sums.contentBytes)), ("occurrenceBytes", .int(sums.occurrenceBytes)),
      ("sourceBytes", .int(sourceBytes)), ("generation", .int(snapshot.generation)),
      ("digest", .string("\(digest)")),
    ]
    if json.json { return JSON.object(rows).print() }
    for (name, value) in rows {
      let padded = name + String(repeating: " ", count: max(1, 18 - name.count))
      Output.line(padded + String(decoding: value.bytes, as: UTF8.self).filter { $0 != "\"" })
    }
  }
}
