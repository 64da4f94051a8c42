// The JSON that `tools/varve_reader` prints: sorted keys, no blanks, UTF-8 unescaped.

import VarveFormat

/// A value in canonical JSON.
indirect enum CanonicalJSON: Sendable {
  case null
  case bool(Bool)
  /// A number as its text.
  case number(String)
  case text([UInt8])
  case array([CanonicalJSON])
  case object([String: CanonicalJSON])

  static func int(_ value: some BinaryInteger) -> CanonicalJSON { .number(String(value)) }
  static func string(_ value: String) -> CanonicalJSON { .text(Array(value.utf8)) }
  static func hex(_ bytes: [UInt8]) -> CanonicalJSON { .string(Hex.encode(bytes)) }
  static func hex(_ hash: ContentHash) -> CanonicalJSON { .hex(hash.bytes) }

  var rendered: String {
    switch self {
    case .null: "null"
    case .bool(let truth): truth ? "true" : "false"
    case .number(let text): text
    case .text(let bytes): Self.quoted(Self.shown(bytes))
    case .array(let values): "[" + values.map(\.rendered).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { key in
          Self.quoted(key) + ":" + (members[key]?.rendered ?? "null")
        }.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      case "\u{0}"..<"\u{20}": result += "\\u00" + Hex.encode([UInt8(scalar.value)])
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// Bytes as text; those that are not UTF-8 show as `\xNN` (ENV-5).
  static func shown(_ bytes: [UInt8]) -> String {
    if let whole = String(validating: bytes, as: UTF8.self) { return whole }
    var result = ""
    var i = 0
    while i < bytes.count {
      let lengths = (1...4).filter { i + $0 <= bytes.count }
      let found = lengths.lazy.compactMap { count in
        String(validating: bytes[i..<(i + count)], as: UTF8.self).map { ($0, count) }
      }.first
      result += found?.0 ?? "\\x" + Hex.encode([bytes[i]])
      i += found?.1 ?? 1
    }
    return result
  }

  init(_ value: MetadataValue) {
    switch value {
    case .null: self = .null
    case .bool(let truth): self = .bool(truth)
    case .int(let number): self = .int(number)
    case .double(let number): self = number.isFinite ? .number("\(number)") : .null
    case .number(let text): self = .number(Self.shown(text))
    case .string(let text): self = .text(text)
    case .array(let values): self = .array(values.map { CanonicalJSON($0) })
    case .object(let members):
      var object: [String: CanonicalJSON] = [:]
      for member in members { object[Self.shown(member.key)] = CanonicalJSON(member.value) }
      self = .object(object)
    }
  }
}
