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

/// How sources are to be read.
struct SourceFormArguments: ParsableArguments {
  @Option(
    name: .long, help: "Read all sources as: history, projects, debug, jsonl, codex, gemini.")
  var format: SourceFormatArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Members that fill the fields of JSONL, as content=text,timestamp=meta.ts. Fields: \
      \(FieldMapping.fields.joined(separator: " ")).
      """, valueName: "field=path,..."))
  var map: FieldMappingArgument?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How times of JSONL are written: auto, s, ms, us, ns (since 1970) or iso8601.",
      valueName: "form"))
  var timeFormat: TimeFormatArgument?

  var mapping: FieldMapping {
    var mapping = map?.value ?? FieldMapping()
    if let timeFormat { mapping.timeFormat = timeFormat.value }
    return mapping
  }
}

struct SourceFormatArgument: ExpressibleByArgument {
  let value: SourceFormat

  init?(argument: String) {
    guard let value = SourceFormat(rawValue: argument) else { return nil }
    self.value = value
  }

  static var allValueStrings: [String] { SourceFormat.allCases.map(\.rawValue) }
}

struct FieldMappingArgument: ExpressibleByArgument {
  let value: FieldMapping

  init?(argument: String) {
    guard let value = FieldMapping(argument) else { return nil }
    self.value = value
  }
}

struct TimeFormatArgument: ExpressibleByArgument {
  let value: FieldMapping.TimeFormat

  init?(argument: String) {
    guard let value = FieldMapping.TimeFormat(rawValue: argument) else { return nil }
    self.value = value
  }

  static var allValueStrings: [String] { FieldMapping.TimeFormat.allCases.map(\.rawValue) }
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
