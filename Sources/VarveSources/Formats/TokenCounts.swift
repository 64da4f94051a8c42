// What the tools of other makers say of tokens, in the words of transcripts. CON-10.

import VarveFormat

/// The counts of an object.
struct TokenCounts: ~Escapable {
  private let document: JSONDocument
  private let node: JSONParser.Node

  @_lifetime(copy document)
  init(_ document: JSONDocument, _ node: JSONParser.Node) {
    self.document = document
    self.node = node
  }

  /// A whole number from 0 on; 0 for anything else.
  subscript(_ name: StaticString) -> Int64 {
    guard let member = document.member(node, name), member.kind == .number,
      let count = document.integer(member)
    else { return 0 }
    return max(0, count)
  }

  /// The metadata of a response.
  ///
  /// - Parameter cached: what of the input was read from a cache.
  func usage(input: Int64, cached: Int64, output: Int64) -> MetadataObject {
    var usage = MetadataObject()
    let fresh = max(0, input - cached)
    if fresh > 0 { usage.addInteger("input_tokens", fresh) }
    usage.addInteger("output_tokens", output)
    if cached > 0 { usage.addInteger("cache_read_input_tokens", cached) }
    return usage
  }
}
