// Where backups go, and what unlocks them there.

import ArgumentParser
import Varve
import VarveShipping

/// How a target is reached and unlocked. The configuration says the same by the target's name.
struct TargetArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Server of s3:// targets (default: $AWS_ENDPOINT_URL, else Amazon's).", valueName: "url"))
  var endpoint: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Region of s3:// targets (default: $AWS_REGION, $AWS_DEFAULT_REGION, us-east-1)."))
  var region: String?

  @Flag(name: .long, help: "Name the bucket in the path (default: wherever --endpoint is given).")
  var pathStyle = false

  @Option(
    name: .long,
    help: ArgumentHelp("Profile of ~/.aws/credentials to take instead of the environment."))
  var profile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Bytes a second at most in either direction, as 500K or 20M.", valueName: "rate"))
  var limitRate: RateArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file of 32 random bytes or more that unlocks the target ($VARVE_KEY_FILE unlocks those of "
        + "which nothing is said)."))
  var keyFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file whose first line is the passphrase of the target; '-' is standard input "
        + "(or $VARVE_PASSPHRASE_FILE)."))
  var passphraseFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp("A command that writes the passphrase of the target."))
  var passphraseCommand: String?

  @Option(
    name: .long,
    help: ArgumentHelp("A file with the recovery key of the target; '-' is standard input."))
  var recoveryKeyFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A key of AWS KMS that unlocks the target (server: $AWS_ENDPOINT_URL_KMS).",
      valueName: "id"))
  var kmsKey: String?

  func validate() throws {
    let sources: [String?] = [
      keyFile, passphraseFile, passphraseCommand, recoveryKeyFile, kmsKey,
    ]
    guard sources.count(where: { $0 != nil }) < 2 else {
      throw ValidationError(
        "give one of --key-file, --passphrase-file, --passphrase-command, --recovery-key-file "
          + "and --kms-key")
    }
  }

  /// A target by its address or its name in the configuration, and what unlocks it.
  ///
  /// - Parameter archive: how an archive beside its backups is to be kept; nil for the backups.
  func access(_ text: String, archive: Protection? = nil) throws -> TargetAccess {
    var named = try Configuration.load().targets[text] ?? Configuration.Target(address: text)
    named.endpoint = endpoint ?? named.endpoint ?? Process.environment("AWS_ENDPOINT_URL_S3")
    named.region = region ?? named.region
    if pathStyle { named.isPathStyle = true }
    let hasOwnSource =
      keyFile != nil || passphraseFile != nil || passphraseCommand != nil
      || recoveryKeyFile != nil || kmsKey != nil
    if hasOwnSource {
      (named.keyFile, named.passphraseFile) = (keyFile, passphraseFile)
      (named.passphraseCommand, named.kmsKey) = (passphraseCommand, kmsKey)
    }
    let profile = profile ?? named.profile
    let source = try Self.source(named, recoveryKeyFile: recoveryKeyFile, profile: profile)
    if archive != nil {
      guard named.address.contains("://") else {
        throw ValidationError(
          "'\(text)' is a directory, which keeps nothing from being deleted; "
            + "--archive needs an s3:// target")
      }
      named.address += (named.address.hasSuffix("/") ? "" : "/") + "archive"
    }
    guard named.address.contains("://") else {
      // A name with a slip must not become a directory.
      guard named.address.contains("/") || Process.exists(named.address) else {
        throw ValidationError(
          "'\(text)' is no target of the configuration and no directory; "
            + "write ./\(text) for a new one")
      }
      return TargetAccess(
        text: text, target: DirectoryTarget(named.address),
        identity: Process.absolute(named.address), source: source, named: named)
    }
    let location = try S3Location(
      named.address, endpoint: named.endpoint ?? Process.environment("AWS_ENDPOINT_URL"),
      region: named.region ?? Process.environment("AWS_REGION")
        ?? Process.environment("AWS_DEFAULT_REGION"), usesPathStyle: named.isPathStyle)
    var target = S3Target(
      location, credentials: try Credentials.find(profile: profile),
      rateMax: limitRate?.bytesPerSecond ?? 0, authorities: Process.environment("AWS_CA_BUNDLE"),
      isCancelled: { Process.isStopped })
    if let archive { target.protection = archive }
    return TargetAccess(
      text: text + (archive == nil ? "" : "/archive"), target: target, identity: location.identity,
      source: source, named: named)
  }

  private static let secretByteCountMax = 64 << 10

  private static func source(
    _ named: Configuration.Target, recoveryKeyFile: String?, profile: String?
  ) throws -> KeySource? {
    if let path = recoveryKeyFile {
      let text = String(decoding: try firstLine(path), as: UTF8.self)
      guard let key = RecoveryKey(text) else {
        throw StoreError(.denied, path: path, detail: "this is no recovery key; mind each digit")
      }
      return .recovery(key)
    }
    if let path = named.keyFile {
      return .file(try Process.contents(of: path, limit: secretByteCountMax))
    }
    if let path = named.passphraseFile { return .passphrase(try firstLine(path)) }
    if let command = named.passphraseCommand {
      return .passphrase(line(try Process.output(of: command, for: "passphrase command")))
    }
    if let key = named.kmsKey { return try service(key, named.region, profile) }
    return nil
  }

  /// What unlocks an encrypted target of which nothing else is said.
  static func fallbackSource() throws -> KeySource? {
    if let path = Process.environment("VARVE_KEY_FILE") {
      return .file(try Process.contents(of: path, limit: secretByteCountMax))
    }
    if let path = Process.environment("VARVE_PASSPHRASE_FILE") {
      return .passphrase(try firstLine(path))
    }
    return nil
  }

  /// A key of KMS, reached as a target is.
  func service(_ key: String, as access: TargetAccess) throws -> KeySource {
    try Self.service(key, access.named.region, profile ?? access.named.profile)
  }

  private static func service(
    _ key: String, _ region: String?, _ profile: String?
  ) throws -> KeySource {
    .service(
      try KMSKey(
        key,
        endpoint: Process.environment("AWS_ENDPOINT_URL_KMS")
          ?? Process.environment("AWS_ENDPOINT_URL"),
        region: region ?? Process.environment("AWS_REGION")
          ?? Process.environment("AWS_DEFAULT_REGION"),
        credentials: Credentials.find(profile: profile),
        authorities: Process.environment("AWS_CA_BUNDLE")))
  }

  private static func firstLine(_ path: String) throws -> [UInt8] {
    line(try Process.contents(of: path, limit: secretByteCountMax))
  }

  private static func line(_ bytes: [UInt8]) -> [UInt8] {
    Array(bytes.prefix { $0 != 0x0A && $0 != 0x0D })
  }
}

/// Where a new recovery key goes: it is shown where a person looks, or written to a new file.
struct RecoveryKeyArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A new file for the recovery key that is made (default: shown on a terminal).",
      valueName: "file"))
  var recoveryKeyTo: String?

  /// Makes a recovery key by a closure and hands it over. The place for it is there before, so that
  /// no key is made that nobody gets to see.
  ///
  /// - Parameter undo: takes back what the closure made, if the key cannot be handed over.
  func hand<T>(
    of target: String, _ make: () throws -> (RecoveryKey, T), undo: (T) throws -> Void
  ) throws -> T {
    guard let path = recoveryKeyTo else {
      guard Process.isErrorTerminal else {
        throw ValidationError(
          "a recovery key is made now and shown once, but standard error is no terminal: "
            + "give --recovery-key-to FILE")
      }
      let (key, made) = try make()
      let shown = "varve: the recovery key of \(target), shown this once; keep it elsewhere:"
      Output.note(Escape.terminal(shown))
      Output.note("  " + key.text)
      return made
    }
    try Process.create(path, "")
    let key: RecoveryKey
    let made: T
    do {
      (key, made) = try make()
    } catch {
      Process.unlink(path)
      throw error
    }
    do {
      try Process.append(key.text, to: path)
    } catch {
      do { try undo(made) } catch {
        Output.note("varve: \(Escape.terminal(target)): its keys are there without a recovery key")
      }
      throw error
    }
    let said = "varve: the recovery key of \(target) is in \(path); keep it elsewhere"
    Output.note(Escape.terminal(said))
    return made
  }
}

/// A rate such as `500K`.
struct RateArgument: ExpressibleByArgument {
  let bytesPerSecond: Int64

  init?(argument: String) {
    let units: [Character: Int64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    let unit = argument.last.flatMap { units[Character($0.uppercased())] }
    guard let number = Int64(unit == nil ? argument[...] : argument.dropLast()),
      (1...1_000_000_000).contains(number)
    else { return nil }
    bytesPerSecond = number * (unit ?? 1)
  }
}

/// A target that can be reached, and perhaps unlocked.
struct TargetAccess {
  /// As it was given.
  let text: String
  let target: any BackupTarget
  /// What tells it from all others, wherever it is named from.
  let identity: String
  let source: KeySource?
  let named: Configuration.Target

  var isRemote: Bool { named.address.contains("://") }

  private var missingDirectory: String? {
    isRemote || Process.exists(named.address) ? nil : named.address
  }

  /// The objects of a target that holds backups.
  func objects() throws -> ObjectStore {
    if let path = missingDirectory {
      throw StoreError(.notFound, path: path, detail: "there is no such directory; is it mounted?")
    }
    let ring = KeyRing(target)
    guard try ring.hasSlots() else {
      try ring.requirePlain()
      guard source == nil else {
        throw StoreError(
          .denied, path: target.name, detail: "the target is not encrypted; give it no key")
      }
      return ObjectStore(target)
    }
    return ObjectStore(target, keys: try ring.open(require()))
  }

  /// What unlocks an encrypted target.
  func require() throws -> KeySource {
    guard let source = try source ?? TargetArguments.fallbackSource() else {
      throw StoreError(
        .denied, path: target.name,
        detail: "the target is encrypted; give --key-file, --passphrase-file, "
          + "--passphrase-command, --recovery-key-file or --kms-key; a key in the configuration or "
          + "$VARVE_KEY_FILE holds for all commands")
    }
    return source
  }

  /// The objects of a target for a backup: the first one with a key makes it an encrypted one.
  ///
  /// - Parameters:
  ///   - mayBePlain: whether a server may see what is shipped.
  ///   - recovery: where a recovery key goes that is made now.
  func objectsForBackup(
    mayBePlain: Bool, recovery: RecoveryKeyArguments
  ) throws -> ObjectStore {
    let ring = KeyRing(target)
    if try ring.hasSlots() { return try objects() }
    try ring.requirePlain()
    var source = source
    if source == nil, named.isEncrypted != false, !mayBePlain,
      try named.isEncrypted == true || BackupReader(target).isEmpty()
    {
      source = try TargetArguments.fallbackSource()
    }
    guard let source else {
      guard named.isEncrypted != true else {
        throw ValidationError("'\(text)' is said to be encrypted, but no key is given for it")
      }
      guard !isRemote || mayBePlain || named.isEncrypted == false else {
        throw ValidationError(
          "'\(text)' would see all that is shipped: give --key-file, --passphrase-file, "
            + "--passphrase-command or --kms-key, or say --no-encryption")
      }
      return ObjectStore(target)
    }
    let keys = try recovery.hand(of: text) {
      let made = try ring.create(source, label: "first key")
      return (made.recovery, made.keys)
    } undo: { _ in
      try ring.removeAll()
    }
    return ObjectStore(target, keys: keys)
  }
}
