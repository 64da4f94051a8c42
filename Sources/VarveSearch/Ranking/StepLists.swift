// What the places of a step are read from: the lists of frequent words, which are read window by
// window, and the places of all other words, which are read at once.

import VarveFormat

/// The words of a step in the indexes. Threads share it.
struct StepLists: Sendable {
  /// Places that take as long to be put aside as a window takes a list: measured.
  private static let windowCost = 16
  /// Lists of fewer documents are read as a whole, unless windows are smaller still.
  private static let documentCountMin = 256
  /// Places of lists that are read as a whole, at most about so many: 8 MiB.
  private static let hitCountMax = 1 << 20

  /// A word that a step stands for.
  struct Word {
    let word: ResolvedWord
    var isExact = false
    var isPhrase = false
  }

  /// What the words of the step have among the values of an index.
  struct Values: Sendable {
    let index: ValueIndex
    /// The places of the words in each value that has some, without a document.
    var places: [Int: [Hit]] = [:]
    /// Whether a value is among those.
    var isWanted: [Bool]
  }

  /// Lists that are read window by window.
  private(set) var lists: [HitReader.List] = []
  /// The places of all others, as they were read.
  private(set) var few: [[Hit]] = []
  private var values: [Int: Values] = [:]
  /// Whether the word itself is among them.
  private(set) var hasExact = false

  /// The places of words among the values of fields.
  var valuesByIndex: Dictionary<Int, Values>.Values { values.values }

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

  /// Whether the places of a step can be read so: phrases need all of their words.
  static func canRead(_ step: PathStep, _ graph: QueryGraph) -> Bool {
    graph.derivations(step).allSatisfy { !$0.isPhrase }
  }

  /// - Parameters:
  ///   - set: documents whose places are asked for.
  ///   - range: where they are.
  ///   - windowCount: the windows that each list is looked up for.
  ///   - memberCount: members with which a window is full.
  ///   - sharing: threads that read short lists.
  init(
    _ words: [Word], _ reader: HitReader, set: DocSet, in range: Range<Int>, windowCount: Int,
    memberCount: Int, sharing: WorkSharing = .none
  ) throws(FormatError) {
    // Each window costs a list a block at least, which takes as long as to put a few of its places
    // aside.
    let few = windowCount * Self.windowCost
    let wholeMax =
      memberCount < Self.documentCountMin ? memberCount : max(Self.documentCountMin, few)
    var whole: [HitReader.List] = []
    var wholeCount = 0
    for word in words {
      let (isExact, isPhrase) = (word.isExact, word.isPhrase)
      if isExact { hasExact = true }
      for list in word.word.lists {
        let part = reader.corpus.parts[list.part]
        guard part.base < range.upperBound, part.base + part.index.documentCount > range.lowerBound
        else { continue }
        let list = HitReader.List(part: part, info: list.info, isExact: isExact, isPhrase: isPhrase)
        if list.info.docCount < wholeMax {
          whole.append(list)
          wholeCount += list.info.docCount
        } else {
          lists.append(list)
        }
      }
      for value in word.word.values {
        note(value, reader, isExact: isExact, isPhrase: isPhrase)
      }
    }
    // What fills no window is not worth another thread.
    try read(whole, reader, set, sharing: wholeCount < memberCount ? .none : sharing)
  }

  /// Reads short lists as a whole: every thread some of them.
  private mutating func read(
    _ whole: [HitReader.List], _ reader: HitReader, _ set: DocSet, sharing: WorkSharing
  ) throws(FormatError) {
    let width = sharing.width
    let read = try sharing.map(width) { (first) throws(FormatError) in
      var hits: [Hit] = []
      var left: [HitReader.List] = []
      for i in stride(from: first, to: whole.count, by: width) {
        if hits.count < Self.hitCountMax / width {
          try reader.append(
            whole[i].info, whole[i].part, in: set, isExact: whole[i].isExact,
            isPhrase: whole[i].isPhrase, to: &hits)
        } else {
          left.append(whole[i])
        }
      }
      return (hits: hits, left: left)
    }
    few = read.map(\.hits)
    lists += read.flatMap(\.left)
  }

  private mutating func note(
    _ value: (index: Int, place: Int), _ reader: HitReader, isExact: Bool, isPhrase: Bool
  ) {
    let attribute = reader.corpus.attribute(ofValues: value.index)
    if let searched = reader.attributes, !searched.contains(attribute) { return }
    let index = reader.corpus.valueIndexes[value.index]
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
}
