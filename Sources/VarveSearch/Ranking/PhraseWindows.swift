// Finds phrases one window of documents after another, as ranking reads places: most documents have
// each word once, and the first keys tell whether they follow each other.

import VarveFormat

/// Finds a phrase in one range of documents. One thread at a time.
struct PhraseWindows {
  private let set: DocSet
  private let windows: Windows
  private var steps: [StepPlaces] = []
  /// How far each word stands behind the first one.
  private var distances: [UInt32] = []
  private let byWord: Bool

  /// - Parameters:
  ///   - words: nil for holes.
  ///   - set: documents that are looked at.
  ///   - byWord: whether the words must stand in a row, or only in one attribute.
  init(
    _ reader: HitReader, _ words: [ResolvedWord?], _ set: DocSet, _ range: Range<Int>, byWord: Bool
  ) throws(FormatError) {
    self.set = set
    self.byWord = byWord
    windows = Windows(
      set, in: range, memberCount: min(Windows.memberCountMax, reader.sharing.documentCountMin))
    // Threads read short lists in their own range.
    let own = range.isEmpty ? set : set.members(in: range.lowerBound...(range.upperBound - 1))
    var first: Int?
    for (place, word) in words.enumerated() {
      guard let word else { continue }
      distances.append(UInt32(place - (first ?? place)))
      first = first ?? place
      let lists = try StepLists(
        [.init(word: word)], reader, set: own, in: range, windowCount: windows.ranges.count,
        memberCount: windows.memberCount)
      steps.append(
        StepPlaces(lists, summedFrom: nil, reader: reader, set: set, windows: windows))
    }
  }

  /// Where the phrase begins, in order.
  mutating func hits() throws(FormatError) -> [Hit] {
    var found: [Hit] = []
    if steps.isEmpty { return found }
    var members = WindowMembers()
    for window in windows.ranges.indices {
      members.load(set, windows.ranges[window])
      if members.count == 0 { continue }
      for i in steps.indices { try steps[i].load(window, members) }
      for number in 0..<members.count {
        append(number, members.documents[number], to: &found)
      }
    }
    return found
  }

  private func append(_ number: Int, _ document: UInt32, to found: inout [Hit]) {
    let slot = steps[0].places.slots[number]
    if slot.isOne {
      if isBegun(slot.hit, number) { found.append(slot.hit.moved(to: document)) }
      return
    }
    for i in slot.range where isBegun(steps[0].places.hits[i], number) {
      found.append(steps[0].places.hits[i].moved(to: document))
    }
  }

  /// Whether the words behind the first one follow a place of it.
  @inline(__always)
  private func isBegun(_ hit: Hit, _ number: Int) -> Bool {
    for i in 1..<max(1, steps.count) {
      let places = steps[i].places
      let slot = places.slots[number]
      let isThere =
        slot.isOne
        ? follows(slot.hit, hit, distances[i])
        : follows(places.hits, slot.range, hit, distances[i])
      if !isThere { return false }
    }
    return true
  }

  @inline(__always)
  private func follows(_ next: Hit, _ hit: Hit, _ distance: UInt32) -> Bool {
    guard byWord else { return next.attribute == hit.attribute }
    return next.key == hit.key &+ distance && hit.key & 0xFFFF + distance <= 0xFFFF
  }

  /// Whether one of several places follows: they ascend, and a text may be one word again and
  /// again.
  private func follows(
    _ hits: [Hit], _ range: Range<Int>, _ hit: Hit, _ distance: UInt32
  ) -> Bool {
    let least = byWord ? hit.key &+ distance : hit.key & 0xFFFF_0000
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if hits[middle].key < least { low = middle + 1 } else { high = middle }
    }
    return low < range.upperBound && follows(hits[low], hit, distance)
  }
}
