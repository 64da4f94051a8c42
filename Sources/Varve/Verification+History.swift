// What a kept line says of the history, and what tombstones say of what is gone.

import VarveFormat
import VarveStorage

extension Verifier {
  /// Compares the commit that a line attests, and notes what was forgotten later.
  mutating func attest(_ frame: CommitFrame, _ facts: [FactLocation]) {
    guard let attestation else { return }
    if frame.number == attestation.commit {
      hasAttested = true
      if frame.historyDigest != attestation.historyDigest {
        // SHP-26: a backup that was written anew ends with a commit of its own.
        let isAdopted = frame.recordCount == 0 && facts.contains { $0.kind == .tombstone }
        report.problems.append(
          VerificationProblem(
            file: "",
            kind: "commit \(frame.number) is not the attested one: "
              + (isAdopted
                ? "it has tombstones alone, as a backup that was written anew; the line may be "
                  + "of a newer state"
                : "the history differs")))
      }
    }
    guard frame.number > attestation.commit else { return }
    for fact in facts where fact.kind == .tombstone {
      if let place = tombstones[fact.keyHash], listed.insert(place).inserted {
        report.forgottenSince.append(forgettings[place])
      }
    }
  }

  /// Nothing goes without a tombstone that names it.
  mutating func verifyForgotten() {
    var ranges = forgettings.flatMap(\.sequences).sorted { $0.lowerBound < $1.lowerBound }[...]
    for sequence in gone {
      while let first = ranges.first, first.upperBound < sequence { ranges.removeFirst() }
      if let first = ranges.first, first.contains(sequence) { continue }
      report.problems.append(
        VerificationProblem(file: "", kind: "record \(sequence) is gone, and no tombstone says why")
      )
      return
    }
  }
}
