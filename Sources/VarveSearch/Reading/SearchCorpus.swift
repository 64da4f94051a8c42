// Everything that a search reads, as one immutable whole: the full-text indexes of a snapshot,
// which occurrence belongs to which message, and the values of fields.

import VarveFormat

/// Hands out the fields of occurrences.
package protocol FieldSource: Sendable {
  /// The values of a field over all occurrences; nil if no occurrence has it.
  func column(_ name: String) throws -> FieldColumn?
  /// For each document the negated time of its newest occurrence; the greatest number for none.
  func ages(_ rows: RowTable) throws -> [Int]
  /// For each document 0 where somebody said it, 1 for work, 2 for output and logs.
  func conversationClasses(_ rows: RowTable) throws -> [UInt8]
  /// Names of the fields that have values and that a pattern covers.
  func names(covering pattern: String) throws -> [String]
  /// The documents whose message passes a test of a field; nil for fields of occurrences.
  func documents(_ field: String, _ test: MessageTest) throws -> DocSet?
}

/// Which occurrences belong to which message.
package struct RowTable: Sendable {
  /// Stands for the document of a row that is no occurrence any more.
  package static let none = UInt32.max

  /// The document of each occurrence.
  package let documents: [UInt32]
  /// Where the occurrences of each document end in `rows`; empty where each has one.
  private let ends: [UInt32]
  private let rows: [UInt32]
  package let documentCount: Int
  /// The rows that are occurrences, where not all are.
  private let live: DocSet?

  package init(documents: [UInt32], documentCount: Int) {
    self.documents = documents
    self.documentCount = documentCount
    if documents.contains(Self.none) {
      var live = DocSet(capacity: documents.count)
      for (row, document) in documents.enumerated() where document != Self.none {
        live.insert(row)
      }
      self.live = live
    } else {
      live = nil
    }
    if documents.count == documentCount {
      ends = []
      rows = []
      return
    }
    var ends = [UInt32](repeating: 0, count: documentCount)
    for document in documents where document != Self.none { ends[Int(document)] += 1 }
    var sum: UInt32 = 0
    for i in ends.indices {
      sum += ends[i]
      ends[i] = sum - ends[i]
    }
    var rows = [UInt32](repeating: 0, count: documents.count)
    for (row, document) in documents.enumerated() where document != Self.none {
      rows[Int(ends[Int(document)])] = UInt32(row)
      ends[Int(document)] += 1
    }
    self.ends = ends
    self.rows = rows
  }

  package var rowCount: Int { documents.count }

  /// All occurrences.
  var all: DocSet { live ?? DocSet(allOf: rowCount) }

  /// Those of some rows that are occurrences.
  func onlyLive(_ rows: DocSet) -> DocSet { live.map { rows.intersection($0) } ?? rows }

  /// The occurrences of a document in order of their sequences.
  package func forEachRow(of document: Int, _ body: (Int) -> Void) {
    if ends.isEmpty {
      body(document)
      return
    }
    let start = document == 0 ? 0 : Int(ends[document - 1])
    for i in start..<Int(ends[document]) { body(Int(rows[i])) }
  }
}

/// A snapshot as a search sees it.
package final class SearchCorpus: Sendable {
  /// An index and the number of its first document.
  struct Part: Sendable {
    let index: InvertedIndex
    let base: Int
    /// For each of its attributes the number among those of the corpus; nil if they are the same.
    let attributes: [UInt32]?

    /// Whether words stand in other attributes than the content.
    var hasMetadata: Bool { index.attributes.count > 1 }
  }

  let parts: [Part]
  /// Names of all attributes.
  let attributes: [String]
  let valueIndexes: [ValueIndex]
  /// Attributes from this one on are those of the value indexes.
  let firstValueAttribute: UInt32
  package let rows: RowTable
  package let fields: any FieldSource
  package let documentCount: Int
  /// Words of each document.
  let wordCounts: [UInt32]
  /// Whether words stand nowhere but in the content.
  let hasOnlyContent: Bool
  /// Words of all documents, for their mean length.
  let wordCount: UInt64

  /// - Parameters:
  ///   - indexes: in order of their sequences.
  ///   - values: attributes that are matched through their distinct values.
  package init(
    _ indexes: [InvertedIndex], values: [ValueIndex], rows: RowTable, fields: any FieldSource
  ) {
    var parts: [Part] = []
    var names: [String] = ["content"]
    var numbers: [String: UInt32] = [:]
    var base = 0
    for index in indexes {
      var map: [UInt32] = [0]
      for name in index.attributes.dropFirst() {
        if let known = numbers[name] {
          map.append(known)
        } else {
          numbers[name] = UInt32(names.count)
          map.append(UInt32(names.count))
          names.append(name)
        }
      }
      let isSame = map.enumerated().allSatisfy { $0.offset == Int($0.element) }
      parts.append(Part(index: index, base: base, attributes: isSame ? nil : map))
      base += index.documentCount
    }
    firstValueAttribute = UInt32(names.count)
    names += values.map(\.name)
    self.parts = parts
    attributes = names
    valueIndexes = values
    self.rows = rows
    self.fields = fields
    documentCount = base
    hasOnlyContent = !parts.contains(where: \.hasMetadata)
    wordCounts = indexes.count == 1 ? indexes[0].wordCounts : indexes.flatMap(\.wordCounts)
    wordCount = indexes.reduce(0) { $0 + $1.summary.wordCount }
  }

  /// The attribute of a value index.
  func attribute(ofValues index: Int) -> UInt32 { firstValueAttribute + UInt32(index) }

  /// The part that holds a document.
  func part(of document: Int) -> Part {
    var low = 0
    var high = parts.count
    while low < high {
      let middle = (low + high) / 2
      if parts[middle].base <= document { low = middle + 1 } else { high = middle }
    }
    return parts[low - 1]
  }

  /// Words of a document in an attribute.
  func fieldLength(
    of document: Int, attribute: UInt32, cache: inout [Int: [UInt64]]
  ) throws(FormatError) -> Int? {
    let part = part(of: document)
    let local: Int
    if let map = part.attributes {
      guard let found = map.firstIndex(of: attribute) else { return nil }
      local = found
    } else {
      local = Int(attribute)
    }
    guard local < part.index.attributes.count else { return nil }
    if part.index.attributes.count == 1 { return Int(wordCounts[document]) }
    let key = part.base << 16 | local
    if cache[key] == nil { cache[key] = try part.index.fieldLengths(local) }
    return cache[key].map { Int($0[document - part.base]) }
  }
}
