// Places of one list in a window of documents: written out, or summed up.

import VarveFormat

extension HitReader {
  /// A list of postings and what its places are.
  struct List: Sendable {
    let part: SearchCorpus.Part
    let info: TermInfo
    let isExact: Bool
    let isPhrase: Bool

    /// Its documents among those of the corpus.
    var documents: Range<Int> { part.base..<(part.base + part.index.documentCount) }
  }

  /// Adds the places of a list in the members of a window.
  func place(
    _ list: List, in candidates: DocSet, _ members: WindowMembers, to places: inout MemberPlaces
  ) throws(FormatError) {
    // Out of the closure, so that an append need not look whether it is shared.
    var found = MemberPlaces()
    swap(&found, &places)
    try walk(list, in: candidates, members) {
      (decoder, positions) throws(FormatError) in
      try found.add(decoder, positions, list, members)
    }
    swap(&found, &places)
  }

  /// Adds the places of a list to the summaries of the members of a window.
  func sum(
    _ list: List, in candidates: DocSet, _ members: WindowMembers, first: Int,
    to summaries: inout [StepSummary]
  ) throws(FormatError) {
    var summed = summaries
    summaries = []
    let (isExact, isPhrase, part) = (list.isExact, list.isPhrase, list.part)
    try walk(list, in: candidates, members) {
      (decoder, positions) throws(FormatError) in
      let finder = MemberFinder(members.numbers.span, members.range, base: part.base)
      let found = decoder.members.span
      let counts = decoder.counts.span
      let firstKeys = decoder.firstKeys.span
      var output = summed.mutableSpan
      var reader = PositionReader(positions, at: decoder.positionsOffset)
      var next = 0
      for member in found.indices {
        let i = Int(found[member].place)
        guard let place = finder.find(found[member].doc) else { continue }
        let number = Int(counts[i])
        var summary = output[place]
        if part.hasMetadata {
          Self.skip(&reader, counts, &next, to: i)
          try Self.read(&reader, firstKeys[i], number, part) { key in
            summary.note(key, first: first, isExact: isExact, isPhrase: isPhrase)
          }
        } else {
          let key = firstKeys[i] & 0xFFFF
          summary.note(key, first: first, isExact: isExact, isPhrase: isPhrase)
          if number > 1 {
            if Int(key) < first {
              Self.skip(&reader, counts, &next, to: i)
              try reader.read(number - 1, behind: key) { key in
                summary.note(key & 0xFFFF, first: first, isExact: isExact, isPhrase: isPhrase)
              }
            } else {
              // Behind its place in the query a word only gets further away.
              summary.note(count: number - 1)
            }
          }
        }
        output[place] = summary
      }
    }
    summaries = summed
  }

  /// Passes over the positions of the documents of a block in front of one whose positions are read
  /// next.
  ///
  /// - Parameter next: the first document whose positions were neither read nor passed over.
  @inline(__always)
  static func skip(
    _ reader: inout PositionReader, _ counts: borrowing Span<UInt32>, _ next: inout Int, to i: Int
  ) {
    var sum = 0
    while next < i {
      sum += Int(counts[next]) - 1
      next += 1
    }
    reader.skip(sum)
    next = i + 1
  }

  /// Calls a closure with each block of a list that holds members of a window.
  @inline(__always)
  private func walk(
    _ list: List, in candidates: DocSet, _ members: WindowMembers,
    _ body: (borrowing PostingsDecoder, RawSpan) throws(FormatError) -> Void
  ) throws(FormatError) {
    let part = list.part
    let limit = part.index.documentCount
    let first = max(0, members.range.lowerBound - part.base)
    let end = min(limit, members.range.upperBound - part.base)
    let words = candidates.words.span
    try part.index.withPositions(list.info) { (positions) throws(FormatError) in
      try part.index.withPostings(list.info) { (decoder) throws(FormatError) in
        decoder.skip(to: UInt32(first))
        while decoder.leastNext < end {
          // Blocks without a member are not looked at.
          if let last = decoder.nextBlockLast, Int(last) < limit, decoder.leastNext <= Int(last),
            !candidates.hasAny(
              in: (part.base + max(first, decoder.leastNext))...(part.base + Int(last)))
          {
            decoder.skip(to: last + 1)
            continue
          }
          guard try decoder.next(among: words, base: part.base, limit: limit) else { break }
          if !decoder.members.isEmpty { try body(decoder, positions) }
        }
      }
    }
  }
}
