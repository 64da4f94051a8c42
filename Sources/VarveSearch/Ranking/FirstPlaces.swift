// What the first place of a word in each document tells without the others: which documents are
// near enough, or what each costs at least.

import VarveFormat

/// Takes the first places of a step in documents of a range; of others, too, which do not count.
protocol FirstPlaces {
  mutating func note(_ document: Int, _ position: UInt32)
  /// Notes the first places of the documents of a block.
  ///
  /// - Parameter base: added to each document.
  mutating func note(_ docs: [UInt32], _ keys: [UInt32], _ count: Int, base: Int)
}

/// Documents that one step is near enough in.
struct NearDocuments: FirstPlaces {
  private let range: Range<Int>
  /// The last place that is near enough, and the last one that is nearer; nil if none is.
  private let last: (found: UInt32, nearer: UInt32?)?
  private(set) var found: DocSet
  private(set) var nearer: DocSet

  init(_ range: Range<Int>, capacity: Int, upTo last: UInt32?, nearer: UInt32?) {
    self.range = range
    self.last = last.map { ($0, nearer) }
    found = DocSet(capacity: capacity)
    self.nearer = found
  }

  mutating func note(_ document: Int, _ position: UInt32) {
    guard let last, position <= last.found, range.contains(document) else { return }
    found.insert(document)
    if let limit = last.nearer, position <= limit { nearer.insert(document) }
  }

  mutating func note(_ docs: [UInt32], _ keys: [UInt32], _ count: Int, base: Int) {
    guard let last else { return }
    found.insert(docs, count, base: base) { keys[$0] & 0xFFFF <= last.found }
    guard let limit = last.nearer else { return }
    nearer.insert(docs, count, base: base) { keys[$0] & 0xFFFF <= limit }
  }
}

/// What documents cost by position at least: a byte each for every step.
struct PositionBounds: FirstPlaces {
  /// Stands for costs that are too high.
  static let unknown = UInt8.max

  /// Steps that are looked at, which bounds the memory.
  static let stepCountMax = 4

  private let range: Range<Int>
  private var steps: [[UInt8]] = []
  private var own: [UInt8] = []
  /// The least cost by each place of the first word.
  private var costs: [UInt8] = []

  init(_ range: Range<Int>) { self.range = range }

  /// Starts a step.
  mutating func begin(_ costs: [UInt8]) {
    self.costs = costs
    own = [UInt8](repeating: Self.unknown, count: range.count)
  }

  @inline(__always)
  mutating func note(_ document: Int, _ position: UInt32) {
    let place = document &- range.lowerBound
    guard UInt(bitPattern: place) < UInt(bitPattern: own.count) else { return }
    own[place] = min(own[place], costs[min(Int(position), costs.count - 1)])
  }

  mutating func note(_ docs: [UInt32], _ keys: [UInt32], _ count: Int, base: Int) {
    Self.note(docs, keys, count, offset: base - range.lowerBound, costs, &own)
  }

  private static func note(
    _ docs: [UInt32], _ keys: [UInt32], _ count: Int, offset: Int, _ costs: [UInt8],
    _ own: inout [UInt8]
  ) {
    let docs = docs.span
    let keys = keys.span
    let costs = costs.span
    var output = own.mutableSpan
    for i in 0..<count {
      let place = Int(docs[i]) &+ offset
      guard UInt(bitPattern: place) < UInt(bitPattern: output.count) else { continue }
      output[place] = min(output[place], costs[min(Int(keys[i] & 0xFFFF), costs.count - 1)])
    }
  }

  /// Ends a step.
  mutating func end() {
    steps.append(own)
    own = []
  }

  /// The documents of a set that may cost no more than the worst.
  func members(of set: DocSet, worst: UInt8) -> DocSet {
    var left = set
    // Two steps at a time: the sum of all is not less.
    for i in stride(from: 0, to: steps.count, by: 2) {
      left =
        i + 1 < steps.count
        ? Self.members(of: left, steps[i], steps[i + 1], range.lowerBound, worst)
        : Self.members(of: left, steps[i], range.lowerBound, worst)
    }
    return steps.count < 3
      ? left
      : left.filtered { document in
        steps.reduce(0) { $0 + Int($1[document - range.lowerBound]) } <= Int(worst)
      }
  }

  private static func members(
    of set: DocSet, _ costs: [UInt8], _ first: Int, _ worst: UInt8
  ) -> DocSet {
    let costs = costs.span
    return set.filtered { costs[$0 - first] <= worst }
  }

  private static func members(
    of set: DocSet, _ costs: [UInt8], _ others: [UInt8], _ first: Int, _ worst: UInt8
  ) -> DocSet {
    let (costs, others) = (costs.span, others.span)
    return set.filtered { Int(costs[$0 - first]) + Int(others[$0 - first]) <= Int(worst) }
  }
}

extension HitReader {
  /// Notes the first places of a list.
  ///
  /// - Parameter last: a place behind which first ones do not matter; nil if none does.
  func bound(
    _ list: List, in range: Range<Int>, upTo last: UInt32?, _ found: inout some FirstPlaces
  ) throws(FormatError) {
    guard let last else { return }
    let part = list.part
    let limit = part.index.documentCount
    let first = max(0, range.lowerBound - part.base)
    let end = min(limit, range.upperBound - part.base)
    // The first key is that of the first attribute; another one may have a place further ahead.
    let isPlain = part.index.attributes.count == 1
    try part.index.withPostings(list.info) { (decoder) throws(FormatError) in
      decoder.skip(to: UInt32(first))
      while true {
        let count =
          isPlain ? try decoder.next(withFirstKeyUpTo: last, before: end) : try decoder.next()
        guard count > 0 else { break }
        guard Int(decoder.docs[count - 1]) < limit else { throw FormatError(.outOfBounds, at: 0) }
        if isPlain {
          found.note(decoder.docs, decoder.firstKeys, count, base: part.base)
        } else {
          for i in 0..<count {
            let position = decoder.counts[i] > 1 ? 0 : decoder.firstKeys[i] & 0xFFFF
            found.note(part.base + Int(decoder.docs[i]), position)
          }
        }
        if Int(decoder.docs[count - 1]) >= end { break }
      }
    }
  }
}
