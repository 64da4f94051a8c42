// Makes the corpus of a snapshot: full-text files, the text that is in none yet, and the columns of
// occurrences.

import Synchronization
import VarveFormat
import VarveSearch
import VarveStorage

/// Keeps what searches of a store share. Everything is keyed by what it was made from, so that
/// nothing can be stale.
final class SearchCache: Sendable {
  private struct Key: Hashable {
    var manifest: ContentHash
    var nextSequence: UInt64
    var commit: UInt64
    var settings: ContentHash
  }

  private struct State {
    var indexes: [ContentHash: InvertedIndex] = [:]
    var corpora: [(key: Key, corpus: SearchCorpus)] = []
  }

  let results: ResultCache
  /// The columns of reports, of the view that was asked for last.
  let columns = Mutex<(key: (ContentHash, UInt64, UInt64), columns: ReportColumns)?>(nil)

  init(resultCountMax: Int = 0, resultLifetimeSeconds: Int = 0) {
    results = ResultCache(countMax: resultCountMax, lifetimeSeconds: resultLifetimeSeconds)
  }

  /// Corpora that are kept.
  private static let corpusCountMax = 2

  private let state = Mutex(State())

  /// The corpus of a view; made when it is first asked for.
  func corpus(
    _ view: StoreView, _ settings: TextSettings
  ) throws(StoreError) -> SearchCorpus {
    let key = Key(
      manifest: view.version.manifestDigest, nextSequence: view.nextSequence,
      commit: view.history.commitNumber, settings: settings.digest)
    if let known = state.withLock({ state in state.corpora.first { $0.key == key }?.corpus }) {
      return known
    }
    let corpus = try engine { () throws(StorageError) in
      var indexes: [InvertedIndex] = []
      for file in view.version.fullTexts { indexes.append(try index(file)) }
      let end = view.version.fullTexts.last?.summary.nextSequence ?? 1
      if end < view.nextSequence { indexes.append(try tail(view, from: end, settings)) }
      return try CorpusBuilder(view, indexes, settings).build()
    }
    state.withLock { state in
      state.corpora.insert((key, corpus), at: 0)
      if state.corpora.count > Self.corpusCountMax { state.corpora.removeLast() }
      let used = Set(view.version.fullTexts.map(\.digest))
      state.indexes = state.indexes.filter { used.contains($0.key) }
    }
    return corpus
  }

  private func index(_ file: FullTextFile) throws(StorageError) -> InvertedIndex {
    if let known = state.withLock({ $0.indexes[file.digest] }) { return known }
    let made = try inFile(file.path, "open full-text file") { () throws(FormatError) in
      try InvertedIndex(file)
    }
    state.withLock { $0.indexes[file.digest] = made }
    return made
  }

  /// What no full-text file covers, indexed in memory.
  private func tail(
    _ view: StoreView, from start: UInt64, _ settings: TextSettings
  ) throws(StorageError) -> InvertedIndex {
    let writer = try TextReader(view).collect(start..<view.nextSequence, settings)
    let storeID = view.version.manifest.storeID
    var output = FullTextFileWriter(
      header: FileHeader(kind: .fullText, number: start, storeID: storeID), file: nil)
    try writer.write(
      firstSequence: start, recordCount: view.nextSequence - start, to: &output)
    let image = try output.finish().image
    let file = try FullTextFile(ByteRegion(image), path: "(tail)", storeID: storeID)
    return try inFile(file.path, "index the tail") { () throws(FormatError) in
      try InvertedIndex(file)
    }
  }
}

private struct CorpusBuilder {
  let view: StoreView
  let indexes: [InvertedIndex]
  let settings: TextSettings

  init(_ view: StoreView, _ indexes: [InvertedIndex], _ settings: TextSettings) {
    self.view = view
    self.indexes = indexes
    self.settings = settings
  }

  func build() throws(StorageError) -> SearchCorpus {
    let columns = try view.indexes()
    var documents: [UInt32] = []
    documents.reserveCapacity(Int(view.nextSequence))
    var count: UInt32 = 0
    for index in columns {
      let flags = try index.column(.flags)
      for (row, distance) in try index.column(.message).enumerated() {
        if flags[row] == ColumnValues.forgotten {
          documents.append(RowTable.none)
        } else if distance == 0 {
          documents.append(count)
          count += 1
        } else {
          guard distance <= UInt64(documents.count) else {
            throw StorageError(
              .corrupt, path: index.path, doing: "an occurrence is of a message that is not there")
          }
          documents.append(documents[documents.count - Int(distance)])
        }
      }
    }
    let held = indexes.reduce(0) { $0 + $1.documentCount }
    guard held == Int(count) else {
      throw StorageError(
        .corrupt, path: view.version.fullTexts.last?.path ?? "",
        doing: "full text has \(held) messages, the store \(count); rebuild it")
    }
    let rows = RowTable(documents: documents, documentCount: Int(count))
    let fields = CorpusFields(columns, texts: indexes, view: view, settings: settings.search)
    var values: [ValueIndex] = []
    for name in settings.search.searchable ?? [] where settings.search.hasBuiltInFields {
      guard let field = FieldNames.builtIn(name), field != "content",
        let column = try fields.builtIn(field), case .single = column.storage
      else { continue }
      values.append(
        ValueIndex(
          name, column: column, rows: rows, tokenizer: Tokenizer(settings.index.tokenizer)))
    }
    return SearchCorpus(indexes, values: values, rows: rows, fields: fields)
  }
}
