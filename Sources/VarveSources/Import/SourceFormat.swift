// What a file holds, by its place in a home. SOURCES section 0; format-spec chapter 10.

/// How the bytes of a source are to be read.
public enum SourceFormat: String, Sendable, CaseIterable {
  /// `history.jsonl`.
  case history
  /// A transcript.
  case projects
  /// A version of an edited file.
  case fileVersion = "file-history"
  /// A list of to-dos.
  case todos
  /// A task.
  case task = "tasks"
  /// A shell snapshot.
  case shellSnapshot = "shell-snapshots"
  /// A plan.
  case plan = "plans"
  /// Output of a tool that was too large for the transcript.
  case toolResult = "tool-results"
  /// A large paste.
  case paste = "paste-cache"
  /// A note that the model keeps.
  case memory
  /// State of the client: running sessions, totals.
  case state = "sessions"
  /// Description of a subagent.
  case agentMeta = "agents"
  /// A debug log.
  case debug
  /// Generic JSONL.
  case jsonl
  /// A rollout of the Codex CLI.
  case codex
  /// A chat of the Gemini CLI, one file that is rewritten.
  case gemini
  /// A chat of the Gemini CLI, line by line.
  case geminiLines = "gemini-lines"
  /// The folder that a folder of the Gemini CLI stands for.
  case geminiRoot = "gemini-root"

  /// Whether such a file is one record or a list, and not lines.
  var isWhole: Bool {
    switch self {
    case .history, .projects, .debug, .jsonl, .codex, .geminiLines: false
    default: true
    }
  }

  /// The order in which the files of a home are read: history first, so that echoes are found in
  /// the transcripts; then what takes project and time from them; logs last.
  var rank: Int {
    switch self {
    case .history, .geminiRoot: 0
    case .projects, .codex, .gemini, .geminiLines: 1
    case .debug: 3
    default: 2
    }
  }

  /// The format of a file by its path below a home; nil if it is kept as an original only.
  static func format(ofName name: String) -> SourceFormat? {
    // By bytes, as the system takes a path apart: a re-scan does it for every file.
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { Substring($0) }
    guard let last = parts.last, let first = parts.first else { return nil }
    if parts.count == 1 {
      switch name {
      case "history.jsonl": return .history
      case "stats-cache.json": return .state
      default: return nil
      }
    }
    switch first {
    case "projects": return transcriptFormat(parts, last)
    case "debug": return parts.count == 2 && last.hasSuffix(".txt") ? .debug : nil
    case "file-history": return parts.count == 3 ? .fileVersion : nil
    case "todos": return parts.count == 2 && last.hasSuffix(".json") ? .todos : nil
    case "tasks": return parts.count == 3 && last.hasSuffix(".json") ? .task : nil
    case "shell-snapshots": return parts.count == 2 && last.hasSuffix(".sh") ? .shellSnapshot : nil
    case "plans": return parts.count == 2 && last.hasSuffix(".md") ? .plan : nil
    case "paste-cache": return parts.count == 2 && last.hasSuffix(".txt") ? .paste : nil
    case "sessions" where parts.count == 2 && last.hasSuffix(".json"): return .state
    case "sessions", "archived_sessions":
      return last.hasPrefix("rollout-") && last.hasSuffix(".jsonl") ? .codex : nil
    case "tmp": return geminiFormat(parts, last)
    default: return nil
    }
  }

  private static func geminiFormat(_ parts: [Substring], _ last: Substring) -> SourceFormat? {
    if parts.count == 3, last == ".project_root" { return .geminiRoot }
    guard parts.count >= 4, parts[2] == "chats" else { return nil }
    return last.hasSuffix(".json") ? .gemini : last.hasSuffix(".jsonl") ? .geminiLines : nil
  }

  private static func transcriptFormat(
    _ parts: [Substring], _ last: Substring
  ) -> SourceFormat? {
    if last.hasSuffix(".jsonl") { return .projects }
    if last.hasSuffix(".meta.json") { return .agentMeta }
    if parts.count == 3, last == "sessions-index.json" { return .state }
    if parts.count == 5, parts[3] == "tool-results" { return .toolResult }
    if parts.count >= 4, parts[2] == "memory", last.hasSuffix(".md") { return .memory }
    return nil
  }
}

/// What is left out of an ingest. Format-spec CON-38.
public struct SourceFilter: Sendable {
  /// Patterns of paths to leave out as well; `*` and `?` stay within a name, `**` does not.
  public var excluded: [String] = []
  /// Patterns of paths to take although they are left out by default.
  public var included: [String] = []

  /// What is left out by default.
  public init() {}

  private static let names: Set<String> = [".credentials.json", "credentials.json", ".lock"]
  private static let suffixes = [".lock", ".pem", ".key"]
  private static let folders: Set<String> = [
    "plugins", "cache", "statsig", "telemetry", "image-cache", "ide", "node_modules", ".git",
  ]

  /// Whether a file or folder, by its path below the home, is left out.
  func leavesOut(_ name: String, isFolder: Bool) -> Bool {
    if excluded.contains(where: { Pattern.matches($0, name) }) { return true }
    if included.contains(where: { Pattern.matches($0, name) || $0.hasPrefix(name + "/") }) {
      return false
    }
    let slash = name.utf8.lastIndex(of: UInt8(ascii: "/"))
    let last = slash.map { String(name[name.utf8.index(after: $0)...]) } ?? name
    if isFolder { return Self.folders.contains(last) && !isOwn(name) }
    return Self.names.contains(last) || Self.suffixes.contains { last.hasSuffix($0) }
  }

  /// A folder that the client names after a project, a session or a task is its own whatever its
  /// name.
  private func isOwn(_ name: String) -> Bool {
    ["projects/", "tasks/", "file-history/"].contains { name.hasPrefix($0) }
      && name.split(separator: "/").count == 2
  }
}

/// Patterns of paths, as `gitignore` has them, without its negations.
enum Pattern {
  /// Whether a path, or a folder above it, matches. Time: product of both lengths.
  static func matches(_ pattern: String, _ path: String) -> Bool {
    let wanted = Array((pattern.hasSuffix("/") ? String(pattern.dropLast()) : pattern).utf8)
    let bytes = Array(path.utf8)
    // A pattern without a slash holds for a name in any folder.
    let isName = !wanted.contains(UInt8(ascii: "/"))
    var start = 0
    for end in 0...bytes.count
    where end == bytes.count || bytes[end] == UInt8(ascii: "/") {
      if matches(wanted[...], bytes[(isName ? start : 0)..<end]) { return true }
      start = end + 1
    }
    return false
  }

  private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    // States of the pattern that the text so far can be in: no backtracking, so no blow-up.
    var states: Set<Int> = closure([pattern.startIndex], pattern)
    for byte in text {
      var next: Set<Int> = []
      for state in states where state < pattern.endIndex {
        let wanted = pattern[state]
        if wanted == UInt8(ascii: "*") {
          let isDeep = isDouble(pattern, state)
          if isDeep || byte != UInt8(ascii: "/") { next.insert(state) }
        } else if wanted == byte || wanted == UInt8(ascii: "?") && byte != UInt8(ascii: "/") {
          next.insert(state + 1)
        }
      }
      states = closure(next, pattern)
    }
    return states.contains(pattern.endIndex)
  }

  /// A star may stand for nothing.
  private static func closure(_ states: Set<Int>, _ pattern: ArraySlice<UInt8>) -> Set<Int> {
    var all = states
    for state in states {
      var at = state
      while at < pattern.endIndex, pattern[at] == UInt8(ascii: "*") {
        at += 1
        all.insert(at)
      }
    }
    return all
  }

  private static func isDouble(_ pattern: ArraySlice<UInt8>, _ at: Int) -> Bool {
    let star = UInt8(ascii: "*")
    return at + 1 < pattern.endIndex && pattern[at + 1] == star
      || at > pattern.startIndex && pattern[at - 1] == star
  }
}
