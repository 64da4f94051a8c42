// Continuous ingest: what changes below a home is read at once.

public import Varve
import VarveFormat

/// Reads homes again whenever something in them changes.
public final class Watch {
  private let store: Store
  private let homes: [String]
  private var options: ImportOptions
  private let events: FolderEvents

  /// Everything is looked at again so often, whatever was reported, in milliseconds.
  private static let fullScanMilliseconds: Int64 = 600_000
  /// How long a stop may take to be noticed.
  private static let pauseMilliseconds = 1000
  /// Changes are gathered for so long before they are read.
  private static let gatherMilliseconds = 150

  /// - Parameters:
  ///   - store: opened for writing.
  ///   - homes: homes or files, as for an ingest.
  ///   - options: how to read.
  public init(into store: Store, homes: [String], options: ImportOptions) throws {
    self.store = store
    self.homes = homes
    self.options = options
    events = try FolderEvents()
  }

  /// Reads until `isStopped` says so. All parts are one run in the audit trail.
  ///
  /// - Parameters:
  ///   - isStopped: asked about once a second and between files.
  ///   - onPart: called after each part that found something.
  public func run(
    isStopped: @escaping @Sendable () -> Bool, onPart: (ImportReport) -> Void
  ) throws {
    options.recordsIdleRuns = false
    options.run = try Importer.nextRun(try store.snapshot())
    options.onProgress = { _, _ in !isStopped() }
    var lastFull: Int64 = 0
    var changes = FolderChanges(isUnknown: true)
    while !isStopped() {
      let isDue = SourceFolder.now() - lastFull > Self.fullScanMilliseconds
      var isRead = true
      if changes.isUnknown || isDue {
        try watchFolders()
        isRead = try read(homes, onPart)
        lastFull = SourceFolder.now()
      } else if !changes.files.isEmpty {
        isRead = try read(changes.files.filter(isSource).sorted(), onPart)
      }
      changes = events.wait(milliseconds: Self.pauseMilliseconds)
      // What could not be committed is looked for again.
      if !isRead { changes.isUnknown = true }
      if !changes.isEmpty {
        let more = events.wait(milliseconds: Self.gatherMilliseconds)
        changes.files.formUnion(more.files)
        changes.isUnknown = changes.isUnknown || more.isUnknown
      }
    }
    try store.flush()
  }

  private func watchFolders() throws {
    for home in homes {
      let listing = try HomeLayout.listing(of: home, format: options.format, filter: options.filter)
      events.watch(
        listing.frames.filter { SourceStatus(path: $0.path)?.isDirectory == true }.map(\.path))
    }
  }

  /// A file that is there, is no link, and belongs to what is read.
  private func isSource(_ path: String) -> Bool {
    guard SourceStatus(path: path)?.isRegular == true else { return false }
    for home in homes {
      guard let root = SourceFolder.resolved(home), path.hasPrefix(root + "/") else { continue }
      let name = String(path.dropFirst(root.count + 1))
      let isRead = SourceFormat.format(ofName: name) != nil
      if isRead, !options.filter.leavesOut(name, isFolder: false) { return true }
    }
    return false
  }

  /// Reads some paths; false if another writer was in the way, as a forgetting may be for a while.
  private func read(_ paths: [String], _ onPart: (ImportReport) -> Void) throws -> Bool {
    guard !paths.isEmpty else { return true }
    let report: ImportReport
    do {
      report = try Importer(into: store, options: options).run(paths)
    } catch is SourceError {
      // A file that vanished between the event and the reading, or a home that is not there yet.
      return true
    } catch let error as StoreError where error.code == .busy {
      return false
    }
    if report.committed.occurrencesNew > 0 || !report.failures.isEmpty { onPart(report) }
    return true
  }
}
