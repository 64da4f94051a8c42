// Which store a command works on.

import ArgumentParser
import Varve

struct StoreArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The store's directory, or a target with a backup that has indexes, which is read where it "
        + "is, with the key that the configuration or $VARVE_KEY_FILE has "
        + "(default: $VARVE_STORE, else $XDG_DATA_HOME/varve).",
      valueName: "place"))
  var store: String?

  var path: String {
    if let store { return store }
    if let path = Process.environment("VARVE_STORE") { return path }
    if let data = Process.environment("XDG_DATA_HOME") { return data + "/varve" }
    return (Process.environment("HOME") ?? ".") + "/.local/share/varve"
  }

  /// The directory of a store that is written.
  func pathForWriting() throws -> String {
    let path = path
    guard try !TargetStore.isTarget(path) else {
      throw ValidationError(
        "'\(path)' holds backups, which are read and never changed; give a store's directory")
    }
    return path
  }

  /// Opens for writing a store that is there.
  func openForWriting(_ wait: WaitArguments) throws -> Store {
    let path = try pathForWriting()
    var options = StoreOptions(access: .write)
    options.lockWaitMilliseconds = wait.milliseconds
    return try Store.open(at: path, options: options)
  }

  /// Opens for reading; nothing is created or changed.
  func openForReading() throws -> Store {
    try TargetStore.open(path) ?? Store.open(at: path, options: StoreOptions(access: .read))
  }
}

struct WaitArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Seconds to wait for another writer.", valueName: "seconds"))
  var wait: Double = 10

  func validate() throws {
    guard wait >= 0, wait <= 86_400 else {
      throw ValidationError("--wait must be 0 to 86400 seconds")
    }
  }

  var milliseconds: Int { Int(wait * 1000) }
}

struct JSONArguments: ParsableArguments {
  @Flag(name: .long, help: "Print one JSON object.")
  var json = false
}
