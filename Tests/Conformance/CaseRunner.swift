// One case: a store of its own with the case's settings and documents, and every search compared.

import Varve
import VarveFormat

struct CaseResult {
  var name: String
  var passed = 0
  var failures: [String] = []
}

struct CaseRunner {
  struct Options {
    /// Text is put into full-text files first; else it is found in the tail.
    var isIndexed = false
    var codeWords = false
    var isVerbose = false
  }

  private let options: Options

  init(_ options: Options) { self.options = options }

  func run(_ value: MetadataValue) throws -> CaseResult {
    var result = CaseResult(name: value["name"]?.text ?? "?")
    let directory = try Files.temporaryDirectory()
    defer { Files.remove(directory) }
    var open = StoreOptions()
    open.createIfMissing = true
    let store = try Store.open(at: directory, options: open)
    try store.setSearchSettings(settings(value))
    try commit(value["index_documents"].map(Self.array) ?? documents(value), to: store, value)
    if options.isIndexed {
      try store.flush()
      try store.indexText()
    }
    let snapshot = try store.snapshot()
    if value["text"] != nil {
      note(try formatting(value, snapshot), in: &result)
    }
    for (i, search) in Self.array(value["searches"] ?? .array([])).enumerated() {
      let checker = SearchChecker(snapshot, search, primaryKey: value["primaryKey"]?.text ?? "id")
      note(checker.failure().map { "search \(i): \($0)" }, in: &result)
    }
    return result
  }

  private func note(_ failure: String?, in result: inout CaseResult) {
    if let failure { result.failures.append(failure) } else { result.passed += 1 }
  }

  static func array(_ value: MetadataValue) -> [MetadataValue] {
    if case .array(let values) = value { return values }
    return []
  }

  private func settings(_ value: MetadataValue) -> MetadataValue {
    var members: [MetadataValue.Member] = [
      .init("profile", .text("meilisearch")), .init("codeWords", .bool(options.codeWords)),
    ]
    if case .object(let own) = value["settings"] ?? .null { members += own }
    return .object(members)
  }

  /// The documents of a case; one whose id comes again replaces the earlier one in its place.
  private func documents(_ value: MetadataValue) -> [MetadataValue] {
    var documents = Self.array(value["documents"] ?? .array([]))
    if let generator = value["documents_generator"], let count = generator["count"]?.int,
      let template = generator["document"]
    {
      documents = (0..<count).map { Self.filled(template, $0) }
    }
    let key = value["primaryKey"]?.text ?? "id"
    var places: [String: Int] = [:]
    var resolved: [MetadataValue] = []
    for document in documents {
      let id = "\(document[key] ?? .null)"
      if let place = places[id] {
        resolved[place] = document
      } else {
        places[id] = resolved.count
        resolved.append(document)
      }
    }
    return resolved
  }

  private static func filled(_ template: MetadataValue, _ i: Int64) -> MetadataValue {
    switch template {
    case .string:
      switch template.text {
      case "{i}": return .int(i)
      case "{i*10}": return .int(i * 10)
      default:
        let parts = (template.text ?? "").split(
          separator: "{i}", omittingEmptySubsequences: false)
        return .text(parts.joined(separator: String(i)))
      }
    case .array(let values): return .array(values.map { filled($0, i) })
    case .object(let members):
      return .object(members.map { .init($0.key, filled($0.value, i)) })
    default: return template
    }
  }

  /// Documents are metadata; contents are different runs of separators, which hold no word.
  private func commit(
    _ documents: [MetadataValue], to store: Store, _ value: MetadataValue
  ) throws {
    var batch = WriteBatch()
    for (i, document) in documents.enumerated() {
      var occurrence = Occurrence(kind: .raw)
      occurrence.metadata = document
      occurrence.place.offset = UInt64(i)
      let content = (0..<16).map { bit -> UInt8 in
        i & (1 << bit) != 0 ? UInt8(ascii: "(") : UInt8(ascii: ")")
      }
      try batch.append(occurrence, content: content)
    }
    try store.commit(batch)
  }

  private func formatting(_ value: MetadataValue, _ snapshot: Snapshot) throws -> String? {
    var query = SearchQuery(value["q"]?.text)
    if value["highlight"] == .bool(true) { query.attributesToHighlight = ["*"] }
    if let count = value["cropLength"]?.int {
      query.attributesToCrop = [.init("*", wordCount: Int(count))]
    }
    query.cropMarker = value["cropMarker"]?.text ?? query.cropMarker
    query.highlightPreTag = value["preTag"]?.text ?? query.highlightPreTag
    query.highlightPostTag = value["postTag"]?.text ?? query.highlightPostTag
    query.strategy =
      SearchQuery.Strategy(rawValue: value["matchingStrategy"]?.text ?? "") ?? .last
    let found = try snapshot.formatted(Array((value["text"]?.text ?? "").utf8), by: query)
    let text = String(decoding: found, as: UTF8.self)
    let wanted = value["expect"]?.text ?? ""
    return text == wanted ? nil : "\(text) | wanted: \(wanted)"
  }
}
