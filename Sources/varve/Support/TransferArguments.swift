// How much moves at a time.

import ArgumentParser
import Varve
import VarveSources

struct TransferArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Files that move at a time, 1 to 32.", valueName: "number"))
  var transfers = Self.countDefault

  private static let countDefault = 4
  static var concurrencyDefault: Concurrency { .waiting(threads: countDefault) }

  func validate() throws {
    guard (1...32).contains(transfers) else { throw ValidationError("--transfers is 1 to 32") }
  }

  var concurrency: Concurrency { .waiting(threads: transfers) }
}
