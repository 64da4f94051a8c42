// `varve key`: what unlocks an encrypted target.

import ArgumentParser
import Varve
import VarveShipping
import VarveSources

struct KeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key",
    abstract: "Show and change what unlocks an encrypted target.",
    discussion: """
      The keys that encrypt objects never change; what unlocks them does, and nothing is shipped \
      again. So 'rotate' does not shut out who has unlocked the target with the old key, or has a \
      copy of its slot: that takes a new target, and the old one deleted with all its versions.
      """,
    subcommands: [KeyList.self, KeyAdd.self, KeyRotate.self, KeyRemove.self])
}

/// The new key of `add` and `rotate`.
struct NewKeyArguments: ParsableArguments {
  @Option(name: .long, help: "A file of 32 random bytes or more that will unlock the target.")
  var newKeyFile: String?

  @Option(name: .long, help: "A file whose first line will be a passphrase of the target.")
  var newPassphraseFile: String?

  @Flag(name: .long, help: "Make a new recovery key and show it, once.")
  var newRecoveryKey = false

  @Option(
    name: .long, help: ArgumentHelp("A key of AWS KMS that will unlock it.", valueName: "id"))
  var newKmsKey: String?

  @OptionGroup var recovery: RecoveryKeyArguments

  @Option(name: .long, help: ArgumentHelp("What people call it.", valueName: "text"))
  var label = ""

  func validate() throws {
    let others = [newKeyFile, newPassphraseFile, newKmsKey].count(where: { $0 != nil })
    guard others + (newRecoveryKey ? 1 : 0) == 1 else {
      throw ValidationError(
        "give one of --new-key-file, --new-passphrase-file, --new-kms-key and --new-recovery-key")
    }
  }

  /// Adds the key; shows a recovery key.
  func add(
    to ring: KeyRing, _ keys: BackupKeys, of target: String, _ arguments: TargetArguments,
    as access: TargetAccess,
    label old: String = ""
  ) throws -> KeySlot {
    if newRecoveryKey {
      return try recovery.hand(of: target) {
        let made = try ring.addRecoveryKey(to: keys)
        return (made.key, made.slot)
      } undo: { slot in
        _ = try ring.remove(slot.name)
      }
    }
    if let newKmsKey {
      let source = try arguments.service(newKmsKey, as: access)
      return try ring.add(source, to: keys, label: label.isEmpty ? old : label)
    }
    let path = newKeyFile ?? newPassphraseFile ?? ""
    let bytes = try Process.contents(of: path, limit: 64 << 10)
    let source: KeySource =
      newKeyFile != nil
      ? .file(bytes) : .passphrase(Array(bytes.prefix { $0 != 0x0A && $0 != 0x0D }))
    return try ring.add(source, to: keys, label: label.isEmpty ? old : label)
  }
}

struct KeyList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List what unlocks a target; no secret is shown.")

  @OptionGroup var json: JSONArguments
  @OptionGroup var access: TargetArguments
  @Argument(help: "An encrypted target.") var target: String

  func run() throws {
    let slots = try KeyRing(access.access(target).target).slots {
      Output.note("varve: \(Escape.terminal("\($0): this key slot cannot be read"))")
    }
    if json.json {
      return JSON.object([
        ("keys", .array(slots.map(Self.row))), ("next", .null),
      ]).print()
    }
    for slot in slots { Output.line(Self.line(slot)) }
    if slots.isEmpty { throw Exit(code: 1) }
  }

  static func row(_ slot: KeySlot) -> JSON {
    .object([
      ("id", .string(slot.name)), ("kind", .string("\(slot.kind)")),
      ("label", .string(slot.label)), ("created", .time(slot.created)),
    ])
  }

  static func line(_ slot: KeySlot) -> String {
    Escape.terminal(
      "\(slot.name.prefix(8))  \(TimeText.local(slot.created))  \(slot.kind)  \(slot.label)")
  }
}

struct KeyAdd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Let one more key unlock a target.")

  @OptionGroup var json: JSONArguments
  @OptionGroup var access: TargetArguments
  @OptionGroup var new: NewKeyArguments
  @Argument(help: "An encrypted target.") var target: String

  func run() throws {
    let access = try access.access(target)
    let ring = KeyRing(access.target)
    let slot = try new.add(
      to: ring, ring.open(access.require()), of: target, self.access, as: access)
    if json.json { return KeyList.row(slot).print() }
    Output.line(KeyList.line(slot))
  }
}

struct KeyRotate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Let a new key unlock a target, and the one that is given no longer.")

  @OptionGroup var json: JSONArguments
  @OptionGroup var access: TargetArguments
  @OptionGroup var new: NewKeyArguments
  @Argument(help: "An encrypted target.") var target: String

  func run() throws {
    let access = try access.access(target)
    let ring = KeyRing(access.target)
    let (old, keys) = try ring.slot(access.require())
    let slot = try new.add(to: ring, keys, of: target, self.access, as: access, label: old.label)
    // The new one first: an interruption leaves two that work.
    _ = try ring.remove(old.name)
    if json.json { return KeyList.row(slot).print() }
    Output.line(KeyList.line(slot))
  }
}

struct KeyRemove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Let a key unlock a target no longer.")

  @OptionGroup var json: JSONArguments
  @OptionGroup var access: TargetArguments
  @Argument(help: "An encrypted target.") var target: String
  @Argument(help: "The first digits of its id, as 'key list' shows it.") var id: String

  func run() throws {
    let access = try access.access(target)
    let ring = KeyRing(access.target)
    // Who cannot unlock the target must not lock others out.
    _ = try ring.open(access.require())
    guard let slot = try ring.remove(id) else {
      if json.json { return JSON.object([("id", .string(id))]).print() }
      return Output.line(Escape.terminal("removed \(id), which could not be read"))
    }
    if json.json { return KeyList.row(slot).print() }
    Output.line("removed " + KeyList.line(slot))
  }
}
