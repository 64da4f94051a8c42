// `--redact`: credentials are hidden in what is shown or handed on; the store keeps them.

import ArgumentParser
import Varve
import VarveSources

struct RedactArguments: ParsableArguments {
  @Flag(name: .long, help: "Replace credentials by [redacted:RULE]; see 'varve secrets'.")
  var redact = false

  func bytes(_ bytes: [UInt8]) -> [UInt8] {
    redact ? SecretScanner.redacted(bytes) : bytes
  }

  /// The occurrence with its metadata redacted.
  func occurrence(_ occurrence: Occurrence) -> Occurrence {
    guard redact, let metadata = occurrence.metadata else { return occurrence }
    var copy = occurrence
    copy.metadata = value(metadata)
    return copy
  }

  private func value(_ value: MetadataValue) -> MetadataValue {
    switch value {
    case .string(let text): .string(SecretScanner.redacted(text))
    case .array(let values): .array(values.map(self.value))
    case .object(let members): .object(members.map { .init($0.key, self.value($0.value)) })
    default: value
    }
  }
}
