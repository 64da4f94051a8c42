// Pruning: what is kept stays whole, whatever is interrupted and whatever goes on beside it.

import Synchronization
import Testing
import Varve
import VarveFormat
@testable import VarveShipping
import VarveTestSupport

@Suite("Pruning")
struct PruneTests {
  private static let day: Int64 = 86_400_000
  private static let grace = Pruning.graceMin

  private static func localDay(_ time: Int64) -> Int64 { CivilDate.floor(time, day) }

  private func pruning(_ target: MemoryTarget, last: Int = 1) throws -> Pruning {
    var policy = RetentionPolicy()
    policy.last = last
    return try Pruning(ObjectStore(target), keeping: policy, grace: Self.grace)
  }

  private func prune(_ target: MemoryTarget, last: Int = 1) throws -> PruneResult {
    try pruning(target, last: last).run(localDay: Self.localDay)
  }

  /// Backups of a store whose segments change under them: each compaction writes them anew.
  private func world(_ count: Int) throws -> (ShippingWorld, MemoryTarget) {
    let world = try ShippingWorld()
    let target = MemoryTarget()
    for number in 0..<count {
      try world.commit(number * 20, 20)
      if number % 2 == 1 { _ = try world.store.compact(isCold: true) }
      _ = try world.store.backUp(to: target)
      target.pass(milliseconds: 2 * Self.grace)
    }
    return (world, target)
  }

  /// A target with a list that names all that a store needs, which was the newest once and still
  /// backs up: it was restored from a backup that is not kept.
  private func doomedWorld() throws -> (MemoryTarget, Store) {
    let (world, target) = try world(3)
    let first = try #require(try BackupReader(target).backups().first)
    let old = try BackupReader(target).restore(first, into: "/old", fileSystem: world.disk)
    _ = try prune(target)
    let doomed = try PruneList.doomed(in: ObjectStore(target))
    let ids = Set(doomed.compactMap { TargetKey.fileID($0)?.id })
    let needed = first.record.segments.map(\.digest)
    try #require(!needed.isEmpty && needed.allSatisfy(ids.contains))
    return (target, old)
  }

  private func requireWhole(
    _ target: MemoryTarget, _ note: Comment, _ location: SourceLocation = #_sourceLocation
  ) throws {
    let report = try BackupReader(target).verify(readingPercent: 100)
    #expect(report.problems.isEmpty, note, sourceLocation: location)
    #expect(report.backups > 0, note, sourceLocation: location)
  }

  @Test("A policy keeps the newest of each period")
  func policy() throws {
    let (world, target) = try world(1)
    let template = try #require(try BackupReader(target).backups().first)
    func backups(_ days: [Int64]) -> [BackupInfo] {
      days.map { day in
        var backup = template
        backup.time = day * Self.day + 1
        backup.key = "\(day)"
        return backup
      }
    }
    // Days 0 to 399; day 4 was the first Monday of 1970.
    let all = backups(Array(0..<400))
    func kept(_ edit: (inout RetentionPolicy) -> Void) -> [Int] {
      var policy = RetentionPolicy()
      edit(&policy)
      return policy.kept(all, localDay: Self.localDay).compactMap { Int($0) }.sorted()
    }
    #expect(kept { $0.last = 3 } == [397, 398, 399])
    #expect(kept { $0.daily = 2 } == [398, 399])
    #expect(kept { $0.weekly = 3 } == [388, 395, 399].map { $0 - 0 })
    #expect(kept { $0.monthly = 3 } == [364, 395, 399])
    #expect(kept { $0.yearly = 5 } == [364, 399])
    #expect(kept { _ in } == [399])
    let sparse = backups([0, 100, 200])
    var policy = RetentionPolicy()
    policy.daily = 7
    #expect(policy.kept(sparse, localDay: Self.localDay).count == 3)
    #expect(throws: StoreError.self) {
      try Pruning(ObjectStore(target), keeping: RetentionPolicy())
    }
    _ = world
  }

  @Test(
    "First a list, then, after the grace period, what is on it",
    .requirement("SHP-20", "SHP-21", "SHP-23"))
  func phases() throws {
    let (world, target) = try world(5)
    let before = Set(target.objects.keys)
    let first = try prune(target, last: 2)
    #expect(first.kept == 2 && first.removed == 3 && first.deleted == 0 && first.listed > 3)
    #expect(Set(target.objects.keys).isSuperset(of: before))
    // Too early: nothing goes, and nothing is listed twice.
    let early = try prune(target, last: 2)
    #expect(early.deleted == 0 && early.listed == 0 && early.nextDue != nil)
    target.pass(milliseconds: Self.grace)
    let dry = try pruning(target, last: 2).run(isDry: true, localDay: Self.localDay)
    #expect(dry.deleted == first.listed && Set(target.objects.keys).isSuperset(of: before))
    let second = try prune(target, last: 2)
    #expect(second.deleted == first.listed && second.listed == 0)
    #expect(second.deletedByteCount == first.listedByteCount)
    #expect(try BackupReader(target).backups().count == 2)
    #expect(!target.objects.keys.contains { $0.hasPrefix("prunes/") })
    try requireWhole(target, "after pruning")
    #expect(try ShippingWorld.restoredDigest(ObjectStore(target)) == world.digest())
    // With nothing to do it does nothing.
    #expect(try prune(target, last: 2) == PruneResult(kept: 2))
  }

  @Test("What is listed and needed again stays; a damaged record stops all", .requirement("SHP-22"))
  func needed() throws {
    let (world, target) = try world(4)
    _ = try prune(target)
    target.pass(milliseconds: Self.grace)
    // Kept after all.
    let kept = try prune(target, last: 10)
    #expect(kept.deleted == 0)
    try requireWhole(target, "kept after all")
    _ = try prune(target)
    let record = try #require(target.objects.keys.filter { $0.hasPrefix("backups/") }.min())
    target.change(record) { $0[50] ^= 1 }
    target.pass(milliseconds: Self.grace)
    let before = target.objects.keys.sorted()
    #expect(throws: StoreError.self) { try prune(target) }
    #expect(target.objects.keys.sorted() == before)
    _ = world
  }

  @Test("A backup relies on nothing that a list names", .requirement("SHP-22"))
  func doomed() throws {
    let (world, target) = try world(2)
    // Somebody else's policy dooms everything but a record that needs nothing of it.
    let all = target.objects.keys.filter { $0.hasPrefix("segments/") }
    let list = PruneList(keys: Array(all)).encode(time: 0)
    let id = ContentDigest.hash(list)
    try ObjectStore(target).put(TargetKey.prune(time: 5, id: id), .prune, list)
    let result = try world.store.backUp(to: target)
    #expect(result.segmentsShipped > 0)
    for key in all { try target.delete(key) }
    #expect(try ShippingWorld.restoredDigest(ObjectStore(target)) == world.digest())
  }

  private struct Killed: Error {}

  @Test("Killed at every request, and run again")
  func kills() throws {
    let (origin, old) = try doomedWorld()
    origin.pass(milliseconds: Self.grace)
    var step = 1
    while true {
      let target = origin.copy()
      let at = step
      target.onRequest.withLock { $0 = { if $0 >= at { throw Killed() } } }
      let isDone = (try? prune(target)) != nil
      target.onRequest.withLock { $0 = nil }
      try requireWhole(target, "killed at request \(step)")
      _ = try old.backUp(to: target)
      for _ in 0..<3 {
        _ = try prune(target)
        target.pass(milliseconds: Self.grace)
      }
      try requireWhole(target, "killed at request \(step), run again")
      // The newest by its time, and the one of the highest generation.
      #expect(try (1...2).contains(BackupReader(target).backups().count))
      let needed = try BackupReader(target).verify().objects
      // Of what was needed again there may be two copies.
      let ids = Set(target.objects.keys.compactMap { TargetKey.fileID($0) })
      #expect(ids.count == needed)
      if isDone { break }
      step += 1
    }
    #expect(step > 10)
  }

  @Test("A backup beside a pruning, in every interleaving of their requests up to three switches")
  func interleavings() throws {
    let (origin, old) = try doomedWorld()
    let pruned = origin.copy()
    pruned.pass(milliseconds: Self.grace)
    _ = try prune(pruned)
    let backedUp = origin.copy()
    _ = try old.backUp(to: backedUp)
    #expect(pruned.requestCount > 10 && backedUp.requestCount > 8)
    // Both listings of a pruning: that which deletes, and that which publishes beside a backup.
    for isDue in [true, false] {
      for i in 0...(pruned.requestCount + 1) {
        for j in 1...(backedUp.requestCount + 1) {
          let target = origin.copy()
          if isDue { target.pass(milliseconds: Self.grace) }
          try Interleaving.run(
            target, first: i, second: j, { _ = try prune(target) },
            { _ = try old.backUp(to: target) })
          try settle(target, "due \(isDue), \(i) requests of the pruning, \(j) of the backup")
        }
      }
    }
  }

  @Test("A backup that sleeps while all of a pruning happens", .requirement("SHP-23"))
  func sleepingBackup() throws {
    let (listed, old) = try doomedWorld()
    // The same target before anything was listed.
    let origin = listed.copy()
    for key in origin.objects.keys where key.hasPrefix("prunes/") { try origin.delete(key) }
    let backedUp = origin.copy()
    _ = try old.backUp(to: backedUp)
    let pruned = origin.copy()
    try pruneTwice(pruned)
    for i in 0...(backedUp.requestCount + 1) {
      for j in 1...(pruned.requestCount + 1) {
        let target = origin.copy()
        try Interleaving.run(
          target, first: i, second: j, { _ = try old.backUp(to: target) },
          { try pruneTwice(target) })
        try settle(target, "\(i) requests of the backup, \(j) of two prunings")
      }
    }
  }

  @Test("A record that comes while others are deleted keeps its segments", .requirement("SHP-21"))
  func lateRecord() throws {
    let (origin, old) = try doomedWorld()
    // What a backup that began before anything was listed is about to write.
    let other = origin.copy()
    for key in other.objects.keys where key.hasPrefix("prunes/") { try other.delete(key) }
    let late = try old.backUp(to: other).key
    let record = try #require(other.objects[late]?.bytes)
    let target = origin.copy()
    target.pass(milliseconds: Self.grace)
    let recordCount = target.objects.keys.count(where: TargetKey.isBackup)
    let isThere = Mutex(false)
    target.onRequest.withLock { hook in
      hook = { _ in
        guard target.objects.keys.count(where: TargetKey.isBackup) < recordCount,
          !isThere.withLock({ $0 })
        else { return }
        isThere.withLock { $0 = true }
        target.add(late, record)
      }
    }
    _ = try prune(target)
    #expect(isThere.withLock { $0 })
    try requireWhole(target, "with a late record")
  }

  @Test("A pruning that stalls anywhere while another one and a backup go by")
  func stalledPruning() throws {
    let (origin, old) = try doomedWorld()
    origin.pass(milliseconds: Self.grace)
    let pruned = origin.copy()
    _ = try prune(pruned)
    for i in 0...pruned.requestCount {
      let target = origin.copy()
      try Interleaving.run(
        target, first: i, second: .max, { _ = try prune(target) },
        {
          _ = try prune(target)
          _ = try old.backUp(to: target)
        })
      try settle(target, "\(i) requests before the other two")
    }
  }

  @Test("Nothing goes while a backup that is kept is not whole")
  func damagedTarget() throws {
    let (world, target) = try world(3)
    _ = try prune(target)
    target.pass(milliseconds: Self.grace)
    let newest = try #require(try BackupReader(target).backups().last)
    let needed = Set(newest.record.segments.map(\.digest))
    let key = try #require(
      target.objects.keys.first { TargetKey.fileID($0).map { needed.contains($0.id) } ?? false })
    try target.delete(key)
    let before = Set(target.objects.keys)
    #expect(throws: StoreError.self) { try prune(target) }
    #expect(Set(target.objects.keys) == before)
    _ = world
  }

  /// Lists and deletes.
  private func pruneTwice(_ target: MemoryTarget) throws {
    _ = try prune(target)
    target.pass(milliseconds: Self.grace)
    _ = try prune(target)
  }

  /// All is whole now, and after what later prunings do.
  private func settle(_ target: MemoryTarget, _ note: Comment) throws {
    try requireWhole(target, note)
    target.pass(milliseconds: Self.grace)
    try pruneTwice(target)
    try requireWhole(target, note)
  }
}
