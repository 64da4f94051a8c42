// JSON as the command line prints it: members in the order given, strict UTF-8, nothing invented.

import Varve
import VarveSources

/// A JSON value to print.
indirect enum JSON {
  case null
  case bool(Bool)
  case int(Int64)
  case number(String)
  case string(String)
  case array([JSON])
  case object([(String, JSON)])

  static func int(_ value: Int) -> JSON { .int(Int64(value)) }
  static func int(_ value: UInt64) -> JSON { .int(Int64(clamping: value)) }
  static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
  /// A time as RFC 3339; beyond its years the number of milliseconds, null if unknown.
  static func time(_ milliseconds: Int64?) -> JSON {
    guard let milliseconds else { return .null }
    return TimeText.isWritable(milliseconds)
      ? .string(TimeText.rfc3339(milliseconds)) : .int(milliseconds)
  }

  /// A metadata tree; text that is not UTF-8 is shown with replacement characters.
  init(_ value: MetadataValue) {
    switch value {
    case .null: self = .null
    case .bool(let truth): self = .bool(truth)
    case .int(let number): self = .int(number)
    case .double(let number): self = .number("\(number)")
    case .number(let text): self = .number(String(decoding: text, as: UTF8.self))
    case .string(let text): self = .string(String(decoding: text, as: UTF8.self))
    case .array(let values): self = .array(values.map { JSON($0) })
    case .object(let members):
      self = .object(members.map { (String(decoding: $0.key, as: UTF8.self), JSON($0.value)) })
    }
  }

  /// Content under `content`, or under `contentBase64` if it is not UTF-8.
  static func content(_ bytes: [UInt8]) -> (String, JSON) {
    if let text = String(validating: bytes, as: UTF8.self) { return ("content", .string(text)) }
    return ("contentBase64", .string(Base64.encode(bytes)))
  }

  var bytes: [UInt8] {
    var output: [UInt8] = []
    append(to: &output)
    return output
  }

  /// Prints the value as one line.
  func print() {
    Output.raw(bytes)
    Output.raw([0x0A])
  }

  private func append(to output: inout [UInt8]) {
    switch self {
    case .null: output += Array("null".utf8)
    case .bool(let truth): output += Array((truth ? "true" : "false").utf8)
    case .int(let number): output += Array(String(number).utf8)
    case .number(let text): output += Array(text.utf8)
    case .string(let text): Self.append(text, to: &output)
    case .array(let values):
      output.append(UInt8(ascii: "["))
      for (i, value) in values.enumerated() {
        if i > 0 { output.append(UInt8(ascii: ",")) }
        value.append(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      for (i, member) in members.enumerated() {
        if i > 0 { output.append(UInt8(ascii: ",")) }
        Self.append(member.0, to: &output)
        output.append(UInt8(ascii: ":"))
        member.1.append(to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  private static func append(_ text: String, to output: inout [UInt8]) {
    output.append(0x22)
    for byte in text.utf8 {
      switch byte {
      case 0x22, 0x5C:
        output.append(0x5C)
        output.append(byte)
      case 0x0A: output += [0x5C, 0x6E]
      case 0x0D: output += [0x5C, 0x72]
      case 0x09: output += [0x5C, 0x74]
      case 0..<0x20, 0x7F:
        output += Array("\\u00".utf8)
        output += Array(Hex.encode([byte]).utf8)
      default: output.append(byte)
      }
    }
    output.append(0x22)
  }
}
