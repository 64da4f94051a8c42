// `varve settings`: how the store is searched.

import ArgumentParser
import Varve
import VarveSources

struct SettingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settings",
    abstract: "Show or change how the store is searched.",
    discussion: """
      Settings are JSON in the shape of Meilisearch's: rankingRules, searchableAttributes, \
      filterableAttributes, sortableAttributes, synonyms, stopWords, typoTolerance and so on. \
      They are kept in the log. A change that needs other tokens indexes all text again; searches \
      use the old settings until that is done.
      """,
    subcommands: [SettingsGet.self, SettingsSet.self, SettingsReset.self],
    defaultSubcommand: SettingsGet.self)
}

struct SettingsGet: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Print the settings as JSON.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments

  func run() throws {
    JSON(try storeArguments.openForReading().snapshot().searchSettings()).print()
  }
}

struct SettingsSet: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Change settings.",
    discussion: "Members that are left out keep their values; null puts one back to its default.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var waiting: WaitArguments

  @Argument(help: "A JSON file, or - for stdin.")
  var file: String

  func run() throws {
    let tree = try JSONTree.parse(try Process.contents(of: file, limit: SearchQuery.byteCountMax))
    let store = try SettingsWork.open(storeArguments, waiting)
    try store.setSearchSettings(tree)
    try SettingsWork.index(store)
  }
}

struct SettingsReset: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset", abstract: "Put all settings back to their defaults.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var waiting: WaitArguments

  func run() throws {
    let store = try SettingsWork.open(storeArguments, waiting)
    try store.resetSearchSettings()
    try SettingsWork.index(store)
  }
}

enum SettingsWork {
  static func open(_ arguments: StoreArguments, _ waiting: WaitArguments) throws -> Store {
    var options = StoreOptions(access: .write)
    options.lockWaitMilliseconds = waiting.milliseconds
    return try Store.open(at: arguments.pathForWriting(), options: options)
  }

  /// Indexes text by the settings, with progress where a person looks.
  static func index(_ store: Store) throws {
    try store.flush()
    let shows = Process.isErrorTerminal
    try store.indexText(
      concurrently: .dispatch,
      onProgress: { done, all in
        if shows {
          Process.write(Array("\rindexing text: \(done) of \(all) ".utf8), to: 2)
        }
      })
    if shows { ProgressBar.clear() }
  }
}
