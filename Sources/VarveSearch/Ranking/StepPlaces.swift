// Where a step of a query matches, one window of documents after another.

import VarveFormat

/// Reads the places of one step. One thread at a time.
struct StepPlaces {
  private let reader: HitReader
  private var set: DocSet
  private let step: StepLists
  private(set) var few: FewPlaces
  /// The places of the window, unless they are summed up.
  private(set) var places = MemberPlaces()
  /// The place in the query, where places are summed up; nil where they are kept.
  private let summedFrom: Int?
  private(set) var summaries: [StepSummary] = []

  /// - Parameters:
  ///   - summedFrom: the place in the query, where sums of the places will do; nil where the places
  ///     are asked for.
  ///   - set: documents whose places are asked for.
  ///   - windows: of a range of documents.
  init(
    _ step: StepLists, summedFrom: Int?, reader: HitReader, set: DocSet, windows: Windows
  ) {
    self.step = step
    self.summedFrom = summedFrom
    self.reader = reader
    self.set = set
    few = FewPlaces(step.few, windows)
  }

  /// Lists that are read window by window.
  var lists: [HitReader.List] { step.lists }

  /// Goes on with fewer documents, in windows of their own.
  mutating func restrict(to set: DocSet, _ windows: Windows) {
    self.set = set
    few.restrict(to: set, windows)
  }

  /// Whether places among the values of an index count, too.
  var hasValues: Bool { !step.valuesByIndex.isEmpty }

  /// Reads the places of a window.
  ///
  /// - Parameters:
  ///   - window: its number; nil for members out of the order of windows.
  ///   - members: those of the set in it.
  mutating func load(_ window: Int?, _ members: WindowMembers) throws(FormatError) {
    if let summedFrom { return try sum(window, members, first: summedFrom) }
    places.begin(members.count)
    for list in lists where list.documents.overlaps(members.range) {
      try reader.place(list, in: set, members, to: &places)
    }
    few.forEach(in: window, members) { hit, number in places.add(hit, number) }
    for value in step.valuesByIndex {
      forEach(value, members) { hit in places.add(hit, members.number(of: hit.document)) }
    }
    places.finish(members)
  }

  /// Gives places that are the only ones the form of several.
  mutating func widen(_ numbers: [Int32]) { places.widen(numbers) }

  private mutating func sum(
    _ window: Int?, _ members: WindowMembers, first: Int
  ) throws(FormatError) {
    let count = members.count
    summaries.removeAll(keepingCapacity: true)
    summaries.append(addingCapacity: count) { output in
      for _ in 0..<count { output.append(StepSummary()) }
    }
    for list in lists where list.documents.overlaps(members.range) {
      try reader.sum(list, in: set, members, first: first, to: &summaries)
    }
    func note(_ hit: Hit, _ number: Int) {
      summaries[number].note(hit.key, first: first, isExact: hit.isExact, isPhrase: hit.isPhrase)
    }
    few.forEach(in: window, members, note)
    for value in step.valuesByIndex {
      forEach(value, members) { note($0, members.number(of: $0.document)) }
    }
  }

  @inline(__always)
  private func forEach(_ value: StepLists.Values, _ members: WindowMembers, _ body: (Hit) -> Void) {
    value.index.visit(value.isWanted, members.documents) { document, number in
      for hit in value.places[number] ?? [] { body(hit.moved(to: document)) }
    }
  }
}
