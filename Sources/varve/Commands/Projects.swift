// `varve projects`: all projects, and what people say about them.

import ArgumentParser
import Varve

struct Projects: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List projects, or name them.",
    subcommands: [ProjectsList.self, ProjectsSet.self], defaultSubcommand: ProjectsList.self)
}

struct ProjectsList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List projects, the one with the latest activity first.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var json: JSONArguments

  func run() throws {
    let snapshot = try storeArguments.openForReading().snapshot()
    let projects = try snapshot.projects()
    var rows: [JSON] = []
    for project in projects {
      let facts = try ProjectFacts(project.name, snapshot)
      if json.json {
        rows.append(
          .object([
            ("path", .string(project.name)), ("name", .string(facts.name)),
            ("description", .text(facts.description)), ("active", .bool(facts.isActive)),
            ("first", .time(project.first)), ("last", .time(project.last)),
            ("sessions", .int(project.sessions)), ("occurrences", .int(project.occurrences)),
            ("errors", .int(project.errors)),
          ]))
      } else {
        Output.line(
          Escape.terminal(
            "\(facts.name)  \(TimeText.local(project.last))  \(project.sessions) sessions, "
              + "\(project.occurrences) occurrences, \(project.errors) errors  \(project.name)"))
      }
    }
    if json.json { JSON.object([("projects", .array(rows)), ("next", .null)]).print() }
    if projects.isEmpty { throw Exit(code: 1) }
  }
}

struct ProjectsSet: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Set name, description or activity of a project.")

  @OptionGroup var storeArguments: StoreArguments
  @OptionGroup var wait: WaitArguments

  @Argument(help: ArgumentHelp("A path or its last components.", valueName: "project"))
  var project: String

  @Option(name: .long, help: ArgumentHelp("What to call it.", valueName: "text"))
  var name: String?

  @Option(name: .long, help: ArgumentHelp("What it is.", valueName: "text"))
  var description: String?

  @Option(name: .long, help: "Whether it is still worked on: true or false.")
  var active: Bool?

  func run() throws {
    guard name != nil || description != nil || active != nil else {
      throw ValidationError("give --name, --description or --active")
    }
    let store = try storeArguments.openForWriting(wait)
    let snapshot = try store.snapshot()
    let path = try Names.project(project, snapshot)
    var facts = try ProjectFacts(path, snapshot)
    if let name { facts.statedName = name }
    if let description { facts.description = description }
    if let active { facts.isActive = active }
    var batch = WriteBatch()
    try batch.append(facts.fact)
    try store.commit(batch)
    try store.flush()
  }
}

/// What was said about a project.
struct ProjectFacts {
  let path: String
  var statedName: String?
  var description: String?
  var isActive = true

  init(_ path: String, _ snapshot: Snapshot) throws {
    self.path = path
    guard let fact = try snapshot.fact(.project, key: Array(path.utf8)),
      let value = try? MetadataValue(decoding: fact.value)
    else { return }
    statedName = value["name"]?.text
    description = value["description"]?.text
    if case .bool(let active)? = value["active"] { isActive = active }
  }

  /// The stated name, else the last component of the path.
  var name: String {
    statedName ?? path.split(separator: "/").last.map(String.init) ?? path
  }

  var fact: Fact {
    var members: [MetadataValue.Member] = []
    if let statedName { members.append(.init("name", .text(statedName))) }
    if let description { members.append(.init("description", .text(description))) }
    members.append(.init("active", .bool(isActive)))
    return Fact(
      kind: .project, key: Array(path.utf8), value: MetadataValue.object(members).encoded)
  }
}
