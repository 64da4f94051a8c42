// Puts the documents that match into the order of the rules. SEARCH.md 9: each rule splits what the
// ones before left equal, and nothing is split that the page does not need.

import VarveFormat

/// Ranks the matches of one query.
final class Ranker {
  let corpus: SearchCorpus
  let settings: SearchSettings
  let request: SearchRequest
  let nodes: NodeDocuments
  let removal: RemovalOrder
  let searchOn: AttributeSet?
  /// Occurrences that satisfy the filter; nil for all.
  let rows: DocSet?
  let rules: [RankingRule]
  private let isOverBudget: () -> Bool
  /// Documents that are wanted.
  private let needed: Int
  private(set) var ranked: [(document: UInt32, ranks: [RuleRank])] = []
  private(set) var isComplete = true
  /// Told of each ranked document; false if it does not count.
  private let accepts: (Int) -> Bool
  let sharing: WorkSharing
  private var isStopped = false

  init(
    corpus: SearchCorpus, settings: SearchSettings, request: SearchRequest, nodes: NodeDocuments,
    removal: RemovalOrder, searchOn: AttributeSet?, rows: DocSet?, needed: Int,
    sharing: WorkSharing, isOverBudget: @escaping () -> Bool, accepts: @escaping (Int) -> Bool
  ) {
    self.corpus = corpus
    self.settings = settings
    self.request = request
    self.nodes = nodes
    self.removal = removal
    self.searchOn = searchOn
    self.rows = rows
    self.needed = needed
    self.sharing = sharing
    self.isOverBudget = isOverBudget
    self.accepts = accepts
    rules = Self.inForce(settings.rules, request: request, hasQuery: !nodes.graph.terms.isEmpty)
  }

  /// The rules of a request: words before the first rule that needs it, doubles only once.
  static func inForce(
    _ rules: [RankingRule], request: SearchRequest, hasQuery: Bool
  ) -> [RankingRule] {
    var result: [RankingRule] = []
    for rule in rules where !result.contains(rule) {
      switch rule {
      case .words, .typo, .proximity, .attributeRank, .wordPosition, .exactness:
        guard hasQuery else { continue }
        if !result.contains(.words), request.strategy != .all { result.append(.words) }
        if rule != .words { result.append(rule) }
      case .conversation, .relevance:
        if hasQuery { result.append(rule) }
      default:
        result.append(rule)
      }
    }
    return result
  }

  /// Ranks a universe of documents.
  func run(_ universe: DocSet) throws {
    let all = removal.removed(after: removal.steps.count)
    let removed = rules.contains(.words) ? all : []
    let graph = nodes.graph
    let bucket = Bucket(
      members: .set(universe),
      paths: graph.terms.isEmpty ? [] : graph.paths(without: removed), removed: removed)
    try rank(bucket, rule: 0)
  }

  /// Whether the page is full.
  var isDone: Bool { isStopped || ranked.count >= needed }

  /// Documents that are still wanted.
  var wanted: Int { needed == .max ? .max : needed - ranked.count }

  func rank(_ bucket: Bucket, rule: Int) throws {
    if isDone { return }
    if bucket.isEmpty { return }
    if let least = request.scoreMin, RuleRank.score(bucket.ranks) < least {
      // What comes later is no better.
      isStopped = true
      return
    }
    if isOverBudget() { isComplete = false }
    if rule >= rules.count || !isComplete || bucket.isSingle && !request.wantsScores {
      emit(bucket, skipped: rule < rules.count && !isComplete)
      return
    }
    if let plan = try plan(bucket, rule) { return try rank(bucket, plan) }
    switch rules[rule] {
    case .words: try splitByWords(bucket, rule)
    case .typo: try splitByTypos(bucket, rule)
    case .proximity: try splitByProximity(bucket, rule)
    case .attributeRank: try splitByAttribute(bucket, rule)
    case .wordPosition: try splitByPosition(bucket, rule)
    case .exactness: try splitByExactAttribute(bucket, rule)
    case .sort: try splitBySort(bucket, rule, request.sort)
    case .ascending(let field): try splitBySort(bucket, rule, [SortKey(field, isDescending: false)])
    case .descending(let field):
      try splitBySort(bucket, rule, [SortKey(field, isDescending: true)])
    case .conversation, .relevance, .newest: try splitByOwnRule(bucket, rule)
    }
  }

  /// Adds a document behind those that are ranked already.
  func add(_ document: UInt32, _ ranks: [RuleRank]) {
    guard ranked.count < needed, accepts(Int(document)) else { return }
    ranked.append((document, ranks))
  }

  private func emit(_ bucket: Bucket, skipped: Bool) {
    var ranks = bucket.ranks
    if skipped, request.wantsScores { ranks.append(RuleRank(.skipped, 0, of: 1)) }
    func add(_ document: UInt32) { self.add(document, ranks) }
    switch bucket.members {
    case .set(let set):
      if set.count <= needed {
        for document in set.documents { add(document) }
      } else {
        for document in set.documents where ranked.count < needed { add(document) }
      }
    case .placed(let words, let indices):
      for index in indices where ranked.count < needed { add(words.documents[Int(index)]) }
    }
  }

  /// The bucket with its words placed.
  func placed(_ bucket: Bucket) -> (words: PlacedWords, indices: [Int32]) {
    switch bucket.members {
    case .placed(let words, let indices): return (words, indices)
    case .set(let set):
      let words = PlacedWords(set, nodes: nodes, sharing: sharing)
      return (words, Array(0..<Int32(words.documents.count)))
    }
  }

  /// The same for a rule that asks for all places: only of these documents, if none were read yet.
  func placedWhole(_ bucket: Bucket) -> (words: PlacedWords, indices: [Int32]) {
    let (words, indices) = placed(bucket)
    guard words.isLight, indices.count < words.documents.count else { return (words, indices) }
    let fewer = PlacedWords(set(bucket), nodes: nodes, sharing: sharing)
    return (fewer, indices.map { fewer.index(of: words.documents[Int($0)]) })
  }

  /// The documents of a bucket as a set.
  func set(_ bucket: Bucket) -> DocSet {
    switch bucket.members {
    case .set(let set): return set
    case .placed(let words, let indices):
      var set = DocSet(capacity: corpus.documentCount)
      for index in indices { set.insert(Int(words.documents[Int(index)])) }
      return set
    }
  }

  /// Ranks groups one after another.
  ///
  /// - Parameters:
  ///   - costs: of each document of the bucket.
  ///   - next: the bucket of a group, from its cost and its members.
  func rankGroups(
    _ costs: [Int], _ rule: Int, _ next: (Int, [Int]) throws -> Bucket
  ) throws {
    for group in Groups.make(costs, needed: wanted).groups {
      if isDone { return }
      try rank(try next(group.cost, group.members), rule: rule + 1)
    }
  }

  /// The weight of each attribute of the corpus.
  lazy var weights: [Int] = {
    guard let names = settings.searchable, !names.contains("*") else {
      return [Int](repeating: 0, count: corpus.attributes.count)
    }
    return corpus.attributes.map { name in
      names.firstIndex { pattern in
        FieldPattern.covers(settings.metadataPath(pattern) ?? pattern, name)
      } ?? max(0, names.count - 1)
    }
  }()
}
