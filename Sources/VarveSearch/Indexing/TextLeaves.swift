// The text of a metadata tree by attribute: leaves of nested objects and arrays. SEARCH.md 3.

import VarveFormat

/// Names of fields with patterns: a name covers its children, `*` stands for any characters.
package enum FieldPattern {
  /// Whether a pattern covers a path: the same, a parent of it, or a match of `*`.
  package static func covers(_ pattern: String, _ path: String) -> Bool {
    if pattern == "*" || pattern == path { return true }
    if pattern.utf8.contains(UInt8(ascii: "*")) {
      return matches(Array(pattern.utf8)[...], Array(path.utf8)[...])
    }
    return path.utf8.count > pattern.utf8.count && path.hasPrefix(pattern)
      && path.utf8.dropFirst(pattern.utf8.count).first == UInt8(ascii: ".")
  }

  /// Linear in the product of both lengths, whatever the pattern.
  private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    var reachable = [Bool](repeating: false, count: text.count + 1)
    reachable[0] = true
    for symbol in pattern {
      var next = [Bool](repeating: false, count: text.count + 1)
      if symbol == UInt8(ascii: "*") {
        var isReached = false
        for i in reachable.indices {
          isReached = isReached || reachable[i]
          next[i] = isReached
        }
      } else {
        for (i, byte) in text.enumerated() where reachable[i] && byte == symbol {
          next[i + 1] = true
        }
      }
      reachable = next
    }
    return reachable[text.count]
  }
}

struct TextLeaves {
  private let wanted: [String]?
  /// Texts of each attribute, in order of their first leaf.
  private(set) var texts: [(name: String, texts: [[UInt8]])] = []
  private var places: [String: Int] = [:]

  init(_ wanted: [String]?) { self.wanted = wanted }

  mutating func collect(_ tree: MetadataValue) { collect(tree, path: "", depth: 0) }

  private mutating func collect(_ value: MetadataValue, path: String, depth: Int) {
    guard depth <= Limits.metadataDepth else { return }
    switch value {
    case .null: return
    case .bool(let truth): add(path, truth ? "true" : "false")
    case .int(let number): add(path, String(number))
    case .double(let number): add(path, NumberText.text(number))
    case .number(let text): add(path, text)
    case .string(let text): add(path, text)
    case .array(let values):
      for value in values { collect(value, path: path, depth: depth + 1) }
    case .object(let members):
      for member in members {
        let key = String(decoding: member.key, as: UTF8.self)
        collect(
          member.value, path: path.isEmpty ? key : path + "." + key, depth: depth + 1)
      }
    }
  }

  private mutating func add(_ path: String, _ text: String) { add(path, Array(text.utf8)) }

  private mutating func add(_ path: String, _ text: [UInt8]) {
    if let place = places[path] {
      texts[place].texts.append(text)
      return
    }
    if let wanted, !wanted.contains(where: { FieldPattern.covers($0, path) }) { return }
    places[path] = texts.count
    texts.append((path, [text]))
  }
}

/// Numbers as they are shown and searched: `1995`, `4.5`.
package enum NumberText {
  package static func text(_ number: Double) -> String {
    if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
    return "\(number)"
  }
}
