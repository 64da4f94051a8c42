// One search of a case, compared with everything that the case expects of it.

import Varve
import VarveFormat

struct SearchChecker {
  private let snapshot: Snapshot
  private let search: MetadataValue
  private let primaryKey: String

  init(_ snapshot: Snapshot, _ search: MetadataValue, primaryKey: String) {
    self.snapshot = snapshot
    self.search = search
    self.primaryKey = primaryKey
  }

  /// What differs first; nil if nothing does.
  func failure() -> String? {
    do throws(StoreError) {
      var query = try SearchQuery(tree: search["request"] ?? .object([]))
      if search["expect_ranks"] != nil || search["expect_ranking_scores"] != nil {
        query.showsRankingScore = true
      }
      if search["route"]?.text == "facet-search" {
        return facetFailure(try snapshot.facetSearch(query))
      }
      let results = try snapshot.search(query)
      if let wanted = search["expect_error"] {
        return "no error | wanted: \(wanted["code"]?.text ?? "")"
      }
      return resultFailure(results)
    } catch {
      return errorFailure(error)
    }
  }

  private func errorFailure(_ error: StoreError) -> String? {
    guard let wanted = search["expect_error"], case .request(let code) = error.code else {
      return "error: \(error)"
    }
    if let name = wanted["code"]?.text, name != code { return "code \(code) | wanted: \(name)" }
    if let message = wanted["message"]?.text {
      let expected = message.replacing("[uuid]", with: "messages")
      if expected != error.detail { return "message \(error.detail) | wanted: \(expected)" }
    }
    return nil
  }

  private func ids(_ results: SearchResults) -> [String] {
    results.hits.map { Shown.text($0.occurrence.metadata?[primaryKey] ?? .null) }
  }

  private func resultFailure(_ results: SearchResults) -> String? {
    if let wanted = search["expect_ids"] {
      var expected = CaseRunner.array(wanted).map(Shown.text)
      var found = ids(results)
      if search["ordered"] == .bool(false) {
        expected.sort()
        found.sort()
      }
      if found != expected { return "ids \(found) | wanted: \(expected)" }
    }
    if let count = search["expect_count"]?.int, results.hits.count != Int(count) {
      return "\(results.hits.count) hits | wanted: \(count)"
    }
    if let total = search["expect_total"]?.int, results.total != Int(total) {
      return "total \(results.total) | wanted: \(total)"
    }
    return treeFailure(results) ?? rankFailure(results)
  }

  private func treeFailure(_ results: SearchResults) -> String? {
    let tree = results.tree()
    if let wanted = search["expect"], case .object(let members) = wanted {
      for member in members {
        let name = String(decoding: member.key, as: UTF8.self)
        let found = tree[name] ?? .null
        if !Shown.isEqual(found, member.value) {
          return "\(name) \(Shown.text(found)) | wanted: \(Shown.text(member.value))"
        }
      }
    }
    let hits = CaseRunner.array(tree["hits"] ?? .null)
    if let wanted = search["expect_hits"] {
      let expected = CaseRunner.array(wanted)
      if hits.count != expected.count { return "\(hits.count) hits | wanted: \(expected.count)" }
      for (i, (hit, expected)) in zip(hits, expected).enumerated()
      where !Shown.isEqual(hit, expected) {
        return "hit \(i) \(Shown.text(hit)) | wanted: \(Shown.text(expected))"
      }
    }
    if case .object(let members) = search["expect_hit_at"] ?? .null {
      for member in members {
        let i = Int(String(decoding: member.key, as: UTF8.self)) ?? 0
        let hit = i < hits.count ? hits[i] : .null
        if !Shown.isEqual(hit, member.value) {
          return "hit \(i) \(Shown.text(hit)) | wanted: \(Shown.text(member.value))"
        }
      }
    }
    for pair in CaseRunner.array(search["expect_paths"] ?? .null) {
      let parts = CaseRunner.array(pair)
      guard parts.count == 2 else { continue }
      let found = Shown.follow(tree, CaseRunner.array(parts[0]))
      if !Shown.isEqual(found, parts[1]) {
        return "\(Shown.text(parts[0])) \(Shown.text(found)) | wanted: \(Shown.text(parts[1]))"
      }
    }
    if let values = search["expect_values"], let field = values["field"]?.text {
      let found = results.hits.map { Shown.text($0.occurrence.metadata?[field] ?? .null) }
      let expected = CaseRunner.array(values["values"] ?? .null).map(Shown.text)
      if found != expected { return "\(field) \(found) | wanted: \(expected)" }
    }
    return nil
  }

  private func rankFailure(_ results: SearchResults) -> String? {
    if let wanted = search["expect_ranks"] {
      for (i, (hit, expected)) in zip(results.hits, CaseRunner.array(wanted)).enumerated() {
        let found = hit.ranks.map { "\($0.rule) \($0.rank)/\($0.rankMax)" }
        let ranks = CaseRunner.array(expected).compactMap { rank -> String? in
          let parts = CaseRunner.array(rank)
          guard parts.count == 3, parts[0].text != "sort" else { return nil }
          return "\(Shown.text(parts[0])) \(Shown.text(parts[1]))/\(Shown.text(parts[2]))"
        }
        if found != ranks { return "ranks of hit \(i) \(found) | wanted: \(ranks)" }
      }
    }
    if let wanted = search["expect_ranking_scores"] {
      for (i, (hit, expected)) in zip(results.hits, CaseRunner.array(wanted)).enumerated() {
        let score = Shown.number(expected) ?? -1
        if abs((hit.score ?? -2) - score) > 1e-9 {
          return "score of hit \(i) \(hit.score ?? -2) | wanted: \(score)"
        }
      }
    }
    return nil
  }

  private func facetFailure(_ found: [SearchResults.FacetValue]) -> String? {
    guard case .object(let members) = search["expect"] ?? .null else { return nil }
    for member in members {
      switch String(decoding: member.key, as: UTF8.self) {
      case "facetHits":
        let values = MetadataValue.array(
          found.map {
            .object([.init("value", .text($0.value)), .init("count", .int(Int64($0.count)))])
          })
        if !Shown.isEqual(values, member.value) {
          return "facetHits \(Shown.text(values)) | wanted: \(Shown.text(member.value))"
        }
      case "facetHitsCount":
        if member.value.int != Int64(found.count) { return "\(found.count) facet hits" }
      default: break
      }
    }
    return nil
  }
}

/// Values as text, and compared without the order of members.
enum Shown {
  static func number(_ value: MetadataValue) -> Double? {
    switch value {
    case .int(let number): Double(number)
    case .double(let number): number
    case .number(let text): Double(String(decoding: text, as: UTF8.self))
    default: nil
    }
  }

  static func isEqual(_ left: MetadataValue, _ right: MetadataValue) -> Bool {
    if let a = number(left), let b = number(right) { return abs(a - b) <= 1e-9 }
    switch (left, right) {
    case (.object(let a), .object(let b)):
      guard a.count == b.count else { return false }
      return a.allSatisfy { member in
        b.contains { $0.key == member.key && isEqual($0.value, member.value) }
      }
    case (.array(let a), .array(let b)):
      return a.count == b.count && zip(a, b).allSatisfy { isEqual($0, $1) }
    default: return left == right
    }
  }

  static func text(_ value: MetadataValue) -> String {
    switch value {
    case .null: return "null"
    case .bool(let truth): return truth ? "true" : "false"
    case .int(let number): return String(number)
    case .double(let number): return "\(number)"
    case .number(let text), .string(let text): return String(decoding: text, as: UTF8.self)
    case .array(let values): return "[" + values.map(text).joined(separator: ", ") + "]"
    case .object(let members):
      let shown = members.map { String(decoding: $0.key, as: UTF8.self) + ": " + text($0.value) }
      return "{" + shown.joined(separator: ", ") + "}"
    }
  }

  static func follow(_ tree: MetadataValue, _ path: [MetadataValue]) -> MetadataValue {
    var value = tree
    for step in path {
      if let name = step.text {
        value = value[name] ?? .null
      } else if let i = step.int, case .array(let values) = value, Int(i) < values.count {
        value = values[Int(i)]
      } else {
        return .null
      }
    }
    return value
  }
}
