// Reads the small XML documents of S3: elements and their text. No attributes, no entities but the
// five of XML and numbers, nothing from outside.

/// The elements of a document that the answers of S3 consist of.
struct XMLText {
  private let bytes: [UInt8]

  /// - Parameter bytes: an answer.
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The text of the first element with a name, its inner elements as they stand; nil if there is
  /// none that ends.
  func first(_ name: String) -> String? {
    element(name, from: 0).map { Self.unescape(bytes[$0]) }
  }

  /// All elements with a name, one after another.
  func all(_ name: String) -> [XMLText] {
    var found: [XMLText] = []
    var at = 0
    while let range = element(name, from: at) {
      found.append(XMLText(Array(bytes[range])))
      at = range.upperBound
    }
    return found
  }

  /// Whether the document's outermost element has a name and ends.
  func isWhole(_ name: String) -> Bool {
    guard let range = element(name, from: 0) else { return false }
    return bytes[range.upperBound...].elementsEqual("</\(name)>".utf8)
      || bytes[range.upperBound...].starts(with: "</\(name)>".utf8)
  }

  /// The inside of the next element with a name.
  private func element(_ name: String, from start: Int) -> Range<Int>? {
    var at = start
    while let open = find("<" + name, from: at) {
      at = open + name.utf8.count + 1
      guard at < bytes.count else { return nil }
      // A longer name is another; only the outermost element has attributes.
      guard bytes[at] == 0x3E || bytes[at] == 0x20 || bytes[at] == 0x2F else { continue }
      while at < bytes.count, bytes[at] != 0x3E { at += 1 }
      guard at < bytes.count else { return nil }
      if bytes[at - 1] == 0x2F { return at + 1..<at + 1 }
      return find("</\(name)>", from: at).map { at + 1..<$0 }
    }
    return nil
  }

  private func find(_ text: String, from start: Int) -> Int? {
    let wanted = Array(text.utf8)
    var at = start
    while at + wanted.count <= bytes.count {
      guard let next = bytes[at...].firstIndex(of: wanted[0]) else { return nil }
      guard next + wanted.count <= bytes.count else { return nil }
      if bytes[next..<(next + wanted.count)].elementsEqual(wanted) { return next }
      at = next + 1
    }
    return nil
  }

  /// Characters of the longest entity, `#x10FFFF`, and its end.
  private static let entityLengthMax = 10

  private static func unescape(_ bytes: ArraySlice<UInt8>) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("&") else { return text }
    var found = ""
    var rest = text[...]
    while let ampersand = rest.firstIndex(of: "&") {
      found += rest[..<ampersand]
      rest = rest[ampersand...].dropFirst()
      guard let end = rest.prefix(entityLengthMax).firstIndex(of: ";"),
        let scalar = scalar(rest[..<end])
      else {
        found += "&"
        continue
      }
      found.unicodeScalars.append(scalar)
      rest = rest[end...].dropFirst()
    }
    return found + rest
  }

  private static func scalar(_ name: Substring) -> Unicode.Scalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard name.hasPrefix("#") else { return nil }
      let digits = name.dropFirst()
      let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
      return number.flatMap(Unicode.Scalar.init)
    }
  }
}
