// An open full-text file: terms, postings, positions, lengths of fields. Knows bytes, not files.

package import VarveFormat

/// One full-text file, or the image of a tail.
package final class InvertedIndex: Sendable {
  let bytes: any FullTextBytes
  package let summary: FullTextSummary
  /// Names of the attributes; the first is the content.
  package let attributes: [String]
  /// Names of the declared fields that have values here.
  package let fieldNames: [String]
  /// Sequences of the documents.
  package let sequences: [UInt64]
  /// Words of each document in all attributes.
  let wordCounts: [UInt32]

  package init(_ bytes: any FullTextBytes) throws(FormatError) {
    self.bytes = bytes
    summary = try Self.section(bytes, .summary) { (span) throws(FormatError) in
      try FullTextSummary(span)
    }
    let attributes = try Self.section(bytes, .attributes) { (span) throws(FormatError) in
      try TextListLayout.decode(span)
    }
    guard !attributes.isEmpty, attributes.count <= Limits.attributeCount else {
      throw FormatError(.outOfBounds, at: 0)
    }
    self.attributes = attributes.map { String(decoding: $0, as: UTF8.self) }
    fieldNames = try Self.section(bytes, .fieldNames) { (span) throws(FormatError) in
      try TextListLayout.decode(span).map { String(decoding: $0, as: UTF8.self) }
    }
    let relative = try Self.column(bytes, .documents, 0)
    guard relative.count == Int(summary.documentCount) else {
      throw FormatError(.inconsistent, at: 0)
    }
    var sequences: [UInt64] = []
    sequences.reserveCapacity(relative.count)
    for value in relative {
      guard value < summary.recordCount else { throw FormatError(.outOfBounds, at: 0) }
      let sequence = summary.firstSequence + value
      if let last = sequences.last, sequence <= last { throw FormatError(.outOfOrder, at: 0) }
      sequences.append(sequence)
    }
    self.sequences = sequences
    var wordCounts = [UInt32](repeating: 0, count: sequences.count)
    for attribute in attributes.indices {
      let lengths = try Self.column(bytes, .fieldLengths, attribute)
      guard lengths.count == sequences.count else { throw FormatError(.inconsistent, at: 0) }
      for i in lengths.indices { wordCounts[i] &+= UInt32(truncatingIfNeeded: lengths[i]) }
    }
    self.wordCounts = wordCounts
  }

  package var documentCount: Int { sequences.count }

  static func section<T>(
    _ bytes: any FullTextBytes, _ section: SectionKind, _ number: Int = 0,
    _ body: (RawSpan) throws(FormatError) -> T
  ) throws(FormatError) -> T {
    guard let count = bytes.byteCount(section, number) else {
      throw FormatError(.inconsistent, at: 0)
    }
    return try bytes.withBytes(section, number, 0..<count, body)
  }

  static func column(
    _ bytes: any FullTextBytes, _ kind: SectionKind, _ number: Int
  ) throws(FormatError) -> [UInt64] {
    try section(bytes, kind, number) { (span) throws(FormatError) in
      var values: [UInt64] = []
      try ColumnReader(span).appendAll(to: &values)
      return values
    }
  }

  /// Words of each document in an attribute.
  func fieldLengths(_ attribute: Int) throws(FormatError) -> [UInt64] {
    try Self.column(bytes, .fieldLengths, attribute)
  }

  /// Runs a closure over the dictionary.
  func withTerms<T>(
    _ body: (borrowing TermDictionary) throws(FormatError) -> T
  ) throws(FormatError) -> T {
    try Self.section(bytes, .terms) { (span) throws(FormatError) in
      try body(try TermDictionary(span))
    }
  }

  /// Runs a closure over the trigrams.
  func withTrigrams<T>(
    _ body: (borrowing TrigramIndex) throws(FormatError) -> T
  ) throws(FormatError) -> T {
    try Self.section(bytes, .trigrams) { (span) throws(FormatError) in
      try body(try TrigramIndex(span))
    }
  }

  /// What is known about a term.
  package func find(_ term: [UInt8]) throws(FormatError) -> TermInfo? {
    try withTerms { (terms) throws(FormatError) in try terms.find(term.rawSpan) }
  }

  /// Runs a closure over the list of a term.
  func withPostings<T>(
    _ info: TermInfo, _ body: (inout PostingsDecoder) throws(FormatError) -> T
  ) throws(FormatError) -> T {
    let range =
      info.postings.lowerBound..<(info.postings.upperBound + PostingsLayout.paddingByteCount)
    return try bytes.withBytes(.postings, 0, range) { (span) throws(FormatError) in
      guard span.byteCount == range.count else { throw FormatError(.truncated, at: 0) }
      var decoder = try PostingsDecoder(span, count: info.docCount)
      return try body(&decoder)
    }
  }

  /// Runs a closure over the positions of a term.
  func withPositions<T>(
    _ info: TermInfo, _ body: (RawSpan) throws(FormatError) -> T
  ) throws(FormatError) -> T {
    try bytes.withBytes(.postings, 0, info.positions) { (span) throws(FormatError) in
      guard span.byteCount == info.positions.count else { throw FormatError(.truncated, at: 0) }
      return try body(span)
    }
  }

  /// The groups of its filters of trigrams; nil if it has none.
  func grepGroups() throws(FormatError) -> [GrepGroup]? {
    guard let filterByteCount = bytes.byteCount(.grepFilters, 0),
      bytes.byteCount(.grepGroups, 0) != nil
    else { return nil }
    return try Self.section(bytes, .grepGroups) { (span) throws(FormatError) in
      try GrepFilterLayout.decode(
        span, rowCount: summary.recordCount, filterByteCount: filterByteCount)
    }
  }

  /// The values of a declared field.
  package func fieldValues(_ number: Int) throws(FormatError) -> FieldValuesLayout.Decoded {
    try Self.section(bytes, .fieldValues, number) { (span) throws(FormatError) in
      try FieldValuesLayout.decode(span)
    }
  }
}
