// What the places of words in one document cost by each rule. SEARCH.md 9 and 10. All places of a
// range ascend.

import VarveFormat

enum PlaceCosts {
  /// Words that stand further apart than this cost the same as those in different attributes.
  static let far = 3

  /// 0 for neighbours, 1 or 2 for a little further or the other way round, 3 for anything else.
  @inline(__always)
  static func pair(
    _ left: borrowing Span<Hit>, _ lefts: Range<Int>, _ right: borrowing Span<Hit>,
    _ rights: Range<Int>
  ) -> Int32 {
    var best = far
    var j = rights.lowerBound
    for i in lefts {
      let key = Int(left[i].key)
      // Keys of both sides ascend, so the window only moves on.
      while j < rights.upperBound, Int(right[j].key) + far < key { j += 1 }
      var k = j
      while k < rights.upperBound {
        let other = Int(right[k].key)
        if other > key + far { break }
        if other >> 16 == key >> 16 {
          if other > key {
            best = min(best, other - key - 1)
          } else if other < key, !left[i].isPhrase, !right[k].isPhrase {
            best = min(best, key - other)
          }
        }
        k += 1
      }
      if best == 0 { break }
    }
    return Int32(best)
  }

  /// The same of one place each.
  @inline(__always)
  static func pair(_ left: Hit, _ right: Hit) -> Int32 {
    let distance = Int(right.key) - Int(left.key)
    guard left.attribute == right.attribute, abs(distance) <= far, distance != 0 else {
      return Int32(far)
    }
    if distance > 0 { return Int32(distance - 1) }
    return left.isPhrase || right.isPhrase ? Int32(far) : Int32(-distance)
  }

  /// 0 where both stand in one attribute.
  static func inOneAttribute(
    _ left: borrowing Span<Hit>, _ lefts: Range<Int>, _ right: borrowing Span<Hit>,
    _ rights: Range<Int>
  ) -> Int32 {
    for i in lefts {
      for j in rights where right[j].attribute == left[i].attribute { return 0 }
    }
    return Int32(far)
  }

  /// The cost of the place nearest to the one in the query.
  ///
  /// - Parameters:
  ///   - first: the place in the query.
  ///   - table: see `PositionCost.table`.
  @inline(__always)
  static func position(
    _ hits: borrowing Span<Hit>, _ range: Range<Int>, first: Int, _ table: borrowing Span<Int32>
  ) -> Int32 {
    var best = PositionCost.farthest
    for j in range { best = min(best, abs(hits[j].position - first)) }
    return table[best]
  }

  /// The weight of the best attribute.
  @inline(__always)
  static func attribute(
    _ hits: borrowing Span<Hit>, _ range: Range<Int>, _ weights: borrowing StepWeights
  ) -> Int32 {
    var best = weights.worst
    for j in range {
      let own = hits[j].isPhrase ? weights.ofPhrases : weights.ofWords
      best = min(best, own[Int(hits[j].attribute)])
      if best == 0 { break }
    }
    return best * weights.wordCount
  }

  /// The same of one place.
  @inline(__always)
  static func attribute(_ hit: Hit, _ weights: borrowing StepWeights) -> Int32 {
    let own = hit.isPhrase ? weights.ofPhrases : weights.ofWords
    return min(weights.worst, own[Int(hit.attribute)]) * weights.wordCount
  }

  /// Whether the word itself is there.
  @inline(__always)
  static func hasExact(_ hits: borrowing Span<Hit>, _ range: Range<Int>) -> Bool {
    for j in range where hits[j].isExact { return true }
    return false
  }

  /// 0 where an attribute is the query, 1 where it starts with it, 2 for the rest.
  ///
  /// - Parameters:
  ///   - steps: of each term.
  ///   - number: of the member.
  ///   - length: words of an attribute of the document; nil where nothing counts them.
  static func exactAttribute(
    _ terms: [ExactTerm], _ steps: [some PlacesOfStep], _ number: Int,
    length: (_ attribute: UInt32) throws(FormatError) -> Int?
  ) throws(FormatError) -> Int {
    let slot = steps[0].slot(number)
    guard !slot.isOne else {
      return try exactAttribute(slot.hit, terms, steps, number, length: length)
    }
    var best = 2
    for i in slot.range {
      best = min(
        best, try exactAttribute(steps[0].hits[i], terms, steps, number, length: length))
      if best == 0 { break }
    }
    return best
  }

  /// The same where the first term has a place.
  @inline(__always)
  private static func exactAttribute(
    _ hit: Hit, _ terms: [ExactTerm], _ steps: [some PlacesOfStep], _ number: Int,
    length: (_ attribute: UInt32) throws(FormatError) -> Int?
  ) throws(FormatError) -> Int {
    guard hit.isExact, hit.position == terms[0].first,
      hasRest(terms, steps, number, attribute: hit.attribute)
    else { return 2 }
    return try length(hit.attribute) == terms.reduce(0, { $0 + $1.wordCount }) ? 0 : 1
  }

  /// Whether the terms behind the first one stand at their places in an attribute.
  private static func hasRest(
    _ terms: [ExactTerm], _ steps: [some PlacesOfStep], _ number: Int, attribute: UInt32
  ) -> Bool {
    func fits(_ hit: Hit, _ term: Int) -> Bool {
      hit.isExact && hit.attribute == attribute && hit.position == terms[term].first
    }
    for term in 1..<max(1, terms.count) {
      let slot = steps[term].slot(number)
      let isThere =
        slot.isOne
        ? fits(slot.hit, term) : slot.range.contains { fits(steps[term].hits[$0], term) }
      if !isThere { return false }
    }
    return true
  }
}

/// The weights of attributes for the places of a step.
struct StepWeights: Sendable {
  let worst: Int32
  let wordCount: Int32
  /// For misspelled words: attributes that do not forgive count as the worst.
  let ofWords: [Int32]
  /// For phrases: what words were split into counts anywhere.
  let ofPhrases: [Int32]

  init(
    _ step: PathStep, wordCount: Int, weights: [Int], searchOn: AttributeSet?,
    tolerant: AttributeSet?
  ) {
    let worst = Int32(weights.max() ?? 0)
    func restricted(_ set: AttributeSet?) -> [Int32] {
      weights.indices.map { attribute in
        set?.contains(UInt32(attribute)) ?? true ? Int32(weights[attribute]) : worst
      }
    }
    self.worst = worst
    self.wordCount = Int32(wordCount)
    ofPhrases = restricted(searchOn)
    ofWords = step.isTolerantOnly ? restricted(tolerant) : ofPhrases
  }
}

/// A term of the query in its exact form.
struct ExactTerm: Sendable {
  var node: Int
  /// The position that its first word must have.
  var first: Int
  var wordCount: Int
}

/// BM25 with its usual constants. S. Robertson, H. Zaragoza, "The probabilistic relevance
/// framework: BM25 and beyond", 2009.
struct Relevance: Sendable {
  private static let k1 = 1.2
  private static let b = 0.75
  private let fixed = k1 * (1 - b)
  private let perWord: Double
  private let documentCount: Double

  init(_ corpus: SearchCorpus) {
    documentCount = Double(max(1, corpus.documentCount))
    perWord = Self.k1 * Self.b / max(1, Double(corpus.wordCount) / documentCount)
  }

  /// What a step counts that some documents hold.
  func weight(held: Int) -> Double {
    let held = Double(held)
    let rarity = Self.logarithm(1 + (documentCount - held + 0.5) / (held + 0.5))
    return rarity * (Self.k1 + 1)
  }

  /// What the places of a step count in a document: two words at one place, such as an identifier
  /// and what it begins with, are two.
  @inline(__always)
  func score(placeCount: Int, wordCount: UInt32) -> Double {
    if placeCount == 0 { return 0 }
    let count = Double(placeCount)
    return count / (count + fixed + perWord * Double(wordCount))
  }

  /// A cost: less is better.
  static func cost(_ score: Double) -> Int { Int(-score * 4096) }

  /// The binary logarithm, near enough for weights: straight between powers of two.
  static func logarithm(_ value: Double) -> Double {
    Double(value.exponent) + value.significand - 1
  }
}
