// Where a step of a query matches, one window of documents after another.

import VarveFormat

/// Reads the places of one step. One thread at a time.
struct StepPlaces {
  /// Places that take as long to be put aside as a window takes a list: measured.
  private static let windowCost = 16
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
  private var set: DocSet
  private(set) var lists: [HitReader.List] = []
  private var values: [Int: Values] = [:]
  /// The places of short lists, window by window.
  private(set) var few: [Hit] = []
  private var fewEnds: [Int] = []
  /// The places of the window, unless they are summed up.
  private(set) var places = MemberPlaces()
  /// The place in the query, where places are summed up; nil where they are kept.
  private let summedFrom: Int?
  private(set) var summaries: [StepSummary] = []

  /// Whether the places of a step can be read so: phrases need all of their words.
  static func canRead(_ step: PathStep, _ graph: QueryGraph) -> Bool {
    graph.derivations(step).allSatisfy { !$0.isPhrase }
  }

  /// A word that a step stands for.
  struct Word {
    let word: ResolvedWord
    var isExact = false
    var isPhrase = false
  }

  /// The words that a step of a query stands for.
  static func words(_ step: PathStep, _ graph: QueryGraph) -> [Word] {
    graph.derivations(step).compactMap { derivation in
      derivation.words[0].map { word in
        Word(
          word: word, isExact: derivation.isExact && !derivation.isSynonym,
          isPhrase: derivation.isSynonym)
      }
    }
  }

  /// - Parameters:
  ///   - summedFrom: the place in the query, where sums of the places will do; nil where the places
  ///     are asked for.
  ///   - range: documents of which the windows are made.
  init(
    _ words: [Word], summedFrom: Int?, reader: HitReader, set: DocSet, range: Range<Int>,
    windows: Windows
  ) throws(FormatError) {
    self.summedFrom = summedFrom
    self.reader = reader
    self.set = set
    // Each window costs a list a block at least, which takes as long as to put a few of its places
    // aside.
    let few = windows.ranges.count * Self.windowCost
    let wholeMax =
      windows.memberCount < Self.documentCountMin
      ? windows.memberCount : max(Self.documentCountMin, few)
    let own = range.isEmpty ? set : set.members(in: range.lowerBound...(range.upperBound - 1))
    var hits: [Hit] = []
    for word in words {
      let (isExact, isPhrase) = (word.isExact, word.isPhrase)
      for list in word.word.lists {
        let part = reader.corpus.parts[list.part]
        guard part.base < range.upperBound, part.base + part.index.documentCount > range.lowerBound
        else { continue }
        if list.info.docCount < wholeMax, hits.count < Self.hitCountMax {
          try reader.append(
            list.info, part, in: own, isExact: isExact, isPhrase: isPhrase, to: &hits)
        } else {
          lists.append(
            HitReader.List(part: part, info: list.info, isExact: isExact, isPhrase: isPhrase))
        }
      }
      for value in word.word.values {
        note(value, reader.corpus, isExact: isExact, isPhrase: isPhrase)
      }
    }
    byWindow(hits, windows)
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

  /// Goes on with fewer documents, in windows of their own.
  mutating func restrict(to set: DocSet, _ windows: Windows) {
    self.set = set
    let known = few
    few = []
    byWindow(known.filter { set.contains(Int($0.document)) }, windows)
  }

  /// Whether places among the values of an index count, too.
  var hasValues: Bool { !values.isEmpty }

  /// Reads the places of a window.
  ///
  /// - Parameters:
  ///   - window: its number.
  ///   - members: those of the set in it.
  mutating func load(_ window: Int, _ members: WindowMembers) throws(FormatError) {
    if let summedFrom { return try sum(window, members, first: summedFrom) }
    places.begin(members.count)
    for list in lists where list.documents.overlaps(members.range) {
      try reader.place(list, in: set, members, to: &places)
    }
    for hit in few[rangeOfFew(window)] { places.add(hit, members.number(of: hit.document)) }
    for value in values.values {
      forEach(value, members) { hit in places.add(hit, members.number(of: hit.document)) }
    }
    places.finish(members)
  }

  /// Gives places that are the only ones the form of several.
  mutating func widen(_ numbers: [Int32]) { places.widen(numbers) }

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
    func note(_ hit: Hit) {
      summaries[members.number(of: hit.document)].note(
        hit.key, first: first, isExact: hit.isExact, isPhrase: hit.isPhrase)
    }
    for hit in few[rangeOfFew(window)] { note(hit) }
    for value in values.values { forEach(value, members) { note($0) } }
  }

  @inline(__always)
  private func forEach(_ value: Values, _ members: WindowMembers, _ body: (Hit) -> Void) {
    value.index.visit(value.isWanted, members.documents) { document, number in
      for hit in value.places[number] ?? [] { body(hit.moved(to: document)) }
    }
  }
}
