// The engine against the brute-force model: the same matches, totals, facets, scores and order,
// whatever the layout of indexes.

import Dispatch
import Foundation
import Testing
import Varve
import VarveFormat
import VarveTestSupport

@Suite("Agreement with the model of SEARCH.md")
struct ModelAgreementTests {
  /// How the same documents lie in a store.
  enum Layout: CaseIterable {
    case tail, oneIndex, sevenIndexesAndTail, merged, rebuilt, forgotten

    /// Two layouts are searched by three threads, even a handful of documents.
    var sharing: Concurrency {
      self == .oneIndex || self == .sevenIndexesAndTail ? .eager(width: 3) : .none
    }
  }

  @Test(
    "Random searches give what plain loops give",
    .requirement("INV-1", "INV-42", "INV-50", "INV-51", "INV-52", "INV-53", "MAN-20", "MAN-21"),
    arguments: LongChecks.areOn ? Array(1...100) : [1, 2, 3, 4, 49, 69, 73])
  func random(seed: Int) throws {
    var searches = RandomSearches(seed: UInt64(seed))
    let documents = searches.documents(300)
    let settings = searches.settings()
    let model = SearchModel(
      settings: ModelJSON(settings), documents: documents.map { ModelJSON($0) })
    var stores: [(Layout, World)] = []
    for layout in Layout.allCases {
      stores.append((layout, try World(layout, settings, documents)))
    }
    var matchCounts: [Int] = []
    for number in 0..<(LongChecks.areOn ? 100 : 40) {
      let request = searches.request()
      let answer = Result { try model.search(ModelJSON(request)) }
      if case .success(let wanted) = answer { matchCounts.append(wanted.matches.count) }
      for (layout, world) in stores {
        let found = Result {
          try world.snapshot.search(SearchQuery(tree: request), concurrently: layout.sharing)
        }
        let difference = Comparison.difference(
          found, answer, hasScores: request["showRankingScore"] != nil)
        #expect(
          difference == nil,
          "seed \(seed), search \(number), \(layout): \(request.json) by \(settings.json)")
      }
    }
    matchCounts.sort()
    #expect(matchCounts[matchCounts.count / 2] >= 20, "the median query says too little")
  }
}

extension Concurrency {
  /// Threads that share the work of a search even where only `count` documents match.
  static func eager(width: Int, at count: Int = 2) -> Concurrency {
    var threads = Concurrency(width: width) { count, body in
      DispatchQueue.concurrentPerform(iterations: count, execute: body)
    }
    threads.documentCountMin = count
    return threads
  }
}

enum Comparison {
  /// What differs first between the engine and the model.
  static func difference(
    _ found: Result<SearchResults, any Error>, _ wanted: Result<ModelAnswer, any Error>,
    hasScores: Bool
  ) -> String? {
    switch (found, wanted) {
    case (.success(let found), .success(let wanted)):
      let hits = found.hits.map { Int($0.occurrence.place.offset) }
      if hits != wanted.hits { return "hits \(hits), wanted \(wanted.hits)" }
      if found.total != wanted.total { return "total \(found.total), wanted \(wanted.total)" }
      for facet in found.facets {
        var counts: [String: Int] = [:]
        for value in facet.values { counts[value.value.lowercased()] = value.count }
        // The spelling that stands for a value is that of any document.
        var expected: [String: Int] = [:]
        for (value, count) in wanted.facets[facet.name] ?? [:] {
          expected[value.lowercased()] = count
        }
        if counts != expected { return "\(facet.name) \(counts), wanted \(expected)" }
      }
      guard hasScores else { return nil }
      for (i, (hit, score)) in zip(found.hits, wanted.scores).enumerated()
      where abs((hit.score ?? -1) - score) > 1e-9 {
        return "score \(i): \(hit.ranks), wanted \(wanted.ranks[i])"
      }
      return nil
    case (.failure(let error), .failure(let refused)):
      guard let error = error as? StoreError, case .request(let code) = error.code,
        let refused = refused as? ModelError
      else { return "\(error), wanted \(refused)" }
      return code == refused.code ? nil : "\(code), wanted \(refused.code)"
    case (.success, .failure(let refused)): return "no error, wanted \(refused)"
    case (.failure(let error), .success): return "\(error)"
    }
  }
}

extension MetadataValue {
  /// For messages.
  var json: String {
    switch self {
    case .null: "null"
    case .bool(let truth): "\(truth)"
    case .int(let number): "\(number)"
    case .double(let number): "\(number)"
    case .number(let text): String(decoding: text, as: UTF8.self)
    case .string(let text): "'" + String(decoding: text, as: UTF8.self) + "'"
    case .array(let values): "[" + values.map(\.json).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.map { String(decoding: $0.key, as: UTF8.self) + ":" + $0.value.json }
        .joined(separator: ",") + "}"
    }
  }
}

/// A store with documents in a layout.
final class World {
  let snapshot: Snapshot
  private let folder: String

  init(
    _ layout: ModelAgreementTests.Layout, _ settings: MetadataValue, _ documents: [MetadataValue]
  ) throws {
    folder = NSTemporaryDirectory() + "varve-model-\(UUID())"
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    var store: Store? = try Store.open(at: folder, options: options)
    guard case .object(let own) = settings else { fatalError("settings are an object") }
    try store?.setSearchSettings(
      .object(
        [
          .init("profile", .text("meilisearch")),
          .init(
            "pagination",
            .object([
              .init("maxTotalHits", .int(1000))
            ])),
        ] + own))
    let parts = [
      .tail: 1, .oneIndex: 1, .sevenIndexesAndTail: 8, .merged: 9, .rebuilt: 3, .forgotten: 4,
    ][layout]
    let count = parts ?? 1
    for part in 0..<count {
      var batch = WriteBatch()
      let range = (documents.count * part / count)..<(documents.count * (part + 1) / count)
      for i in range {
        var occurrence = Occurrence(kind: .raw)
        occurrence.metadata = documents[i]
        occurrence.place.offset = UInt64(i)
        let content = (0..<16).map { i & (1 << $0) != 0 ? UInt8(ascii: "(") : UInt8(ascii: ")") }
        try batch.append(occurrence, content: content)
        // As many again that will be gone.
        guard layout == .forgotten else { continue }
        occurrence.place.offset += 1_000_000
        occurrence.session = "gone"
        try batch.append(occurrence, content: [UInt8(ascii: "[")] + content)
      }
      try store?.commit(batch)
      let isIndexed = layout != .tail && (layout != .sevenIndexesAndTail || part < 7)
      if isIndexed {
        try store?.flush()
        try store?.indexText()
      }
    }
    if layout == .rebuilt {
      store = nil
      store = try Store.rebuild(at: folder)
      try store?.indexText()
    }
    guard let store else { fatalError("a store was opened") }
    if layout == .forgotten { try Self.forget(store) }
    snapshot = try store.snapshot()
  }

  private static func forget(_ store: Store) throws {
    _ = try store.forget { snapshot in
      var request = ForgetRequest()
      var cursor = try snapshot.occurrences(in: .session("gone"))
      while let occurrence = try cursor.next() {
        request.hashes.append(try snapshot.message(at: occurrence.message).hash)
      }
      return ForgetOrder(try snapshot.selectForForgetting(request))
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }
}

extension ModelJSON {
  init(_ tree: MetadataValue) {
    switch tree {
    case .null: self = .null
    case .bool(let truth): self = .bool(truth)
    case .int(let number): self = .number(Double(number))
    case .double(let number): self = .number(number)
    case .number(let text): self = .number(Double(String(decoding: text, as: UTF8.self)) ?? 0)
    case .string(let bytes): self = .string(String(decoding: bytes, as: UTF8.self))
    case .array(let values): self = .array(values.map { ModelJSON($0) })
    case .object(let members):
      self = .object(
        members.map { (String(decoding: $0.key, as: UTF8.self), ModelJSON($0.value)) })
    }
  }
}
