// Reads everything and reports what is wrong; repairs nothing. Format-spec chapters 3, 4, 5 and 8.

import VarveFormat
import VarveStorage

/// Something that is not as it should be.
public struct VerificationProblem: Equatable, Sendable {
  /// The file.
  public var file: String
  /// Byte offset, where one is known.
  public var offset: UInt64?
  /// What is wrong.
  public var kind: String

  /// Something wrong in a file.
  public init(file: String, offset: UInt64? = nil, kind: String) {
    self.file = file
    self.offset = offset
    self.kind = kind
  }
}

/// What a verification read and found.
public struct VerificationReport: Equatable, Sendable {
  /// Files read.
  public var files = 0
  /// Commits whose digests were computed again.
  public var commits: UInt64 = 0
  /// Occurrences whose contents were hashed and looked up in every tree.
  public var occurrences: UInt64 = 0
  /// Records of which only digests are left.
  public var forgotten: UInt64 = 0
  /// Bytes read.
  public var bytes: UInt64 = 0
  /// Everything that is wrong.
  public var problems: [VerificationProblem] = []
  /// Where an attested line was given: what was forgotten after its commit, oldest first.
  public var forgottenSince: [Forgetting] = []

  /// Whether nothing is wrong.
  public var isSound: Bool { problems.isEmpty }

  /// Adds what an error says.
  mutating func note(_ error: StorageError) {
    let described = StoreError(error)
    problems.append(
      VerificationProblem(file: error.path, offset: error.offset, kind: described.detail))
  }
}

extension Snapshot {
  /// Reads every byte of the snapshot: checksums, digests of sealed segments, the history digest,
  /// every message against its hash, every index entry against the log.
  ///
  /// - Parameters:
  ///   - attestation: a line that was kept elsewhere; that nothing before it was changed is
  ///     verified.
  ///   - concurrency: threads that share the rows of a commit.
  ///   - isCancelled: asked after each commit.
  /// - Throws: ``StoreError`` `cancelled`; damage is reported, not thrown.
  public func verify(
    attestation: Attestation? = nil, concurrently concurrency: Concurrency = .none,
    isCancelled: () -> Bool = { false }
  ) throws(StoreError) -> VerificationReport {
    var known: [Forgetting] = []
    var problem: StoreError?
    do throws(StoreError) { known = try forgettings() } catch { problem = error }
    var verifier = Verifier(view, attestation, known, concurrency)
    if let problem { verifier.note(problem) }
    try engine { () throws(StorageError) in try verifier.run(isCancelled: isCancelled) }
    return verifier.report
  }
}

/// One pass over a snapshot.
struct Verifier {
  private let view: StoreView
  var report = VerificationReport()
  /// What the trees of each index must hold.
  private var wanted: [ObjectIdentifier: IndexSums] = [:]
  /// What they hold; none for an index with a damaged tree.
  private var held: [ObjectIdentifier: IndexSums] = [:]
  /// Whether `wanted` has everything that the log does.
  private var isWhole = true
  let attestation: Attestation?
  private let concurrency: Concurrency
  let forgettings: [Forgetting]
  /// Keys of the facts that begin a forgetting, with its place in the list.
  var tombstones: [ContentHash: Int] = [:]
  var hasAttested = false
  /// Forgettings that are listed already: a later part, or a copy, of a tombstone says no more.
  var listed: Set<Int> = []
  /// Sequences of forgotten records.
  var gone: [UInt64] = []

  init(
    _ view: StoreView, _ attestation: Attestation?, _ forgettings: [Forgetting],
    _ concurrency: Concurrency
  ) {
    self.view = view
    self.concurrency = concurrency
    self.attestation = attestation
    // A line of an empty store attests nothing but that.
    hasAttested = attestation?.commit == 0 && attestation?.historyDigest == .zero
    self.forgettings = forgettings
    for (place, forgetting) in forgettings.enumerated() {
      let key = forgetting.number.bigEndianBytes + UInt32(0).bigEndianBytes
      tombstones[Digest.hash(key)] = place
    }
  }

  mutating func run(isCancelled: () -> Bool) throws(StorageError) {
    for index in view.version.indexes {
      report.files += 1
      report.bytes += UInt64(index.byteCount)
      note(Self.failure { () throws(StorageError) in try index.verifySections() })
      verifyTrees(of: index)
    }
    for file in view.version.fullTexts {
      report.files += 1
      report.bytes += UInt64(file.byteCount)
      note(Self.failure { () throws(StorageError) in try file.verify() })
    }
    verifySealed()
    try verifyLog(isCancelled: isCancelled)
    try verifyEntries(isCancelled: isCancelled)
    verifyForgotten()
    if let attestation, !hasAttested {
      report.problems.append(
        VerificationProblem(
          file: "", kind: "there is no commit \(attestation.commit), which the line attests"))
    }
  }

  /// Runs a check; its error becomes a problem.
  private static func failure(_ body: () throws(StorageError) -> Void) -> StorageError? {
    do throws(StorageError) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  mutating func note(_ error: StoreError) {
    report.problems.append(
      VerificationProblem(file: error.path, offset: error.offset, kind: error.detail))
  }

  private mutating func note(_ error: StorageError?) {
    if let error { report.note(error) }
  }

  private mutating func verifySealed() {
    for entry in view.version.manifest.segments where entry.state == .sealed {
      guard let segment = view.version.segments[entry.id] else { continue }
      let failure = Self.failure { () throws(StorageError) in
        var digest = Digest()
        var at: UInt64 = 0
        while true {
          let bytes = try segment.file.read(at: at, count: 1 << 20)
          if bytes.isEmpty { break }
          digest.update(bytes)
          at += UInt64(bytes.count)
        }
        guard digest.finish() == entry.digest else {
          throw StorageError(
            .corrupt, path: segment.path, doing: "SHA-256 is not the one in the manifest")
        }
      }
      note(failure)
    }
  }

  private mutating func verifyLog(isCancelled: () -> Bool) throws(StorageError) {
    report.files += view.version.manifest.segments.count {
      view.version.segments[$0.id] != nil
    }
    var verifier = self
    let walk = try forEachCommit(isCancelled: isCancelled) { commit, rows in
      verifier.verifyRows(rows)
      verifier.attest(commit.frame, rows.facts)
      verifier.report.commits += 1
      verifier.report.bytes += commit.end - commit.start
    }
    self = verifier
    for problem in walk.problems { note(problem) }
    isWhole = isWhole && walk.problems.isEmpty
    if !walk.isCut, walk.history != view.history, report.problems.isEmpty {
      report.problems.append(
        VerificationProblem(
          file: view.version.segments[view.version.activeID]?.path ?? "", offset: view.end.offset,
          kind: "the history does not end with commit \(view.history.commitNumber)"))
    }
  }

  /// What a walk through the log came to.
  private struct Walk {
    var history = TailLoader.History(commitNumber: 0, digest: .zero)
    var problems: [StorageError] = []
    /// Whether it did not reach the end.
    var isCut = false
  }

  /// Calls a closure with the rows of every commit that can be read.
  @discardableResult
  private func forEachCommit(
    isCancelled: () -> Bool, _ body: (ScannedCommit, TailRows) -> Void
  ) throws(StorageError) -> Walk {
    var walk = Walk()
    var next: UInt64 = 1
    var loader = TailLoader(view.version, lookups: view)
    for entry in view.version.manifest.segments {
      guard let segment = view.version.segments[entry.id] else { continue }
      let limit = entry.state == .active ? view.end.offset : entry.byteCount
      var scanner = LogScanner(segment, from: UInt64(FileHeader.byteCount), limit: limit)
      while let commit = scanner.next() {
        if isCancelled() {
          throw StorageError(.cancelled, path: segment.path, doing: "verify")
        }
        var rows = TailRows(firstSequence: next)
        do throws(StorageError) {
          try loader.load(commit, segment: segment, into: &rows, history: &walk.history)
        } catch {
          walk.problems.append(error)
          // Go on with what the frame says, so that one damaged commit does not hide the rest.
          walk.history = .init(
            commitNumber: commit.frame.number, digest: commit.frame.historyDigest)
          next = commit.frame.firstSequence + UInt64(commit.frame.recordCount)
          continue
        }
        body(commit, rows)
        next = rows.nextSequence
      }
      if let stopped = scanner.stopped {
        walk.problems.append(stopped)
        walk.isCut = true
        return walk
      }
    }
    return walk
  }

  /// Every row must stand in the columns of the index that covers it; what the trees must hold of
  /// it is added up.
  private mutating func verifyRows(_ rows: TailRows) {
    let verifier = RowVerifier(view: view)
    // Always halves: what is found, and in which order, must not depend on the threads.
    let middle = rows.rows.count / 2
    let halves = [0..<middle, middle..<rows.rows.count]
    let isLong = rows.rows.count >= concurrency.documentCountMin
    var found = RowFindings()
    for half in (isLong ? concurrency : .none).map(2, { verifier.verify(rows, halves[$0]) }) {
      found.add(half)
    }
    report.occurrences += found.occurrences
    report.forgotten += UInt64(found.gone.count)
    gone += found.gone
    for (index, sums) in found.sums { wanted[index, default: IndexSums()].add(sums) }
    isWhole = isWhole && found.isWhole
    for problem in found.problems { note(problem) }
    for fact in rows.facts { verifyFact(fact) }
  }

  /// Where a segment stands in the log: their numbers do not ascend once some were written anew.
  private func order(_ segment: UInt32) -> Int {
    view.version.manifest.segments.firstIndex { $0.id == UInt64(segment) } ?? -1
  }

  /// A fact must be in the tree of some index, at this place or a later one.
  private mutating func verifyFact(_ fact: FactLocation) {
    let manifest = view.version.manifest
    let isIndexed =
      UInt64(fact.segment) != manifest.indexedEnd.segment
      || fact.offset < manifest.indexedEnd.offset
    guard isIndexed else { return }
    let failure = Self.failure { () throws(StorageError) in
      let key = TreeKeys.fact(fact.kind, fact.keyHash)
      for index in view.version.indexes {
        if let value = try index.tree(.facts).find(key) {
          let place = (order(value.first), value.offset, value.item)
          if place >= (order(fact.segment), fact.offset, fact.item) { return }
        }
      }
      throw StorageError(
        .corrupt, path: view.version.indexes.last?.path ?? "",
        doing: "a fact at byte \(fact.offset) of segment \(fact.segment) is in no index")
    }
    note(failure)
  }

  // MARK: Trees

  /// Reads the trees of an index, several at a time.
  private mutating func verifyTrees(of index: IndexFile) {
    let kinds = TreeKind.allCases
    let found = concurrency.map(kinds.count) { number -> Result<EntrySum, StorageError> in
      let kind = kinds[number]
      var sum = EntrySum()
      do throws(StorageError) {
        try index.tree(kind).verify { key, value in
          sum.add(key, kind.valueByteCount == 0 ? 0 : value.first)
        }
        return .success(sum)
      } catch {
        return .failure(error)
      }
    }
    var sums = IndexSums()
    var isSound = true
    for (kind, result) in zip(kinds, found) {
      switch result {
      case .success(let sum): if kind != .facts { sums[kind] = sum }
      case .failure(let error):
        isSound = false
        note(error)
      }
    }
    if isSound { held[ObjectIdentifier(index)] = sums }
  }

  /// Trees must hold what the log has, and nothing else. Where their sums say that they do not, a
  /// second pass over the log names the records.
  private mutating func verifyEntries(isCancelled: () -> Bool) throws(StorageError) {
    // Without some rows, which are a problem already, nobody knows what the trees must hold.
    guard isWhole else { return }
    let damaged = view.version.indexes.filter { index in
      guard let held = held[ObjectIdentifier(index)] else { return false }
      return held != wanted(of: index)
    }
    guard !damaged.isEmpty else { return }
    let named = try name(damaged, isCancelled: isCancelled)
    for index in damaged where !named.contains(ObjectIdentifier(index)) {
      guard let held = held[ObjectIdentifier(index)] else { continue }
      let wanted = wanted(of: index)
      for kind in IndexSums.kinds where held[kind] != wanted[kind] {
        report.problems.append(
          VerificationProblem(
            file: index.path,
            kind: "the \(kind) tree has \(held[kind].count) entries that are not the"
              + " \(wanted[kind].count) of the log"))
      }
    }
  }

  private func wanted(of index: IndexFile) -> IndexSums {
    wanted[ObjectIdentifier(index), default: IndexSums()]
  }

  /// Names the records that lookups in some indexes do not find; in which indexes there are any.
  private mutating func name(
    _ indexes: [IndexFile], isCancelled: () -> Bool
  ) throws(StorageError) -> Set<ObjectIdentifier> {
    var problems: [StorageError] = []
    var named: Set<ObjectIdentifier> = []
    try forEachCommit(isCancelled: isCancelled) { _, rows in
      for (position, row) in rows.rows.enumerated() where !row.fields.isForgotten {
        let sequence = rows.firstSequence + UInt64(position)
        let covering = indexes.first { sequence >= $0.firstSequence && sequence < $0.nextSequence }
        guard let index = covering else { continue }
        do throws(StorageError) {
          try EntryLookup(view: view, index: index).find(row, sequence, texts: rows.strings)
        } catch {
          problems.append(error)
          named.insert(ObjectIdentifier(index))
        }
      }
    }
    for problem in problems { note(problem) }
    return named
  }
}
