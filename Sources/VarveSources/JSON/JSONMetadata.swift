// JSON values as metadata trees, without a detour through Swift values. Format-spec MET-1 to MET-6.

package import VarveFormat

extension JSONDocument {
  /// Appends the tree of a value; false if it is nested too deep.
  package func appendTree(
    _ node: JSONParser.Node, to writer: inout ByteWriter, depth: Int = 0
  ) -> Bool {
    guard depth <= Limits.metadataDepth else { return false }
    switch node.kind {
    case .null: writer.write(MetadataTree.Tag.null.rawValue)
    case .false: writer.write(MetadataTree.Tag.false.rawValue)
    case .true: writer.write(MetadataTree.Tag.true.rawValue)
    case .number: appendNumber(node, to: &writer)
    case .string:
      writer.write(MetadataTree.Tag.string.rawValue)
      appendText(node.range, hasEscape: node.hasEscape, to: &writer)
    case .array, .object:
      let isObject = node.kind == .object
      writer.write((isObject ? MetadataTree.Tag.object : .array).rawValue)
      writer.writeVarint(childCount(node))
      var index = node.index + 1
      while index < node.next {
        let child = self.node(index)
        if isObject { appendText(child.key, hasEscape: child.keyHasEscape, to: &writer) }
        guard appendTree(child, to: &writer, depth: depth + 1) else { return false }
        index = child.next
      }
    }
    return true
  }

  package func childCount(_ node: JSONParser.Node) -> Int {
    var count = 0
    var index = node.index + 1
    while index < node.next {
      count += 1
      index = self.node(index).next
    }
    return count
  }

  package func appendText(_ range: Range<Int>, hasEscape: Bool, to writer: inout ByteWriter) {
    if !hasEscape {
      writer.writeCounted(line.extracting(range))
      return
    }
    var text: [UInt8] = []
    // A bad escape was refused when the line was read.
    try? JSONString.unescape(line.extracting(range), appendingTo: &text)
    writer.writeVarint(text.count)
    writer.write(text)
  }

  /// Whether an integer is written as it would be printed: "-0" is not.
  private func isCanonical(_ range: Range<Int>) -> Bool {
    !(range.count == 2 && line.load(UInt16.self, at: range.lowerBound) == 0x302D)
  }

  /// MET-2: integers and doubles where they say the same as the text, else the text.
  private func appendNumber(_ node: JSONParser.Node, to writer: inout ByteWriter) {
    if let integer = integer(node), isCanonical(node.range) {
      writer.write(MetadataTree.Tag.int.rawValue)
      writer.writeZigzag(integer)
      return
    }
    let bytes = line.array(node.range)
    let text = String(decoding: bytes, as: UTF8.self)
    if let double = Double(text), double.isFinite, text == "\(double)" {
      writer.write(MetadataTree.Tag.double.rawValue)
      writer.write(double.bitPattern)
    } else {
      writer.write(MetadataTree.Tag.number.rawValue)
      writer.writeVarint(bytes.count)
      writer.write(bytes)
    }
  }
}
