// Cuts a set of documents into windows: as many members as fit into the nearest caches with all
// that is known of them, and no more documents between them than a table of their numbers holds.

import VarveFormat

struct Windows: Sendable {
  /// Documents of a piece of a window.
  private let pieceCount: Int
  private let firstPiece: Int
  /// The window of each piece from the first on.
  private let windows: [Int32]
  let ranges: [Range<Int>]
  /// Members with which a window is full.
  let memberCount: Int
  /// Members of all windows.
  let total: Int

  /// Members with which a window is full at most: they fit into the nearest caches.
  static let memberCountMax = 4096

  /// Pieces that a window has at most.
  static let pieceCountMax = 16

  /// - Parameters:
  ///   - range: documents of which the windows are made.
  ///   - memberCount: members with which a window is full; it has less than twice as many, or than
  ///     128.
  init(_ set: DocSet, in range: Range<Int>, memberCount: Int) {
    self.memberCount = memberCount
    pieceCount = max(64, memberCount & ~63)
    firstPiece = range.lowerBound / pieceCount
    var windows: [Int32] = []
    var ranges: [Range<Int>] = []
    var members = 0
    var total = 0
    var start = range.lowerBound
    var at = range.lowerBound
    while at < range.upperBound {
      let end = min((at / pieceCount + 1) * pieceCount, range.upperBound)
      windows.append(Int32(ranges.count))
      let count = set.count(in: at..<end)
      members += count
      total += count
      at = end
      let isFull = members >= pieceCount || at - start > (Self.pieceCountMax - 1) * pieceCount
      if isFull || at == range.upperBound {
        ranges.append(start..<at)
        start = at
        members = 0
      }
    }
    self.windows = windows
    self.total = total
    self.ranges = ranges
  }

  /// The documents of all windows.
  var range: Range<Int> {
    (ranges.first?.lowerBound ?? 0)..<(ranges.last?.upperBound ?? 0)
  }

  /// The number of the window of a document.
  @inline(__always)
  func window(of document: Int) -> Int { Int(windows[document / pieceCount - firstPiece]) }
}

/// The members of a set in one window, numbered in ascending order.
struct WindowMembers: Sendable {
  private(set) var range = 0..<0
  private(set) var documents: [UInt32] = []
  /// The number of each member; `none` for other documents.
  private(set) var numbers: [UInt16] = []

  /// Stands for documents that are no members. No window has so many.
  @inline(__always) static var none: UInt16 { .max }

  var count: Int { documents.count }

  /// Moves on to a window.
  mutating func load(_ set: DocSet, _ window: Range<Int>) {
    range = window
    documents.removeAll(keepingCapacity: true)
    set.appendMembers(in: window, to: &documents)
    if numbers.count < window.count {
      numbers = [UInt16](repeating: Self.none, count: window.count)
    }
    Self.number(documents, window, &numbers)
  }

  private static func number(
    _ documents: [UInt32], _ window: Range<Int>, _ numbers: inout [UInt16]
  ) {
    var output = numbers.mutableSpan
    let members = documents.span
    for i in 0..<window.count { output[i] = none }
    for i in members.indices {
      output[Int(members[i]) - window.lowerBound] = UInt16(truncatingIfNeeded: i)
    }
  }

  /// The number of a document; nil if it is no member.
  @inline(__always)
  func find(_ document: UInt32) -> Int? {
    MemberFinder(numbers.span, range, base: 0).find(document)
  }

  /// The number of a member.
  @inline(__always)
  func number(of document: UInt32) -> Int { Int(numbers[Int(document) - range.lowerBound]) }
}

/// Finds the members among the documents of a list.
struct MemberFinder: ~Escapable {
  private let numbers: Span<UInt16>
  /// What has to be added to a document of a part to get its place in the window.
  private let offset: Int

  @_lifetime(copy numbers)
  init(_ numbers: Span<UInt16>, _ window: Range<Int>, base: Int) {
    self.numbers = numbers.extracting(first: window.count)
    offset = base - window.lowerBound
  }

  /// The number of a document of the part; nil if it is no member.
  @inline(__always)
  func find(_ document: UInt32) -> Int? {
    let place = Int(document) &+ offset
    guard UInt(bitPattern: place) < UInt(bitPattern: numbers.count) else { return nil }
    let number = numbers[place]
    return number == WindowMembers.none ? nil : Int(number)
  }
}
