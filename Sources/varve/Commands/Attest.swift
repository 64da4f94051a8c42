// `varve attest`: one line to keep elsewhere.

import ArgumentParser
import Varve

struct Attest: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print one line that fixes the whole history so far.",
    discussion: """
      Keep the line outside the store: commit number and history digest. The digest covers every \
      occurrence in order and is the same after compaction, rebuild and restore. 'verify \
      --attested' compares a store with it.
      """)

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    if json.json {
      return JSON.object([
        ("commit", .int(snapshot.commitCount)), ("generation", .int(snapshot.generation)),
        ("occurrences", .int(snapshot.nextSequence - 1)),
        ("historyDigest", .string("\(snapshot.historyDigest)")),
      ]).print()
    }
    Output.line("\(Attestation(snapshot))")
  }
}
