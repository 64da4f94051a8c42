// Where a step of a query matches, one window of documents after another.

import VarveFormat

/// Reads the places of one step. One thread at a time.
struct StepPlaces {
  /// Lists of fewer documents are read as a whole, unless windows are smaller still.
  private static let documentCountMin = 256

  private struct Values {
    let index: ValueIndex
    let attribute: UInt32
    let isExact: Bool
    let isPhrase: Bool
    /// Positions of the word in each value.
    let positions: [[UInt32]]
  }

  private let reader: HitReader
  private let set: DocSet
  private var lists: [HitReader.List] = []
  private var values: [Values] = []
  /// The places of short lists, window by window.
  private var few: [Hit] = []
  private var fewEnds: [Int] = []
  private var unordered: [Hit] = []
  /// The places of the window, by the numbers of its members, unless they are summed up.
  private(set) var places = Places(hits: [], starts: [])
  /// The place in the query, where places are summed up; nil where they are kept.
  private let summedFrom: Int?
  private(set) var summaries: [StepSummary] = []

  /// Whether the places of a step can be read so: phrases need all of their words.
  static func canRead(_ step: PathStep, _ graph: QueryGraph) -> Bool {
    graph.derivations(step).allSatisfy { !$0.isPhrase }
  }

  /// - Parameters:
  ///   - isSummed: whether sums of the places will do.
  ///   - range: documents of which the windows are made.
  init(
    _ step: PathStep, _ graph: QueryGraph, isSummed: Bool, reader: HitReader, set: DocSet,
    range: Range<Int>, windows: Windows
  ) throws(FormatError) {
    summedFrom = isSummed ? graph.nodes[step.node].first : nil
    self.reader = reader
    self.set = set
    var few: [Hit] = []
    for derivation in graph.derivations(step) {
      guard let word = derivation.words[0] else { continue }
      let isPhrase = derivation.isSynonym
      let isExact = derivation.isExact && !isPhrase
      for list in word.lists {
        let part = reader.corpus.parts[list.part]
        guard part.base < range.upperBound, part.base + part.index.documentCount > range.lowerBound
        else { continue }
        if list.info.docCount < min(Self.documentCountMin, windows.memberCount) {
          try reader.append(
            list.info, part, in: set, isExact: isExact, isPhrase: isPhrase, to: &few)
        } else {
          lists.append(
            HitReader.List(part: part, info: list.info, isExact: isExact, isPhrase: isPhrase))
        }
      }
      for value in word.values {
        let attribute = reader.corpus.attribute(ofValues: value.index)
        if let searched = reader.attributes, !searched.contains(attribute) { continue }
        let index = reader.corpus.valueIndexes[value.index]
        values.append(
          Values(
            index: index, attribute: attribute, isExact: isExact, isPhrase: isPhrase,
            positions: index.positions(value.place)))
      }
    }
    byWindow(few.filter { range.contains(Int($0.document)) }, windows)
  }

  private mutating func byWindow(_ hits: [Hit], _ windows: Windows) {
    fewEnds = [Int](repeating: 0, count: windows.ranges.count)
    for hit in hits { fewEnds[windows.window(of: Int(hit.document))] += 1 }
    var sum = 0
    for i in fewEnds.indices {
      sum += fewEnds[i]
      fewEnds[i] = sum - fewEnds[i]
    }
    few = hits
    for hit in hits {
      let window = windows.window(of: Int(hit.document))
      few[fewEnds[window]] = hit
      fewEnds[window] += 1
    }
  }

  /// Reads the places of a window.
  ///
  /// - Parameters:
  ///   - window: its number.
  ///   - members: those of the set in it.
  mutating func load(_ window: Int, _ members: WindowMembers) throws(FormatError) {
    if let summedFrom { return try sum(window, members, first: summedFrom) }
    unordered.removeAll(keepingCapacity: true)
    var sourceCount = 0
    func note(_ before: Int, _ after: Int) { if after > before { sourceCount += 1 } }
    for list in lists {
      guard list.documents.overlaps(members.range) else { continue }
      let before = unordered.count
      try reader.append(list, in: set, members, to: &unordered)
      note(before, unordered.count)
    }
    let own = rangeOfFew(window)
    if !own.isEmpty {
      unordered += few[own]
      // Of any number of lists.
      sourceCount += 2
    }
    for value in values {
      let before = unordered.count
      append(value, members)
      note(before, unordered.count)
    }
    place(members, isOrdered: sourceCount < 2)
  }

  private func rangeOfFew(_ window: Int) -> Range<Int> {
    (window == 0 ? 0 : fewEnds[window - 1])..<fewEnds[window]
  }

  private mutating func sum(
    _ window: Int, _ members: WindowMembers, first: Int
  ) throws(FormatError) {
    let count = members.count
    summaries.removeAll(keepingCapacity: true)
    summaries.append(addingCapacity: count) { output in
      for _ in 0..<count { output.append(StepSummary()) }
    }
    for list in lists where list.documents.overlaps(members.range) {
      try reader.sum(list, in: set, members, first: first, to: &summaries)
    }
    unordered.removeAll(keepingCapacity: true)
    unordered += few[rangeOfFew(window)]
    for value in values { append(value, members) }
    for hit in unordered {
      summaries[members.number(of: hit.document)].note(
        hit.key, first: first, isExact: hit.isExact, isPhrase: hit.isPhrase)
    }
  }

  private mutating func append(_ value: Values, _ members: WindowMembers) {
    var hits = unordered
    unordered = []
    value.index.visit(value.positions, members.documents) { document, position in
      hits.append(
        Hit(
          document: document, key: value.attribute << 16 | position, isPhrase: value.isPhrase,
          isExact: value.isExact))
    }
    unordered = hits
  }

  private mutating func place(_ members: WindowMembers, isOrdered: Bool) {
    if isOrdered {
      swap(&unordered, &places.hits)
      HitOrder.starts(of: places.hits, members, &places.starts)
    } else {
      HitOrder.place(unordered, members, &places)
    }
  }
}
