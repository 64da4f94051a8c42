// The filters that list, export and later search share.

import ArgumentParser
import Varve

struct FilterArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Only this project: a path or its last components.", valueName: "path"))
  var project: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Only this session: 4 or more characters of its id.", valueName: "id"))
  var session: String?

  @Option(
    name: .long,
    help: ArgumentHelp("From this time on: 2h, yesterday, 2026-11-22.", valueName: "time"))
  var since: String?

  @Option(
    name: .long, help: ArgumentHelp("Up to this time; a day includes itself.", valueName: "time"))
  var until: String?

  @Option(name: .long, help: ArgumentHelp("Only this kind; can be repeated.", valueName: "kind"))
  var kind: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Only this level, exactly; can be repeated.", valueName: "level"))
  var level: [String] = []

  @Option(name: .long, help: ArgumentHelp("Only this component.", valueName: "name"))
  var component: String?

  @Option(name: .long, help: ArgumentHelp("Only this role.", valueName: "role"))
  var role: String?

  @Flag(name: .long, help: "Only errors.")
  var errors = false

  func validate() throws {
    for name in kind where Kind(name: name) == nil {
      throw ValidationError(
        "'\(name)' is no kind; kinds are \(Kind.allCases.map(\.name).joined(separator: ", "))")
    }
  }

  /// The same as conditions of the filter language.
  func conditions(_ snapshot: Snapshot) throws -> [String] {
    func quoted(_ text: String) -> String {
      "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
    func oneOf(_ field: String, _ values: [String]) -> String {
      "\(field) IN [\(values.map(quoted).joined(separator: ", "))]"
    }
    var parts: [String] = []
    if let project { parts.append("project = " + quoted(try Names.project(project, snapshot))) }
    if let session { parts.append("session = " + quoted(try Names.session(session, snapshot))) }
    if let since { parts.append("timestamp >= '\(try TimeText.since(since))'") }
    if let until { parts.append("timestamp < '\(try TimeText.until(until))'") }
    if !kind.isEmpty {
      parts.append(oneOf("kind", kind.compactMap { Kind(name: $0)?.name }))
    }
    if !level.isEmpty { parts.append(oneOf("level", level.map { $0.uppercased() })) }
    if let component { parts.append("component = " + quoted(component)) }
    if let role { parts.append("role = " + quoted(role)) }
    if errors { parts.append("error = true") }
    return parts
  }

  /// The walk over what the filters let through.
  func cursor(
    _ snapshot: Snapshot, order: OccurrenceOrder
  ) throws -> (cursor: OccurrenceCursor, accepts: (Occurrence) -> Bool) {
    let project = try project.map { try Names.project($0, snapshot) }
    let session = try session.map { try Names.session($0, snapshot) }
    let scope: OccurrenceScope =
      session.map { .session($0) } ?? project.map { .project($0) } ?? .all
    let cursor = try snapshot.occurrences(
      in: scope, since: try since.map(TimeText.since), until: try until.map(TimeText.until),
      order: order)
    let kinds = kind.compactMap { Kind(name: $0) }
    let levels = level.map { $0.uppercased() }
    return (
      cursor,
      { occurrence in
        if let project, occurrence.project != project { return false }
        if !kinds.isEmpty, !kinds.contains(occurrence.kind) { return false }
        if !levels.isEmpty, !levels.contains(occurrence.level ?? "") { return false }
        if let component, occurrence.component != component { return false }
        if let role, occurrence.role != role { return false }
        return !errors || occurrence.isError
      }
    )
  }
}

/// Names that people shorten: sessions, projects, hashes.
enum Names {
  static let candidatesShownMax = 10

  static func session(_ text: String, _ snapshot: Snapshot) throws -> String {
    try one(text, snapshot.sessions().map(\.name), what: "session") {
      text.count >= 4 && $0.hasPrefix(text)
    }
  }

  static func project(_ text: String, _ snapshot: Snapshot) throws -> String {
    let wanted = text.hasSuffix("/") && text.count > 1 ? String(text.dropLast()) : text
    return try one(wanted, snapshot.projects().map(\.name), what: "project") {
      $0.hasSuffix("/" + wanted)
    }
  }

  /// A source file by its path or the last components of it.
  static func source(_ text: String, _ snapshot: Snapshot) throws -> ForgetRequest.Source {
    let sources = try snapshot.sourceFiles()
    let path = try one(text, Set(sources.map(\.path)).sorted(), what: "source") {
      $0.hasSuffix("/" + text)
    }
    let found = sources.filter { $0.path == path }
    guard let first = found.first, found.count == 1 else {
      let hosts = found.map(\.host).joined(separator: ", ")
      throw StoreError(.ambiguous, detail: "'\(path)' was read on several hosts: \(hosts)")
    }
    return first
  }

  private static func one(
    _ text: String, _ names: [String], what: String, _ matches: (String) -> Bool
  ) throws -> String {
    if names.contains(text) { return text }
    let found = names.filter(matches)
    guard let first = found.first else {
      throw StoreError(.notFound, detail: "no \(what) is called '\(text)'")
    }
    guard found.count == 1 else {
      let shown = found.prefix(candidatesShownMax).joined(separator: ", ")
      let more = found.count > candidatesShownMax ? ", …" : ""
      throw StoreError(
        .ambiguous, detail: "'\(text)' could be \(found.count) \(what)s: \(shown)\(more)")
    }
    return first
  }

  static func hash(_ text: String, _ snapshot: Snapshot) throws -> ContentHash {
    if text.count == 64, let hash = ContentHash(hex: text) { return hash }
    guard let prefix = HashPrefix(text) else {
      throw ValidationError("'\(text)' is not 4 or more hexadecimal digits of a hash or id")
    }
    let found = try snapshot.hashes(prefix: prefix, limit: candidatesShownMax + 1)
      .filter(prefix.accepts)
    guard let first = found.first else {
      throw StoreError(.notFound, detail: "no message is called '\(text)'")
    }
    guard found.count == 1 else {
      let shown = found.prefix(candidatesShownMax).map { "\($0)".prefix(16) }
        .joined(separator: ", ")
      throw StoreError(.ambiguous, detail: "'\(text)' could be \(shown)")
    }
    return first
  }
}
