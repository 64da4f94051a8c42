// What backups a target has, and whether they are whole.

public import Varve
import VarveFormat
import VarveStorage

/// A backup of a target.
public struct BackupInfo: Sendable, Equatable {
  /// Key of its record.
  public var key: String
  /// Generation of the store.
  public var generation: UInt64
  /// When it was made, milliseconds since 1970 UTC.
  public var time: Int64
  /// Bytes of its segments, and of its indexes if they were shipped.
  public var byteCount: UInt64
  /// The store that it is of.
  public var store: StoreID
  /// The store's digest.
  public var contentDigest: ContentHash
  /// Number of its last commit, and the history digest there.
  public var commit: UInt64
  /// The history digest at the last commit.
  public var historyDigest: ContentHash
  /// Number of the store's last forgetting that its files know of.
  public var forgettingCount: UInt64
  let record: BackupRecord
  let manifest: Manifest

  /// Whether it may hold what the store forgot since: occurrences, or in an original what was only
  /// read later. SHP-26.
  public func holds(_ forgotten: ForgettingSet) -> Bool {
    store == forgotten.store && forgettingCount < forgotten.count
  }

  /// Whether its indexes were shipped, so that it can be read where it is.
  public var hasIndexes: Bool {
    record.indexes.count == manifest.indexes.count + manifest.fullTexts.count
  }

  /// Reads a record and checks that it is the one that its key names and that its manifests follow
  /// each other.
  init(_ key: String, in objects: ObjectStore) throws {
    let bytes = try objects.bytes(key, .backup, limit: BackupReader.recordByteCountMax)
    try self.init(key, bytes) { objects.id(.backup, $0) }
  }

  private init(
    _ key: String, _ bytes: [UInt8], id: (ContentHash) -> ContentHash
  ) throws {
    func damaged(_ what: String) -> StoreError { StoreError(.damaged, path: key, detail: what) }
    let digest = Digest.hash(bytes)
    let record = try engine { () throws(StorageError) in
      try inFile(key, "read a backup record") { () throws(FormatError) in
        try BackupRecord(bytes.rawSpan)
      }
    }
    guard
      key
        == TargetKey.backup(generation: record.generation, time: record.time, id: id(digest))
    else { throw damaged("the record is not the one that its name says") }
    var previous: ContentHash?
    var last: Manifest?
    var generation = record.generation.subtractingReportingOverflow(
      UInt64(record.manifests.count)
    )
    guard !generation.overflow else { throw damaged("more manifests than generations") }
    for file in record.manifests {
      let manifest = try engine { () throws(StorageError) in
        try inFile(key, "read a manifest") { () throws(FormatError) in
          try Manifest(file.rawSpan)
        }
      }
      generation.partialValue += 1
      guard manifest.storeID == record.storeID, manifest.generation == generation.partialValue,
        previous == nil || manifest.previous == previous
      else { throw damaged("the manifests do not follow each other") }
      previous = Digest.hash(file)
      last = manifest
    }
    guard let manifest = last, manifest.generation == record.generation,
      Self.agree(manifest, record)
    else { throw damaged("the files are not those of the manifest") }
    self.key = key
    self.generation = record.generation
    time = record.time
    byteCount = record.files.reduce(0) { $0 &+ $1.byteCount }
    store = record.storeID
    contentDigest = record.contentDigest
    commit = manifest.commitNumber
    historyDigest = manifest.historyDigest
    forgettingCount = record.forgettingCount
    self.record = record
    self.manifest = manifest
  }

  private static func agree(_ manifest: Manifest, _ record: BackupRecord) -> Bool {
    let entries = manifest.segments.dropLast()
    guard entries.count == record.segments.count, let active = manifest.segments.last,
      active.state == .active, active.recordCount == 0,
      manifest.indexedEnd
        == LogPosition(segment: active.id, offset: UInt64(FileHeader.byteCount))
    else { return false }
    let isOfSegments = zip(entries, record.segments).allSatisfy { entry, object in
      entry.id == object.id && entry.byteCount == object.byteCount && entry.state != .active
        && (entry.state == .cut || entry.digest == object.digest)
    }
    let indexes =
      manifest.indexes.map { ($0.id, $0.byteCount) }
      + manifest.fullTexts.map { ($0.id, $0.byteCount) }
    let isOfIndexes =
      record.indexes.isEmpty
      || indexes.elementsEqual(record.indexes) { $0 == ($1.id, $1.byteCount) }
    return isOfSegments && isOfIndexes
  }
}

/// What a verification of a target found.
public struct TargetReport: Sendable, Equatable {
  /// Backups whose records are right.
  public var backups = 0
  /// Objects that they need.
  public var objects = 0
  /// Objects whose bytes were read and hashed.
  public var objectsRead = 0
  /// Bytes read.
  public var bytes: UInt64 = 0
  /// Everything that is wrong.
  public var problems: [VerificationProblem] = []
}

/// Reads a target.
public struct BackupReader: Sendable {
  /// Largest record, in bytes.
  static let recordByteCountMax = 1 << 30
  let objects: ObjectStore

  /// A reader of a target.
  public init(_ objects: ObjectStore) { self.objects = objects }

  /// A reader of a target that is not encrypted.
  public init(_ target: any BackupTarget) { self.init(ObjectStore(target)) }

  /// The backups whose records are right, oldest first.
  ///
  /// - Parameter onProblem: called with each record that is not.
  /// - Throws: what the target throws.
  public func backups(
    onProblem: (VerificationProblem) throws -> Void = { _ in }
  ) throws -> [BackupInfo] {
    var found: [BackupInfo] = []
    for key in try keys() {
      do {
        found.append(try BackupInfo(key, in: objects))
      } catch let error as StoreError where error.code.isOfTheObject {
        // A pruning may have taken it since it was listed.
        if error.code == .notFound, try !keys().contains(key) { continue }
        try onProblem(Self.problem(key, error))
      }
    }
    return found.sorted {
      ($0.time, $0.generation, $0.forgettingCount) < ($1.time, $1.generation, $1.forgettingCount)
    }
  }

  /// Whether there are no backups, right or not.
  public func isEmpty() throws -> Bool { try keys().isEmpty }

  private func keys() throws -> [String] {
    try objects.target.list(TargetKey.backups).map(\.key).filter(TargetKey.isBackup)
  }

  /// Checks that every backup is whole; reads nothing but records unless asked.
  ///
  /// - Parameters:
  ///   - percent: how many of the objects are read and hashed, chosen at random.
  ///   - isCancelled: asked between pieces.
  public func verify(
    readingPercent percent: Int = 0, isCancelled: () -> Bool = { false }
  ) throws -> TargetReport {
    var report = TargetReport()
    var needed: [FileID: BackupObject] = [:]
    for key in try keys() {
      do {
        let info = try BackupInfo(key, in: objects)
        report.backups += 1
        for object in info.record.files { needed[objects.id(object)] = object }
      } catch let error as StoreError where error.code.isOfTheObject {
        if error.code == .notFound, try !keys().contains(key) { continue }
        report.problems.append(Self.problem(key, error))
      }
    }
    let list = try objects.files()
    report.objects = needed.count
    for (id, object) in needed.sorted(by: { "\($0.key)" < "\($1.key)" }) {
      guard let copy = objects.copies(of: object, in: list).first else {
        let wanted = objects.storedByteCount(object.byteCount)
        let found = list.copies(of: id).first
        report.problems.append(
          VerificationProblem(
            file: found?.key ?? "\(id)",
            kind: found.map { "is \($0.byteCount) bytes, not \(wanted)" } ?? "is missing"))
        continue
      }
      if Int.random(in: 0..<100) < percent {
        try read(copy.key, object, &report, isCancelled)
      }
    }
    return report
  }

  private func read(
    _ key: String, _ object: BackupObject, _ report: inout TargetReport,
    _ isCancelled: () -> Bool
  ) throws {
    do {
      var sum = Digest()
      var read: UInt64 = 0
      try objects.forEachPiece(key, .init(object.kind), digest: object.digest) { piece in
        if isCancelled() { throw StoreError(.cancelled, detail: "verify was stopped") }
        sum.update(piece)
        report.bytes += UInt64(piece.count)
        read += UInt64(piece.count)
        guard read <= object.byteCount else {
          throw StoreError(.damaged, detail: "it is longer than it was said to be")
        }
      }
      report.objectsRead += 1
      guard sum.finish() == object.digest else {
        report.problems.append(
          VerificationProblem(file: key, kind: "its bytes are not those that its name says"))
        return
      }
    } catch let error as StoreError where error.code.isOfTheObject {
      report.problems.append(Self.problem(key, error))
    }
  }

  private static func problem(_ key: String, _ error: StoreError) -> VerificationProblem {
    VerificationProblem(file: key, offset: error.offset, kind: error.detail)
  }
}

extension StoreError.Code {
  /// Whether an object is to blame, and not the way to it: others may be good.
  var isOfTheObject: Bool {
    switch self {
    case .damaged, .limit, .notFound, .newerFormat, .outdated, .system: true
    default: false
    }
  }
}
