// The archived originals of a store, as a list and one by one.

public import Varve
import VarveFormat

/// One archived file, folder or link.
public struct Original: Equatable, Sendable {
  /// Which one it is.
  public var name: OriginalName
  /// What is known of it.
  public var map: OriginalMap

  /// Path on its host.
  public var fullPath: String {
    if name.home.isEmpty { return name.path }
    return name.path.isEmpty ? name.home : name.home + "/" + name.path
  }

  /// What has become of the source, for an original of this host.
  public var presence: Presence {
    guard let status = SourceStatus(path: fullPath) else { return .gone }
    switch map.kind {
    case .folder: return status.isDirectory ? .present : .gone
    case .link: return status.isLink ? .present : .gone
    case .file:
      guard status.isRegular else { return .gone }
      return status.size == map.size && status.modified == map.modified ? .present : .changed
    }
  }

  /// Whether the source is still as it was read.
  public enum Presence: String, Sendable {
    case present, changed, gone
  }
}

extension Snapshot {
  /// All originals, ordered by host, home and path.
  ///
  /// - Parameter allVersions: whether versions that were replaced or rewritten are listed, too.
  public func originals(allVersions: Bool = false) throws(StoreError) -> [Original] {
    var found: [Original] = []
    for fact in try facts(.fileMap) {
      guard let name = OriginalName(key: fact.key), let map = OriginalMap(fact) else {
        throw StoreError(.damaged, detail: "a file map is malformed")
      }
      // Keys are in order, versions of one file one after the other, the newest last.
      if !allVersions, let last = found.last, last.name.watermarkKey == name.watermarkKey {
        found.removeLast()
      }
      found.append(Original(name: name, map: map))
    }
    return found
  }

  /// Bytes of all archived files, every version of them, as they would be written out.
  public func sourceByteCount() throws(StoreError) -> UInt64 {
    try originals(allVersions: true).reduce(0) {
      $0 + ($1.map.kind == .file ? $1.map.size : 0)
    }
  }

  /// Whether the transcripts of sessions are still where they were read, for files of a host.
  public func transcriptPresence(host: String) throws(StoreError) -> [String: Bool] {
    var presence: [String: Bool] = [:]
    for original in try originals() where original.name.host == host {
      let format = SourceFormat.format(ofName: original.name.path)
      guard original.map.kind == .file, format == .projects || format == .codex else { continue }
      let stem = original.name.path.split(separator: "/").last?.dropLast(".jsonl".count) ?? ""
      // A rollout's name ends in the id of its session.
      let session = String(format == .codex ? stem.suffix(36) : stem)
      presence[session] = original.presence != .gone || presence[session] == true
    }
    return presence
  }

  /// The bytes of an original.
  public func bytes(of original: Original) throws(StoreError) -> OriginalBytes {
    try OriginalBytes(self, original.name, original.map)
  }
}

/// This machine.
public enum SourceHost {
  /// Its name, as ingests use it unless told otherwise.
  public static var name: String { SourceFolder.hostName() }
}
