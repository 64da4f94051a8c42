// What a search found, typed and as a tree in the shape of Meilisearch's responses.

import VarveFormat

/// The answer to a ``SearchQuery``.
public struct SearchResults: Sendable {
  /// One found message.
  public struct Hit: Sendable {
    /// The message.
    public var message: Message
    /// The matching occurrence that is shown.
    public var occurrence: Occurrence
    /// How many occurrences match.
    public var occurrenceCount: Int
    /// From 0 to 1; nil if it was not asked for.
    public var score: Double?
    /// How each rule placed it; nil if it was not asked for.
    public var scoreDetails: MetadataValue?
    /// The document with the members that were asked for.
    public var document: MetadataValue
    /// The document with matches marked and texts cut; nil if neither was asked for.
    public var formatted: MetadataValue?
    /// Places of matches; nil if they were not asked for.
    public var matchesPosition: MetadataValue?
    /// Ranks of the rules, worst 1, for tests and curious people.
    public var ranks: [(rule: String, rank: Int, rankMax: Int)]
  }

  /// How often a value stands among the matches.
  public struct FacetValue: Sendable, Equatable {
    /// The value as it is shown.
    public var value: String
    /// Messages, or occurrences if those were asked for.
    public var count: Int
  }

  /// A field's values among the matches.
  public struct Facet: Sendable, Equatable {
    /// Name of the field.
    public var name: String
    /// Values with their counts.
    public var values: [FacetValue]
    /// Least and greatest number, if there are numbers.
    public var range: ClosedRange<Double>?
  }

  /// The page.
  public var hits: [Hit] = []
  /// All matches, exact.
  public var total = 0
  /// Whether every rule ran; false if the time budget ended before.
  public var isComplete = true
  /// The facets that were asked for.
  public var facets: [Facet] = []
  /// Time that the search took, in microseconds.
  public var microseconds = 0
  /// The request.
  public var query: SearchQuery
  /// Whether totals are capped as Meilisearch does, and by how much.
  var totalCap: Int?
  var hitCountMax: Int

  /// The answer as a tree in the shape of Meilisearch's responses.
  ///
  /// - Parameter hit: makes the tree of one hit from its document.
  public func tree(
    hit: (Hit) -> MetadataValue = { SearchResults.hitTree($0) }
  ) -> MetadataValue {
    var members: [MetadataValue.Member] = [
      .init("hits", .array(hits.map(hit))), .init("query", .text(query.text ?? "")),
      .init("processingTimeMs", .int(Int64(microseconds / 1000))),
    ]
    let total = totalCap.map { min($0, self.total) } ?? self.total
    if query.page != nil || query.hitsPerPage != nil {
      let size = query.hitsPerPage ?? 20
      members += [
        .init("hitsPerPage", .int(Int64(size))), .init("page", .int(Int64(query.page ?? 1))),
        .init("totalPages", .int(Int64(size == 0 ? 0 : (total + size - 1) / size))),
        .init("totalHits", .int(Int64(total))),
      ]
    } else {
      members += [
        .init("limit", .int(Int64(query.limit))),
        .init("offset", .int(Int64(min(query.offset, hitCountMax)))),
        .init("estimatedTotalHits", .int(Int64(total))),
      ]
    }
    if !query.facets.isEmpty { members += facetMembers }
    if !isComplete { members.append(.init("degraded", .bool(true))) }
    return .object(members)
  }

  private var facetMembers: [MetadataValue.Member] {
    let distribution = facets.map { facet in
      MetadataValue.Member(
        facet.name, .object(facet.values.map { .init($0.value, .int(Int64($0.count))) }))
    }
    let statistics = facets.compactMap { facet in
      facet.range.map { range in
        MetadataValue.Member(
          facet.name,
          .object([
            .init("min", Self.number(range.lowerBound)),
            .init("max", Self.number(range.upperBound)),
          ]))
      }
    }
    return [
      .init("facetDistribution", .object(distribution)), .init("facetStats", .object(statistics)),
    ]
  }

  static func number(_ value: Double) -> MetadataValue {
    value == value.rounded() && abs(value) < 1e15 ? .int(Int64(value)) : .double(value)
  }

  /// The tree of one hit: its document and what was asked for beside it.
  public static func hitTree(_ hit: Hit) -> MetadataValue {
    guard case .object(var members) = hit.document else { return hit.document }
    if let formatted = hit.formatted { members.append(.init("_formatted", formatted)) }
    if let places = hit.matchesPosition { members.append(.init("_matchesPosition", places)) }
    if let score = hit.score { members.append(.init("_rankingScore", .double(score))) }
    if let details = hit.scoreDetails { members.append(.init("_rankingScoreDetails", details)) }
    return .object(members)
  }
}
