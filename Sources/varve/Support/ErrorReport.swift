// One line for each failure: what, where, what to do. And the exit code that says which kind it
// was.

import ArgumentParser
import Varve
import VarveSources

/// Ends with a code after everything was said.
struct Exit: Error {
  let code: Int32
}

enum ErrorReport {
  static func exit(_ error: any Error) -> Never {
    if let exit = error as? Exit { Process.end(exit.code) }
    if let error = error as? StoreError {
      say(describe(error))
      Process.end(code(error))
    }
    if let error = error as? SourceError {
      say(error.description)
      Process.end(error.number == 13 || error.number == 1 ? 7 : 6)
    }
    let code = VarveCommand.exitCode(for: error)
    if code == .success {
      Output.text(VarveCommand.fullMessage(for: error) + "\n")
      Output.flush()
      Process.end(0)
    }
    Output.note(Escape.terminal(VarveCommand.fullMessage(for: error), keepingLines: true))
    Process.end(2)
  }

  /// A failure as its one line says it.
  static func text(_ error: any Error) -> String {
    if let error = error as? StoreError { return Escape.terminal(describe(error)) }
    if let error = error as? SourceError { return Escape.terminal(error.description) }
    return Escape.terminal(VarveCommand.message(for: error))
  }

  private static func say(_ text: String) { Output.note("varve: " + Escape.terminal(text)) }

  static func code(_ error: StoreError) -> Int32 {
    switch error.code {
    case .system(let number): number == 13 || number == 1 || number == 30 ? 7 : 6
    case .damaged, .newerFormat, .outdated: 4
    case .notAStore, .ambiguous, .alreadyOpen, .request: 2
    case .busy: 5
    case .readOnly, .denied: 7
    case .poisoned, .cancelled, .unreachable: 6
    case .limit: 3
    case .notFound: 1
    }
  }

  private static func isOfTarget(_ path: String) -> Bool {
    ["segments/", "indexes/", "backups/", "prunes/"].contains { path.hasPrefix($0) }
      || path.contains("://") || path.hasPrefix(TargetStore.cacheFolder + "/")
  }

  private static func adviceOnDamage(_ path: String) -> String {
    if path.hasPrefix(TargetStore.cacheFolder + "/") {
      return "this is a copy of what a target has; delete it, and it is fetched again"
    }
    if isOfTarget(path) {
      return "run 'varve verify --read-data 100' on the target"
    }
    return "run 'varve verify' on it; 'varve rebuild' makes damaged indexes of a store again"
  }

  static func describe(_ error: StoreError) -> String {
    var text = error.description
    switch error.code {
    case .system(let number):
      text += ": " + Process.message(number)
      if error.path.hasPrefix(TargetStore.cacheFolder) {
        text += " (this is the cache of targets; $XDG_CACHE_HOME moves it)"
      }
      if number == 28 { text += " (free some space; nothing that was committed is lost)" }
      if number == 30 { text += " (the store can be read, not written)" }
    case .damaged: text += " (\(adviceOnDamage(error.path)))"
    case .outdated:
      text +=
        isOfTarget(error.path)
        ? " (run 'varve backup --with-indexes' to the target again, or 'varve restore')"
        : " (run 'varve rebuild'; it loses nothing)"
    case .newerFormat:
      text += " (this store was written by a newer version; update varve)"
    case .notAStore:
      text += " (make one with 'varve ingest --store \(error.path) PATH')"
    case .busy:
      text += " (wait longer with --wait SECONDS)"
    default:
      break
    }
    return text
  }
}
