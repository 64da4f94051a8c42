// The small parts of ranking against plain loops.

import Testing
import VarveFormat
import VarveTestSupport

@testable import VarveSearch

@Suite("Parts of ranking")
struct RankingPartsTests {
  @Test("Sets of documents count and single out their members", arguments: 1...40)
  func sets(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let capacity = 1 + random.below(3000)
    var set = DocSet(capacity: capacity)
    var wanted: Set<Int> = []
    #expect(set.isEmpty && !set.isSingle && set.count == 0)
    let inserts = [1, 2, 3, 60, 5000][seed % 5]
    for _ in 0..<inserts {
      let document = random.below(capacity)
      set.insert(document)
      wanted.insert(document)
      #expect(set.isSingle == (wanted.count == 1))
    }
    #expect(set.count == wanted.count)
    #expect(set.documents.map { Int($0) } == wanted.sorted())
    #expect(DocSet(allOf: capacity).count == capacity)

    let docs = (0..<capacity).filter { _ in random.below(3) == 0 }.map { UInt32($0) }
    let flags = docs.map { _ in random.below(2) == 0 }
    var some = DocSet(capacity: capacity + 9)
    some.insert(docs, docs.count, base: 9) { flags[$0] }
    #expect(some.documents == zip(docs, flags).filter { $1 }.map { $0.0 + 9 })
  }

  @Test("A word list has its words, or what begins with them", arguments: 1...40)
  func wordList(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    func word() -> [UInt8] { (0...random.below(4)).map { _ in UInt8(97 + random.below(3)) } }
    let words = (0...random.below(30)).map { _ in word() }
    let whole = WordList(words, areBeginnings: false)
    let beginnings = WordList(words, areBeginnings: true)
    for _ in 0..<300 {
      let probe = word()
      #expect(whole.contains(probe) == words.contains(probe))
      #expect(beginnings.contains(probe) == words.contains { probe.starts(with: $0) })
    }
    #expect(!WordList([], areBeginnings: true).contains([97]))
  }

  @Test("Places come window by window, also after most documents were left out", arguments: 1...20)
  func places(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let capacity = 5000
    var set = DocSet(capacity: capacity)
    for _ in 0..<2000 { set.insert(random.below(capacity)) }
    var hits: [[Hit]] = [[], [], []]
    for document in set.documents where random.below(2) == 0 {
      for _ in 0...random.below(3) {
        hits[random.below(3)].append(
          Hit(
            document: document, key: UInt32(random.below(100)), isPhrase: false, isExact: false))
      }
    }
    let range = 1000..<4200
    var windows = Windows(set, in: range, memberCount: 128)
    #expect(windows.total == set.count(in: range) && windows.range == range)
    var few = FewPlaces(hits, windows)
    var members = WindowMembers()
    func check(_ set: DocSet, _ window: Range<Int>, number: Int?) {
      members.load(set, window)
      var found: [UInt64] = []
      few.forEach(in: number, members) { hit, place in
        #expect(members.documents[place] == hit.document)
        found.append(hit.bits)
      }
      let wanted = hits.joined().filter {
        window.contains(Int($0.document)) && set.contains(Int($0.document))
      }
      #expect(found.sorted() == wanted.map(\.bits).sorted())
    }
    func check(_ set: DocSet) {
      for (number, window) in windows.ranges.enumerated() { check(set, window, number: number) }
    }
    // Out of order, also before and between the windows.
    let some = set.filtered { $0 % 3 == 0 }
    check(some, 2000..<3000, number: nil)
    check(set, windows.ranges[0], number: 0)
    check(some, 2000..<3000, number: nil)
    check(set)
    let left = set.filtered { $0 % 7 == 0 }
    windows = Windows(left, in: 2000..<4200, memberCount: 64)
    few.restrict(to: left, windows)
    check(left)
  }
}
