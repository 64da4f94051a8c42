// The whole search of the brute-force model: candidates, order, distinct, facets and page.

import Foundation

struct ModelAnswer {
  /// Positions of documents, in order, the page asked for.
  var hits: [Int] = []
  /// Matching documents after distinct and threshold, uncapped.
  var total = 0
  /// Matching documents after the threshold; distinct is ignored.
  var matches: Set<Int> = []
  var facets: [String: [String: Int]] = [:]
  var stats: [String: (min: Double, max: Double)] = [:]
  /// Per hit.
  var ranks: [[(rule: String, rank: Int, maxRank: Int)]] = []
  var scores: [Double] = []
}

struct SearchModel {
  let settings: ModelJSON
  let documents: [ModelJSON]
  let index: ModelIndex

  init(settings: ModelJSON, documents: [ModelJSON]) {
    self.settings = settings
    self.documents = documents
    index = ModelIndex(settings: settings, documents: documents)
  }

  func search(_ request: ModelJSON) throws -> ModelAnswer {
    let filter = try modelFilter(request["filter"] ?? .null, settings)
    let sorts = try sortCriteria(request)
    let facetNames = try facets(request)
    let distinct = try distinctAttribute(request)
    let searched = try searchedFields(request)

    let query = index.parse(request["q"]?.text ?? "")
    var candidates: [Int] = []
    for document in documents.indices {
      if let filter, !modelHolds(filter, documents[document]) { continue }
      let negated = query.negatives.contains { negative in
        index.hasPhrase(negative.words, document, in: nil)
      }
      if !negated { candidates.append(document) }
    }

    var ranked = order(candidates, query.terms, request, sorts, searched)
    if let threshold = request["rankingScoreThreshold"]?.double {
      ranked = ranked.filter { $0.score >= threshold }
    }
    var answer = ModelAnswer()
    answer.matches = Set(ranked.map { $0.document })
    if let distinct { ranked = withoutDuplicates(ranked, distinct) }
    answer.total = ranked.count
    count(facetNames, ranked.map { $0.document }.sorted(), into: &answer)
    for entry in page(ranked, request) {
      answer.hits.append(entry.document)
      answer.ranks.append(entry.ranks)
      answer.scores.append(entry.score)
    }
    return answer
  }

  // MARK: - Order

  private func order(
    _ candidates: [Int], _ terms: [ModelTerm], _ request: ModelJSON,
    _ sorts: [(field: String, ascending: Bool)], _ searched: Set<String>?
  ) -> [ModelRanked] {
    let strategy = request["matchingStrategy"]?.text ?? "last"
    let nodes = index.nodes(terms)
    let all = rules(sorts, strategy: strategy, placeholder: terms.isEmpty)
    let ranking = ModelRanking(
      index: index, terms: terms, nodes: nodes, rules: all, searched: searched)
    if terms.isEmpty { return ranking.sort(candidates, []) }

    var paths: [[ModelStep]] = []
    var removed: Set<Int> = []
    let groups = index.removals(terms, nodes, strategy: strategy, in: searched)
    for step in 0...groups.count {
      if step > 0 { removed.formUnion(groups[step - 1]) }
      for path in index.paths(nodes, termCount: terms.count, removed: removed) {
        let steps = path.map { ModelStep(node: $0) }
        if !paths.contains(steps) { paths.append(steps) }
      }
    }
    let universe = candidates.filter { document in
      paths.contains { ranking.matches($0, document) }
    }
    return ranking.sort(universe, paths)
  }

  private func rules(
    _ sorts: [(field: String, ascending: Bool)], strategy: String, placeholder: Bool
  ) -> [ModelRule] {
    var names = settings["rankingRules"]?.texts ?? defaultRules
    names = names.flatMap { $0 == "attribute" ? ["attributeRank", "wordPosition"] : [$0] }
    var result: [ModelRule] = []
    var sorted: Set<String> = []

    func add(_ rule: ModelRule) {
      if !result.contains(rule) { result.append(rule) }
    }
    func addSort(_ field: String, _ ascending: Bool) {
      if sorted.insert(field).inserted { add(.sort(field: field, ascending: ascending)) }
    }

    for name in names {
      if name == "sort" {
        for (field, ascending) in sorts { addSort(field, ascending) }
        continue
      }
      if let (field, ascending) = modelCriterion(name) {
        addSort(field, ascending)
        continue
      }
      if placeholder { continue }
      if strategy != "all" { add(.words) }
      switch name {
      case "typo": add(.typo)
      case "proximity": add(.proximity)
      case "attributeRank": add(.attributeRank)
      case "wordPosition": add(.wordPosition)
      case "exactness":
        add(.exactAttribute)
        add(.exactWords)
      default: break
      }
    }
    return result
  }

  private var defaultRules: [String] {
    return [
      "words", "typo", "proximity", "attributeRank", "sort", "wordPosition", "exactness",
    ]
  }

  private func withoutDuplicates(_ ranked: [ModelRanked], _ attribute: String) -> [ModelRanked] {
    var used: Set<String> = []
    var result: [ModelRanked] = []
    for entry in ranked {
      let (numbers, texts) = modelFacetValues(documents[entry.document], at: attribute)
      let values = numbers.map { "n\($0)" } + texts.map { "s" + modelFacetText($0) }
      if values.contains(where: { used.contains($0) }) { continue }
      used.formUnion(values)
      result.append(entry)
    }
    return result
  }

  private func page(_ ranked: [ModelRanked], _ request: ModelJSON) -> [ModelRanked] {
    let most = settings["pagination"]?["maxTotalHits"]?.int ?? 1000
    var offset = request["offset"]?.int ?? 0
    var limit = request["limit"]?.int ?? 20
    let pageNumber = request["page"]?.int
    let hitsPerPage = request["hitsPerPage"]?.int
    if pageNumber != nil || hitsPerPage != nil {
      limit = (pageNumber ?? 1) == 0 ? 0 : hitsPerPage ?? 20
      offset = max(0, (pageNumber ?? 1) - 1) * limit
    }
    offset = min(offset, most)
    limit = min(limit, most - offset)
    return Array(ranked.dropFirst(offset).prefix(limit))
  }

  // MARK: - Parts of the request

  private func sortCriteria(_ request: ModelJSON) throws -> [(field: String, ascending: Bool)] {
    guard let list = request["sort"]?.texts, !list.isEmpty else { return [] }
    let names = settings["rankingRules"]?.texts ?? defaultRules
    let sortable = settings["sortableAttributes"]?.texts ?? []
    var result: [(field: String, ascending: Bool)] = []
    for text in list {
      guard let (field, ascending) = modelCriterion(text), names.contains("sort"),
        sortable.contains(where: { modelIsWithin(field, $0) || $0 == "*" })
      else { throw ModelError.refused("invalid_search_sort") }
      result.append((field, ascending))
    }
    return result
  }

  private func distinctAttribute(_ request: ModelJSON) throws -> String? {
    guard let asked = request["distinct"]?.text else { return settings["distinctAttribute"]?.text }
    guard modelAllowed(asked, settings)?.isFilterable == true else {
      throw ModelError.refused("invalid_search_distinct")
    }
    return asked
  }

  /// The names of the fields to search in; nil means all.
  private func searchedFields(_ request: ModelJSON) throws -> Set<String>? {
    guard let asked = request["attributesToSearchOn"]?.texts else { return nil }
    for pattern in asked where !pattern.contains("*") {
      if let listed = index.searchable,
        !listed.contains(where: { modelIsWithin(pattern, $0) || modelIsWithin($0, pattern) })
      {
        throw ModelError.refused("invalid_search_attributes_to_search_on")
      }
    }
    var result: Set<String> = []
    for field in index.fields.joined() {
      let wanted = asked.contains {
        modelIsWithin(field.name, $0) || modelMatches(field.name, pattern: $0)
      }
      if wanted { result.insert(field.name) }
    }
    return result
  }

  // MARK: - Facets

  /// The attributes to count.
  private func facets(_ request: ModelJSON) throws -> [String] {
    var leaves: Set<String> = []
    for document in documents {
      for (name, value) in modelLeaves(document) {
        if value.isNull || value.text.map({ modelFacetText($0).isEmpty }) == true { continue }
        if modelAllowed(name, settings)?.isFilterable == true { leaves.insert(name) }
      }
    }
    var result: Set<String> = []
    for name in request["facets"]?.texts ?? [] {
      let allowed = modelAllowed(name, settings)?.isFilterable == true
      let isPattern = name.contains("*")
      let found = leaves.filter {
        isPattern ? modelMatches($0, pattern: name) : modelIsWithin($0, name)
      }
      if !allowed && name != "*" && (!isPattern || found.isEmpty) {
        throw ModelError.refused("invalid_search_facets")
      }
      if found.isEmpty && !isPattern { result.insert(name) }
      result.formUnion(found)
    }
    return result.sorted { modelBytesPrecede($0, $1) }
  }

  private func count(_ names: [String], _ candidates: [Int], into answer: inout ModelAnswer) {
    let faceting = settings["faceting"]
    let most = faceting?["maxValuesPerFacet"]?.int ?? 100
    for name in names {
      var numbers: [Double: Int] = [:]
      var texts: [String: Int] = [:]
      var spelling: [String: String] = [:]
      for document in candidates {
        let (found, written) = modelFacetValues(documents[document], at: name)
        for number in Set(found) { numbers[number, default: 0] += 1 }
        for text in Set(written.map { modelFacetText($0) }) { texts[text, default: 0] += 1 }
        for text in written where spelling[modelFacetText(text)] == nil {
          spelling[modelFacetText(text)] = text
        }
      }
      let sortBy = faceting?["sortFacetValuesBy"]
      let byCount = (sortBy?[name]?.text ?? sortBy?["*"]?.text) == "count"
      let numberOrder = numbers.sorted { left, right in
        if byCount && left.value != right.value { return left.value > right.value }
        return left.key < right.key
      }
      let textOrder = texts.sorted { left, right in
        if byCount && left.value != right.value { return left.value > right.value }
        return modelBytesPrecede(left.key, right.key)
      }
      var counts: [String: Int] = [:]
      var left = most
      for (number, amount) in numberOrder where left > 0 {
        counts[modelNumberText(number)] = amount
        left -= 1
      }
      for (text, amount) in textOrder where left > 0 {
        counts[spelling[text] ?? text, default: 0] += amount
        left -= 1
      }
      answer.facets[name] = counts
      if let least = numbers.keys.min(), let greatest = numbers.keys.max() {
        answer.stats[name] = (min: least, max: greatest)
      }
    }
  }
}

/// `field:asc` or `field:desc`.
func modelCriterion(_ text: String) -> (String, Bool)? {
  if modelBytesEnd(text, with: ":asc") { return (String(text.dropLast(4)), true) }
  if modelBytesEnd(text, with: ":desc") { return (String(text.dropLast(5)), false) }
  return nil
}

/// The buckets of a sort rule: numbers, strings, documents without a value.
func modelSorted(
  _ documents: [Int], _ all: [ModelJSON], field: String, ascending: Bool
) -> [[Int]] {
  var numbers: [Double: [Int]] = [:]
  var texts: [String: [Int]] = [:]
  var without: [Int] = []
  for document in documents {
    let (found, written) = modelFacetValues(all[document], at: field)
    let normalized = written.map { modelFacetText($0) }.sorted { modelBytesPrecede($0, $1) }
    if let number = ascending ? found.min() : found.max() {
      numbers[number, default: []].append(document)
    } else if let text = ascending ? normalized.first : normalized.last {
      texts[text, default: []].append(document)
    } else {
      without.append(document)
    }
  }
  var numberKeys = numbers.keys.sorted()
  var textKeys = texts.keys.sorted { modelBytesPrecede($0, $1) }
  if !ascending {
    numberKeys.reverse()
    textKeys.reverse()
  }
  var result: [[Int]] = []
  for key in numberKeys { result.append(numbers[key] ?? []) }
  for key in textKeys { result.append(texts[key] ?? []) }
  if !without.isEmpty { result.append(without) }
  return result
}
