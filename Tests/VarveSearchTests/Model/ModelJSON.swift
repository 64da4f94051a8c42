// The JSON values which the brute-force model reads, and the errors it throws.

import Foundation

/// What the model throws instead of an answer; `code` is Meilisearch's error code.
enum ModelError: Error, Equatable {
  case refused(String)

  var code: String {
    switch self {
    case .refused(let code): return code
    }
  }
}

enum ModelJSON {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([ModelJSON])
  case object([(String, ModelJSON)])

  subscript(key: String) -> ModelJSON? {
    guard case .object(let pairs) = self else { return nil }
    for (name, value) in pairs where modelSame(name, key) { return value }
    return nil
  }

  var isNull: Bool {
    if case .null = self { return true }
    return false
  }

  var text: String? {
    if case .string(let value) = self { return value }
    return nil
  }

  var double: Double? {
    if case .number(let value) = self { return value }
    return nil
  }

  var int: Int? {
    guard let value = double, value == value.rounded(), abs(value) < 1e15 else { return nil }
    return Int(value)
  }

  var bool: Bool? {
    if case .bool(let value) = self { return value }
    return nil
  }

  var list: [ModelJSON]? {
    if case .array(let value) = self { return value }
    return nil
  }

  /// The strings of an array of strings; nil if it is no array.
  var texts: [String]? {
    guard let list else { return nil }
    return list.compactMap { $0.text }
  }
}

/// Byte order of UTF-8.
func modelBytesPrecede(_ left: String, _ right: String) -> Bool {
  return Array(left.utf8).lexicographicallyPrecedes(Array(right.utf8))
}

/// The same bytes (Swift's `==` on strings is canonical equivalence).
func modelSame(_ left: String, _ right: String) -> Bool {
  return Array(left.utf8) == Array(right.utf8)
}

func modelBytesStart(_ text: String, with prefix: String) -> Bool {
  return Array(text.utf8).starts(with: Array(prefix.utf8))
}

func modelBytesEnd(_ text: String, with suffix: String) -> Bool {
  return Array(text.utf8.reversed()).starts(with: Array(suffix.utf8.reversed()))
}

func modelBytesContain(_ text: String, _ part: String) -> Bool {
  let bytes = Array(text.utf8)
  let wanted = Array(part.utf8)
  if wanted.isEmpty { return true }
  var start = 0
  while start + wanted.count <= bytes.count {
    if Array(bytes[start..<(start + wanted.count)]) == wanted { return true }
    start += 1
  }
  return false
}

/// `name` is `parent` itself or a field below it.
func modelIsWithin(_ name: String, _ parent: String) -> Bool {
  return modelSame(name, parent) || modelBytesStart(name, with: parent + ".")
}

/// A name against a pattern with at most one star at either end (`a.*`, `*.b`, `*a*`, `*`).
func modelMatches(_ name: String, pattern: String) -> Bool {
  if pattern == "*" { return true }
  let open = modelBytesStart(pattern, with: "*")
  let close = modelBytesEnd(pattern, with: "*")
  var core = pattern
  if open { core = String(core.dropFirst()) }
  if close { core = String(core.dropLast()) }
  if open && close { return modelBytesContain(name, core) }
  if open { return modelBytesEnd(name, with: core) }
  if close { return modelBytesStart(name, with: core) }
  return modelSame(name, core)
}

/// A number as text: `1995`, `4.5`.
func modelNumberText(_ value: Double) -> String {
  if value == value.rounded() && abs(value) < 9e18 { return String(Int(value)) }
  return "\(value)"
}
