// Compaction: the same store in fewer and smaller segments, whoever works beside it.

import Synchronization
import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite("Compaction")
struct CompactionTests {
  private static let path = "/s"

  private static var options: StoreOptions {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    options.segmentByteCount = 64 << 10
    return options
  }

  private static func batch(_ first: Int, _ count: Int = 40) throws -> WriteBatch {
    var batch = WriteBatch()
    for number in first..<(first + count) {
      var occurrence = Occurrence(
        kind: .log, place: SourcePlace(host: "h", path: "f", offset: UInt64(number)))
      occurrence.session = "s\(number % 3)"
      occurrence.time = Int64(number)
      let text = "the message \(number % 500), which says the same words again and again, \(number)"
      try batch.append(occurrence, content: Array(text.utf8))
    }
    try batch.append(
      Fact(
        kind: .watermark, key: [UInt8(first / count % 200)],
        value: MetadataValue.int(Int64(first)).encoded))
    return batch
  }

  /// A store of many small segments, as one backup a day leaves them.
  private static func store(_ disk: SimulatedFileSystem, segments: Int) throws -> Store {
    let store = try Store.open(at: path, options: options, fileSystem: disk, registers: false)
    for number in 0..<segments {
      try store.commit(try batch(number * 40))
      try store.seal()
    }
    return store
  }

  private static func facts(_ snapshot: Snapshot) throws -> [Fact] {
    try FactKind.allCases.flatMap { try snapshot.facts($0) }
  }

  @Test("Small segments become one; cold ones are smaller", arguments: [false, true])
  func folds(isCold: Bool) throws {
    let disk = SimulatedFileSystem()
    let store = try Self.store(disk, segments: 12)
    try store.indexText()
    let before = try store.snapshot()
    let line = Attestation(before)
    let result = try store.compact(isCold: isCold)
    let after = try store.snapshot()
    #expect(result.segmentsBefore >= 12 && result.segmentsAfter == 1)
    #expect(after.view.version.manifest.segments.count == 2)
    if isCold { #expect(result.bytesAfter * 10 < result.bytesBefore * 9) }
    #expect(try after.digest() == before.digest())
    #expect(after.historyDigest == before.historyDigest)
    #expect(try Self.facts(after) == Self.facts(before))
    #expect(try after.search(SearchQuery("message 77")).total > 0)
    let report = try after.verify(attestation: line)
    #expect(report.isSound && report.forgottenSince.isEmpty)
    // The old view still reads, though its files are gone.
    #expect(try before.verify().isSound)
    #expect(try disk.list(Self.path + "/tmp").isEmpty)
    #expect(try disk.list(Self.path + "/segments").count == 2)
    // Done is done.
    #expect(try store.compact(isCold: isCold) == CompactionResult())
    #expect(try store.commit(try Self.batch(0)).repeated == 40)
    let rebuilt = try Store.rebuild(at: Self.path, options: Self.options, fileSystem: disk)
    #expect(try rebuilt.snapshot().digest() == before.digest())
  }

  @Test("Writers go on beside it; what they merge meanwhile is made again")
  func besideWriters() throws {
    let disk = SimulatedFileSystem()
    let store = try Self.store(disk, segments: 12)
    let other = try Store.open(
      at: Self.path, options: Self.options, fileSystem: disk, registers: false)
    let steps = Mutex(0)
    let result = try store.compact(isCancelled: {
      let step = steps.withLock { count in
        count += 1
        return count
      }
      // At every question of the first try something is committed, indexed and merged.
      guard step <= 6 else { return false }
      _ = try? other.commit(Self.batch(10_000 + step * 40))
      try? other.flush()
      _ = try? other.maintain()
      return false
    })
    #expect(result.segmentsAfter == 1)
    let snapshot = try store.snapshot()
    #expect(try snapshot.statistics().occurrences == UInt64(12 * 40 + 6 * 40))
    #expect(try snapshot.verify().isSound)
  }

  @Test("Stopped, it leaves what is done and nothing else")
  func stops() throws {
    let disk = SimulatedFileSystem()
    let store = try Self.store(disk, segments: 30)
    let digest = try store.snapshot().digest()
    let asked = Mutex(0)
    #expect(throws: StoreError.self) {
      try store.compact(
        isCold: true,
        isCancelled: {
          asked.withLock { count in
            count += 1
            return count > 4
          }
        })
    }
    #expect(try disk.list(Self.path + "/tmp").isEmpty)
    #expect(try store.snapshot().digest() == digest)
    #expect(try store.snapshot().verify().isSound)
    _ = try store.compact(isCold: true)
    #expect(try store.snapshot().digest() == digest)
  }

  @Test("Segments are folded where there are enough of a size, and no more than fit")
  func folding() {
    func fold(_ sizes: [UInt64]) -> Range<Int>? { CompactionPlan.fold(sizes, limit: 64 << 20) }
    let (small, large) = (UInt64(1000), UInt64(400 << 10))
    #expect(fold([]) == nil && fold([UInt64](repeating: small, count: 7)) == nil)
    #expect(fold([UInt64](repeating: small, count: 8)) == 0..<8)
    #expect(fold([large] + [UInt64](repeating: small, count: 9)) == 1..<10)
    // Seven of a tier and a smaller one wait.
    #expect(fold([UInt64](repeating: large, count: 7) + [small]) == nil)
    #expect(fold([UInt64](repeating: large, count: 8) + [small]) == 0..<9)
    // What is large enough stays as it is.
    #expect(fold([UInt64](repeating: 40 << 20, count: 20)) == nil)
    #expect(fold([UInt64](repeating: 9 << 20, count: 8)) == nil)
    // A thousand backups of a kilobyte: few files, each byte written few times.
    var segments: [UInt64] = []
    var written: UInt64 = 0
    for _ in 0..<1000 {
      segments.append(small)
      if let fold = fold(segments) {
        let sum = segments[fold].reduce(0, +)
        written += sum
        segments.replaceSubrange(fold, with: [sum])
      }
    }
    #expect(segments.count <= 24 && written <= 10_000 * small)
  }

  @Test("Groups are as large as a segment may be")
  func plan() {
    func groups(_ sizes: [UInt64], due: Set<Int> = []) -> [Range<Int>] {
      CompactionPlan.groups(
        sizes.enumerated().map { CompactionPlan.Segment(byteCount: $1, isDue: due.contains($0)) },
        limit: 100)
    }
    #expect(groups([]) == [])
    #expect(groups([10]) == [])
    #expect(groups([10], due: [0]) == [0..<1])
    #expect(groups([10, 20, 30, 40]) == [0..<4])
    #expect(groups([10, 20, 30, 41]) == [0..<3])
    #expect(groups([90, 20, 30, 60, 60]) == [1..<3])
    #expect(groups([300, 300, 20], due: [1]) == [1..<2])
  }
}
