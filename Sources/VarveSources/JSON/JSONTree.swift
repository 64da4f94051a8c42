// Whole JSON texts as metadata trees: settings, requests.

public import Varve
import VarveFormat

/// Reads JSON texts.
public enum JSONTree {
  /// The tree of a JSON text.
  ///
  /// - Throws: ``StoreError`` with code `request` if the text is not JSON.
  public static func parse(_ text: [UInt8]) throws(StoreError) -> MetadataValue {
    // The parser wants an object; any value is a member of one.
    var buffer = Array(#"{"value":"#.utf8) + text + [UInt8(ascii: "}")]
    let count = buffer.count
    buffer += [UInt8](repeating: 0, count: JSONParser.padding)
    guard let parser = JSONParser() else {
      throw StoreError(.limit, detail: "no memory for a JSON parser")
    }
    if let failure = parser.parse(buffer.rawSpan, 0..<count) {
      throw StoreError(
        .request("malformed_payload"), detail: "the JSON text is \(failure.rawValue)")
    }
    let document = JSONDocument(parser, line: buffer.rawSpan.extracting(0..<count))
    var writer = ByteWriter(reserving: text.count)
    guard let value = document.member(document.root, "value"),
      value.next == document.root.next, document.appendTree(value, to: &writer),
      let tree = try? MetadataTree.decode(writer.bytes.rawSpan)
    else {
      throw StoreError(.request("malformed_payload"), detail: "the JSON text is not one value")
    }
    return tree
  }
}
