// The settings of a store's search: facts in the log, and which of them a snapshot answers by.

import VarveFormat
import VarveSearch
import VarveStorage

/// Search settings with the digest of what text is indexed by.
struct TextSettings: Sendable {
  let search: SearchSettings
  let index: IndexSettings
  let digest: ContentHash

  init(_ search: SearchSettings) {
    self.search = search
    index = search.index
    digest = Digest.hash(index.encoded)
  }

  /// Whether metadata is needed to index text.
  var readsMetadata: Bool { index.attributes.map { !$0.isEmpty } ?? true || !index.fields.isEmpty }
}

extension Snapshot {
  private static let settingsKey = Array("search".utf8)

  private static func settingsKey(_ digest: ContentHash) -> [UInt8] {
    Array("search:\(digest)".utf8)
  }

  /// The settings that were asked for last.
  func wantedSettings() throws(StoreError) -> TextSettings {
    try settings(Self.settingsKey) ?? TextSettings(.varve)
  }

  /// The settings that searches of this snapshot use: those of its full-text files, until files by
  /// the wanted ones are there.
  func effectiveSettings() throws(StoreError) -> TextSettings {
    let wanted = try wantedSettings()
    guard let digest = view.version.fullTexts.first?.summary.settings, digest != wanted.digest
    else { return wanted }
    return try settings(Self.settingsKey(digest)) ?? TextSettings(.varve)
  }

  private func settings(_ key: [UInt8]) throws(StoreError) -> TextSettings? {
    let fact = try engine { () throws(StorageError) in try view.fact(.settings, key: key) }
    guard let fact, !fact.value.isEmpty else { return nil }
    let tree = try engine { () throws(StorageError) in
      try inFile("", "decode settings") { () throws(FormatError) in
        try MetadataTree.decode(fact.value.rawSpan)
      }
    }
    do throws(SearchError) {
      return TextSettings(try SearchSettings(tree: tree))
    } catch {
      throw StoreError(error)
    }
  }

  /// The search settings as a tree in the shape of Meilisearch's settings.
  public func searchSettings() throws(StoreError) -> MetadataValue {
    try wantedSettings().search.tree
  }
}

extension Store {
  /// Changes the search settings; members that are left out keep their values, null puts one back
  /// to its default.
  ///
  /// The new settings hold for searches once
  /// ``indexText(ifOver:concurrently:onProgress:isCancelled:)`` has indexed by them what must be;
  /// until then searches use the old ones.
  ///
  /// - Parameter tree: an object in the shape of Meilisearch's settings.
  /// - Throws: ``StoreError``: `request` if a setting is not valid.
  public func setSearchSettings(_ tree: MetadataValue) throws(StoreError) {
    let old = try snapshot().wantedSettings()
    let new: SearchSettings
    do throws(SearchError) {
      new = try SearchSettings(tree: tree, over: old.search)
    } catch {
      throw StoreError(error)
    }
    try commit(TextSettings(new), old: old)
  }

  /// Puts the search settings back to Varve's defaults.
  public func resetSearchSettings() throws(StoreError) {
    try commit(TextSettings(.varve), old: try snapshot().wantedSettings())
  }

  private func commit(_ new: TextSettings, old: TextSettings) throws(StoreError) {
    var batch = WriteBatch()
    var facts = [("search", new), ("search:\(new.digest)", new)]
    // Searches go on by the old ones until text is indexed by the new ones.
    if old.digest != new.digest { facts.append(("search:\(old.digest)", old)) }
    for (key, settings) in facts {
      try batch.append(
        Fact(
          kind: .settings, key: Array(key.utf8),
          value: MetadataTree.encode(settings.search.tree)))
    }
    try commit(batch)
  }
}
