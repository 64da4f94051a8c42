// Which files of a home hold what. SOURCES section 0; format-spec chapter 10.

/// How the bytes of a source are to be read.
public enum SourceFormat: String, Sendable, CaseIterable {
  /// `history.jsonl`.
  case history
  /// A transcript.
  case projects
  /// A debug log.
  case debug
  /// Generic JSONL.
  case jsonl
}

/// One file to read.
public struct SourceEntry: Sendable, Equatable {
  /// Where it lies.
  public var path: String
  /// Its path in the store: relative to its home, or absolute.
  public var name: String
  /// How to read it.
  public var format: SourceFormat
}

/// Recognises sources by what they hold.
public enum HomeLayout {
  /// Whether a folder is a home: it holds `history.jsonl`, `projects` or `debug`.
  public static func isHome(_ folder: String) -> Bool {
    SourceStatus(path: folder + "/history.jsonl") != nil
      || SourceStatus(path: folder + "/projects") != nil
      || SourceStatus(path: folder + "/debug") != nil
  }

  /// The files of a home in the order in which they are read: history first, so that echoes are found in
  /// the transcripts, debug logs last.
  public static func entries(ofHome home: String) throws(SourceError) -> [SourceEntry] {
    var entries: [SourceEntry] = []
    if SourceStatus(path: home + "/history.jsonl")?.isRegular == true {
      entries.append(
        SourceEntry(path: home + "/history.jsonl", name: "history.jsonl", format: .history))
    }
    if SourceStatus(path: home + "/projects")?.isDirectory == true {
      try collect(home, "projects", suffix: ".jsonl", format: .projects, depth: 0, &entries)
    }
    if SourceStatus(path: home + "/debug")?.isDirectory == true {
      for name in try SourceFolder.names(home + "/debug") where name.hasSuffix(".txt") {
        let path = home + "/debug/" + name
        guard SourceStatus(path: path)?.isRegular == true else { continue }
        entries.append(SourceEntry(path: path, name: "debug/" + name, format: .debug))
      }
    }
    return entries
  }

  private static let depthMax = 32

  private static func collect(
    _ home: String, _ folder: String, suffix: String, format: SourceFormat, depth: Int,
    _ entries: inout [SourceEntry]
  ) throws(SourceError) {
    guard depth < depthMax else { return }
    for name in try SourceFolder.names(home + "/" + folder) {
      let relative = folder + "/" + name
      guard let status = SourceStatus(path: home + "/" + relative) else { continue }
      if status.isDirectory {
        try collect(home, relative, suffix: suffix, format: format, depth: depth + 1, &entries)
      } else if status.isRegular, name.hasSuffix(suffix) {
        entries.append(SourceEntry(path: home + "/" + relative, name: relative, format: format))
      }
    }
  }

  /// The files that a path given by a person stands for.
  public static func entries(
    of path: String, format: SourceFormat?
  ) throws(SourceError) -> [SourceEntry] {
    if path == "-" {
      return [SourceEntry(path: "-", name: "-", format: format ?? .jsonl)]
    }
    guard let full = SourceFolder.resolved(path), let status = SourceStatus(path: full) else {
      throw SourceError(path: path, number: 2, doing: "open")
    }
    if status.isDirectory {
      if isHome(full) { return try entries(ofHome: full) }
      var found: [SourceEntry] = []
      for name in try SourceFolder.names(full) where name.hasSuffix(".jsonl") {
        found += try entries(of: full + "/" + name, format: format)
      }
      return found
    }
    let chosen = format ?? (full.hasSuffix(".txt") ? .debug : .jsonl)
    // A file inside a home keeps its name there, so that naming it and its home means the same.
    if format == nil, let place = placeInHome(full) { return [place] }
    return [SourceEntry(path: full, name: full, format: chosen)]
  }

  private static func placeInHome(_ path: String) -> SourceEntry? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    for end in stride(from: parts.count - 1, through: 1, by: -1) {
      let name = parts[end...].joined(separator: "/")
      let home = parts[..<end].joined(separator: "/")
      let format: SourceFormat
      if name == "history.jsonl" {
        format = .history
      } else if name.hasPrefix("projects/"), name.hasSuffix(".jsonl") {
        format = .projects
      } else if name.hasPrefix("debug/"), name.hasSuffix(".txt"), end == parts.count - 2 {
        format = .debug
      } else {
        continue
      }
      return SourceEntry(path: home + "/" + name, name: name, format: format)
    }
    return nil
  }
}
