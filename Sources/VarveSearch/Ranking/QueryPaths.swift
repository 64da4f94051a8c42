// The ways through the graph of a query, and how rules narrow them. SEARCH.md 7 to 9.

import VarveFormat

/// One node on a path with the numbers of typos that it may have there.
struct PathStep: Hashable, Sendable {
  var node: Int
  /// Bit n: n typos; bit 3: the word itself alone; bits 4 and 5: of those without typos, the run of
  /// words written as one, and all others.
  var levels: UInt8

  /// Whether it matches only in attributes that forgive typos.
  var isTolerantOnly: Bool { levels & (1 | Self.exactOnly | Self.others) == 0 }

  static let exactOnly: UInt8 = 8
  static let run: UInt8 = 16
  static let others: UInt8 = 32
  static let typos: UInt8 = 6
}

/// One way to read the query.
struct QueryPath: Equatable, Sendable {
  var steps: [PathStep]

  /// The terms that it stands for.
  func terms(in graph: QueryGraph) -> [Int] { steps.flatMap { Array(graph.nodes[$0.node].terms) } }
}

/// Documents of the nodes of a graph, found when they are first asked for.
final class NodeDocuments {
  let graph: QueryGraph
  let reader: HitReader
  private let searchOn: AttributeSet?
  private var known: [[DocSet?]]
  private var knownSteps: [Int: DocSet] = [:]
  /// Attributes in which misspelled words count; nil for all.
  let tolerantSearchOn: AttributeSet?

  /// - Parameters:
  ///   - searchOn: attributes that are searched; nil for all.
  ///   - tolerant: attributes that forgive typos; nil for all.
  init(_ graph: QueryGraph, reader: HitReader, searchOn: AttributeSet?, tolerant: AttributeSet?) {
    self.graph = graph
    self.reader = reader
    self.searchOn = searchOn
    tolerantSearchOn = tolerant.map { searchOn?.intersection($0) ?? $0 } ?? searchOn
    known = graph.nodes.map { _ in [nil, nil, nil] }
  }

  /// Finds the documents of nodes that many have, by ranges that threads share; phrases are shared
  /// in themselves and come behind, and where places tell what counts, it is left to whoever asks.
  func findMany() throws(FormatError) {
    let corpus = reader.corpus
    let sharing = corpus.documentCount < reader.sharing.documentCountMin ? .none : reader.sharing
    if sharing.width == 1 || searchOn != nil && corpus.parts.contains(where: \.hasMetadata) {
      return
    }
    struct Job {
      var node: Int
      var level: Int
      /// Which of the pieces that it falls into.
      var piece: Int
    }
    let width = sharing.width
    var jobs: [Job] = []
    for (node, place) in graph.nodes.enumerated() {
      for (level, derivations) in place.levels.enumerated()
      where !derivations.isEmpty {
        let count = derivations.reduce(0) {
          $1.isPhrase ? $0 : $0 + ($1.words[0]?.docCount ?? 0)
        }
        if count < sharing.documentCountMin { continue }
        for piece in 0..<width { jobs.append(Job(node: node, level: level, piece: piece)) }
      }
    }
    let (all, graph, reader) = (jobs, graph, reader)
    let (searchOn, tolerant) = (searchOn, tolerantSearchOn)
    let sets = try sharing.map(all.count) { (i) throws(FormatError) in
      let job = all[i]
      return try Self.documents(
        graph.nodes[job.node].levels[job.level], level: job.level, reader, searchOn: searchOn,
        tolerant: tolerant, piece: job.piece, of: width)
    }
    for (job, set) in zip(jobs, sets) {
      if known[job.node][job.level]?.formUnion(set) == nil { known[job.node][job.level] = set }
    }
    for job in jobs where job.piece == 0 {
      try withPhrases(job.node, level: job.level) { known[job.node][job.level]?.formUnion($0) }
    }
  }

  /// Calls a closure with the documents of each phrase that a node may stand for.
  private func withPhrases(
    _ node: Int, level: Int, _ body: (DocSet) -> Void
  ) throws(FormatError) {
    for phrase in graph.nodes[node].levels[level] where phrase.isPhrase {
      body(try reader.documents(phrase, attributes: searchOn))
    }
  }

  /// Documents that a node matches with a number of typos.
  func documents(_ node: Int, level: Int) throws(FormatError) -> DocSet {
    if let found = known[node][level] { return found }
    var set = try Self.documents(
      graph.nodes[node].levels[level], level: level, reader, searchOn: searchOn,
      tolerant: tolerantSearchOn, piece: 0, of: 1)
    try withPhrases(node, level: level) { set.formUnion($0) }
    known[node][level] = set
    return set
  }

  /// Lists of fewer documents are too short to be cut by ranges.
  private static let cutCountMin = 2048

  /// A part of the documents of those derivations that are words: a range of the documents of
  /// frequent ones, and all documents of some of the others.
  private static func documents(
    _ derivations: [Derivation], level: Int, _ reader: HitReader, searchOn: AttributeSet?,
    tolerant: AttributeSet?, piece: Int, of width: Int
  ) throws(FormatError) -> DocSet {
    let count = reader.corpus.documentCount
    let range = (count * piece / width)..<(count * (piece + 1) / width)
    var set = DocSet(capacity: count)
    var number = 0
    for derivation in derivations where !derivation.isPhrase {
      guard let word = derivation.words[0] else { continue }
      let isTolerantOnly = level > 0 || derivation.isTolerantOnly
      let isCut = word.docCount >= Self.cutCountMin
      if !isCut { number += 1 }
      guard isCut || number % width == piece else { continue }
      try reader.insert(
        word, into: &set, attributes: isTolerantOnly ? tolerant : searchOn,
        in: isCut ? range : 0..<count)
    }
    return set
  }

  /// Documents that a step matches.
  func documents(_ step: PathStep) throws(FormatError) -> DocSet {
    let key = step.node << 8 | Int(step.levels)
    if let known = knownSteps[key] { return known }
    var set: DocSet?
    if step.levels & PathStep.exactOnly != 0 {
      var exact = DocSet(capacity: reader.corpus.documentCount)
      for derivation in graph.nodes[step.node].levels[0] where derivation.isExact {
        exact.formUnion(try reader.documents(derivation, attributes: searchOn))
      }
      set = exact
    }
    let levels = graph.nodes[step.node].levels
    for level in 0..<3 where step.levels & (1 << UInt8(level)) != 0 && !levels[level].isEmpty {
      let next = try documents(step.node, level: level)
      if set?.formUnion(next) == nil { set = next }
    }
    let found = set ?? DocSet(capacity: reader.corpus.documentCount)
    knownSteps[key] = found
    return found
  }

  /// Documents that a path matches, in a universe; nil for all.
  func documents(_ path: QueryPath, in universe: DocSet?) throws(FormatError) -> DocSet {
    var set = universe
    for step in path.steps {
      let next = try documents(step)
      if set?.formIntersection(next) == nil { set = next }
    }
    return set ?? DocSet(allOf: reader.corpus.documentCount)
  }
}

/// Which terms are dropped one after another. SEARCH.md 8.
struct RemovalOrder {
  /// Terms that each step drops in addition.
  let steps: [[Int]]

  init(
    _ graph: QueryGraph, strategy: MatchingStrategy, nodes: NodeDocuments
  ) throws(FormatError) {
    let singles = graph.terms.indices.filter { !graph.terms[$0].isPhrase }
    let hasPhrase = singles.count < graph.terms.count
    switch strategy {
    case .all:
      steps = []
    case .last:
      var removable = Array(singles.reversed())
      // The first term stays, unless phrases stay anyway.
      if !hasPhrase, removable.last == 0 { removable.removeLast() }
      steps = removable.map { [$0] }
    case .frequency:
      steps = try Self.byFrequency(graph, singles, hasPhrase: hasPhrase, nodes: nodes)
    }
  }

  private static func byFrequency(
    _ graph: QueryGraph, _ singles: [Int], hasPhrase: Bool, nodes: NodeDocuments
  ) throws(FormatError) -> [[Int]] {
    var frequencies: [(count: Int, term: Int)] = []
    for term in singles {
      var set = DocSet(capacity: nodes.reader.corpus.documentCount)
      for node in graph.nodes.indices where graph.nodes[node].terms.contains(term) {
        set.formUnion(try nodes.documents(PathStep(node: node, levels: 7)))
      }
      let count = set.count
      frequencies.append((count == 0 ? .max : count, term))
    }
    frequencies.sort { $0.count != $1.count ? $0.count > $1.count : $0.term < $1.term }
    var groups: [[Int]] = []
    var last = -1
    for frequency in frequencies {
      if frequency.count == last {
        groups[groups.count - 1].append(frequency.term)
      } else {
        groups.append([frequency.term])
      }
      last = frequency.count
    }
    if !hasPhrase, !groups.isEmpty { groups.removeLast() }
    return groups
  }

  /// Terms that are gone after a number of steps.
  func removed(after count: Int) -> Set<Int> { Set(steps.prefix(count).joined()) }
}

extension QueryGraph {
  /// Most paths that are looked at.
  static let pathCountMax = 512

  /// All ways through the graph without some terms.
  func paths(without removed: Set<Int>) -> [QueryPath] {
    var found: [QueryPath] = []
    var starting: [[Int]] = terms.indices.map { nodes(startingAt: $0) }
    // A run goes with the last of its words that goes.
    for i in starting.indices {
      starting[i].removeAll { node in nodes[node].terms.allSatisfy { removed.contains($0) } }
    }
    func walk(_ term: Int, _ steps: [PathStep]) {
      guard found.count < Self.pathCountMax else { return }
      if term == terms.count {
        if !steps.isEmpty { found.append(QueryPath(steps: steps)) }
        return
      }
      for node in starting[term] {
        walk(nodes[node].terms.upperBound, steps + [PathStep(node: node, levels: 7)])
      }
      if removed.contains(term) { walk(term + 1, steps) }
    }
    walk(0, [])
    return found
  }

  /// The ways in which a step matches.
  func derivations(_ step: PathStep) -> [Derivation] {
    let levels = nodes[step.node].levels
    if step.levels & PathStep.exactOnly != 0 { return levels[0].filter(\.isExact) }
    var found: [Derivation] = []
    if step.levels & PathStep.run != 0 { found += levels[0].filter(\.isTolerantOnly) }
    if step.levels & PathStep.others != 0 { found += levels[0].filter { !$0.isTolerantOnly } }
    for level in 0..<3 where step.levels & (1 << UInt8(level)) != 0 { found += levels[level] }
    return found
  }

  /// Whether two neighbours on a path are neighbours in the query.
  func areContiguous(_ left: Int, _ right: Int) -> Bool {
    nodes[left].last + 1 == nodes[right].first
  }
}
