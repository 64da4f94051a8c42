// Where a step stands in the members of a window. Most documents have a word at one place: that is
// kept without more, so that nothing has to be put in order, and only the rest is.

import VarveFormat

/// The places of a step in one document.
struct PlaceSlot: Sendable {
  /// Several: the highest bit, then their number and where they begin. One: the place without its
  /// document.
  private let bits: UInt64

  private static let severalBit: UInt64 = 1 << 63

  /// No place.
  @inline(__always) static var none: PlaceSlot { PlaceSlot(bits: severalBit) }

  /// Stands for places that were not put in order yet.
  @inline(__always) static var unordered: PlaceSlot { PlaceSlot(bits: severalBit | 1) }

  @inline(__always)
  private init(bits: UInt64) { self.bits = bits }

  /// One place.
  @inline(__always)
  init(_ hit: Hit) { bits = hit.moved(to: 0).bits }

  /// Several places.
  @inline(__always)
  init(_ range: Range<Int>) {
    bits = Self.severalBit | UInt64(range.count) << 31 | UInt64(range.lowerBound)
  }

  @inline(__always) var isOne: Bool { bits & Self.severalBit == 0 }

  @inline(__always) var isNone: Bool { bits == Self.severalBit }

  /// The place, where there is one, without its document.
  @inline(__always) var hit: Hit { Hit(bits: bits) }

  /// Which places, where there are several or none.
  @inline(__always) var range: Range<Int> {
    let start = Int(bits & 0x7FFF_FFFF)
    return start..<(start + count)
  }

  /// How many places.
  @inline(__always) var count: Int { isOne ? 1 : Int(bits >> 31 & 0xFFFF_FFFF) }

  /// Whether two documents, or two steps of one, have one place each.
  @inline(__always)
  static func areOne(_ left: PlaceSlot, _ right: PlaceSlot) -> Bool {
    (left.bits | right.bits) & severalBit == 0
  }
}

/// The places of a step in some documents.
protocol PlacesOfStep {
  /// Those in one document.
  func slot(_ index: Int) -> PlaceSlot
  /// What the ranges of slots mean.
  var hits: [Hit] { get }
}

/// The places of a step in the members of a window.
struct MemberPlaces: PlacesOfStep, Sendable {
  /// By the number of the member.
  private(set) var slots: [PlaceSlot] = []
  /// The places of the members that have several, member after member, ascending.
  private(set) var hits: [Hit] = []
  /// Those of the same members, as they came.
  private var unordered: [Hit] = []
  private var starts: [Int32] = []

  @inline(__always)
  func slot(_ number: Int) -> PlaceSlot { slots[number] }

  /// Starts a window.
  mutating func begin(_ memberCount: Int) {
    slots.removeAll(keepingCapacity: true)
    slots.append(addingCapacity: memberCount) { output in
      for _ in 0..<memberCount { output.append(.none) }
    }
    hits.removeAll(keepingCapacity: true)
    unordered.removeAll(keepingCapacity: true)
  }

  /// Adds a place.
  ///
  /// - Parameter number: of its member.
  mutating func add(_ hit: Hit, _ number: Int) {
    Self.add(hit, number, &slots, &unordered)
  }

  /// Adds the places of a block of a list in those documents that are members.
  mutating func add(
    _ decoder: borrowing PostingsDecoder, _ positions: RawSpan, _ list: HitReader.List,
    _ members: WindowMembers
  ) throws(FormatError) {
    try Self.add(decoder, positions, list, members, &slots, &unordered)
  }

  private static func add(
    _ decoder: borrowing PostingsDecoder, _ positions: RawSpan, _ list: HitReader.List,
    _ members: WindowMembers, _ known: inout [PlaceSlot], _ unordered: inout [Hit]
  ) throws(FormatError) {
    var slots = known.mutableSpan
    let part = list.part
    let finder = MemberFinder(members.numbers.span, members.range, base: part.base)
    let found = decoder.members.span
    let counts = decoder.counts.span
    let firstKeys = decoder.firstKeys.span
    let base = UInt32(truncatingIfNeeded: part.base)
    let isPlain = part.attributes == nil && part.index.attributes.count == 1
    var keys: UInt32 = 0
    var reader = PositionReader(positions, at: decoder.positionsOffset)
    var next = 0
    for member in found.indices {
      let i = Int(found[member].place)
      guard let number = finder.find(found[member].doc) else { continue }
      let document = found[member].doc &+ base
      if isPlain, counts[i] == 1 {
        keys |= firstKeys[i]
        let hit = Hit(
          document: document, key: firstKeys[i], isPhrase: list.isPhrase, isExact: list.isExact)
        add(hit, number, &slots, &unordered)
        continue
      }
      HitReader.skip(&reader, counts, &next, to: i)
      try HitReader.read(&reader, firstKeys[i], Int(counts[i]), part) { key in
        let hit = Hit(
          document: document, key: key, isPhrase: list.isPhrase, isExact: list.isExact)
        add(hit, number, &slots, &unordered)
      }
    }
    // The only attribute is the first one.
    guard keys >> 16 == 0 else { throw FormatError(.outOfBounds, at: 0) }
  }

  private static func add(
    _ hit: Hit, _ number: Int, _ known: inout [PlaceSlot], _ unordered: inout [Hit]
  ) {
    var slots = known.mutableSpan
    add(hit, number, &slots, &unordered)
  }

  @inline(__always)
  private static func add(
    _ hit: Hit, _ number: Int, _ slots: inout MutableSpan<PlaceSlot>, _ unordered: inout [Hit]
  ) {
    let known = slots[number]
    if known.isNone {
      slots[number] = PlaceSlot(hit)
      return
    }
    if known.isOne {
      unordered.append(known.hit.moved(to: hit.document))
      slots[number] = .unordered
    }
    unordered.append(hit)
  }

  /// Puts the places of members that have several in order.
  mutating func finish(_ members: WindowMembers) {
    if unordered.isEmpty { return }
    if HitOrder.isSorted(unordered) {
      swap(&hits, &unordered)
    } else {
      HitOrder.place(unordered, members, &hits, &starts)
    }
    Self.number(hits, members, &slots)
  }

  /// Tells the members where their places are.
  private static func number(
    _ hits: [Hit], _ members: WindowMembers, _ slots: inout [PlaceSlot]
  ) {
    var span = slots.mutableSpan
    let ordered = hits.span
    var start = 0
    while start < ordered.count {
      let document = ordered[start].document
      var end = start + 1
      while end < ordered.count, ordered[end].document == document { end += 1 }
      span[members.number(of: document)] = PlaceSlot(start..<end)
      start = end
    }
  }

  /// Makes places that are the only ones of their members like those of the others, so that the
  /// steps of a member have one form.
  ///
  /// - Parameter numbers: of the members.
  mutating func widen(_ numbers: [Int32]) {
    for number in numbers where slots[Int(number)].isOne {
      hits.append(slots[Int(number)].hit)
      slots[Int(number)] = PlaceSlot((hits.count - 1)..<hits.count)
    }
  }
}
