// The kinds of occurrences, chapter 10. Numbers, once written, are never reused.

/// What an occurrence is in the work that it was seen in.
public enum Kind: UInt8, Sendable, CaseIterable {
  /// Text written to the model.
  case prompt = 1
  /// Text written by the model.
  case answer = 2
  /// Reasoning text.
  case thinking = 3
  /// Input of a tool, as raw JSON.
  case toolInput = 4
  /// Result of a tool.
  case toolOutput = 5
  /// Entry of a debug log.
  case log = 6
  /// Version of a file.
  case file = 7
  /// Item of a to-do list.
  case todo = 8
  /// Plan.
  case plan = 9
  /// Summary of a session.
  case summary = 10
  /// Title of a session.
  case title = 11
  /// Shell snapshot.
  case shell = 12
  /// Progress of a running tool.
  case progress = 13
  /// Text that the client injected, or its own bookkeeping.
  case meta = 14
  /// A record that no reader understands.
  case raw = 15

  /// The name used in JSON, filters and on the command line.
  public var name: String {
    switch self {
    case .prompt: "prompt"
    case .answer: "answer"
    case .thinking: "thinking"
    case .toolInput: "toolInput"
    case .toolOutput: "toolOutput"
    case .log: "log"
    case .file: "file"
    case .todo: "todo"
    case .plan: "plan"
    case .summary: "summary"
    case .title: "title"
    case .shell: "shell"
    case .progress: "progress"
    case .meta: "meta"
    case .raw: "raw"
    }
  }

  /// The kind of a name, in any case; nil if there is none.
  public init?(name: String) {
    let wanted = name.lowercased()
    guard let kind = Kind.allCases.first(where: { $0.name.lowercased() == wanted }) else {
      return nil
    }
    self = kind
  }
}

/// The fields of an occurrence that hold text. The raw value is the bit of the record's presence
/// map.
public enum TextField: Int, Sendable, CaseIterable {
  /// Absolute path of the project.
  case project = 0
  /// Session identifier.
  case session = 1
  /// Who spoke: user, assistant, tool, system.
  case role = 2
  /// Level of a log entry.
  case level = 3
  /// Component that wrote a log entry.
  case component = 4
  /// Phase of ingestion: which source it came from.
  case phase = 5
  /// Name of the tool.
  case tool = 6
  /// Name of the model.
  case model = 7
  /// Branch of version control.
  case branch = 8
  /// Agent identifier.
  case agent = 9
  /// Host on which it happened.
  case host = 10
  /// Path of the source file, relative to its home, or absolute.
  case path = 11
  /// A source as an imported record stated it.
  case source = 12

  /// Number of text fields.
  @inlinable public static var count: Int { 13 }
}
