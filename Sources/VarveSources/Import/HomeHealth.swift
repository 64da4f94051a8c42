// How a home and the store stand to each other: what is not kept yet, what the client will delete,
// what could be freed. SOURCES section 0 says what the client sweeps.

public import Varve
import VarveFormat

/// The state of one home beside what the store has of it.
public struct HomeHealth: Sendable {
  /// Sums over files.
  public struct Sum: Equatable, Sendable {
    /// Number of files.
    public var files = 0
    /// Their bytes.
    public var bytes: UInt64 = 0

    mutating func add(_ size: UInt64) {
      files += 1
      bytes += size
    }
  }

  /// Full path of the home.
  public let home: String
  /// Days after which the client deletes files, as its settings say; 30 where they say nothing.
  public var cleanupDays = 30
  /// Files of the home that are not left out.
  public var all = Sum()
  /// Of these, files whose bytes are in the store as they are now.
  public var kept = Sum()
  /// Files that were never read.
  public var missing = Sum()
  /// Files that changed since they were read.
  public var changed = Sum()
  /// Files that the client will delete within a week, by what it last did.
  public var endangered = Sum()
  /// Of these, files that are not in the store as they are now.
  public var endangeredUnkept = Sum()
  /// When the client deletes the next file, milliseconds since 1970 UTC; in the past if it has not
  /// run since.
  public var nextDeletion: Int64?
  /// Kept files that the client will not need again: those older than its limit.
  public var freeable = Sum()
  /// Disk used, by the first folder of the home.
  public var byFolder: [String: Sum] = [:]
  /// Names of files that were never read, at most 20.
  public var missingNames: [String] = []
  /// What is left out, by its path below the home.
  public var leftOut: [String] = []
  /// Files that cannot be looked at.
  public var failures: [SourceError] = []

  /// Folders that the client sweeps.
  static let swept: Set<String> = [
    "projects", "debug", "todos", "tasks", "file-history", "paste-cache", "shell-snapshots",
    "session-env", "plans",
  ]
  private static let dayMilliseconds: Int64 = 86_400_000

  /// Compares a home with what a snapshot has of it. Cost: a status of each file, all file maps.
  ///
  /// - Throws: ``SourceError`` if there is no such folder, ``StoreError`` of the store.
  public init(
    _ path: String, _ snapshot: Snapshot, host: String, filter: SourceFilter
  ) throws {
    guard let home = SourceFolder.resolved(path), HomeLayout.isHome(home) else {
      throw SourceError(path: path, number: 2, doing: "open home")
    }
    self.home = home
    let listing = HomeLayout.listing(ofHome: home, filter: filter)
    leftOut = listing.leftOut
    failures = listing.failures
    cleanupDays = Self.cleanupDays(home) ?? cleanupDays
    var known: [String: OriginalMap] = [:]
    for original in try snapshot.originals()
    where original.name.host == host && original.name.home == home {
      known[original.name.path] = original.map
    }
    let now = SourceFolder.now()
    for entry in listing.entries {
      guard let status = SourceStatus(path: entry.path) else { continue }
      add(entry, status, known[entry.name], now: now)
    }
  }

  private mutating func add(
    _ entry: SourceEntry, _ status: SourceStatus, _ map: OriginalMap?, now: Int64
  ) {
    let folder = entry.name.contains("/") ? String(entry.name.prefix { $0 != "/" }) : "."
    all.add(status.size)
    byFolder[folder, default: Sum()].add(status.size)
    let isKept = map?.size == status.size && map?.modified == status.modified
    if isKept {
      kept.add(status.size)
    } else if map == nil {
      missing.add(status.size)
      if missingNames.count < 20 { missingNames.append(entry.name) }
    } else {
      changed.add(status.size)
    }
    guard Self.swept.contains(folder) else { return }
    let deletion = status.modified / 1_000_000 + Int64(cleanupDays) * Self.dayMilliseconds
    nextDeletion = min(nextDeletion ?? deletion, deletion)
    guard deletion < now + 7 * Self.dayMilliseconds else { return }
    endangered.add(status.size)
    if isKept { freeable.add(status.size) } else { endangeredUnkept.add(status.size) }
  }

  /// `cleanupPeriodDays` of the client's settings.
  private static func cleanupDays(_ home: String) -> Int? {
    guard let file = try? SourceFile(home + "/settings.json"), let status = try? file.status(),
      status.isRegular, status.size < 1 << 20,
      var bytes = try? file.bytes(at: 0, count: Int(status.size)), let parser = JSONParser()
    else { return nil }
    let count = bytes.count
    bytes.append(contentsOf: [UInt8](repeating: 0, count: JSONParser.padding))
    let buffer = bytes.rawSpan
    let text = trimBlanks(buffer, 0..<count)
    guard !text.isEmpty, parser.parse(buffer, text) == nil else { return nil }
    let document = JSONDocument(parser, line: buffer.extracting(text))
    guard let days = document.integer(document.member(document.root, "cleanupPeriodDays")),
      days >= 0, days < 1_000_000
    else { return nil }
    return Int(days)
  }
}
