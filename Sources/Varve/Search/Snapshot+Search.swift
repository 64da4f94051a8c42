// Searching a snapshot.

import VarveFormat
import VarveSearch
import VarveStorage

extension Snapshot {
  /// Searches.
  ///
  /// The first search of a snapshot reads the columns of its occurrences and indexes what is in no
  /// full-text file yet; later ones share that.
  ///
  /// - Parameters:
  ///   - query: what to find, and how.
  ///   - concurrently: shares the work among threads where many messages match.
  /// - Throws: ``StoreError``: `request` if the query is not valid, `damaged`, `system`.
  public func search(
    _ query: SearchQuery, concurrently: Concurrency = .none
  ) throws(StoreError) -> SearchResults {
    let clock = ContinuousClock()
    let start = clock.now
    let key = ResultCache.Key(
      manifest: view.version.manifestDigest, commit: view.history.commitNumber,
      nextSequence: view.nextSequence, query: query)
    if let known = searching.results.find(key) { return known }
    let settings = try effectiveSettings()
    let request = try query.request()
    let corpus = try searching.corpus(view, settings)
    let budget = Duration.milliseconds(
      settings.search.cutoffMilliseconds ?? SearchSettings.cutoffDefaultMilliseconds)
    let found = try searchErrors {
      try Searcher(corpus, settings.search, sharing: concurrently.sharing).search(request) {
        clock.now - start > budget
      }
    }
    var results = SearchResults(
      query: query, totalCap: settings.search.capsTotals ? settings.search.hitCountMax : nil,
      hitCountMax: settings.search.hitCountMax)
    results.total = found.total
    results.isComplete = found.isComplete
    results.facets = found.facets.map { facet in
      .init(
        name: facet.name,
        values: facet.values.map {
          .init(value: $0.value.text, count: $0.count)
        },
        range: facet.statistics)
    }
    let maker = HitMaker(self, query, settings.search, found.matched)
    for hit in found.hits { results.hits.append(try maker.hit(hit)) }
    let elapsed = (clock.now - start).components
    results.microseconds =
      Int(elapsed.seconds) * 1_000_000 + Int(elapsed.attoseconds / 1_000_000_000_000)
    searching.results.insert(key, results)
    return results
  }

  /// Values of a field that begin like `facetQuery` among what the query selects.
  public func facetSearch(_ query: SearchQuery) throws(StoreError) -> [SearchResults.FacetValue] {
    let settings = try effectiveSettings()
    let request = try query.request()
    let corpus = try searching.corpus(view, settings)
    return try searchErrors {
      try Searcher(corpus, settings.search).facetSearch(
        query.facetName ?? "", query: query.facetQuery, in: request
      ).map { .init(value: $0.value.text, count: $0.count) }
    }
  }

  /// Any text with the matches of a query marked, and cut to the words around them.
  ///
  /// - Parameters:
  /// - text: need not be in the store; what the words of the query stand for comes from the store.
  ///   - query: its `attributesToHighlight` and `attributesToCrop` say whether to mark and to cut.
  public func formatted(
    _ text: [UInt8], by query: SearchQuery
  ) throws(StoreError) -> [UInt8] {
    let settings = try effectiveSettings()
    var request = try query.request()
    request.page = .slice(offset: 0, limit: 0)
    let corpus = try searching.corpus(view, settings)
    let found = try searchErrors { try Searcher(corpus, settings.search).search(request) }
    var format = TextFormat()
    format.highlights = !query.attributesToHighlight.isEmpty
    if let crop = query.attributesToCrop.first {
      format.cropWordCount = crop.wordCount ?? query.cropLength
    }
    format.cropMarker = query.cropMarker
    format.highlightStart = query.highlightPreTag
    format.highlightEnd = query.highlightPostTag
    return TreeFormatter(found.matched, settings.search).formatted(text, format)
  }

}

/// Runs search code and gives its errors the engine's type.
func searchErrors<T>(_ body: () throws -> T) throws(StoreError) -> T {
  do {
    return try body()
  } catch let error as SearchError {
    throw StoreError(error)
  } catch let error as StorageError {
    throw StoreError(error)
  } catch let error as FormatError {
    throw StoreError(StorageError(error, path: "", doing: "search full text"))
  } catch let error as StoreError {
    throw error
  } catch {
    throw StoreError(.damaged, detail: "search: \(error)")
  }
}

/// Turns found documents into hits.
private struct HitMaker {
  private let snapshot: Snapshot
  private let query: SearchQuery
  private let settings: SearchSettings
  private let formatter: TreeFormatter

  init(
    _ snapshot: Snapshot, _ query: SearchQuery, _ settings: SearchSettings,
    _ matched: MatchedWords
  ) {
    self.snapshot = snapshot
    self.query = query
    self.settings = settings
    formatter = TreeFormatter(matched, settings)
  }

  func hit(_ found: SearchHit) throws(StoreError) -> SearchResults.Hit {
    let occurrence = try snapshot.occurrence(UInt64(found.row) + 1)
    let message = try snapshot.message(at: occurrence.message)
    let whole = document(occurrence, message)
    let displayed = TreeFormatter.selected(whole, settings.displayed)
    var hit = SearchResults.Hit(
      message: message, occurrence: occurrence, occurrenceCount: found.rowCount,
      document: TreeFormatter.selected(displayed, query.attributesToRetrieve),
      ranks: found.ranks.compactMap(Self.rank))
    hit.formatted = formatted(displayed)
    if query.showsMatchesPosition { hit.matchesPosition = formatter.positions(displayed) }
    if query.showsRankingScore { hit.score = RuleRank.score(found.ranks) }
    if query.showsRankingScoreDetails { hit.scoreDetails = details(found.ranks) }
    return hit
  }

  /// The document of an occurrence: its fields and its metadata, or its metadata alone.
  private func document(_ occurrence: Occurrence, _ message: Message) -> MetadataValue {
    let metadata = occurrence.metadata ?? .object([])
    guard settings.hasBuiltInFields else { return metadata }
    func text(_ value: String?) -> MetadataValue { value.map { .text($0) } ?? .null }
    func time(_ value: Int64?) -> MetadataValue { text(value.flatMap { TimeValue.text($0) }) }
    var members: [MetadataValue.Member] = [
      .init("id", .text(message.id)), .init("hash", .text("\(message.hash)")),
      .init("content", .string(message.content)), .init("project", text(occurrence.project)),
      .init("session", text(occurrence.session)),
      .init("source", text(occurrence.statedSource ?? occurrence[.path])),
    ]
    members += [
      .init("line", occurrence.place.line > 0 ? .int(Int64(occurrence.place.line)) : .null),
      .init("timestamp", time(occurrence.time)),
      .init("extractedAt", time(occurrence.extractedAt)),
      .init("level", text(occurrence.level)), .init("component", text(occurrence.component)),
      .init("phase", text(occurrence.phase)), .init("kind", .text(occurrence.kind.name)),
      .init("role", text(occurrence.role)), .init("tool", text(occurrence.tool)),
      .init("model", text(occurrence.model)), .init("branch", text(occurrence.branch)),
      .init("agent", text(occurrence.agent)), .init("host", text(occurrence[.host])),
      .init("error", .bool(occurrence.isError)), .init("metadata", metadata),
    ]
    return .object(members)
  }

  private func formatted(_ displayed: MetadataValue) -> MetadataValue? {
    let highlight = query.attributesToHighlight
    let crop = query.attributesToCrop
    // It is there if something that may be shown is to be formatted.
    let isShown = (highlight + crop.map(\.attribute)).contains { name in
      settings.displayed.map { shown in
        shown.contains { FieldPattern.covers($0, name) || FieldPattern.covers(name, $0) }
      } ?? true
    }
    guard isShown else { return nil }
    // What is formatted is there even where it was not asked for as it is.
    let wanted = query.attributesToRetrieve.map { names in
      names + highlight + crop.map(\.attribute)
    }
    return formatter.formatted(TreeFormatter.selected(displayed, wanted)) { path in
      var format = TextFormat()
      format.highlights = highlight.contains { FieldPattern.covers($0, path) }
      let own = crop.first { $0.attribute != "*" && FieldPattern.covers($0.attribute, path) }
      if let crop = own ?? crop.first(where: { FieldPattern.covers($0.attribute, path) }) {
        format.cropWordCount = crop.wordCount ?? query.cropLength
      }
      guard format.highlights || format.cropWordCount != nil else { return nil }
      format.cropMarker = query.cropMarker
      format.highlightStart = query.highlightPreTag
      format.highlightEnd = query.highlightPostTag
      return format
    }
  }

  // MARK: Scores

  private static func rank(_ rank: RuleRank) -> (rule: String, rank: Int, rankMax: Int)? {
    if case .field = rank.rule { return nil }
    return (rank.rule.name, rank.rank, rank.rankMax)
  }

  private func details(_ ranks: [RuleRank]) -> MetadataValue {
    var members: [MetadataValue.Member] = []
    var order: Int64 = 0
    var i = 0
    // `attribute` in the settings is one entry for its two rules.
    let joinsAttribute = settings.joinsAttribute
    func number(_ value: Int) -> MetadataValue { .int(Int64(value)) }
    while i < ranks.count {
      let rank = ranks[i]
      let score = Double(rank.rank) / Double(rank.rankMax)
      var entry: [MetadataValue.Member] = [.init("order", .int(order))]
      var name = rank.rule.name
      switch rank.rule {
      case .words:
        entry += [
          .init("matchingWords", number(rank.rank)),
          .init("maxMatchingWords", number(rank.rankMax)),
          .init("score", .double(score)),
        ]
      case .typo:
        entry += [
          .init("typoCount", number(rank.rankMax - rank.rank)),
          .init("maxTypoCount", number(rank.rankMax - 1)), .init("score", .double(score)),
        ]
      case .attributeRank where joinsAttribute && i + 1 < ranks.count:
        let next = ranks[i + 1]
        name = "attribute"
        entry += [
          .init("attributeRankingOrderScore", .double(score)),
          .init("queryWordDistanceScore", .double(Double(next.rank) / Double(next.rankMax))),
          .init("score", .double(RuleRank.score([rank, next]))),
        ]
        i += 1
      case .exactAttribute:
        name = "exactness"
        let kinds = ["noExactMatch", "matchesStart", "exactMatch"]
        entry.append(.init("matchType", .text(kinds[max(0, min(2, rank.rank - 1))])))
        let pair = i + 1 < ranks.count ? [rank, ranks[i + 1]] : [rank]
        if rank.rank == 1, pair.count == 2 {
          entry += [
            .init("matchingWords", number(pair[1].rank - 1)),
            .init("maxMatchingWords", number(pair[1].rankMax - 1)),
          ]
        }
        entry.append(.init("score", .double(RuleRank.score(pair))))
        i += pair.count - 1
      case .field(_, _, let value):
        entry.append(.init("value", value.map(Self.tree) ?? .null))
      case .skipped: break
      case .proximity, .attributeRank, .wordPosition, .exactWords:
        entry.append(.init("score", .double(score)))
      }
      members.append(.init(name, .object(entry)))
      order += 1
      i += 1
    }
    return .object(members)
  }

  private static func tree(_ value: FieldValue) -> MetadataValue {
    switch value {
    case .number(let number): SearchResults.number(number)
    case .string(let bytes): .string(bytes)
    }
  }
}
