// Decodes the vectors of chapter 6.

import VarveFormat
import VarveTestSupport

extension Vector {
  static func terms(
    _ span: RawSpan, postingsByteCount: Int
  ) throws(FormatError) -> CanonicalJSON {
    let dictionary = try TermDictionary(span)
    var end = 0
    var cursor = try dictionary.all()
    var terms: [CanonicalJSON] = []
    var previous: [UInt8] = []
    while let info = try cursor.next() {
      guard previous.lexicographicallyPrecedes(cursor.term) else {
        throw FormatError(.outOfOrder, at: 0)
      }
      previous = cursor.term
      // Each block is found by its own offset, too.
      guard try dictionary.term(info.ordinal).info == info else {
        throw FormatError(.inconsistent, at: 8)
      }
      guard info.postings.lowerBound == end, info.docCount > 0 else {
        throw FormatError(.inconsistent, at: 8)
      }
      end = info.positions.upperBound
      terms.append(
        .object([
          "term": .hex(cursor.term), "documents": .int(info.docCount),
          "listOffset": .int(info.postings.lowerBound), "listByteCount": .int(info.postings.count),
          "positionsByteCount": .int(info.positions.count),
        ]))
    }
    guard end <= postingsByteCount else { throw FormatError(.outOfBounds, at: 0) }
    guard end == postingsByteCount else { throw FormatError(.inconsistent, at: 0) }
    return .object(["terms": .array(terms)])
  }

  static func trigrams(_ span: RawSpan) throws(FormatError) -> CanonicalJSON {
    let index = try TrigramIndex(span)
    let count = Int(span.load(UInt32.self, at: 4))
    var lists: [CanonicalJSON] = []
    var previous: UInt64 = 0
    for i in 0..<count {
      let trigram = span.load(UInt64.self, at: 8 + index.termCount * 4 + i * 8)
      guard trigram > previous else { throw FormatError(.outOfOrder, at: 8) }
      previous = trigram
      var counts = [UInt8](repeating: 0, count: index.termCount)
      try index.count([trigram], into: &counts)
      let slots = counts.indices.filter { counts[$0] > 0 }
      lists.append(
        .object(["trigram": .int(trigram), "terms": .array(slots.map { .int($0) })]))
    }
    return .object([
      "ordinals": .array((0..<index.termCount).map { .int(index.ordinal($0)) }),
      "trigrams": .array(lists),
    ])
  }

  static func postings(
    _ bytes: [UInt8], count: Int, listByteCount: Int
  ) throws(FormatError) -> CanonicalJSON {
    guard bytes.count >= listByteCount else { throw FormatError(.truncated, at: bytes.count) }
    let list =
      Array(bytes[..<listByteCount])
      + [UInt8](repeating: 0, count: PostingsLayout.paddingByteCount)
    let positions = Array(bytes[listByteCount...])
    var decoder = try PostingsDecoder(list.rawSpan, count: count)
    var at = 0
    var documents: [CanonicalJSON] = []
    var keys: [CanonicalJSON] = []
    while true {
      let held = try decoder.next()
      if held == 0 { break }
      guard decoder.positionsOffset == at else { throw FormatError(.inconsistent, at: 0) }
      for i in 0..<held {
        documents.append(.int(decoder.docs[i]))
        var own = [decoder.firstKeys[i]]
        var ascends = true
        var reader = PositionReader(positions.rawSpan, at: at)
        try reader.read(Int(decoder.counts[i]) - 1, behind: own[0]) { key in
          if key <= own[own.count - 1] { ascends = false }
          own.append(key)
        }
        guard ascends else { throw FormatError(.outOfOrder, at: listByteCount) }
        at = reader.offset
        keys.append(.array(own.map { .int($0) }))
      }
    }
    guard at == positions.count else { throw FormatError(.trailingBytes, at: listByteCount + at) }
    return .object(["documents": .array(documents), "keys": .array(keys)])
  }

  static func grep(
    _ bytes: [UInt8], rowCount: Int, filterByteCount: Int
  ) throws(FormatError) -> CanonicalJSON {
    guard bytes.count >= filterByteCount else { throw FormatError(.truncated, at: bytes.count) }
    let table = Array(bytes[filterByteCount...])
    let groups = try GrepFilterLayout.decode(
      table.rawSpan, rowCount: UInt64(rowCount), filterByteCount: filterByteCount)
    var start = 0
    var found: [CanonicalJSON] = []
    for group in groups {
      let filter = Array(bytes[start..<Int(group.endOffset)])
      let bits = (0..<(filter.count * 8)).filter { filter[$0 >> 3] & (1 << UInt8($0 & 7)) != 0 }
      found.append(
        .object([
          "endRow": .int(group.endRow), "endOffset": .int(group.endOffset),
          "bits": .array(bits.map { .int($0) }),
        ]))
      start = Int(group.endOffset)
    }
    return .object(["groups": .array(found)])
  }
}
