// Writes originals out again: bytes, folders, links, modes and times as they were.

public import Varve
import VarveFormat

/// Writes archived homes below a folder.
public struct OriginalRestore {
  /// What was written.
  public struct Result: Equatable, Sendable {
    /// Files written.
    public var files = 0
    /// Folders made.
    public var folders = 0
    /// Links made.
    public var links = 0
    /// Bytes written.
    public var bytes: UInt64 = 0
    /// Where it was written: a folder for each home.
    public var targets: [String] = []
  }

  private let snapshot: Snapshot
  private let root: String
  private var result = Result()

  /// - Parameter root: the folder below which `HOST/PATH OF THE HOME` is made.
  public init(_ snapshot: Snapshot, into root: String) {
    self.snapshot = snapshot
    self.root = root
  }

  /// Writes originals; what they replace must not be there yet.
  ///
  /// Links are made last, so that nothing is ever written through one; folders get their modes and
  /// times after their content.
  ///
  /// - Throws: ``StoreError`` if an original is damaged or names a place outside the folder,
  ///   ``SourceError`` if something cannot be written.
  public mutating func run(_ originals: [Original]) throws -> Result {
    var folders: [(path: String, map: OriginalMap)] = []
    var links: [(path: String, map: OriginalMap)] = []
    for original in originals {
      let path = try target(original)
      switch original.map.kind {
      case .folder:
        if original.name.path.isEmpty, RestoreTarget.exists(path) {
          throw SourceError(path: path, number: 17, doing: "restore into")
        }
        try RestoreTarget.makeFolders(path)
        folders.append((path, original.map))
        result.folders += 1
        if original.name.path.isEmpty { result.targets.append(path) }
      case .link: links.append((path, original.map))
      case .file: try write(original, path)
      }
    }
    for link in links {
      try RestoreTarget.makeFolders(Self.parent(link.path))
      try RestoreTarget.makeLink(link.path, to: link.map.target ?? "", modified: link.map.modified)
      result.links += 1
    }
    for folder in folders.sorted(by: { $0.path.utf8.count > $1.path.utf8.count }) {
      try RestoreTarget.finishFolder(
        folder.path, mode: folder.map.mode, modified: folder.map.modified)
    }
    return result
  }

  private static func parent(_ path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }

  private mutating func write(_ original: Original, _ path: String) throws {
    try RestoreTarget.makeFolders(Self.parent(path))
    let bytes = try snapshot.bytes(of: original)
    let file = try RestoreTarget(path)
    for number in 0..<bytes.chunkCount { try file.append(try bytes.chunk(number)) }
    try file.finish(mode: original.map.mode, modified: original.map.modified)
    result.files += 1
    result.bytes += original.map.size
    if original.name.home.isEmpty { result.targets.append(path) }
  }

  /// Where an original goes; its name is content and may be hostile.
  private func target(_ original: Original) throws(StoreError) -> String {
    let host = original.name.host.isEmpty ? "unknown-host" : original.name.host
    var path = root + "/" + host.replacing("/", with: "_")
    var parts = [host]
    for part in (original.name.home + "/" + original.name.path).split(separator: "/") {
      parts.append(String(part))
      path += "/" + part
    }
    for part in parts where part == "." || part == ".." || part.utf8.contains(0) {
      throw StoreError(
        .damaged, path: original.fullPath, detail: "an original names a place outside its home")
    }
    return path
  }
}
