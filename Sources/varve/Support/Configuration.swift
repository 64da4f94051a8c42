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
    var isUnencrypted = false
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
    guard let member = members.first(where: { $0.key == Array("targets".utf8) }) else { return }
    guard case .object(let named) = member.value else { throw refuse("targets is no object") }
    for entry in named {
      let name = String(decoding: entry.key, as: UTF8.self)
      guard let address = entry.value["address"]?.text else {
        throw refuse("target \(name) has no address")
      }
      var target = Target(address: address)
      target.endpoint = entry.value["endpoint"]?.text
      target.region = entry.value["region"]?.text
      if case .bool(let flag)? = entry.value["pathStyle"] { target.isPathStyle = flag }
      target.profile = entry.value["profile"]?.text
      target.keyFile = entry.value["keyFile"]?.text
      target.passphraseFile = entry.value["passphraseFile"]?.text
      target.passphraseCommand = entry.value["passphraseCommand"]?.text
      target.kmsKey = entry.value["kmsKey"]?.text
      if case .bool(false)? = entry.value["encryption"] { target.isUnencrypted = true }
      if case .object(let keep)? = entry.value["keep"] {
        for rule in keep {
          guard let count = rule.value.int, (0...100_000).contains(count) else {
            throw refuse("keep of target \(name) holds something else than counts")
          }
          target.keep[String(decoding: rule.key, as: UTF8.self)] = Int(count)
        }
      }
      targets[name] = target
    }
  }
}
