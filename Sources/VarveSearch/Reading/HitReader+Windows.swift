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

  /// Appends the places of a list in the members of a window, ascending.
  func append(
    _ list: List, in candidates: DocSet, _ members: WindowMembers, to hits: inout [Hit]
  ) throws(FormatError) {
    // Out of the closure, so that an append need not look whether it is shared.
    var found = hits
    hits = []
    let (isExact, isPhrase, part) = (list.isExact, list.isPhrase, list.part)
    try walk(list, in: candidates, members) {
      (decoder, count, positions) throws(FormatError) in
      let finder = MemberFinder(members.numbers.span, members.range, base: part.base)
      let docs = decoder.docs.span
      let counts = decoder.counts.span
      let firstKeys = decoder.firstKeys.span
      var total = 0
      for i in 0..<count where finder.find(docs[i]) != nil { total += Int(counts[i]) }
      // No more places behind the first ones than bytes.
      guard total <= positions.byteCount + count else { throw FormatError(.outOfBounds, at: 0) }
      var reader = PositionReader(positions, at: decoder.positionsOffset)
      try found.append(addingCapacity: total) { (output) throws(FormatError) in
        for i in 0..<count {
          guard finder.find(docs[i]) != nil else {
            reader.skip(Int(counts[i]) - 1)
            continue
          }
          let document = docs[i] &+ UInt32(truncatingIfNeeded: part.base)
          try Self.read(&reader, firstKeys[i], Int(counts[i]), part) { key in
            output.append(
              Hit(document: document, key: key, isPhrase: isPhrase, isExact: isExact))
          }
        }
      }
    }
    hits = found
  }

  /// Adds the places of a list to the summaries of the members of a window.
  func sum(
    _ list: List, in candidates: DocSet, _ members: WindowMembers, first: Int,
    to summaries: inout [StepSummary]
  ) throws(FormatError) {
    var found = summaries
    summaries = []
    let (isExact, isPhrase, part) = (list.isExact, list.isPhrase, list.part)
    try walk(list, in: candidates, members) {
      (decoder, count, positions) throws(FormatError) in
      let finder = MemberFinder(members.numbers.span, members.range, base: part.base)
      let docs = decoder.docs.span
      let counts = decoder.counts.span
      let firstKeys = decoder.firstKeys.span
      var output = found.mutableSpan
      var reader = PositionReader(positions, at: decoder.positionsOffset)
      for i in 0..<count {
        let number = Int(counts[i])
        guard let place = finder.find(docs[i]) else {
          reader.skip(number - 1)
          continue
        }
        var summary = output[place]
        if part.hasMetadata {
          try Self.read(&reader, firstKeys[i], number, part) { key in
            summary.note(key, first: first, isExact: isExact, isPhrase: isPhrase)
          }
        } else {
          let key = firstKeys[i] & 0xFFFF
          summary.note(key, first: first, isExact: isExact, isPhrase: isPhrase)
          if number > 1 {
            if Int(key) < first {
              try reader.read(number - 1, behind: key) { key in
                summary.note(key & 0xFFFF, first: first, isExact: isExact, isPhrase: isPhrase)
              }
            } else {
              // Behind its place in the query a word only gets further away.
              reader.skip(number - 1)
              summary.note(count: number - 1)
            }
          }
        }
        output[place] = summary
      }
    }
    summaries = found
  }

  /// Calls a closure with each block of a list that may hold members of a window.
  @inline(__always)
  private func walk(
    _ list: List, in candidates: DocSet, _ members: WindowMembers,
    _ body: (borrowing PostingsDecoder, _ count: Int, RawSpan) throws(FormatError) -> Void
  ) throws(FormatError) {
    let part = list.part
    var next = max(0, members.range.lowerBound - part.base)
    let end = members.range.upperBound - part.base
    try part.index.withPositions(list.info) { (positions) throws(FormatError) in
      try part.index.withPostings(list.info) { (decoder) throws(FormatError) in
        decoder.skip(to: UInt32(next))
        while true {
          let count = try nextBlock(&decoder, part, in: candidates, from: &next, before: end)
          guard count > 0 else { break }
          try body(decoder, count, positions)
        }
      }
    }
  }
}
