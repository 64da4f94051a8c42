// `varve rebuild`: makes all indexes again.

import ArgumentParser
import Varve
import VarveSources

struct Rebuild: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make all indexes again from the segments.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var wait: WaitArguments

  @Flag(name: [.short, .long], help: "Say nothing but errors.")
  var quiet = false

  func run() throws {
    var options = StoreOptions(access: .write)
    options.lockWaitMilliseconds = wait.milliseconds
    options.maintenance = .manual
    let store = try Store.rebuild(at: try storeArguments.pathForWriting(), options: options)
    try store.indexText(ifOver: Limits.tailByteCount, concurrently: .dispatch)
    if !quiet {
      let sums = try store.snapshot().statistics()
      Output.line("rebuilt \(sums.indexes) indexes over \(sums.occurrences) occurrences")
    }
  }
}
