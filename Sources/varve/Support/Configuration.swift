// `$XDG_CONFIG_HOME/varve/config.json`: targets by name. Flags win over it.

import Varve
import VarveSources

/// What the configuration says.
struct Configuration {
  /// A target under a name.
  struct Target {
    var address: String
    var endpoint: String?
    var region: String?
    var isPathStyle: Bool?
    var profile: String?
    var keyFile: String?
    var passphraseFile: String?
    var passphraseCommand: String?
    var kmsKey: String?
    /// What the configuration demands; nil if it says nothing.
    var isEncrypted: Bool?
    var keep: [String: Int] = [:]
  }

  private(set) var targets: [String: Target] = [:]

  private static let byteCountMax = 1 << 20

  static var path: String {
    let folder =
      Process.environment("XDG_CONFIG_HOME") ?? (Process.environment("HOME") ?? ".") + "/.config"
    return folder + "/varve/config.json"
  }

  /// Reads the file if it is there.
  static func load() throws -> Configuration {
    let path = path
    guard Process.exists(path) else { return Configuration() }
    // It may name commands that are run: nobody else may write it.
    guard Process.isOnlyOurs(path) else {
      throw StoreError(
        .denied, path: path, detail: "others may write this file; run chmod 600 on it")
    }
    let tree: MetadataValue
    do {
      tree = try JSONTree.parse(Process.contents(of: path, limit: byteCountMax))
    } catch let error as StoreError {
      throw StoreError(error.code, path: path, detail: error.detail)
    }
    return try Configuration(tree, path)
  }

  private init() {}

  private init(_ tree: MetadataValue, _ path: String) throws {
    func refuse(_ what: String) -> StoreError {
      StoreError(.request("invalid_configuration"), path: path, detail: what)
    }
    guard case .object(let members) = tree else { throw refuse("it is not one object") }
    for member in members {
      // A rule that nobody reads is worse than none.
      guard member.name == "targets", case .object(let named) = member.value else {
        throw refuse("\(member.name) is nothing that it may hold; it holds targets, an object")
      }
      for entry in named {
        targets[entry.name] = try Self.target(entry.value) {
          refuse("target \(entry.name): \($0)")
        }
      }
    }
  }

  private static let periods: Set<String> = ["last", "daily", "weekly", "monthly", "yearly"]

  private static func target(
    _ value: MetadataValue, _ refuse: (String) -> StoreError
  ) throws -> Target {
    guard case .object(let members) = value, let address = value["address"]?.text else {
      throw refuse("it is an object with an address")
    }
    var target = Target(address: address)
    for member in members {
      switch (member.name, member.value) {
      case ("address", .string): break
      case ("endpoint", .string): target.endpoint = member.value.text
      case ("region", .string): target.region = member.value.text
      case ("pathStyle", .bool(let flag)): target.isPathStyle = flag
      case ("profile", .string): target.profile = member.value.text
      case ("keyFile", .string): target.keyFile = member.value.text
      case ("passphraseFile", .string): target.passphraseFile = member.value.text
      case ("passphraseCommand", .string): target.passphraseCommand = member.value.text
      case ("kmsKey", .string): target.kmsKey = member.value.text
      case ("encryption", .bool(let flag)): target.isEncrypted = flag
      case ("keep", .object(let rules)):
        for rule in rules {
          guard periods.contains(rule.name), let count = rule.value.int,
            (0...100_000).contains(count)
          else { throw refuse("keep.\(rule.name) is no count of \(periods.sorted())") }
          target.keep[rule.name] = Int(count)
        }
      default: throw refuse("\(member.name) is nothing that it may hold, or of another kind")
      }
    }
    return target
  }
}

extension MetadataValue.Member {
  fileprivate var name: String { String(decoding: key, as: UTF8.self) }
}
