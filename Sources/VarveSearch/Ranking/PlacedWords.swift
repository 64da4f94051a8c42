// Where the words of a query stand in some documents: the documents in ranges that threads share.

import VarveFormat

/// Some documents with the words of a query placed in them.
final class PlacedWords {
  /// The documents, ascending.
  let documents: [UInt32]
  private let ranges: [PlacedRange]
  /// The number of the first document of each range, and that of all documents.
  private let firsts: [Int32]
  private let sharing: WorkSharing

  init(_ set: DocSet, nodes: NodeDocuments, sharing: WorkSharing) {
    documents = set.documents
    self.sharing = sharing
    let count = documents.count
    let width = count < sharing.documentCountMin ? 1 : sharing.width
    var ranges: [PlacedRange] = []
    var firsts: [Int32] = [0]
    for i in 0..<width {
      let numbers = (count * i / width)..<(count * (i + 1) / width)
      let own = width == 1 ? set : Self.part(set, documents[numbers])
      ranges.append(PlacedRange(own, Array(documents[numbers]), nodes: nodes))
      firsts.append(Int32(numbers.upperBound))
    }
    self.ranges = ranges
    self.firsts = firsts
  }

  /// The members of a set from the first to the last of some of them.
  private static func part(_ set: DocSet, _ documents: ArraySlice<UInt32>) -> DocSet {
    guard let first = documents.first, let last = documents.last else {
      return DocSet(capacity: set.capacity)
    }
    return set.members(in: Int(first)...Int(last))
  }

  /// Whether no places are held that would have to be read again.
  var isLight: Bool { ranges.allSatisfy(\.isLight) }

  /// The number of a document, which must be one of these.
  func index(of document: UInt32) -> Int32 {
    for (range, first) in zip(ranges, firsts) {
      if let number = range.number(of: document) { return first + number }
    }
    return 0
  }

  /// What each of some documents gives, in their order; the ranges are gone through at a time.
  ///
  /// - Parameter body: gets the numbers of documents within a range.
  func map<T: Sendable>(
    _ indices: [Int32], _ body: @Sendable (PlacedRange, [Int32]) throws(FormatError) -> [T]
  ) throws(FormatError) -> [T] {
    if ranges.count == 1 { return try body(ranges[0], indices) }
    let (numbers, order) = numbers(indices)
    let ranges = ranges
    let sharing = indices.count < sharing.documentCountMin ? WorkSharing.none : sharing
    let parts = try sharing.map(ranges.count) { (i) throws(FormatError) in
      numbers[i].isEmpty ? [] : try body(ranges[i], numbers[i])
    }
    let joined = Array(parts.joined())
    guard let order else { return joined }
    var placed = joined
    for (i, place) in order.enumerated() { placed[place] = joined[i] }
    return placed
  }

  /// The numbers of documents in each range, and where each belongs if they do not ascend.
  private func numbers(_ indices: [Int32]) -> (ranges: [[Int32]], order: [Int]?) {
    guard Self.ascends(indices) else {
      var order = Array(indices.indices)
      order.sort { indices[$0] < indices[$1] }
      return (numbers(order.map { indices[$0] }).ranges, order)
    }
    var found: [[Int32]] = []
    var start = 0
    for i in ranges.indices {
      let end = Self.lowerBound(indices, firsts[i + 1])
      let first = firsts[i]
      found.append(indices[start..<end].map { $0 - first })
      start = end
    }
    return (found, nil)
  }

  private static func ascends(_ indices: [Int32]) -> Bool {
    let span = indices.span
    var falls = 0
    for i in 1..<max(1, span.count) where span[i] < span[i - 1] { falls += 1 }
    return falls == 0
  }

  /// The place of the first number that is not below a bound.
  private static func lowerBound(_ indices: [Int32], _ bound: Int32) -> Int {
    var low = 0
    var high = indices.count
    while low < high {
      let middle = (low + high) / 2
      if indices[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
