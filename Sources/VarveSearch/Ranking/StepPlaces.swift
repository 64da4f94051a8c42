// Where a step of a query matches, one window of documents after another.

import VarveFormat

/// Reads the places of one step. One thread at a time.
struct StepPlaces {
  /// Lists of fewer documents are read as a whole, unless windows are smaller still.
  private static let documentCountMin = 256
  /// Places of lists that are read as a whole, at most about so many: 8 MiB.
  private static let hitCountMax = 1 << 20

  /// What the words of the step have among the values of an index.
  private struct Values {
    let index: ValueIndex
    /// The places of the words in each value that has some, without a document.
    var places: [Int: [Hit]] = [:]
    /// Whether a value is among those.
    var isWanted: [Bool]
  }

  private let reader: HitReader
  private let set: DocSet
  private var lists: [HitReader.List] = []
  private var values: [Int: Values] = [:]
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
    // A list is decoded by blocks, so that each window costs it one at least.
    let blocks = windows.ranges.count * PostingsLayout.blockCount
    let wholeMax =
      windows.memberCount < Self.documentCountMin
      ? windows.memberCount : max(Self.documentCountMin, blocks)
    let own = range.isEmpty ? set : set.members(in: range.lowerBound...(range.upperBound - 1))
    var few: [Hit] = []
    for derivation in graph.derivations(step) {
      guard let word = derivation.words[0] else { continue }
      let isPhrase = derivation.isSynonym
      let isExact = derivation.isExact && !isPhrase
      for list in word.lists {
        let part = reader.corpus.parts[list.part]
        guard part.base < range.upperBound, part.base + part.index.documentCount > range.lowerBound
        else { continue }
        if list.info.docCount < wholeMax, few.count < Self.hitCountMax {
          try reader.append(
            list.info, part, in: own, isExact: isExact, isPhrase: isPhrase, to: &few)
        } else {
          lists.append(
            HitReader.List(part: part, info: list.info, isExact: isExact, isPhrase: isPhrase))
        }
      }
      for value in word.values {
        note(value, reader.corpus, isExact: isExact, isPhrase: isPhrase)
      }
    }
    byWindow(few, windows)
  }

  private mutating func note(
    _ value: (index: Int, place: Int), _ corpus: SearchCorpus, isExact: Bool, isPhrase: Bool
  ) {
    let attribute = corpus.attribute(ofValues: value.index)
    if let searched = reader.attributes, !searched.contains(attribute) { return }
    let index = corpus.valueIndexes[value.index]
    var known =
      values.removeValue(forKey: value.index)
      ?? Values(index: index, isWanted: [Bool](repeating: false, count: index.lengths.count))
    for place in index.places[value.place] {
      known.isWanted[Int(place.value)] = true
      known.places[Int(place.value), default: []].append(
        Hit(
          document: 0, key: attribute << 16 | place.position, isPhrase: isPhrase,
          isExact: isExact))
    }
    values[value.index] = known
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
    for value in values.values {
      let before = unordered.count
      append(value, members)
      note(before, unordered.count)
    }
    // One source may know two attributes, or two values of a document, the other way round.
    place(members, isOrdered: sourceCount < 2 && HitOrder.isSorted(unordered))
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
    for value in values.values { append(value, members) }
    for hit in unordered {
      summaries[members.number(of: hit.document)].note(
        hit.key, first: first, isExact: hit.isExact, isPhrase: hit.isPhrase)
    }
  }

  private mutating func append(_ value: Values, _ members: WindowMembers) {
    var hits = unordered
    unordered = []
    value.index.visit(value.isWanted, members.documents) { document, number in
      for hit in value.places[number] ?? [] { hits.append(hit.moved(to: document)) }
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
