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

  func text(_ text: String) -> String {
    redact ? String(decoding: bytes(Array(text.utf8)), as: UTF8.self) : text
  }

  /// For reports, which cut samples from contents; nil if nothing is to be hidden.
  var redaction: Redaction? {
    guard redact else { return nil }
    return { SecretScanner.redacted($0) }
  }

  /// The occurrence with its texts and its metadata redacted.
  func occurrence(_ occurrence: Occurrence) -> Occurrence {
    guard redact else { return occurrence }
    var copy = occurrence
    for field in TextField.allCases { copy[field] = occurrence[field].map(text) }
    copy.metadata = occurrence.metadata.map(value)
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
