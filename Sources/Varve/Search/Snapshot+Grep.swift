// Looks for a pattern in the log itself. Filters of trigrams say which groups of blocks can hold
// it; what has no filter yet is read.

import VarveFormat
import VarveSearch
import VarveStorage

extension Snapshot {
  /// Occurrences that one piece of work reads.
  private static let pieceRowCount: UInt64 = 4096
  /// Pieces of work between two calls back.
  private static let roundCount = 16

  /// Finds messages that hold a pattern, each distinct content once, oldest first.
  ///
  /// - Parameters:
  ///   - concurrently: runs pieces of the work.
  ///   - body: called with each match; false ends the search.
  /// - Throws: ``StoreError``: `request` if pattern or filters are not valid, `damaged`, `system`.
  public func grep(
    _ query: GrepQuery, concurrently: Concurrency = .none, _ body: (GrepHit) -> Bool
  ) throws(StoreError) {
    let pattern = try query.compiled()
    let filtered = try firstRows(query)
    let search = GrepSearch(view: view, query: query, pattern: pattern, filtered: filtered)
    var pieces: [Range<UInt64>] = []
    for range in try candidates(query, pattern) {
      var start = range.lowerBound
      while start < range.upperBound {
        let end = min(range.upperBound, start + Self.pieceRowCount)
        pieces.append(start..<end)
        start = end
      }
    }
    var work: [[Range<UInt64>]] = [[]]
    var sum: UInt64 = 0
    for piece in pieces {
      work[work.count - 1].append(piece)
      sum += UInt64(piece.count)
      if sum >= Self.pieceRowCount {
        work.append([])
        sum = 0
      }
    }
    for first in stride(from: 0, to: work.count, by: Self.roundCount) {
      let round = Array(work[first..<min(work.count, first + Self.roundCount)])
      let found = Results<GrepSearch.Part>(count: round.count)
      concurrently.perform(round.count) { i in
        do throws(StorageError) {
          found.set(i, .success(try search.part(of: round[i])))
        } catch {
          found.set(i, .failure(StoreError(error)))
        }
      }
      for part in try found.get() {
        var part = part
        while true {
          for hit in part.hits where !body(hit) { return }
          if part.rest.isEmpty { break }
          let rest = part.rest
          part = try engine { () throws(StorageError) in try search.part(of: rest) }
        }
      }
    }
  }

  /// Sequences of occurrences that can hold the pattern.
  private func candidates(
    _ query: GrepQuery, _ pattern: LinePattern
  ) throws(StoreError) -> [Range<UInt64>] {
    guard !query.isInverted, pattern.needs != .anything else { return [1..<view.nextSequence] }
    return try engine { () throws(StorageError) in
      var ranges: [Range<UInt64>] = []
      var next: UInt64 = 1
      for file in view.version.fullTexts {
        let first = file.summary.firstSequence
        next = file.summary.nextSequence
        let rows = try inFile(file.path, "read filters") {
          () throws(FormatError) -> [Range<UInt64>] in
          let filters = try GrepFilters(file, rowCount: file.summary.recordCount)
          return try filters?.rows(holding: pattern.needs) ?? [0..<file.summary.recordCount]
        }
        ranges += rows.map { (first + $0.lowerBound)..<(first + $0.upperBound) }
      }
      if next < view.nextSequence { ranges.append(next..<view.nextSequence) }
      return ranges
    }
  }

  private func firstRows(_ query: GrepQuery) throws(StoreError) -> FirstRows? {
    guard !query.filters.isEmpty else { return nil }
    var conditions = SearchQuery("")
    conditions.filters = query.filters
    guard let filter = try conditions.request().filter else { return nil }
    let settings = try effectiveSettings()
    let corpus = try searching.corpus(view, settings)
    return try searchErrors { try Searcher(corpus, settings.search).firstRows(filter) }
  }
}

/// One search; any number of threads may use it.
private struct GrepSearch: Sendable {
  let view: StoreView
  let query: GrepQuery
  let pattern: LinePattern
  let filtered: FirstRows?

  /// The matches of a piece of work, up to where they hold enough content.
  struct Part: Sendable {
    static let contentByteCountMax = 4 << 20

    var hits: [GrepHit] = []
    /// What was not read.
    var rest: [Range<UInt64>] = []
  }

  /// The matches among some occurrences, or among the first of them.
  func part(of ranges: [Range<UInt64>]) throws(StorageError) -> Part {
    var matcher = pattern.makeMatcher()
    var part = Part()
    var counted = 0
    var byteCount = 0
    for (i, range) in ranges.enumerated() {
      var sequence = range.lowerBound
      while sequence < range.upperBound {
        let block = try view.block(containing: sequence)
        let end = min(range.upperBound, block.firstSequence + UInt64(block.count))
        try scan(block, sequence..<end, &matcher, &part.hits)
        sequence = end
        byteCount += part.hits[counted...].reduce(0) { $0 + $1.content.count }
        counted = part.hits.count
        if byteCount >= Part.contentByteCountMax {
          part.rest = (sequence < range.upperBound ? [sequence..<range.upperBound] : [])
          part.rest += ranges[(i + 1)...]
          return part
        }
      }
    }
    return part
  }

  /// Adds the matches among some records of a block. Where every match holds a text and the
  /// contents stand in the block, only records in which that text stands are decoded.
  private func scan(
    _ block: RecordBlock, _ sequences: Range<UInt64>, _ matcher: inout LineMatcher,
    _ hits: inout [GrepHit]
  ) throws(StorageError) {
    guard !query.isInverted, matcher.looksForText, !block.hasReferences else {
      for sequence in sequences { try scan(block, sequence, &matcher, &hits) }
      return
    }
    let payload = block.payload
    let last = Int(sequences.upperBound - block.firstSequence) - 1
    var at = block.place(Int(sequences.lowerBound - block.firstSequence)).lowerBound
    let end = block.place(last).upperBound
    while at < end, let place = matcher.firstText(in: payload.rawSpan, at..<end) {
      // Between records stand only their lengths.
      guard let index = block.index(at: place) else {
        at = place + 1
        continue
      }
      try scan(block, block.firstSequence + UInt64(index), &matcher, &hits)
      at = block.place(index).upperBound
    }
  }

  private func scan(
    _ block: RecordBlock, _ sequence: UInt64, _ matcher: inout LineMatcher,
    _ hits: inout [GrepHit]
  ) throws(StorageError) {
    let record = try view.record(sequence, in: block)
    switch record.content {
    case .repeated, .forgotten: return
    case .inline, .reference: break
    }
    var occurrence = sequence
    if let filtered {
      guard let row = filtered.find(Int(sequence - 1)) else { return }
      occurrence = UInt64(row) + 1
    }
    let found: GrepHit?
    if case .inline(let content) = record.content {
      let payload = block.payload
      found = hit(payload.rawSpan.extracting(content), &matcher)
    } else {
      let content = try view.content(record, in: block)
      found = hit(content.rawSpan, &matcher)
    }
    guard var hit = found else { return }
    hit.message = sequence
    hit.occurrence = occurrence
    hits.append(hit)
  }

  private func hit(_ content: RawSpan, _ matcher: inout LineMatcher) -> GrepHit? {
    var ranges: [Range<Int>] = []
    let stopsAtOne = query.detail == .messages
    if query.isInverted {
      ranges = Self.others(content, &matcher)
    } else {
      matcher.forEachLine(in: content) { line in
        ranges.append(line)
        return !stopsAtOne
      }
    }
    guard !ranges.isEmpty else { return nil }
    var hit = GrepHit(
      hash: Digest.hash(content), message: 0, occurrence: 0, lines: [], content: [])
    var number = 1
    var counted = 0
    for range in ranges {
      if query.detail == .content {
        while counted < range.lowerBound {
          if content.load(UInt8.self, at: counted) == 0x0A { number += 1 }
          counted += 1
        }
      }
      hit.lines.append(
        .init(
          number: number, range: range,
          matches: query.detail == .content && !query.isInverted
            ? matcher.matches(in: content, line: range) : []))
    }
    if query.detail == .content { hit.content = content.array(0..<content.byteCount) }
    return hit
  }

  /// The lines that do not match.
  private static func others(_ content: RawSpan, _ matcher: inout LineMatcher) -> [Range<Int>] {
    var matched: [Range<Int>] = []
    matcher.forEachLine(in: content) { line in
      matched.append(line)
      return true
    }
    var found: [Range<Int>] = []
    var next = 0
    var at = 0
    while at < content.byteCount {
      var end = at
      while end < content.byteCount, content.load(UInt8.self, at: end) != 0x0A { end += 1 }
      if next < matched.count, matched[next].lowerBound == at {
        next += 1
      } else {
        found.append(at..<end)
      }
      at = end + 1
    }
    return found
  }
}
