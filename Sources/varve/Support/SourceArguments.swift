// Which sources a command reads, and what of them is left out.

import ArgumentParser
import VarveSources

struct SourceFilterArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Leave out paths of a home: a name, or a path with * ? **; can be repeated.",
      valueName: "pattern"))
  var exclude: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Take paths that are left out by default; can be repeated.", valueName: "pattern"))
  var include: [String] = []

  var filter: SourceFilter {
    var filter = SourceFilter()
    filter.excluded = exclude
    filter.included = include
    return filter
  }
}

enum SourceHome {
  /// The home that is read when none is named, and says so.
  static func standard() throws -> String {
    if let home = Process.environment("CLAUDE_CONFIG_DIR") {
      Output.note("reading $CLAUDE_CONFIG_DIR, \(Escape.terminal(home))")
      return home
    }
    guard let home = Process.environment("HOME") else {
      throw ValidationError("name a path: HOME is not set")
    }
    Output.note("reading \(Escape.terminal(home))/.claude")
    return home + "/.claude"
  }
}
