// How much moves at a time.

import ArgumentParser
import Varve
import VarveSources

struct TransferArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Segments that move at a time, 1 to 32.", valueName: "number"))
  var transfers = 4

  func validate() throws {
    guard (1...32).contains(transfers) else { throw ValidationError("--transfers is 1 to 32") }
  }

  var concurrency: Concurrency { .waiting(threads: transfers) }
}
