// How an archive is to be kept.

import ArgumentParser
import Varve
import VarveShipping

/// The flags of an archive, which a backup to a prefix of its own is.
struct ArchiveArguments: ParsableArguments {
  @Flag(
    name: .long,
    help: "Ship to TARGET/archive, and have the server keep it as the flags below say.")
  var archive = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Nobody can delete it for this many years (the bucket needs Object Lock).",
      valueName: "years"))
  var lockYears: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("A storage class of the server, as GLACIER_IR.", valueName: "class"))
  var storageClass: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A key of the server's KMS that it is encrypted with there, whatever else encrypts it.",
      valueName: "id"))
  var sseKmsKey: String?

  func validate() throws {
    guard archive || lockYears == nil && storageClass == nil && sseKmsKey == nil else {
      throw ValidationError("--lock-years, --storage-class and --sse-kms-key are of --archive")
    }
    guard !archive || protection?.isEmpty == false else {
      throw ValidationError(
        "say what keeps the archive: --lock-years, --storage-class or --sse-kms-key")
    }
    guard lockYears.map({ (1...100).contains($0) }) ?? true else {
      throw ValidationError("--lock-years is 1 to 100")
    }
    let isClass = storageClass.map {
      !$0.isEmpty && $0.utf8.allSatisfy { $0 == 0x5F || (0x41...0x5A).contains($0) }
    }
    guard isClass ?? true else { throw ValidationError("a storage class is as GLACIER_IR") }
    let isKey = sseKmsKey.map {
      !$0.isEmpty && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
    guard isKey ?? true else { throw ValidationError("--sse-kms-key is the id of a key") }
  }

  /// What the server is asked for; nil without `--archive`.
  var protection: Protection? {
    guard archive else { return nil }
    var protection = Protection()
    protection.storageClass = storageClass
    protection.serverKey = sseKmsKey
    // Years of 366 days: never shorter than those of the calendar.
    protection.lockedUntil = lockYears.map {
      (Process.now() / 1000 + Int64($0) * 366 * 86_400) * 1000
    }
    return protection
  }

  /// Says what of it a server does not do: what it ignores must not be relied on.
  static func note(_ result: ArchiveResult, _ target: String) {
    for part in result.ignored {
      let what =
        switch part {
        case .lock: "does not lock it: it can be deleted"
        case .storageClass: "does not keep it in that storage class"
        case .serverKey: "does not encrypt it with that key"
        }
      Output.note("varve: \(Escape.terminal(target)): the server \(what)")
    }
  }

  /// What there is to say of an archive.
  static func text(_ result: ArchiveResult) -> String {
    var text = ", \(Count.text(result.objects, "object"))"
    if let end = result.lockedUntil { text += " locked until \(TimeText.local(end))" }
    if result.extended > 0 { text += ", \(result.extended) of them longer than before" }
    return text
  }

  static func json(_ result: ArchiveResult) -> JSON {
    .object([
      ("objects", .int(result.objects)), ("extended", .int(result.extended)),
      ("lockedUntil", .time(result.lockedUntil)),
      ("ignored", .array(result.ignored.map { .string($0.rawValue) })),
    ])
  }
}
