// One search from request to result. SEARCH.md 1.

import VarveFormat

/// Searches a corpus; any number of threads may use one.
package struct Searcher: Sendable {
  private let corpus: SearchCorpus
  private let settings: SearchSettings
  private let tokenizer: Tokenizer
  private let stopWords: Set<[UInt8]>
  private let sharing: WorkSharing

  /// - Parameter sharing: the threads that heavy queries are worked on with.
  package init(
    _ corpus: SearchCorpus, _ settings: SearchSettings, sharing: WorkSharing = .none
  ) {
    self.corpus = corpus
    self.sharing = sharing
    self.settings = settings
    let index = settings.index
    tokenizer = Tokenizer(index.tokenizer)
    stopWords = index.stopWords
  }

  /// What a request selects, before any order.
  private struct Selection {
    var graph: QueryGraph
    var nodes: NodeDocuments
    var removal: RemovalOrder
    var searchOn: AttributeSet?
    var rows: DocSet?
    var universe: DocSet
  }

  /// Runs a search.
  ///
  /// - Parameter isOverBudget: asked between steps; once true, no more is split.
  package func search(
    _ request: SearchRequest, isOverBudget: @escaping () -> Bool = { false }
  ) throws -> SearchResult {
    try check(request)
    let selection = try select(request)
    var result = SearchResult()
    result.matched = MatchedWords(selection.graph)
    let (offset, limit) = window(request)
    let distinct = request.distinct ?? settings.distinct
    let column = try distinct.flatMap { try corpus.fields.column($0) }
    // Whoever asks for totals over what is shown pays for ranking it all.
    let ranksAll = request.scoreMin != nil || column != nil
    let count = selection.universe.count
    let needed = ranksAll ? Int.max : min(offset + limit, count)
    var seen: Set<FieldKey> = []
    let rows = selection.rows
    let ranker = Ranker(
      corpus: corpus, settings: settings, request: request, nodes: selection.nodes,
      removal: selection.removal, searchOn: selection.searchOn, rows: rows,
      needed: needed, sharing: sharing, isOverBudget: isOverBudget
    ) { document in
      guard let column else { return true }
      var keys: [FieldKey] = []
      corpus.rows.forEachRow(of: document) { row in
        if let rows, !rows.contains(row) { return }
        column.forEachValue(row) { keys.append($0) }
      }
      guard keys.allSatisfy({ !seen.contains($0) }) else { return false }
      seen.formUnion(keys)
      return true
    }
    if needed > 0 { try ranker.run(selection.universe) }
    result.isComplete = ranker.isComplete
    var counted = selection.universe
    if ranksAll {
      counted = DocSet(capacity: corpus.documentCount)
      for hit in ranker.ranked { counted.insert(Int(hit.document)) }
      result.total = ranker.ranked.count
    } else {
      result.total = count
    }
    result.hits = ranker.ranked.dropFirst(offset).prefix(limit).map { hit in
      shown(Int(hit.document), hit.ranks, rows: rows, request: request)
    }
    if !request.facets.isEmpty {
      result.facets = try FacetCounter(corpus: corpus, settings: settings).facets(
        request.facets, matches: counted, rows: rows,
        countsOccurrences: request.countsOccurrences)
    }
    if request.countsOccurrences { result.total = occurrenceCount(counted, rows) }
    return result
  }

  /// Values of a field among what a request selects.
  package func facetSearch(
    _ name: String, query: String?, in request: SearchRequest
  ) throws -> [FacetCount] {
    let attribute = settings.filterable(name)
    guard let attribute, attribute.allowsFacetSearch else {
      throw SearchError.request(
        code: "invalid_facet_search_facet_name",
        message: "Attribute `\(name)` is not facet-searchable.")
    }
    guard settings.allowsFacetSearch else {
      throw SearchError.request(
        code: "facet_search_disabled", message: "The facet search is disabled for this index.")
    }
    let selection = try select(request)
    return try FacetCounter(corpus: corpus, settings: settings).search(
      name, query: query, matches: selection.universe, rows: selection.rows)
  }

  /// The occurrences that satisfy a filter, as a set of their numbers.
  package func rows(_ filter: Filter) throws -> DocSet {
    try FilterEvaluator(corpus: corpus, settings: settings).rows(filter)
  }

  /// For each occurrence whose message has an occurrence that satisfies a filter, the first such
  /// one.
  package func firstRows(_ filter: Filter) throws -> FirstRows {
    let rows = try rows(filter)
    var first = [UInt32](repeating: .max, count: corpus.documentCount)
    rows.forEach { row in
      let document = Int(corpus.rows.documents[row])
      if first[document] == .max { first[document] = UInt32(row) }
    }
    return FirstRows(documents: corpus.rows.documents, first: first)
  }

  private func check(_ request: SearchRequest) throws(SearchError) {
    for key in request.sort
    where !settings.isSortable(key.field) {
      let known = settings.sortable.sorted().map { "`\($0)`" }.joined(separator: ", ")
      let hint =
        known.isEmpty
        ? "This index does not have configured sortable attributes."
        : "Available sortable attributes are: \(known)."
      throw .request(
        code: "invalid_search_sort",
        message: "Index `messages`: Attribute `\(key.field)` is not sortable. \(hint)")
    }
    if !request.sort.isEmpty, !settings.rules.contains(.sort) {
      throw .request(
        code: "invalid_search_sort",
        message: "You must specify where `sort` is listed in the rankingRules setting to use the "
          + "sort parameter at search time.")
    }
    if let distinct = request.distinct,
      settings.filterable(distinct) == nil
    {
      throw .request(
        code: "invalid_search_distinct",
        message: "Index `messages`: Attribute `\(distinct)` is not filterable and thus, cannot be "
          + "used as distinct attribute.")
    }
  }

  /// Offset and limit, capped by the settings.
  private func window(_ request: SearchRequest) -> (offset: Int, limit: Int) {
    let most = settings.hitCountMax
    switch request.page {
    case .slice(let offset, let limit):
      let offset = min(max(0, offset), most)
      return (offset, min(max(0, limit), most - offset))
    case .page(let number, let size):
      guard number > 0, size > 0 else { return (0, 0) }
      let offset = min((number - 1).multipliedReportingOverflow(by: size).partialValue, most)
      return offset < 0 ? (most, 0) : (offset, min(size, most - offset))
    }
  }

  // MARK: Selection

  private func select(_ request: SearchRequest) throws -> Selection {
    let evaluator = FilterEvaluator(corpus: corpus, settings: settings)
    let rows = try request.filter.map { try evaluator.rows($0) }
    var universe = rows.map { evaluator.documents(of: $0) }
    let searchOn = try attributes(request)
    let tolerant = tolerantAttributes()
    let reader = HitReader(
      corpus: corpus, attributes: searchOn, byWord: settings.hasProximityByWord,
      sharing: sharing)
    let query = request.query ?? ""
    let parsed = QueryParser.parse(
      query, tokenizer: tokenizer, stopWords: stopWords,
      hasPrefixSearch: settings.hasPrefixSearch)
    let graph = try GraphBuilder(
      settings, corpus: corpus, reader: reader, tokenizer: tokenizer
    ).build(parsed, query: Array(query.utf8))
    let nodes = NodeDocuments(graph, reader: reader, searchOn: searchOn, tolerant: tolerant)
    try nodes.findMany()
    let removal = try RemovalOrder(graph, strategy: request.strategy, nodes: nodes)
    if !graph.terms.isEmpty {
      let paths = graph.paths(without: removal.removed(after: removal.steps.count))
      var matches: DocSet?
      for path in paths {
        let next = try nodes.documents(path, in: universe)
        if matches?.formUnion(next) == nil { matches = next }
      }
      universe = matches ?? DocSet(capacity: corpus.documentCount)
    }
    var left = universe ?? DocSet(allOf: corpus.documentCount)
    try subtractNegatives(parsed, reader, from: &left)
    if let searchOn, searchOn.isEmpty { left = DocSet(capacity: corpus.documentCount) }
    return Selection(
      graph: graph, nodes: nodes, removal: removal, searchOn: searchOn, rows: rows,
      universe: left)
  }

  private func subtractNegatives(
    _ parsed: ParsedQuery, _ reader: HitReader, from universe: inout DocSet
  ) throws {
    let search = WordSearch(corpus, skipsNumbers: false)
    for word in parsed.negativeWords {
      guard let found = try search.find(word) else { continue }
      var documents = DocSet(capacity: corpus.documentCount)
      try reader.insert(found, into: &documents, attributes: nil)
      universe.subtract(documents)
    }
    if parsed.negativePhrases.isEmpty { return }
    // Words in a row count wherever they stand, also where the query does not look.
    let reader = HitReader(
      corpus: corpus, attributes: nil, byWord: settings.hasProximityByWord, sharing: sharing)
    for phrase in parsed.negativePhrases {
      var words: [ResolvedWord?] = []
      for word in phrase { words.append(try word.flatMap { try search.find($0) }) }
      guard zip(words, phrase).allSatisfy({ ($0 == nil) == ($1 == nil) }) else { continue }
      let derivation = Derivation(words: words, isExact: true)
      universe.subtract(try reader.documents(derivation, attributes: nil))
    }
  }

  /// Attributes that a request searches; nil for all.
  private func attributes(_ request: SearchRequest) throws(SearchError) -> AttributeSet? {
    let declared = settings.searchable.flatMap { $0.contains("*") ? nil : $0 }
    func numbers(_ patterns: [String]) -> AttributeSet {
      AttributeSet(count: corpus.attributes.count) { i in
        patterns.contains {
          FieldPattern.covers(settings.metadataPath($0) ?? $0, corpus.attributes[i])
        }
      }
    }
    var all = declared.map(numbers)
    if all?.isWhole == true { all = nil }
    guard let wanted = request.searchOn else { return all }
    if let declared {
      for name in wanted where name != "*" {
        let isKnown = declared.contains {
          FieldPattern.covers($0, name) || FieldPattern.covers(name, $0)
        }
        guard isKnown else {
          let known = declared.sorted().map { "`\($0)`" }.joined(separator: ", ")
          throw .request(
            code: "invalid_search_attributes_to_search_on",
            message: "Attribute `\(name)` is not searchable. Available searchable attributes are: "
              + "\(known).")
        }
      }
    }
    let restricted = numbers(wanted)
    return all.map { restricted.intersection($0) } ?? restricted
  }

  private func tolerantAttributes() -> AttributeSet? {
    let off = settings.typo.disableOnAttributes
    guard !off.isEmpty else { return nil }
    let set = AttributeSet(count: corpus.attributes.count) { i in
      !off.contains { FieldPattern.covers(settings.metadataPath($0) ?? $0, corpus.attributes[i]) }
    }
    return set.isWhole ? nil : set
  }

  // MARK: Hits

  private func shown(
    _ document: Int, _ ranks: [RuleRank], rows: DocSet?, request: SearchRequest
  ) -> SearchHit {
    var count = 0
    var best = -1
    var bestTime = -Double.infinity
    let times: [Double]? =
      if let column = try? corpus.fields.column("timestamp"),
        case .numbers(let numbers) = column.storage
      { numbers } else { nil }
    let isOldest = request.sort.first.map { $0.field == "timestamp" && !$0.isDescending } ?? false
    corpus.rows.forEachRow(of: document) { row in
      if let rows, !rows.contains(row) { return }
      count += 1
      let time = times.map { $0[row].isNaN ? -Double.infinity : $0[row] } ?? 0
      if best < 0 || (isOldest ? time < bestTime && time.isFinite : time > bestTime) {
        best = row
        bestTime = time
      }
    }
    return SearchHit(document: document, row: max(0, best), rowCount: count, ranks: ranks)
  }

  private func occurrenceCount(_ documents: DocSet, _ rows: DocSet?) -> Int {
    var count = 0
    for document in documents.documents {
      corpus.rows.forEachRow(of: Int(document)) { row in
        if rows?.contains(row) ?? true { count += 1 }
      }
    }
    return count
  }
}

/// The first occurrence of each message that satisfies a filter.
package struct FirstRows: Sendable {
  fileprivate let documents: [UInt32]
  fileprivate let first: [UInt32]

  /// The first occurrence that satisfies the filter of the message of an occurrence; nil for none.
  package func find(_ row: Int) -> Int? {
    let found = first[Int(documents[row])]
    return found == .max ? nil : Int(found)
  }
}
