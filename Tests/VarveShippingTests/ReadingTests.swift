// Reading a backup where it is: the same answers, from what was compared with its digest or opened
// as authentic, and never others.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@testable import VarveShipping

@Suite("Reading a target")
struct ReadingTests {
  /// A folder for a cache that is gone with the test.
  private final class Cache {
    let path = NSTemporaryDirectory() + "varve-cache-\(UUID())"
    deinit { try? FileManager.default.removeItem(atPath: path) }

    var files: [String] { files(in: "files") + files(in: "chunks") }

    private func files(in folder: String) -> [String] {
      let folder = path + "/" + folder
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.map { folder + "/" + $0 }
    }
  }

  private static func objects(_ target: MemoryTarget, isEncrypted: Bool) -> ObjectStore {
    ObjectStore(target, keys: isEncrypted ? keys : nil)
  }

  private static let keys = BackupKeys()

  /// A world with contents of several chunks, shipped with indexes.
  private static func shipped(
    isEncrypted: Bool, largeCount: Int = 2
  ) throws -> (world: ShippingWorld, target: MemoryTarget, objects: ObjectStore) {
    let world = try ShippingWorld()
    try world.commit(0, 60)
    try world.commitLarge(count: largeCount)
    let target = MemoryTarget()
    let objects = objects(target, isEncrypted: isEncrypted)
    let result = try world.store.backUp(to: objects, withIndexes: true)
    #expect(result.segmentsShipped == 1 && result.indexesShipped == 2)
    return (world, target, objects)
  }

  private static func open(_ objects: ObjectStore, _ cache: Cache) throws -> Store {
    let reader = BackupReader(objects)
    guard let backup = try reader.backups().last else {
      throw StoreError(.notFound, detail: "no record that is right")
    }
    return try reader.open(backup, cache: cache.path)
  }

  /// What a store says: everything in it, and what searches find.
  private static func answers(_ store: Store) throws -> [String] {
    let snapshot = try store.snapshot()
    var found = ["\(try snapshot.digest())", "\(snapshot.historyDigest)"]
    // What has no full text is indexed by the first search, at the cost of its time.
    _ = try snapshot.search(SearchQuery("message"))
    for text in ["message 17", "mesage", "others", "large"] {
      let results = try snapshot.search(SearchQuery(text))
      found += results.hits.map { "\($0.message.hash) \($0.message.content.count)" }
      found.append("\(results.total) \(results.isComplete)")
    }
    for sequence in 1..<snapshot.nextSequence {
      let message = try snapshot.message(at: sequence)
      found.append("\(sequence) \(message.hash) \(try snapshot.occurrence(sequence))")
    }
    return found
  }

  @Test(
    "A target answers as the store that shipped it, from a cold cache and a warm one",
    .requirement("SHP-6", "SHP-7"), arguments: [false, true])
  func answersTheSame(isEncrypted: Bool) throws {
    let (world, target, objects) = try Self.shipped(isEncrypted: isEncrypted)
    let wanted = try Self.answers(world.store)
    let cache = Cache()
    #expect(try Self.answers(Self.open(objects, cache)) == wanted)
    let warm = target.requestCount
    #expect(try Self.answers(Self.open(objects, cache)) == wanted)
    // The second time nothing is fetched but lists and records.
    #expect(target.requestCount - warm < 10)
    // What others add stays out until it is opened; then the old indexes leave the cache.
    let before = cache.files.count
    try world.commit(60, 40)
    _ = try world.store.backUp(to: objects, withIndexes: true)
    #expect(try Self.answers(Self.open(objects, cache)) == (try Self.answers(world.store)))
    #expect(cache.files.count <= before + 4)
  }

  @Test("Of an encrypted target a content costs the chunks that hold it", .requirement("SHP-13"))
  func chunks() throws {
    let (_, target, objects) = try Self.shipped(isEncrypted: true, largeCount: 12)
    let cache = Cache()
    let store = try Self.open(objects, cache)
    let segments = target.objects.filter { $0.key.hasPrefix("segments/") }
    #expect(try #require(segments.values.first).bytes.count > 8 * SealedObject.chunkByteCount)
    let before = cache.files.count
    let message = try #require(
      try store.snapshot().search(SearchQuery("\"message 17 of\"")).hits.first)
    #expect(message.message.content == Array("message 17 of some".utf8))
    #expect(cache.files.count - before <= 2)
  }

  @Test(
    "Whatever is changed in a target or a cache, an answer is right or there is none",
    .requirement("SHP-5", "SHP-7"), arguments: [false, true])
  func damage(isEncrypted: Bool) throws {
    let (world, target, objects) = try Self.shipped(isEncrypted: isEncrypted)
    let wanted = try Self.answers(world.store)
    var generator = SplitMix64(seed: 7)
    var refusedCount = 0
    func expectRight(_ what: String, _ body: () throws -> [String]) {
      do {
        let found = try body()
        #expect(found == wanted, "\(what)")
      } catch let error as StoreError {
        #expect([.damaged, .notFound].contains(error.code), "\(what): \(error.code) \(error)")
        refusedCount += 1
      } catch {
        Issue.record("\(what): \(error)")
      }
    }
    for key in target.objects.keys.sorted() {
      for _ in 0..<3 {
        let altered = target.copy()
        altered.change(key) { $0[Int(generator.next() % UInt64($0.count))] ^= 4 }
        let objects = Self.objects(altered, isEncrypted: isEncrypted)
        let cache = Cache()
        expectRight(key) { try Self.answers(Self.open(objects, cache)) }
      }
      let cut = target.copy()
      cut.change(key) { $0.removeLast() }
      let cache = Cache()
      expectRight("\(key) is cut") {
        try Self.answers(Self.open(Self.objects(cut, isEncrypted: isEncrypted), cache))
      }
    }
    #expect(refusedCount > 10)
    // Files of the cache: chunks are fetched again, indexes have checksums of their own.
    let cache = Cache()
    _ = try Self.answers(Self.open(objects, cache))
    for file in cache.files {
      let good = try #require(FileManager.default.contents(atPath: file))
      var bad = good
      bad[Int(generator.next() % UInt64(bad.count))] ^= 4
      try bad.write(to: URL(fileURLWithPath: file))
      expectRight(file) { try Self.answers(Self.open(objects, cache)) }
      try good.prefix(good.count / 2).write(to: URL(fileURLWithPath: file))
      expectRight("half of \(file)") { try Self.answers(Self.open(objects, cache)) }
      try good.write(to: URL(fileURLWithPath: file))
    }
  }

  @Test("What a target does not have is said, and nothing can be written", .requirement("SHP-6"))
  func refusals() throws {
    let world = try ShippingWorld()
    try world.commit(0, 20)
    let target = MemoryTarget()
    _ = try world.store.backUp(to: target)
    let reader = BackupReader(target)
    let bare = try #require(try reader.backups().last)
    #expect(!bare.hasIndexes)
    let cache = Cache()
    #expect(throws: StoreError.self) { try reader.open(bare, cache: cache.path) }
    _ = try world.store.backUp(to: target, withIndexes: true)
    let store = try Self.open(ObjectStore(target), cache)
    #expect { try store.commit(WriteBatch()) } throws: { ($0 as? StoreError)?.code == .readOnly }
    // An empty store has no indexes, and all of them.
    let empty = MemoryTarget()
    _ = try ShippingWorld().store.backUp(to: empty, withIndexes: true)
    let opened = try Self.open(ObjectStore(empty), cache)
    #expect(try opened.snapshot().statistics().messages == 0)
  }

  @Test(
    "A restore takes shipped indexes over, and builds them where one is not whole",
    .requirement("SHP-4"), arguments: [false, true])
  func restore(isEncrypted: Bool) throws {
    let (world, target, objects) = try Self.shipped(isEncrypted: isEncrypted)
    let backup = try #require(try BackupReader(objects).backups().last)
    let wanted = try Self.answers(world.store)
    var count = 0
    func restored(_ target: MemoryTarget) throws -> Store {
      count += 1
      let objects = Self.objects(target, isEncrypted: isEncrypted)
      return try BackupReader(objects).restore(
        backup, into: "/restored-\(count)", fileSystem: SimulatedFileSystem())
    }
    let whole = try restored(target)
    #expect(try whole.snapshot().generation == backup.generation)
    #expect(try Self.answers(whole) == wanted)
    #expect(try whole.verify().problems.isEmpty)
    for key in target.objects.keys where key.hasPrefix("indexes/") {
      let altered = target.copy()
      altered.change(key) { $0[$0.count / 2] ^= 1 }
      let mended = try restored(altered)
      #expect(try mended.snapshot().generation > backup.generation)
      #expect(try Self.answers(mended) == wanted)
      #expect(try mended.verify().problems.isEmpty)
      try altered.delete(key)
      #expect(try Self.answers(restored(altered)) == wanted)
    }
  }

  @Test("Pruning takes indexes of backups that go, and none that a kept one needs")
  func pruning() throws {
    let (world, target, objects) = try Self.shipped(isEncrypted: false)
    // Enough of them that some are merged.
    for round in 1...12 {
      target.pass(milliseconds: 3 * 86_400_000)
      try world.commit(60 + 50 * round, 50)
      _ = try world.store.backUp(to: objects, withIndexes: true)
    }
    func indexKeys() -> Set<String> { Set(target.objects.keys.filter { $0.hasPrefix("indexes/") }) }
    let all = indexKeys()
    var policy = RetentionPolicy()
    policy.last = 1
    let pruning = try Pruning(objects, keeping: policy)
    _ = try pruning.run { $0 / 86_400_000 }
    #expect(indexKeys() == all)
    target.pass(milliseconds: 2 * 86_400_000)
    #expect(try pruning.run { $0 / 86_400_000 }.deleted > 0)
    #expect(indexKeys().count < all.count)
    let report = try BackupReader(objects).verify(readingPercent: 100)
    #expect(report.backups == 1 && report.problems.isEmpty)
    let cache = Cache()
    #expect(try Self.answers(Self.open(objects, cache)) == (try Self.answers(world.store)))
  }

  @Test("Forged records are refused or fail, and nothing traps", .requirement("MAN-15"))
  func forged() throws {
    let (_, target, _) = try Self.shipped(isEncrypted: false)
    let good = try #require(try BackupReader(target).backups().last)
    func forge(_ change: (inout BackupRecord, inout Manifest) -> Void) -> MemoryTarget {
      var (record, manifest) = (good.record, good.manifest)
      change(&record, &manifest)
      record.manifests = [manifest.encode()]
      let forged = target.copy()
      let bytes = record.encode()
      forged.add(
        TargetKey.backup(
          generation: record.generation, time: record.time, id: ContentDigest.hash(bytes)), bytes)
      return forged
    }
    func expectNoTrap(_ target: MemoryTarget, _ what: Comment, isListed: Bool) throws {
      let reader = BackupReader(target)
      let backups = try reader.backups().filter { $0.key != good.key }
      #expect(!backups.isEmpty == isListed, what)
      for backup in backups {
        let cache = Cache()
        _ = try? reader.open(backup, cache: cache.path).snapshot().digest()
        _ = try? reader.restore(backup, into: "/forged", fileSystem: SimulatedFileSystem())
      }
    }
    try expectNoTrap(
      forge { record, manifest in
        (record.generation, manifest.generation) = (.max, .max)
      }, "the last generation", isListed: true)
    try expectNoTrap(
      forge { record, manifest in
        for number in record.indexes.indices { record.indexes[number].byteCount = 1 << 63 }
        for number in manifest.indexes.indices { manifest.indexes[number].byteCount = 1 << 63 }
        for number in manifest.fullTexts.indices { manifest.fullTexts[number].byteCount = 1 << 63 }
      }, "indexes of more than there is", isListed: true)
    for number: UInt64 in [1 << 33, .max] {
      try expectNoTrap(
        forge { _, manifest in manifest.nextSegmentID = number }, "numbers of segments",
        isListed: false)
      try expectNoTrap(
        forge { _, manifest in manifest.nextIndexID = number << 16 | number }, "numbers of indexes",
        isListed: false)
    }
  }
}
