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

/// The files that a path stands for, and what could not be looked into.
struct SourceListing {
  var entries: [SourceEntry] = []
  var failures: [SourceError] = []
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
  static func listing(ofHome home: String) -> SourceListing {
    var listing = SourceListing()
    if main(home, "history.jsonl", isFolder: false, &listing) {
      listing.entries.append(
        SourceEntry(path: home + "/history.jsonl", name: "history.jsonl", format: .history))
    }
    if main(home, "projects", isFolder: true, &listing) { collectTranscripts(home, &listing) }
    if main(home, "debug", isFolder: true, &listing) {
      for name in names(home + "/debug", &listing) where name.hasSuffix(".txt") {
        let path = home + "/debug/" + name
        guard let status = status(path, &listing), status.isRegular else { continue }
        listing.entries.append(SourceEntry(path: path, name: "debug/" + name, format: .debug))
      }
    }
    return listing
  }

  /// Whether one of the three names of a home is there. Something else of that name, as a link, is a failure.
  private static func main(
    _ home: String, _ name: String, isFolder: Bool, _ listing: inout SourceListing
  ) -> Bool {
    let path = home + "/" + name
    guard let status = SourceStatus(path: path) else { return false }
    if isFolder ? status.isDirectory : status.isRegular { return true }
    listing.failures.append(
      SourceError(path: path, number: 22, doing: isFolder ? "not a folder" : "not a regular file"))
    return false
  }

  /// All transcripts in any depth, each folder's in the order of their names. Links are not followed.
  private static func collectTranscripts(_ home: String, _ listing: inout SourceListing) {
    var waiting = ["projects"]
    while let relative = waiting.popLast() {
      let path = home + "/" + relative
      guard let status = status(path, &listing) else { continue }
      if status.isDirectory {
        waiting += names(path, &listing).reversed().map { relative + "/" + $0 }
      } else if status.isRegular, relative.hasSuffix(".jsonl") {
        listing.entries.append(SourceEntry(path: path, name: relative, format: .projects))
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

  /// The status of a listed file. One that is gone was swept meanwhile; it is a failure if it would have
  /// been a source, or if its name is no UTF-8 and so could not be looked up.
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
    of path: String, format: SourceFormat?
  ) throws(SourceError) -> SourceListing {
    if path == "-" {
      return SourceListing(entries: [SourceEntry(path: "-", name: "-", format: format ?? .jsonl)])
    }
    guard let full = SourceFolder.resolved(path), let status = SourceStatus(path: full) else {
      throw SourceError(path: path, number: 2, doing: "open")
    }
    if isHome(full) { return listing(ofHome: full) }
    if !status.isDirectory { return SourceListing(entries: [entry(ofFile: full, format: format)]) }
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

  private static func entry(ofFile path: String, format: SourceFormat?) -> SourceEntry {
    // A file inside a home keeps its name there, so that naming it and its home means the same.
    if format == nil, let place = placeInHome(path) { return place }
    return SourceEntry(
      path: path, name: path, format: format ?? (path.hasSuffix(".txt") ? .debug : .jsonl))
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
