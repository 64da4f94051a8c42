// Which groups of occurrences can hold what a pattern needs.

package import VarveFormat

/// The filters of one full-text file.
package struct GrepFilters: Sendable {
  private let bytes: any FullTextBytes
  private let groups: [GrepGroup]

  /// Nil if the file has none.
  package init?(_ bytes: any FullTextBytes, rowCount: UInt64) throws(FormatError) {
    guard let tableByteCount = bytes.byteCount(.grepGroups, 0),
      let filterByteCount = bytes.byteCount(.grepFilters, 0)
    else { return nil }
    self.bytes = bytes
    groups = try bytes.withBytes(.grepGroups, 0, 0..<tableByteCount) {
      (table) throws(FormatError) in
      try GrepFilterLayout.decode(table, rowCount: rowCount, filterByteCount: filterByteCount)
    }
  }

  /// Rows of the groups that can hold what a pattern needs, in order.
  package func rows(holding needs: PatternNeeds) throws(FormatError) -> [Range<UInt64>] {
    let query = TrigramQuery(needs)
    var found: [Range<UInt64>] = []
    let end = Int(groups.last?.endOffset ?? 0)
    try bytes.withBytes(.grepFilters, 0, 0..<end) { (filters) throws(FormatError) in
      var offset = 0
      var row: UInt64 = 0
      for group in groups {
        let filter = filters.extracting(offset..<Int(group.endOffset))
        if query.mayMatch(filter) {
          if let last = found.last, last.upperBound == row {
            found[found.count - 1] = last.lowerBound..<UInt64(group.endRow)
          } else {
            found.append(row..<UInt64(group.endRow))
          }
        }
        offset = Int(group.endOffset)
        row = UInt64(group.endRow)
      }
    }
    return found
  }
}

/// What a pattern needs, as hashes of trigrams.
private indirect enum TrigramQuery {
  case anything
  case hashes([UInt32])
  case all([TrigramQuery])
  case either([TrigramQuery])

  init(_ needs: PatternNeeds) {
    switch needs {
    case .anything: self = .anything
    case .text(let text):
      var hashes: Set<UInt32> = []
      for i in text.indices.dropLast(2) {
        let three = text[i..<(i + 3)]
        // No trigram goes over the end of a line.
        guard !three.contains(0x0A) else { continue }
        hashes.insert(GrepFilterLayout.hash(three.reduce(0) { $0 << 8 | UInt32($1) }))
      }
      self = hashes.isEmpty ? .anything : .hashes(hashes.sorted())
    case .all(let parts): self = .all(parts.map { TrigramQuery($0) })
    case .either(let parts): self = .either(parts.map { TrigramQuery($0) })
    }
  }

  func mayMatch(_ filter: RawSpan) -> Bool {
    switch self {
    case .anything: return true
    case .hashes(let hashes):
      for hash in hashes {
        let bit = GrepFilterLayout.bit(hash, filterByteCount: filter.byteCount)
        if filter.load(UInt8.self, at: bit >> 3) & (1 << UInt8(bit & 7)) == 0 { return false }
      }
      return true
    case .all(let parts): return parts.allSatisfy { $0.mayMatch(filter) }
    case .either(let parts): return parts.contains { $0.mayMatch(filter) }
    }
  }
}
