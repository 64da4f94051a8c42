// A search as callers ask for it: typed, or as a tree in the shape of Meilisearch's requests.

import VarveFormat
import VarveSearch

/// A search of a snapshot.
public struct SearchQuery: Hashable, Sendable {
  /// Longest request or settings text, in bytes.
  public static let byteCountMax = 1 << 20

  /// What a match may leave out of the query.
  public enum Strategy: String, Sendable, CaseIterable {
    /// Words from the end.
    case last
    /// Nothing.
    case all
    /// The most frequent words.
    case frequency
  }

  /// An attribute that is cut to the words around its matches.
  public struct Crop: Hashable, Sendable {
    /// Name or pattern.
    public var attribute: String
    /// Words that are kept; nil for `cropLength`.
    public var wordCount: Int?

    /// Creates one.
    public init(_ attribute: String, wordCount: Int? = nil) {
      self.attribute = attribute
      self.wordCount = wordCount
    }
  }

  /// Words, phrases in quotes, `-words` to leave out; nil or blank finds everything.
  public var text: String?
  /// Conditions that all must hold, each in the filter language.
  public var filters: [String] = []
  /// Fields with `:asc` or `:desc`.
  public var sort: [String] = []
  /// Hits that are passed over.
  public var offset = 0
  /// Hits that are given at most.
  public var limit = 20
  /// Page from 1 on; with it or `hitsPerPage` totals are those of pages.
  public var page: Int?
  /// Hits of a page.
  public var hitsPerPage: Int?
  /// What a match may leave out.
  public var strategy = Strategy.last
  /// Fields whose values are counted.
  public var facets: [String] = []
  /// Field of which each value is shown once.
  public var distinct: String?
  /// Attributes that are searched; nil for those of the settings.
  public var attributesToSearchOn: [String]?
  /// Members of documents that are given; nil for all.
  public var attributesToRetrieve: [String]?
  /// Attributes whose matches are marked.
  public var attributesToHighlight: [String] = []
  /// Attributes that are cut.
  public var attributesToCrop: [Crop] = []
  /// Words that cutting keeps.
  public var cropLength = 10
  /// Stands where something was cut.
  public var cropMarker = "\u{2026}"
  /// Stands before a match.
  public var highlightPreTag = "<em>"
  /// Stands behind a match.
  public var highlightPostTag = "</em>"
  /// Whether hits say where their matches are.
  public var showsMatchesPosition = false
  /// Whether hits have a score from 0 to 1.
  public var showsRankingScore = false
  /// Whether hits say how each rule placed them.
  public var showsRankingScoreDetails = false
  /// Hits of a lower score are left out, also of totals and facets.
  public var rankingScoreThreshold: Double?
  /// Whether totals and facets count occurrences instead of messages.
  public var countsOccurrences = false
  /// Field and text of a facet search.
  public var facetName: String?
  /// What a value begins with.
  public var facetQuery: String?

  /// A search for a text with default options.
  public init(_ text: String?) { self.text = text }

  /// A search from a tree in the shape of Meilisearch's requests.
  ///
  /// - Throws: ``StoreError`` with code `request` if a member is unknown or of the wrong type.
  public init(tree: MetadataValue) throws(StoreError) {
    guard case .object(let members) = tree else {
      throw StoreError(.request("bad_request"), detail: "a search is an object")
    }
    for member in members {
      let name = String(decoding: member.key, as: UTF8.self)
      if member.value == .null { continue }
      guard try set(name, member.value) else {
        throw StoreError(.request("bad_request"), detail: "Unknown field `\(name)`")
      }
    }
  }

  private mutating func set(
    _ name: String, _ value: MetadataValue
  ) throws(StoreError) -> Bool {
    let reader = TreeReader(name, value)
    switch name {
    case "q": text = try reader.text()
    case "filter": filters = try reader.filters()
    case "sort": sort = try reader.texts()
    case "offset": offset = try reader.count()
    case "limit": limit = try reader.count()
    case "page": page = try reader.count()
    case "hitsPerPage": hitsPerPage = try reader.count()
    case "matchingStrategy": strategy = try reader.choice(Strategy.allCases)
    case "facets": facets = try reader.texts()
    case "distinct": distinct = try reader.text()
    case "attributesToSearchOn": attributesToSearchOn = try reader.texts()
    case "attributesToRetrieve": attributesToRetrieve = try reader.texts()
    case "attributesToHighlight": attributesToHighlight = try reader.texts()
    case "attributesToCrop": attributesToCrop = try reader.texts().map(Self.crop)
    case "cropLength": cropLength = try reader.count()
    case "cropMarker": cropMarker = try reader.text()
    case "highlightPreTag": highlightPreTag = try reader.text()
    case "highlightPostTag": highlightPostTag = try reader.text()
    case "showMatchesPosition": showsMatchesPosition = try reader.truth()
    case "showRankingScore": showsRankingScore = try reader.truth()
    case "showRankingScoreDetails": showsRankingScoreDetails = try reader.truth()
    case "rankingScoreThreshold": rankingScoreThreshold = try reader.number()
    case "countOccurrences": countsOccurrences = try reader.truth()
    case "facetName": facetName = try reader.text()
    case "facetQuery": facetQuery = try reader.text()
    default: return false
    }
    return true
  }

  private static func crop(_ text: String) -> Crop {
    let parts = text.split(separator: ":", maxSplits: 1)
    if parts.count == 2, let count = Int(parts[1]) {
      return Crop(String(parts[0]), wordCount: count)
    }
    return Crop(text)
  }

  /// The request as the engine takes it.
  func request() throws(StoreError) -> SearchRequest {
    var request = SearchRequest(query: text)
    do throws(SearchError) {
      var parts: [Filter] = []
      for text in filters {
        if let filter = try FilterParser.parse(text) { parts.append(filter) }
      }
      request.filter = parts.isEmpty ? nil : parts.count == 1 ? parts[0] : .all(parts)
    } catch {
      throw StoreError(error)
    }
    for text in sort {
      let isDescending = text.hasSuffix(":desc")
      guard isDescending || text.hasSuffix(":asc") else {
        throw StoreError(
          .request("invalid_search_sort"),
          detail: "Invalid syntax for the sort parameter: expected expression ending by `:asc` or "
            + "`:desc`, found `\(text)`.")
      }
      request.sort.append(
        SortKey(String(text.dropLast(isDescending ? 5 : 4)), isDescending: isDescending))
    }
    if page != nil || hitsPerPage != nil {
      request.page = .page(number: page ?? 1, size: hitsPerPage ?? 20)
    } else {
      request.page = .slice(offset: offset, limit: limit)
    }
    request.strategy = MatchingStrategy(rawValue: strategy.rawValue) ?? .last
    request.facets = facets
    request.distinct = distinct
    request.searchOn = attributesToSearchOn
    request.scoreMin = rankingScoreThreshold
    request.wantsScores =
      showsRankingScore || showsRankingScoreDetails || rankingScoreThreshold != nil
    request.countsOccurrences = countsOccurrences
    return request
  }
}

/// Reads members of a request.
private struct TreeReader {
  let name: String
  let value: MetadataValue

  init(_ name: String, _ value: MetadataValue) {
    self.name = name
    self.value = value
  }

  private func wrong(_ wanted: String) -> StoreError {
    var code = "invalid_search_"
    for character in name {
      code += character.isUppercase ? "_" + character.lowercased() : String(character)
    }
    return StoreError(
      .request(code), detail: "Invalid value type at `.\(name)`: expected \(wanted)")
  }

  func text() throws(StoreError) -> String {
    guard let text = value.text else { throw wrong("a string") }
    return text
  }

  func texts() throws(StoreError) -> [String] {
    guard case .array(let values) = value else { throw wrong("an array of strings") }
    var found: [String] = []
    for value in values {
      guard let text = value.text else { throw wrong("an array of strings") }
      found.append(text)
    }
    return found
  }

  func count() throws(StoreError) -> Int {
    guard let number = value.int, number >= 0 else { throw wrong("a positive integer") }
    return Int(number)
  }

  func number() throws(StoreError) -> Double {
    switch value {
    case .int(let number): return Double(number)
    case .double(let number): return number
    default: throw wrong("a number")
    }
  }

  func truth() throws(StoreError) -> Bool {
    guard case .bool(let truth) = value else { throw wrong("a boolean") }
    return truth
  }

  func choice(
    _ cases: [SearchQuery.Strategy]
  ) throws(StoreError) -> SearchQuery.Strategy {
    let text = try text()
    guard let found = cases.first(where: { $0.rawValue == text }) else {
      let known = cases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      throw StoreError(
        .request("invalid_search_matching_strategy"),
        detail: "Unknown value `\(text)` at `.\(name)`: expected one of \(known)")
    }
    return found
  }

  /// A string, or an array of strings and of arrays of strings of which one must hold.
  func filters() throws(StoreError) -> [String] {
    if let text = value.text { return [text] }
    guard case .array(let values) = value else { throw wrong("a string or an array") }
    var found: [String] = []
    for value in values {
      if let text = value.text {
        found.append(text)
        continue
      }
      guard case .array(let choices) = value else { throw wrong("strings or arrays of strings") }
      var parts: [String] = []
      for choice in choices {
        guard let text = choice.text else { throw wrong("arrays of strings no deeper than this") }
        parts.append(choices.count == 1 ? text : "(\(text))")
      }
      if !parts.isEmpty { found.append(parts.joined(separator: " OR ")) }
    }
    return found
  }
}
