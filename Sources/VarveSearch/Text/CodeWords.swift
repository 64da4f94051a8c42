// What is indexed beside the plain words of code: whole identifiers and the parts of camelCase, and
// which words were made by machines. Chapter 6, INV-44 to INV-48.

import VarveFormat

package enum CodeWords {
  /// Stands before a term that is not a plain word.
  @inlinable package static var mark: UInt8 { 1 }
  /// Longest identifier, in bytes.
  static let identifierByteCountMax = 64
  /// Most words of an identifier.
  static let identifierWordCountMax = 6

  /// Whether a single separator joins words to one identifier.
  static func joins(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
  }

  /// Where the parts of a word in camelCase end; empty if it has no two parts of two letters.
  package static func parts(_ word: RawSpan) -> [Range<Int>] {
    func isUpper(_ i: Int) -> Bool { word.load(UInt8.self, at: i) &- 0x41 < 26 }
    func isLower(_ i: Int) -> Bool { word.load(UInt8.self, at: i) &- 0x61 < 26 }
    let count = word.byteCount
    guard count >= 4, count <= identifierByteCountMax else { return [] }
    var found: [Range<Int>] = []
    var start = 0
    for i in 1..<count {
      let startsWord =
        isUpper(i) && isLower(i - 1)
        || isUpper(i) && isUpper(i - 1) && i + 1 < count && isLower(i + 1)
      if startsWord {
        if i - start >= 2 { found.append(start..<i) }
        start = i
      }
    }
    guard start > 0 else { return [] }
    if count - start >= 2 { found.append(start..<count) }
    return found.count >= 1 ? found : []
  }

  /// Whether a word looks like an identifier that a machine made: a hash, a long number, base64.
  /// Such words are found exactly and by prefix, not by typos.
  package static func isMachineMade(_ word: RawSpan) -> Bool {
    let count = word.byteCount
    if count > 40 { return true }
    var digits = 0
    var isHex = true
    for i in 0..<count {
      let byte = word.load(UInt8.self, at: i)
      if byte &- 0x30 < 10 {
        digits += 1
      } else if !(byte &- 0x61 < 6) {
        isHex = false
      }
    }
    if digits == 0 { return false }
    if digits == count || isHex { return true }
    return digits >= 3 || count >= 16
  }
}
