// What the tokens of an index depend on. A full-text file carries the digest of these, and only of
// these, so that a change of ranking rebuilds nothing.

import VarveFormat

/// Settings that are fixed when text is indexed.
package struct IndexSettings: Equatable, Sendable {
  package var tokenizer = TokenizerSettings()
  /// Words that are not indexed, decomposed.
  package var stopWords: Set<[UInt8]> = []
  /// Metadata paths whose text is indexed; nil for all.
  package var attributes: [String]?
  /// Metadata paths, or patterns with `*`, whose values are kept for filters, sorts and facets.
  package var fields: [String] = []
  /// Whether whole identifiers and the parts of camelCase are indexed in addition, and machine
  /// words are kept out of the trigrams.
  package var codeWords = true

  package init() {}

  /// What the digest of the settings is taken over. INV-5.
  package var encoded: [UInt8] {
    func list(_ texts: [String]) -> MetadataValue { .array(texts.map { .text($0) }) }
    let tree = MetadataValue.object([
      .init("attributes", attributes.map { list($0) } ?? .null),
      .init("codeWords", .bool(codeWords)),
      .init("dictionary", list(tokenizer.dictionary)),
      .init("fields", list(fields.sorted())),
      .init("nonSeparators", list(tokenizer.nonSeparators)),
      .init("separators", list(tokenizer.separators)),
      .init(
        "stopWords",
        .array(
          stopWords.sorted { $0.lexicographicallyPrecedes($1) }.map { .string($0) })),
      .init("version", .int(1)),
    ])
    return MetadataTree.encode(tree)
  }
}
