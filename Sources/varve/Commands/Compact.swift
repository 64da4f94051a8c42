// `varve compact`: fewer and, with --cold, smaller files.

import ArgumentParser
import Varve

struct Compact: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write small segments as large ones; with --cold compress all of them harder.",
    discussion: """
      Nothing of the content, the order or the history changes. Readers and writers go on \
      meanwhile: new files are made beside the old ones, which go once the new ones are durable. \
      It can be stopped at any time and goes on where it was.

      --cold compresses by zlib: smaller, and slower to read by hash.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var wait: WaitArguments
  @OptionGroup var json: JSONArguments

  @Flag(name: .long, help: "Compress everything by zlib.")
  var cold = false

  @Flag(name: [.short, .long], help: "Say nothing but errors.")
  var quiet = false

  func run() throws {
    let store = try storeArguments.openForWriting(wait)
    Process.catchStops()
    let result = try store.compact(isCold: cold, isCancelled: { Process.isStopped })
    if json.json {
      return JSON.object([
        ("segmentsBefore", .int(result.segmentsBefore)),
        ("segmentsAfter", .int(result.segmentsAfter)), ("bytesBefore", .int(result.bytesBefore)),
        ("bytesAfter", .int(result.bytesAfter)),
      ]).print()
    }
    guard !quiet else { return }
    if result.segmentsBefore == 0 {
      return Output.line("nothing to compact")
    }
    Output.line(
      "\(Count.text(result.segmentsBefore, "segment")) of \(result.bytesBefore) bytes are now "
        + "\(result.segmentsAfter) of \(result.bytesAfter)")
  }
}
