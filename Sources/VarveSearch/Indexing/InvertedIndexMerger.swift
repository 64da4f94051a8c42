// Merges full-text indexes that cover neighbouring ranges without cutting any text again. Positions
// are copied as they are; memory is bounded by the dictionary.

package import VarveFormat

package struct InvertedIndexMerger {
  private let inputs: [InvertedIndex]
  private let bases: [Int]
  private let attributes: [String]
  /// For each input the number of its attributes in the merged index; nil if they are the same.
  private let maps: [[UInt32]?]
  private let codeWords: Bool
  private let isCancelled: () -> Bool

  /// - Parameter inputs: in order, each beginning where the one before ends, of equal settings.
  package init(
    _ inputs: [InvertedIndex], codeWords: Bool, isCancelled: @escaping () -> Bool
  ) {
    self.inputs = inputs
    self.codeWords = codeWords
    self.isCancelled = isCancelled
    var bases: [Int] = []
    var base = 0
    var names: [String] = []
    var numbers: [String: UInt32] = [:]
    var maps: [[UInt32]?] = []
    for input in inputs {
      bases.append(base)
      base += input.documentCount
      var map: [UInt32] = []
      for name in input.attributes {
        if numbers[name] == nil {
          numbers[name] = UInt32(names.count)
          names.append(name)
        }
        map.append(numbers[name] ?? 0)
      }
      maps.append(map.enumerated().allSatisfy { $0.offset == Int($0.element) } ? nil : map)
    }
    self.bases = bases
    self.maps = maps
    attributes = names
  }

  /// What the merged index covers.
  package var summary: FullTextSummary {
    var summary = inputs[0].summary
    for input in inputs.dropFirst() {
      summary.recordCount += input.summary.recordCount
      summary.documentCount += input.summary.documentCount
      summary.wordCount += input.summary.wordCount
    }
    return summary
  }

  /// Writes the merged index; false if it was cancelled.
  package func write<Output: FullTextOutput>(to output: inout Output) throws -> Bool {
    let summary = summary
    try output.write(.summary, 0, summary.encode(), itemCount: 1)
    try output.write(
      .attributes, 0, TextListLayout.encode(attributes), itemCount: attributes.count)
    var column = ColumnBuilder()
    for input in inputs { column.append(input.sequences.map { $0 - summary.firstSequence }) }
    try output.write(.documents, 0, column.finish(), itemCount: Int(summary.documentCount))
    for (attribute, name) in attributes.enumerated() {
      var column = ColumnBuilder()
      for input in inputs {
        if let local = input.attributes.firstIndex(of: name) {
          column.append(try input.fieldLengths(local))
        } else {
          column.append([UInt64](repeating: 0, count: input.documentCount))
        }
      }
      try output.write(
        .fieldLengths, attribute, column.finish(), itemCount: Int(summary.documentCount))
    }
    try writeFields(to: &output)
    try writeFilters(to: &output)
    return try writeTerms(to: &output)
  }

  private func writeFields<Output: FullTextOutput>(to output: inout Output) throws {
    var names: [String] = []
    for input in inputs {
      for name in input.fieldNames where !names.contains(name) { names.append(name) }
    }
    try output.write(.fieldNames, 0, TextListLayout.encode(names), itemCount: names.count)
    for (number, name) in names.enumerated() {
      var merged = FieldValuesLayout.Decoded(values: [], counts: [], places: [], flags: [])
      var known: [[UInt8]: UInt64] = [:]
      for input in inputs {
        let rowCount = Int(input.summary.recordCount)
        guard let local = input.fieldNames.firstIndex(of: name) else {
          merged.counts += [UInt64](repeating: 0, count: rowCount)
          merged.flags += [UInt64](repeating: 0, count: rowCount)
          continue
        }
        let own = try input.fieldValues(local)
        var map: [UInt64] = []
        for value in own.values {
          if known[value] == nil {
            known[value] = UInt64(merged.values.count)
            merged.values.append(value)
          }
          map.append(known[value] ?? 0)
        }
        merged.counts += own.counts
        merged.flags += own.flags
        merged.places += own.places.map { map[Int($0)] }
      }
      let section = FieldValuesLayout.encode(
        values: merged.values, counts: merged.counts, places: merged.places, flags: merged.flags)
      try output.write(.fieldValues, number, section, itemCount: merged.values.count)
    }
  }

  /// Bytes of filters that are copied at once.
  private static let pieceByteCount = 1 << 20

  /// Filters as they are, one input after another; none if an input has none.
  private func writeFilters<Output: FullTextOutput>(to output: inout Output) throws {
    var groups: [GrepGroup] = []
    var row: UInt64 = 0
    var offset: UInt64 = 0
    for input in inputs {
      guard let own = try input.grepGroups() else { return }
      groups += own.map {
        GrepGroup(endRow: UInt32(row) + $0.endRow, endOffset: offset + $0.endOffset)
      }
      row += input.summary.recordCount
      offset += own.last?.endOffset ?? 0
    }
    try output.begin(.grepFilters, 0)
    for input in inputs {
      let count = input.bytes.byteCount(.grepFilters, 0) ?? 0
      for start in stride(from: 0, to: count, by: Self.pieceByteCount) {
        let range = start..<min(count, start + Self.pieceByteCount)
        let piece = try input.bytes.withBytes(.grepFilters, 0, range) { $0.array(0..<$0.byteCount) }
        try output.write(piece.rawSpan)
      }
    }
    try output.end(itemCount: groups.count)
    try output.write(.grepGroups, 0, GrepFilterLayout.encode(groups), itemCount: groups.count)
  }

  // MARK: Terms

  /// The next terms of an input.
  private struct Head {
    static let batchCount = 64 * TermLayout.blockCount

    var terms: [(term: [UInt8], info: TermInfo)] = []
    var at = 0
    var next = 0

    mutating func load(_ index: InvertedIndex) throws(FormatError) {
      let from = next
      terms = try index.withTerms { (dictionary) throws(FormatError) in
        try dictionary.read(from: from, count: Self.batchCount)
      }
      next += Self.batchCount
      at = 0
    }

    var isAtEnd: Bool { at >= terms.count }
  }

  private func writeTerms<Output: FullTextOutput>(to output: inout Output) throws -> Bool {
    var heads = inputs.map { _ in Head() }
    for i in heads.indices { try heads[i].load(inputs[i]) }
    var lists = PostingsListWriter()
    var dictionary = TermDictionaryBuilder()
    var trigrams = TrigramIndexBuilder()
    try output.begin(.postings, 0)
    while let least = Self.least(heads) {
      if dictionary.count % 4096 == 0, isCancelled() { return false }
      let term = heads[least].terms[heads[least].at].term
      lists.begin()
      for i in heads.indices where !heads[i].isAtEnd && heads[i].terms[heads[i].at].term == term {
        try append(heads[i].terms[heads[i].at].info, of: i, to: &lists)
        heads[i].at += 1
        if heads[i].isAtEnd { try heads[i].load(inputs[i]) }
      }
      let ordinal = dictionary.count
      let figures = try lists.write(to: &output)
      dictionary.append(
        term, docCount: figures.docCount, postingsByteCount: figures.postingsByteCount,
        positionsByteCount: figures.positionsByteCount)
      TrigramTerms.append(term, ordinal: ordinal, codeWords: codeWords, to: &trigrams)
    }
    try lists.finish(to: &output)
    try output.write(.terms, 0, dictionary.finish(), itemCount: dictionary.count)
    try output.write(.trigrams, 0, trigrams.finish(), itemCount: 0)
    return true
  }

  private static func least(_ heads: [Head]) -> Int? {
    var best: Int?
    for i in heads.indices where !heads[i].isAtEnd {
      guard let known = best else {
        best = i
        continue
      }
      let isLess = heads[i].terms[heads[i].at].term.lexicographicallyPrecedes(
        heads[known].terms[heads[known].at].term)
      if isLess { best = i }
    }
    return best
  }

  private func append(
    _ info: TermInfo, of input: Int, to lists: inout PostingsListWriter
  ) throws(FormatError) {
    let index = inputs[input]
    let base = UInt32(bases[input])
    let map = maps[input]
    let limit = index.documentCount
    try index.withPositions(info) { (positions) throws(FormatError) in
      try index.withPostings(info) { (decoder) throws(FormatError) in
        var reader = PositionReader(positions, at: 0)
        while true {
          let count = try decoder.next()
          guard count > 0 else { break }
          guard Int(decoder.docs[count - 1]) < limit else { throw FormatError(.outOfBounds, at: 0) }
          for i in 0..<count {
            let document = base + decoder.docs[i]
            let behind = Int(decoder.counts[i]) - 1
            guard let map else {
              lists.append(
                doc: document, count: decoder.counts[i], firstKey: decoder.firstKeys[i],
                positions: try reader.take(behind))
              continue
            }
            var keys = [decoder.firstKeys[i]]
            try reader.read(behind, behind: keys[0]) { keys.append($0) }
            for key in keys {
              guard Int(key >> 16) < map.count else { throw FormatError(.outOfBounds, at: 0) }
            }
            let mapped = keys.map { map[Int($0 >> 16)] << 16 | $0 & 0xFFFF }.sorted()
            for key in mapped { lists.append(doc: document, key: key) }
          }
        }
      }
    }
  }
}
