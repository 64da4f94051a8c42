// One parsed JSON line: nodes that point into the source bytes. simdjson does the work; this is the
// only file that sees its C face.

import CSimdjson
import VarveFormat

/// Why a line is not a record.
package enum JSONFailure: String, Sendable {
  case notJSON = "not a JSON object"
  case notUTF8 = "invalid UTF-8"
  case tooDeep = "nesting too deep"
  case tooMany = "too many values"
}

/// Parses lines, reusing its memory. Not for several threads at once.
// SAFETY: the parser is owned by this object and used only through its methods.
@safe package final class JSONParser: @unchecked Sendable {
  private let parser: OpaquePointer
  /// Nodes of the last document.
  fileprivate var nodes: UnsafePointer<csimdjson_node>?
  fileprivate var nodeCount = 0

  /// Bytes that must be readable behind a line.
  package static let padding = Int(CSIMDJSON_PADDING)

  /// Creates a parser; nil if there is no memory.
  package init?() {
    guard let parser = unsafe csimdjson_create() else { return nil }
    unsafe self.parser = unsafe parser
  }

  deinit { unsafe csimdjson_destroy(parser) }

  /// Parses a range of a buffer behind which at least `padding` bytes follow. Its root is node 0.
  package func parse(_ buffer: RawSpan, _ range: Range<Int>) -> JSONFailure? {
    precondition(range.upperBound + Self.padding <= buffer.byteCount)
    nodeCount = 0
    // SAFETY: range and padding lie inside the buffer, as checked.
    let status = unsafe buffer.withUnsafeBytes { bytes in
      unsafe csimdjson_parse(
        parser,
        bytes.baseAddress?.advanced(by: range.lowerBound).assumingMemoryBound(to: UInt8.self),
        range.count, &nodes, &nodeCount)
    }
    switch status {
    // Some versions of simdjson skip a byte order mark, which is not part of JSON (RFC 8259,
    // section 8.1).
    case 0: return buffer.load(UInt8.self, at: range.lowerBound) == 0xEF ? .notJSON : nil
    case 2: return .notUTF8
    case 3: return .tooDeep
    case 4: return .tooMany
    default: return .notJSON
    }
  }

  /// What a node is.
  package enum Kind: UInt8, Sendable {
    case null, `false`, `true`, number, string, array, object
  }

  /// A node of the last document; its ranges are relative to the parsed range.
  package struct Node: Sendable {
    package let index: Int
    package let kind: Kind
    package let range: Range<Int>
    package let hasEscape: Bool
    package let key: Range<Int>
    package let keyHasEscape: Bool
    /// Index of the node behind this value and all inside it.
    package let next: Int
  }
}

/// A document: a line and the nodes of its parsing. Cheap to make for each line; valid until its
/// parser parses the next one.
// SAFETY: the nodes belong to the parser, which is kept alive here and, by the rule above, not
// used.
@safe package struct JSONDocument: ~Escapable {
  private let parser: JSONParser
  private let nodes: UnsafeBufferPointer<csimdjson_node>
  /// The bytes of the line.
  package let line: RawSpan

  @_lifetime(copy line)
  package init(_ parser: JSONParser, line: RawSpan) {
    self.parser = parser
    self.line = line
    unsafe nodes = UnsafeBufferPointer(start: parser.nodes, count: parser.nodeCount)
  }

  package var root: JSONParser.Node { node(0) }

  /// The node at an index; traps outside the document.
  package func node(_ index: Int) -> JSONParser.Node {
    precondition(unsafe index >= 0 && index < nodes.count)
    // SAFETY: the index was checked against the count that came with the pointer.
    let raw = unsafe nodes[index]
    let start = Int(raw.start)
    let key = Int(raw.key_start)
    return JSONParser.Node(
      index: index, kind: JSONParser.Kind(rawValue: raw.type) ?? .null,
      range: start..<(start + Int(raw.count)),
      hasEscape: raw.has_escape != 0, key: key..<(key + Int(raw.key_count)),
      keyHasEscape: raw.key_has_escape != 0, next: Int(raw.next))
  }

  /// The meaning of a member's name in a table.
  func meaning<Meaning>(_ member: JSONParser.Node, _ table: NameTable<Meaning>) -> Meaning? {
    let key = line.extracting(member.key)
    guard member.keyHasEscape else { return table.find(key) }
    var bytes: [UInt8] = []
    guard (try? JSONString.unescape(key, appendingTo: &bytes)) != nil else { return nil }
    return table.find(bytes.rawSpan)
  }

  /// The first member with a name; nil if the value is no object or has none.
  package func member(_ node: JSONParser.Node, _ name: StaticString) -> JSONParser.Node? {
    guard node.kind == .object else { return nil }
    var index = node.index + 1
    while index < node.next {
      let child = self.node(index)
      if isNamed(child, name) { return child }
      index = child.next
    }
    return nil
  }

  /// The first member with a name that is not known when the program is built.
  func member(_ node: JSONParser.Node, named name: [UInt8]) -> JSONParser.Node? {
    guard node.kind == .object else { return nil }
    var index = node.index + 1
    while index < node.next {
      let child = self.node(index)
      index = child.next
      var key = line.array(child.key)
      if child.keyHasEscape {
        var bytes: [UInt8] = []
        try? JSONString.unescape(line.extracting(child.key), appendingTo: &bytes)
        key = bytes
      }
      if key == name { return child }
    }
    return nil
  }

  /// Whether a member has a name.
  package func isNamed(_ node: JSONParser.Node, _ name: StaticString) -> Bool {
    matches(node.key, hasEscape: node.keyHasEscape, name)
  }

  /// Whether a node is a string with exactly these bytes.
  package func isString(_ node: JSONParser.Node?, _ text: StaticString) -> Bool {
    guard let node, node.kind == .string else { return false }
    return matches(node.range, hasEscape: node.hasEscape, text)
  }

  private func matches(_ range: Range<Int>, hasEscape: Bool, _ text: StaticString) -> Bool {
    // SAFETY: the pointer of a static string holds `utf8CodeUnitCount` bytes for ever.
    let wanted = unsafe RawSpan(
      _unsafeStart: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    let inside = line.extracting(range)
    if !hasEscape { return inside.isEqual(to: wanted) }
    var bytes: [UInt8] = []
    guard (try? JSONString.unescape(inside, appendingTo: &bytes)) != nil else { return false }
    return bytes.rawSpan.isEqual(to: wanted)
  }

  /// The unescaped bytes of a string node; nil for other nodes and bad escapes.
  package func string(_ node: JSONParser.Node?) -> [UInt8]? {
    guard let node, node.kind == .string else { return nil }
    if !node.hasEscape { return line.array(node.range) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(node.range.count)
    guard (try? JSONString.unescape(line.extracting(node.range), appendingTo: &bytes)) != nil else {
      return nil
    }
    return bytes
  }

  /// The integer of a number node; nil if it has another form or does not fit 64 bits.
  package func integer(_ node: JSONParser.Node?) -> Int64? {
    guard let node, node.kind == .number, node.range.count <= 20 else { return nil }
    let isNegative = line.load(UInt8.self, at: node.range.lowerBound) == 0x2D
    var value: Int64 = 0
    for i in (node.range.lowerBound + (isNegative ? 1 : 0))..<node.range.upperBound {
      let digit = line.load(UInt8.self, at: i) &- 0x30
      guard digit <= 9 else { return nil }
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(
        isNegative ? -Int64(digit) : Int64(digit))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }

  package func isTrue(_ node: JSONParser.Node?) -> Bool { node?.kind == .true }

  /// Whether every string and key of the document unescapes; simdjson leaves that to the reader.
  package func hasValidEscapes() -> Bool {
    // SAFETY: the indices are those of the buffer.
    for index in unsafe nodes.indices {
      let raw = unsafe nodes[index]
      guard raw.has_escape != 0 || raw.key_has_escape != 0 else { continue }
      let node = node(index)
      if node.kind == .string, node.hasEscape, !JSONString.isValid(line.extracting(node.range)) {
        return false
      }
      if node.keyHasEscape, !JSONString.isValid(line.extracting(node.key)) { return false }
    }
    return true
  }
}
