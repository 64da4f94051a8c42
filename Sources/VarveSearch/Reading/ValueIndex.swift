// An attribute with few distinct values, such as the project: its words are looked up among the
// values, and the messages of a value come from its column. ARCHITECTURE 7.

import VarveFormat

/// The words of the distinct values of a built-in field.
package final class ValueIndex: Sendable {
  struct Place: Sendable {
    var value: UInt32
    var position: UInt32
  }

  package let name: String
  /// Sorted.
  let words: [[UInt8]]
  let places: [[Place]]
  /// Words of each value.
  let lengths: [UInt32]
  /// Where the documents of each value end in `documents`.
  private let ends: [UInt32]
  private let documents: [UInt32]
  /// The first value of each document plus 1; 0 for none.
  private let firstValues: [UInt32]
  /// Other values of documents, in their order.
  private let moreValues: [(document: Int, value: UInt32)]

  /// - Parameters:
  ///   - column: with at most one value an occurrence.
  ///   - rows: which document each occurrence belongs to.
  package init(_ name: String, column: FieldColumn, rows: RowTable, tokenizer: Tokenizer) {
    self.name = name
    var found: [[UInt8]: [Place]] = [:]
    var lengths: [UInt32] = []
    var settings = IndexSettings()
    settings.tokenizer = tokenizer.settings
    settings.codeWords = false
    var sink = IndexingSink(settings)
    for (value, text) in column.values.enumerated() {
      let (firstToken, wordCount) = (sink.tokens.count, sink.wordCount)
      sink.begin(attribute: 0)
      let bytes = Array(text.text.utf8)
      sink.text = bytes
      tokenizer.forEach(bytes.rawSpan, &sink)
      for token in sink.tokens[firstToken...] {
        found[sink.table.bytes(token.term), default: []].append(
          Place(value: UInt32(value), position: token.key))
      }
      lengths.append(UInt32(sink.wordCount - wordCount))
    }
    words = found.keys.sorted { $0.lexicographicallyPrecedes($1) }
    places = words.map { found[$0] ?? [] }
    self.lengths = lengths
    guard case .single(let values) = column.storage else {
      ends = [UInt32](repeating: 0, count: lengths.count)
      documents = []
      firstValues = [UInt32](repeating: 0, count: rows.documentCount)
      moreValues = []
      return
    }
    // Each document once a value: occurrences of the same value seldom lie apart.
    var counts = [UInt32](repeating: 0, count: lengths.count)
    var pairs: [(value: UInt32, document: UInt32)] = []
    pairs.reserveCapacity(values.count)
    var firstValues = [UInt32](repeating: 0, count: rows.documentCount)
    var moreValues: [(document: Int, value: UInt32)] = []
    for (row, place) in values.enumerated() where place > 0 {
      let document = rows.documents[row]
      guard document != RowTable.none else { continue }
      if firstValues[Int(document)] == place { continue }
      if firstValues[Int(document)] == 0 {
        firstValues[Int(document)] = place
      } else {
        moreValues.append((Int(document), place - 1))
      }
      pairs.append((place - 1, document))
      counts[Int(place - 1)] += 1
    }
    moreValues.sort { $0.document != $1.document ? $0.document < $1.document : $0.value < $1.value }
    self.firstValues = firstValues
    self.moreValues = Self.withoutDoubles(moreValues)
    var ends: [UInt32] = []
    var sum: UInt32 = 0
    var next: [UInt32] = []
    for count in counts {
      next.append(sum)
      sum += count
      ends.append(sum)
    }
    var documents = [UInt32](repeating: 0, count: pairs.count)
    for pair in pairs {
      documents[Int(next[Int(pair.value)])] = pair.document
      next[Int(pair.value)] += 1
    }
    self.ends = ends
    self.documents = documents
  }

  /// Of ordered values each once a document.
  private static func withoutDoubles(
    _ values: [(document: Int, value: UInt32)]
  ) -> [(document: Int, value: UInt32)] {
    var found: [(document: Int, value: UInt32)] = []
    for value in values where found.last.map({ $0 != value }) ?? true { found.append(value) }
    return found
  }

  /// Places of a word in the values of some documents, value by value.
  func hits(
    _ place: Int, in candidates: DocSet, attribute: UInt32, isExact: Bool
  ) -> [Hit] {
    var hits: [Hit] = []
    visit(place, in: candidates) { document, position in
      hits.append(
        Hit(document: UInt32(document), key: attribute << 16 | position, isExact: isExact))
    }
    return hits
  }

  /// Calls a closure with each document and position of a word in the values of some documents: in
  /// order of the documents, but value by value within one.
  @inline(__always)
  func visit(
    _ place: Int, in candidates: DocSet, _ body: (_ document: Int, _ position: UInt32) -> Void
  ) {
    let positions = positions(place)
    var next = 0
    candidates.forEach { document in
      let value = Int(firstValues[document])
      if value > 0 { for position in positions[value - 1] { body(document, position) } }
      while next < moreValues.count, moreValues[next].document < document { next += 1 }
      while next < moreValues.count, moreValues[next].document == document {
        for position in positions[Int(moreValues[next].value)] { body(document, position) }
        next += 1
      }
    }
  }

  /// The positions of a word in each value.
  func positions(_ place: Int) -> [[UInt32]] {
    var positions: [[UInt32]] = Array(repeating: [], count: lengths.count)
    for place in places[place] { positions[Int(place.value)].append(place.position) }
    return positions
  }

  /// Calls a closure with each of some ascending documents and each of its values that is asked
  /// for.
  ///
  /// - Parameter isWanted: by the number of the value.
  @inline(__always)
  func visit(
    _ isWanted: [Bool], _ documents: [UInt32], _ body: (_ document: UInt32, _ value: Int) -> Void
  ) {
    var next = firstMore(from: Int(documents.first ?? 0))
    for document in documents {
      let value = Int(firstValues[Int(document)])
      if value > 0, isWanted[value - 1] { body(document, value - 1) }
      while next < moreValues.count, moreValues[next].document < Int(document) { next += 1 }
      while next < moreValues.count, moreValues[next].document == Int(document) {
        if isWanted[Int(moreValues[next].value)] { body(document, Int(moreValues[next].value)) }
        next += 1
      }
    }
  }

  private func firstMore(from document: Int) -> Int {
    var low = 0
    var high = moreValues.count
    while low < high {
      let middle = (low + high) / 2
      if moreValues[middle].document < document { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The place of a word; nil if no value has it.
  func find(_ word: [UInt8]) -> Int? {
    let place = first(from: word)
    return place < words.count && words[place] == word ? place : nil
  }

  /// The place of the first word that is not before one.
  func first(from word: [UInt8]) -> Int {
    var low = 0
    var high = words.count
    while low < high {
      let middle = (low + high) / 2
      if words[middle].lexicographicallyPrecedes(word) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Adds the documents of a value to a set.
  func insertDocuments(of value: Int, into set: inout DocSet) {
    let own = documents[range(of: value)]
    for document in own { set.insert(Int(document)) }
  }

  /// How many documents a value has; one that was seen twice with it may count twice.
  func documentCount(of value: Int) -> Int { range(of: value).count }

  private func range(of value: Int) -> Range<Int> {
    (value == 0 ? 0 : Int(ends[value - 1]))..<Int(ends[value])
  }
}
