// Names of the files of a store. Chapter 2, DIR-1 to DIR-6.

/// Paths below a store's directory.
package struct StorePaths: Sendable {
  package let root: String

  package init(_ root: String) {
    var trimmed = root
    while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.root = trimmed
  }

  package var lock: String { root + "/LOCK" }
  package var current: String { root + "/CURRENT" }
  package var tail: String { root + "/TAIL" }
  package var temporary: String { root + "/tmp" }
  package var manifests: String { root + "/manifests" }
  package var segments: String { root + "/segments" }
  package var indexes: String { root + "/indexes" }

  package func manifest(_ generation: UInt64) -> String {
    manifests + "/" + Self.padded(generation, 6) + ".vman"
  }
  package func segment(_ id: UInt64) -> String { segments + "/" + Self.padded(id, 8) + ".vseg" }
  package func index(_ id: UInt64) -> String { indexes + "/" + Self.padded(id, 8) + ".vbt" }
  package func fullText(_ id: UInt64) -> String {
    indexes + "/" + Self.padded(id, 8) + ".vft"
  }
  package func temporary(_ name: String) -> String { temporary + "/" + name }

  /// The number in a file's name, if it is a name that a store uses.
  package static func number(_ name: String, suffix: String) -> UInt64? {
    guard name.hasSuffix(suffix) else { return nil }
    let digits = name.dropLast(suffix.count)
    guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return UInt64(digits)
  }

  private static func padded(_ number: UInt64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
