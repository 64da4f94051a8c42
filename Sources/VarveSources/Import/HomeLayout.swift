// Which files a path stands for: a whole home, a part of one, or files outside of any.

/// One file, folder or link of a source.
public struct SourceEntry: Sendable, Equatable {
  /// Where it lies.
  public var path: String
  /// Full path of its home; empty outside a home.
  public var home: String
  /// Its path in the store: relative to its home, or absolute.
  public var name: String
  /// How to read it; nil if only its original is kept.
  public var format: SourceFormat?

  init(path: String, home: String = "", name: String, format: SourceFormat?) {
    self.path = path
    self.home = home
    self.name = name
    self.format = format
  }
}

/// The files that a path stands for, and what could not be looked into.
struct SourceListing {
  /// Files, in the order in which they are read.
  var entries: [SourceEntry] = []
  /// Folders and links, which have no content.
  var frames: [SourceEntry] = []
  /// What was left out, by its path below the home.
  var leftOut: [String] = []
  var failures: [SourceError] = []
}

/// Recognises sources by what they hold.
public enum HomeLayout {
  /// Whether a folder is a home: it holds `history.jsonl`, `projects` or `debug`, or what the Codex
  /// or the Gemini CLI keeps.
  public static func isHome(_ folder: String) -> Bool {
    ["history.jsonl", "projects", "debug", "archived_sessions"].contains {
      SourceStatus(path: folder + "/" + $0) != nil
    } || hasRollouts(folder) || hasChats(folder)
  }

  /// `sessions/<year>`, as the Codex CLI has it.
  private static func hasRollouts(_ folder: String) -> Bool {
    let names = (try? SourceFolder.names(folder + "/sessions")) ?? []
    return names.contains { $0.count == 4 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
  }

  /// `tmp/<project>/chats`, as the Gemini CLI has it.
  private static func hasChats(_ folder: String) -> Bool {
    let names = (try? SourceFolder.names(folder + "/tmp")) ?? []
    return names.contains { SourceStatus(path: folder + "/tmp/" + $0 + "/chats") != nil }
  }

  /// The files of a home, or of a folder in it, in the order in which they are read.
  static func listing(
    ofHome home: String, below start: String = "", filter: SourceFilter = SourceFilter()
  ) -> SourceListing {
    var listing = SourceListing()
    checkMain(home, &listing)
    walk(home, start, filter, &listing)
    // Stable: files of one rank stay in the order of their names.
    let ranked = listing.entries.enumerated().sorted {
      let left = $0.element.format?.rank ?? 4
      let right = $1.element.format?.rank ?? 4
      return (left, $0.offset) < (right, $1.offset)
    }
    listing.entries = ranked.map(\.element)
    return listing
  }

  /// What has the name of a main part of a home but is something else, as a link, is a failure.
  private static func checkMain(_ home: String, _ listing: inout SourceListing) {
    for (name, isFolder) in [("history.jsonl", false), ("projects", true), ("debug", true)] {
      let path = home + "/" + name
      guard let status = SourceStatus(path: path) else { continue }
      if isFolder ? status.isDirectory : status.isRegular { continue }
      listing.failures.append(
        SourceError(
          path: path, number: 22, doing: isFolder ? "not a folder" : "not a regular file"))
    }
  }

  /// Everything below a folder in any depth, each folder's in the order of names. Links are not
  /// followed.
  private static func walk(
    _ home: String, _ start: String, _ filter: SourceFilter, _ listing: inout SourceListing
  ) {
    var waiting = [start]
    while let name = waiting.popLast() {
      let path = name.isEmpty ? home : home + "/" + name
      guard let status = status(path, &listing) else { continue }
      if !name.isEmpty, filter.leavesOut(name, isFolder: status.isDirectory) {
        listing.leftOut.append(name)
        continue
      }
      if status.isDirectory {
        listing.frames.append(SourceEntry(path: path, home: home, name: name, format: nil))
        let prefix = name.isEmpty ? "" : name + "/"
        waiting += names(path, &listing).reversed().map { prefix + $0 }
      } else if status.isLink {
        listing.frames.append(SourceEntry(path: path, home: home, name: name, format: nil))
      } else if status.isRegular {
        listing.entries.append(
          SourceEntry(
            path: path, home: home, name: name, format: SourceFormat.format(ofName: name)))
      } else {
        listing.leftOut.append(name)
      }
    }
  }

  private static func names(_ folder: String, _ listing: inout SourceListing) -> [String] {
    do throws(SourceError) {
      return try SourceFolder.names(folder)
    } catch {
      listing.failures.append(error)
      return []
    }
  }

  /// The status of a listed file. One that is gone was swept meanwhile; it is a failure if it would
  /// have been a source, or if its name is no UTF-8 and so could not be looked up.
  private static func status(_ path: String, _ listing: inout SourceListing) -> SourceStatus? {
    if let status = SourceStatus(path: path) { return status }
    let isOdd = path.unicodeScalars.contains("\u{FFFD}")
    if isOdd || path.hasSuffix(".jsonl") || path.hasSuffix(".txt") {
      listing.failures.append(SourceError(path: path, number: 2, doing: "open"))
    }
    return nil
  }

  /// The files that a path given by a person stands for.
  static func listing(
    of path: String, format: SourceFormat?, filter: SourceFilter = SourceFilter()
  ) throws(SourceError) -> SourceListing {
    if path == "-" {
      return SourceListing(entries: [SourceEntry(path: "-", name: "-", format: format ?? .jsonl)])
    }
    guard let full = SourceFolder.resolved(path), let status = SourceStatus(path: full) else {
      throw SourceError(path: path, number: 2, doing: "open")
    }
    if status.isDirectory, isHome(full) { return listing(ofHome: full, filter: filter) }
    if !status.isDirectory { return SourceListing(entries: [entry(ofFile: full, format: format)]) }
    if format == nil, let home = homeAbove(full) {
      return listing(ofHome: home, below: String(full.dropFirst(home.count + 1)), filter: filter)
    }
    var found = SourceListing()
    for name in try SourceFolder.names(full) where name.hasSuffix(".jsonl") {
      guard let file = SourceFolder.resolved(full + "/" + name),
        let status = SourceStatus(path: file)
      else {
        found.failures.append(SourceError(path: full + "/" + name, number: 2, doing: "open"))
        continue
      }
      if !status.isDirectory { found.entries.append(entry(ofFile: file, format: format)) }
    }
    return found
  }

  /// A file inside a home keeps its name there, so that naming it and its home means the same.
  private static func entry(ofFile path: String, format: SourceFormat?) -> SourceEntry {
    if format == nil, let home = homeAbove(path) {
      let name = String(path.dropFirst(home.count + 1))
      if let format = SourceFormat.format(ofName: name) {
        return SourceEntry(path: path, home: home, name: name, format: format)
      }
    }
    return SourceEntry(path: path, name: path, format: Self.format(ofFile: path, stated: format))
  }

  /// How a file outside of any home is read.
  private static func format(ofFile path: String, stated: SourceFormat?) -> SourceFormat {
    let last = path.split(separator: "/").last ?? ""
    switch stated {
    case .gemini where last.hasSuffix(".jsonl"): return .geminiLines
    case .some(let stated): return stated
    case nil where last.hasPrefix("rollout-") && last.hasSuffix(".jsonl"): return .codex
    default: return last.hasSuffix(".txt") ? .debug : .jsonl
    }
  }

  /// The nearest folder above a path that is a home in which the path has a place.
  private static func homeAbove(_ path: String) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let tops: Set<String> = [
      "projects", "debug", "file-history", "todos", "tasks", "shell-snapshots", "plans",
      "paste-cache", "sessions", "session-env", "history.jsonl", "stats-cache.json",
      "archived_sessions", "tmp",
    ]
    for end in stride(from: parts.count - 1, through: 1, by: -1) where tops.contains(parts[end]) {
      let home = parts[..<end].joined(separator: "/")
      if isHome(home) { return home }
    }
    return nil
  }
}
