// How matches spread over the values of a field. SEARCH.md 15 and 16.

import VarveFormat

struct FacetCounter {
  let corpus: SearchCorpus
  let settings: SearchSettings

  /// The facets of some matches.
  ///
  /// - Parameters:
  ///   - rows: occurrences that satisfy the filter; nil for all.
  ///   - countsOccurrences: occurrences are counted instead of messages.
  func facets(
    _ requested: [String], matches: DocSet, rows: DocSet?, countsOccurrences: Bool
  ) throws -> [FacetResult] {
    var results: [FacetResult] = []
    for name in try names(requested) {
      guard let column = try corpus.fields.column(name) else {
        results.append(FacetResult(name: name, values: [], statistics: nil))
        continue
      }
      let counts = count(column, matches, rows, countsOccurrences)
      results.append(result(name, counts))
    }
    return results
  }

  private func names(_ requested: [String]) throws -> [String] {
    var names: Set<String> = []
    for pattern in requested {
      if pattern == "*" {
        for attribute in settings.filterable where !settings.isOfMessages(attribute.pattern) {
          names.formUnion(try known(attribute.pattern))
        }
        continue
      }
      guard
        settings.filterable(pattern) != nil
          || settings.filterable.contains(where: { $0.pattern == pattern })
      else {
        let hint = FilterHints.available(settings.filterable)
        throw SearchError.request(
          code: "invalid_search_facets",
          message: "Invalid facet distribution: Attribute `\(pattern)` is not filterable. \(hint)")
      }
      names.formUnion(try known(pattern))
    }
    return names.sorted()
  }

  /// Fields with values that a name stands for: itself, its children, what its pattern matches.
  private func known(_ pattern: String) throws -> [String] {
    let names = try corpus.fields.names(covering: pattern).filter { name in
      !settings.isOfMessages(name) && settings.filterable.contains { $0.covers(name) }
    }
    return names.isEmpty && !pattern.contains("*") ? [pattern] : names
  }

  private func count(
    _ column: FieldColumn, _ matches: DocSet, _ rows: DocSet?, _ countsOccurrences: Bool
  ) -> [FieldKey: (count: Int, shown: FieldValue)] {
    var counts: [FieldKey: (count: Int, shown: FieldValue)] = [:]
    // Most documents have one occurrence and one value: those are counted by place.
    var byPlace = [Int](repeating: 0, count: column.values.count)
    for document in matches.documents {
      var keys: [FieldKey] = []
      var last = -1
      var isMany = false
      corpus.rows.forEachRow(of: Int(document)) { row in
        if let rows, !rows.contains(row) { return }
        if case .single(let places) = column.storage {
          guard places[row] > 0 else { return }
          let place = Int(places[row]) - 1
          if countsOccurrences {
            byPlace[place] += 1
          } else if last < 0 {
            last = place
          } else if place != last {
            isMany = true
          }
          return
        }
        column.forEachValue(row) { key in
          if countsOccurrences || !keys.contains(key) { keys.append(key) }
        }
      }
      if isMany {
        corpus.rows.forEachRow(of: Int(document)) { row in
          if let rows, !rows.contains(row) { return }
          column.forEachValue(row) { key in if !keys.contains(key) { keys.append(key) } }
        }
      } else if last >= 0 {
        byPlace[last] += 1
      }
      for key in keys { counts[key, default: (0, shown(key, column))].count += 1 }
    }
    for (place, count) in byPlace.enumerated() where count > 0 {
      let key = column.key(place)
      counts[key, default: (0, column.values[place])].count += count
    }
    return counts
  }

  /// The spelling of a value of some document.
  private func shown(_ key: FieldKey, _ column: FieldColumn) -> FieldValue {
    switch key {
    case .number(let number): return .number(number)
    case .string(let bytes):
      if let place = column.normalized.firstIndex(of: bytes) { return column.values[place] }
      return .string(bytes)
    }
  }

  private func result(
    _ name: String, _ counts: [FieldKey: (count: Int, shown: FieldValue)]
  ) -> FacetResult {
    let order = settings.facetOrders[name] ?? settings.facetOrders["*"] ?? .alphabetical
    let keys = counts.keys.sorted { left, right in
      let a = counts[left]?.count ?? 0
      let b = counts[right]?.count ?? 0
      return order == .byCount && a != b ? a > b : left < right
    }
    var statistics: ClosedRange<Double>?
    for case .number(let number) in keys {
      let low = min(statistics?.lowerBound ?? number, number)
      statistics = low...max(statistics?.upperBound ?? number, number)
    }
    let values = keys.prefix(settings.facetValueCountMax).compactMap { key in
      counts[key].map { FacetCount(value: $0.shown, count: $0.count) }
    }
    return FacetResult(name: name, values: values, statistics: statistics)
  }

  /// Values of a field that begin like a text, typos forgiven.
  func search(
    _ name: String, query: String?, matches: DocSet, rows: DocSet?
  ) throws -> [FacetCount] {
    guard let column = try corpus.fields.column(name) else { return [] }
    var counts = count(column, matches, rows, false)
    for key in counts.keys {
      if case .number = key { counts[key] = nil }
    }
    if let query, !query.isEmpty {
      let wanted = Normalizer.value(Array(query.utf8))
      let accepts = acceptance(name, wanted)
      for key in counts.keys {
        if case .string(let bytes) = key, !accepts(bytes) { counts[key] = nil }
      }
    }
    return result(name, counts).values
  }

  private func acceptance(_ name: String, _ wanted: [UInt8]) -> ([UInt8]) -> Bool {
    let typo = settings.typo
    if typo.disableOnWords.contains(wanted) { return { $0 == wanted } }
    let isStrict =
      !typo.isEnabled
      || typo.disableOnAttributes.contains { FieldPattern.covers($0, name) }
    let typos = isStrict || wanted.count < typo.oneTypo ? 0 : wanted.count < typo.twoTypos ? 1 : 2
    guard typos > 0 else { return { $0.starts(with: wanted) } }
    let distance = EditDistance(Letters.of(wanted.rawSpan))
    return { distance.distance(to: Letters.of($0.rawSpan), isPrefix: true) <= typos }
  }
}
