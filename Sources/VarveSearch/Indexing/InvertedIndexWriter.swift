// Collects the words of documents in memory and writes them as one full-text file. Bounded by the
// caller, who writes when there are enough tokens. Chapter 6.

package import VarveFormat

/// Collects documents in ascending order of their sequences.
package struct InvertedIndexWriter: Sendable {
  private let settings: IndexSettings
  private let digest: ContentHash
  private let tokenizer: Tokenizer
  var sink: IndexingSink
  /// Where the tokens of each document end.
  private var tokenEnds: [Int] = []
  private var sequences: [UInt64] = []
  private var attributes: [String] = ["content"]
  private var attributeIDs: [String: Int] = [:]
  private var lengths: [[UInt64]] = [[]]
  private var fields = FieldValueCollector()
  private var filters = GrepFilterBuilder()

  /// - Parameter digest: SHA-256 of `IndexSettings.encoded`.
  package init(_ settings: IndexSettings, digest: ContentHash) {
    self.settings = settings
    self.digest = digest
    tokenizer = Tokenizer(settings.tokenizer)
    sink = IndexingSink(settings)
  }

  package var documentCount: Int { sequences.count }

  /// Starts the document of a message.
  package mutating func beginDocument(sequence: UInt64) {
    sequences.append(sequence)
    for i in lengths.indices { lengths[i].append(0) }
    tokenEnds.append(sink.tokens.count)
  }

  /// Adds the text of the content.
  package mutating func addContent(_ text: RawSpan) {
    sink.begin(attribute: 0)
    add(text, attribute: 0)
    filters.add(text)
  }

  /// Notes the end of a block of the log.
  ///
  /// - Parameters:
  ///   - row: where its occurrences end among those that the file covers.
  ///   - isLast: whether no more follow.
  package mutating func endBlock(row: UInt32, isLast: Bool) {
    filters.endBlock(row: row, isLast: isLast)
  }

  /// Adds the searchable text of the metadata.
  package mutating func addMetadata(_ tree: MetadataValue) {
    guard case .object = tree else { return }
    var leaves = TextLeaves(settings.attributes)
    leaves.collect(tree)
    for (name, texts) in leaves.texts {
      guard let id = attributeID(name) else { continue }
      sink.begin(attribute: UInt32(id))
      for text in texts {
        add(text.rawSpan, attribute: id)
        sink.endLeaf()
      }
    }
  }

  /// Adds the values of one occurrence's metadata, in order of the occurrences, each with its place
  /// among those that the file covers.
  package mutating func addFields(_ tree: MetadataValue, row: UInt32) {
    guard !settings.fields.isEmpty else { return }
    fields.add(tree, row: row, patterns: settings.fields)
  }

  private mutating func attributeID(_ name: String) -> Int? {
    if let known = attributeIDs[name] { return known }
    guard attributes.count < Limits.attributeCount else { return nil }
    attributeIDs[name] = attributes.count
    attributes.append(name)
    lengths.append([UInt64](repeating: 0, count: sequences.count))
    return attributes.count - 1
  }

  private mutating func add(_ text: RawSpan, attribute: Int) {
    let before = sink.wordCount
    sink.text = text.array(0..<text.byteCount)
    tokenizer.forEach(text, &sink)
    sink.endText()
    lengths[attribute][sequences.count - 1] += UInt64(sink.wordCount - before)
    tokenEnds[tokenEnds.count - 1] = sink.tokens.count
  }

  /// Writes everything.
  ///
  /// - Parameters:
  ///   - firstSequence: of the first occurrence covered.
  ///   - recordCount: occurrences covered.
  package func write<Output: FullTextOutput>(
    firstSequence: UInt64, recordCount: UInt64, to output: inout Output
  ) throws(Output.Failure) {
    let summary = FullTextSummary(
      settings: digest, firstSequence: firstSequence, recordCount: recordCount,
      documentCount: UInt64(sequences.count), wordCount: UInt64(sink.wordCount))
    try output.write(.summary, 0, summary.encode(), itemCount: 1)
    try output.write(
      .attributes, 0, TextListLayout.encode(attributes), itemCount: attributes.count)
    var column = ColumnBuilder()
    column.append(sequences.map { $0 - firstSequence })
    try output.write(.documents, 0, column.finish(), itemCount: sequences.count)
    for (attribute, values) in lengths.enumerated() {
      var column = ColumnBuilder()
      column.append(values)
      try output.write(.fieldLengths, attribute, column.finish(), itemCount: values.count)
    }
    try fields.write(rowCount: Int(recordCount), to: &output)
    try output.write(.grepFilters, 0, filters.filters, itemCount: filters.groups.count)
    try output.write(
      .grepGroups, 0, GrepFilterLayout.encode(filters.groups), itemCount: filters.groups.count)
    try writeTerms(to: &output)
  }

  private func writeTerms<Output: FullTextOutput>(
    to output: inout Output
  ) throws(Output.Failure) {
    let sorted = SortedTokens(sink, tokenEnds: tokenEnds)
    var lists = PostingsListWriter()
    var dictionary = TermDictionaryBuilder()
    var trigrams = TrigramIndexBuilder()
    try output.begin(.postings, 0)
    for id in sink.table.sortedIDs() {
      let range = sorted.range(of: id)
      guard !range.isEmpty else { continue }
      lists.begin()
      for i in range { lists.append(doc: sorted.docs[i], key: sorted.keys[i]) }
      let term = sink.table.bytes(id)
      let ordinal = dictionary.count
      let figures = try lists.write(to: &output)
      dictionary.append(
        term, docCount: figures.docCount, postingsByteCount: figures.postingsByteCount,
        positionsByteCount: figures.positionsByteCount)
      TrigramTerms.append(
        term, ordinal: ordinal, codeWords: settings.codeWords, to: &trigrams)
    }
    try lists.finish(to: &output)
    try output.write(.terms, 0, dictionary.finish(), itemCount: dictionary.count)
    try output.write(.trigrams, 0, trigrams.finish(), itemCount: 0)
  }
}

/// Which terms are in the trigram index. INV-30.
enum TrigramTerms {
  static func append(
    _ term: [UInt8], ordinal: Int, codeWords: Bool, to trigrams: inout TrigramIndexBuilder
  ) {
    guard term.first != CodeWords.mark else { return }
    if codeWords, CodeWords.isMachineMade(term.rawSpan) { return }
    trigrams.append(Letters.of(term.rawSpan), ordinal: ordinal)
  }
}

extension FullTextOutput {
  /// Writes a section whose bytes are complete.
  mutating func write(
    _ section: SectionKind, _ number: Int, _ bytes: [UInt8], itemCount: Int
  ) throws(Failure) {
    try begin(section, number)
    try write(bytes.rawSpan)
    try end(itemCount: itemCount)
  }
}
