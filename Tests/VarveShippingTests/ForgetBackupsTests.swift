// Forgetting in backups that are kept: their moments stay, what was forgotten does not, and nothing
// is taken from a log that went another way.

import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@testable import VarveShipping

@Suite("Forgetting in backups")
struct ForgetBackupsTests {
  /// A world with backups after 100, 200 and 300 occurrences, of which one of each hundred is
  /// forgotten then.
  private static func world() throws -> (ShippingWorld, MemoryTarget, ForgettingSet) {
    let world = try ShippingWorld()
    let target = MemoryTarget()
    for round in 0..<3 {
      try world.commit(round * 100, 100)
      _ = try world.store.backUp(to: target, withIndexes: round > 0)
      target.pass(milliseconds: 3 * 86_400_000)
    }
    var request = ForgetRequest()
    request.hashes = [50, 150, 250].map { ContentDigest.hash(Array("message \($0) of some".utf8)) }
    let forgotten = try Self.forget(request, world.store)
    #expect(forgotten.occurrences == 3)
    return (world, target, try #require(try world.store.snapshot().forgettingSet()))
  }

  private static func forget(_ request: ForgetRequest, _ store: Store) throws -> ForgetResult {
    try store.forget { ForgetOrder(try $0.selectForForgetting(request)) }
  }

  private static func forget(_ set: ForgettingSet, _ copy: Store) throws -> ForgetResult {
    try copy.forget { snapshot in
      var order = ForgetOrder(try snapshot.selectForForgetting(set))
      order.adopted = set
      return order
    }
  }

  /// Restores a backup, forgets, and ships it in its own place.
  @discardableResult
  private static func rewrite(
    _ backup: BackupInfo, _ target: MemoryTarget, _ set: ForgettingSet
  ) throws -> BackupResult {
    let store = try BackupReader(target).restore(
      backup, into: "/rewritten", fileSystem: SimulatedFileSystem())
    _ = try forget(set, store)
    #expect(try store.verify().problems.isEmpty)
    return try store.backUp(replacing: backup, to: ObjectStore(target))
  }

  private static func policy() -> RetentionPolicy {
    var policy = RetentionPolicy()
    policy.last = 9
    return policy
  }

  private static func localDay(_ time: Int64) -> Int64 { time / 86_400_000 }

  @Test(
    "A backup written anew has the moment of the old one and lacks what was forgotten",
    .requirement("SHP-26"))
  func moments() throws {
    let (world, target, set) = try Self.world()
    let before = try BackupReader(target).backups()
    #expect(before.count == 3 && before.allSatisfy { $0.holds(set) })
    var shipped: [BackupResult] = []
    for backup in before { shipped.append(try Self.rewrite(backup, target, set)) }
    // What two backups have in common is the same file in both without it, too.
    #expect(shipped[1].segmentsKnown >= 1 && shipped[2].segmentsKnown >= 2)
    let pruning = try Pruning(ObjectStore(target), keeping: Self.policy())
    let kept = try pruning.kept(localDay: Self.localDay).map(\.backup)
    #expect(kept.map(\.generation) == before.map(\.generation))
    #expect(kept.map(\.time) == before.map(\.time))
    #expect(kept.map(\.hasIndexes) == before.map(\.hasIndexes))
    #expect(kept.allSatisfy { !$0.holds(set) && $0.forgettingCount == 1 })
    // The old ones are listed, and go a day later.
    #expect(try pruning.run(localDay: Self.localDay).removed == 3)
    target.pass(milliseconds: 2 * 86_400_000)
    #expect(try pruning.run(localDay: Self.localDay).deleted >= 6)
    let after = try BackupReader(target).backups()
    #expect(after == kept)
    #expect(try BackupReader(target).verify(readingPercent: 100).problems.isEmpty)
    for (backup, count) in zip(after, [100, 200, 300]) {
      let restored = try BackupReader(target).restore(
        backup, into: "/back", fileSystem: SimulatedFileSystem())
      let snapshot = try restored.snapshot()
      #expect(try snapshot.statistics().occurrences == UInt64(count - count / 100))
      #expect(try restored.verify().problems.isEmpty)
      for number in [50, 150, 250] {
        let hash = ContentDigest.hash(Array("message \(number) of some".utf8))
        #expect(try snapshot.message(hash) == nil)
      }
      // The tombstones of the store are there, those of later sightings, too.
      #expect(try snapshot.forgettings() == (try world.store.snapshot().forgettings()))
      #expect(try snapshot.digest() == backup.contentDigest)
    }
  }

  @Test("The newest backup stays what is restored, and the store backs up beside it")
  func beside() throws {
    let (world, target, set) = try Self.world()
    for backup in try BackupReader(target).backups() { try Self.rewrite(backup, target, set) }
    try world.commit(300, 10)
    let next = try world.store.backUp(to: target)
    let newest = try #require(try BackupReader(target).backups().last)
    #expect(newest.key == next.key && newest.forgettingCount == 1)
    // Forgetting more holds for what was written anew as well.
    var request = ForgetRequest()
    request.hashes = [ContentDigest.hash(Array("message 7 of some".utf8))]
    _ = try Self.forget(request, world.store)
    let more = try #require(try world.store.snapshot().forgettingSet())
    let pruning = try Pruning(ObjectStore(target), keeping: Self.policy())
    for (backup, _) in try pruning.kept(localDay: Self.localDay) {
      #expect(backup.holds(more))
      try Self.rewrite(backup, target, more)
    }
    let kept = try pruning.kept(localDay: Self.localDay).map(\.backup)
    #expect(kept.count == 4 && kept.allSatisfy { !$0.holds(more) })
    #expect(
      try ShippingWorld.restoredDigest(#require(kept.last), ObjectStore(target))
        == (try world.digest()))
  }

  @Test("Nothing is taken from a log that went another way", .requirement("SHP-26"))
  func anotherHistory() throws {
    let (world, target, set) = try Self.world()
    let first = try #require(try BackupReader(target).backups().first)
    // Restored, and written on with other messages.
    let other = try BackupReader(target).restore(
      first, into: "/other", fileSystem: SimulatedFileSystem())
    var batch = WriteBatch()
    for number in 0..<200 {
      let place = SourcePlace(host: "h", path: "g", offset: UInt64(number))
      try batch.append(Occurrence(kind: .log, place: place), content: Array("other \(number)".utf8))
    }
    try other.commit(batch)
    let before = try other.snapshot().digest()
    #expect {
      try Self.forget(set, other)
    } throws: { ($0 as? StoreError)?.code == .request("another_history") }
    #expect(try other.snapshot().digest() == before)
    #expect(try other.snapshot().forgettings().isEmpty)
    _ = world
  }

  @Test("A policy says until when a backup is kept")
  func untilWhen() throws {
    let (_, target, _) = try Self.world()
    let backups = try BackupReader(target).backups()
    try #require(Set(backups.map(\.time)).count == 3)
    // 2026-01-15, 2026-02-20 and 2026-02-24; today is the last of them.
    let days = Dictionary(uniqueKeysWithValues: zip(backups.map(\.time), [20468, 20504, 20508]))
    func until(_ number: Int, _ change: (inout RetentionPolicy) -> Void) -> Int64? {
      var policy = RetentionPolicy()
      change(&policy)
      return policy.lastDay(of: backups[number], among: backups, today: 20508) {
        Int64(days[$0] ?? 0)
      }
    }
    // Six more days with one push it out; the days without any do not count.
    #expect(until(1) { $0.daily = 7 } == 20514)
    #expect(until(0) { $0.daily = 3 } == 20509)
    #expect(until(0) { $0.daily = 2 } == nil)
    // January's is the second month's; February, which is now, has one already.
    #expect(until(0) { $0.monthly = 3 }.map { CivilDate(day: $0).text } == "2026-04-01")
    #expect(until(1) { $0.monthly = 3 } == nil)
    #expect(until(1) { $0.yearly = 2 } == nil)
    #expect(until(0) { ($0.daily, $0.monthly) = (60, 3) } == 20566)
    // A number of newer ones takes the place of what is among the newest, and of the newest one.
    #expect(until(1) { ($0.daily, $0.last) = (7, 2) } == nil)
    #expect(until(2) { $0.daily = 7 } == nil)
    #expect(until(0) { $0.daily = 100_000 } == nil)
  }

  @Test(
    "A forgetting that was interrupted behind its tombstone is carried out in backups by the next")
  func interrupted() throws {
    let disk = SimulatedFileSystem()
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    var store = try Store.open(at: "/i", options: options, fileSystem: disk, registers: false)
    var batch = WriteBatch()
    for number in 0..<20 {
      let place = SourcePlace(host: "h", path: "f", offset: UInt64(number))
      try batch.append(Occurrence(kind: .log, place: place), content: Array("one \(number)".utf8))
    }
    try store.commit(batch)
    let hash = ContentDigest.hash(Array("one 7".utf8))
    var request = ForgetRequest()
    request.hashes = [hash]
    var (step, isHalfDone) = (1, false)
    while !isHalfDone {
      disk.fail(at: disk.operationCount + step)
      #expect(throws: StoreError.self) { try Self.forget(request, store) }
      disk.fail(at: nil)
      store = try Store.open(at: "/i", options: options, fileSystem: disk, registers: false)
      let snapshot = try store.snapshot()
      isHalfDone = try snapshot.forgettingCount() > 0
      try #require(try snapshot.message(hash) != nil)
      step += 1
    }
    let target = MemoryTarget()
    _ = try store.backUp(to: target)
    _ = try Self.forget(request, store)
    let set = try #require(try store.snapshot().forgettingSet())
    let backup = try #require(try BackupReader(target).backups().first)
    #expect(backup.holds(set))
    try Self.rewrite(backup, target, set)
    let restored = try BackupReader(target).restore(
      #require(try BackupReader(target).backups().last), into: "/back",
      fileSystem: SimulatedFileSystem())
    #expect(try restored.snapshot().message(hash) == nil)
    #expect(try restored.snapshot().selectForForgetting(set).sequences.isEmpty)
  }
}
