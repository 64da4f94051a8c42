// Archives: locked for years as far as the server says so, and nothing is claimed that it does not
// say. `tools/check_s3` locks objects on a real server.

import Testing
import Varve
import VarveFormat
@testable import VarveShipping
import VarveTestSupport

@Suite("Archives")
struct ArchiveTests {
  private static let year: Int64 = 366 * 86_400_000
  private static let start: Int64 = 1_800_000_000_000

  private static func protection(years: Int64) -> Protection {
    var protection = Protection()
    protection.lockedUntil = start + years * year
    protection.storageClass = "GLACIER_IR"
    protection.serverKey = "1234-key"
    return protection
  }

  private static func archive(
    _ world: ShippingWorld, _ server: PretendServer, years: Int64
  ) throws -> ArchiveResult {
    try world.store.archive(
      to: ObjectStore(try server.target(protection(years: years))), onProgress: { _, _ in })
  }

  @Test("What a server keeps is said, and every object is written with it")
  func kept() throws {
    let world = try ShippingWorld()
    try world.commit(0, 20)
    let server = PretendServer()
    let result = try Self.archive(world, server, years: 7)
    #expect(result.ignored == [] && result.extended == 0)
    #expect(result.objects == server.stored.count && result.objects >= 2)
    #expect(result.lockedUntil == Self.start + 7 * Self.year)
    for (key, object) in server.stored {
      #expect(object.headers["x-amz-object-lock-mode"] == "COMPLIANCE", "\(key)")
      // What must be thawed before it is read is segments alone.
      let isSegment = key.hasPrefix("archive/segments/")
      #expect((object.headers["x-amz-storage-class"] == "GLACIER_IR") == isSegment, "\(key)")
      #expect(object.headers["x-amz-server-side-encryption-aws-kms-key-id"] == "1234-key")
    }
    let restored = try ShippingWorld.restoredDigest(ObjectStore(server.target()))
    #expect(try restored == world.digest())
  }

  @Test(
    "What is taken over from an earlier archive is locked as long as what is new",
    .requirement("SHP-24"))
  func extended() throws {
    let world = try ShippingWorld()
    try world.commit(0, 20)
    let server = PretendServer()
    _ = try Self.archive(world, server, years: 7)
    try world.commit(20, 20)
    let shorter = try Self.archive(world, server, years: 3)
    // The first record is not needed by the second archive; nothing gets shorter.
    #expect(shorter.extended == 0 && shorter.ignored == [])
    #expect(shorter.lockedUntil == Self.start + 3 * Self.year)
    let longer = try Self.archive(world, server, years: 9)
    #expect(longer.extended >= 2 && longer.lockedUntil == Self.start + 9 * Self.year)
  }

  @Test(
    "What a server ignores is not claimed",
    arguments: [
      ("x-amz-object-lock", Protection.Part.lock), ("x-amz-storage-class", .storageClass),
      ("x-amz-server-side-encryption", .serverKey),
    ])
  func ignored(header: String, part: Protection.Part) throws {
    let world = try ShippingWorld()
    try world.commit(0, 20)
    // Not to be locked later either.
    let server = PretendServer(ignoring: [header], lockStatus: 501)
    let result = try Self.archive(world, server, years: 7)
    #expect(result.ignored == [part] && result.extended == 0)
    #expect((result.lockedUntil == nil) == (part == .lock))
  }

  @Test("A server that says it locks and does not is found out")
  func pretended() throws {
    let world = try ShippingWorld()
    try world.commit(0, 20)
    let server = PretendServer(ignoring: ["x-amz-object-lock"], locks: false)
    let result = try Self.archive(world, server, years: 1)
    #expect(result.ignored == [.lock] && result.extended == 0 && result.lockedUntil == nil)
  }

  @Test("A server that gives back whatever it was sent is not believed", arguments: [200, 501])
  func parrot(lockStatus: Int) throws {
    let world = try ShippingWorld()
    try world.commit(0, 20)
    let server = PretendServer(lockStatus: lockStatus, parrots: true)
    let result = try Self.archive(world, server, years: 1)
    #expect(result.ignored == Protection.Part.allCases && result.lockedUntil == nil)
    let kept = try server.target().protection(of: result.backup.key)
    #expect(kept == Protection())
  }

  @Test("Names of one thing are one, and others are not")
  func names() {
    var asked = Protection()
    asked.storageClass = "STANDARD"
    asked.serverKey = "1"
    asked.lockedUntil = 5_999
    var kept = Protection()
    kept.serverKey = "arn:aws:kms:us-east-1:1:key/1"
    kept.lockedUntil = 5_000
    #expect(asked.missing(in: kept) == [])
    kept.serverKey = "arn:aws:kms:us-east-1:1:key/21"
    #expect(asked.missing(in: kept) == [.serverKey])
    asked.serverKey = "alias/archive"
    kept.lockedUntil = 4_999
    #expect(asked.missing(in: kept) == [.lock])
    asked.storageClass = "GLACIER_IR"
    #expect(asked.missing(in: kept) == [.lock, .storageClass])
  }

  @Test("A lock that some can lift, a hold and an end that cannot be read hold an object, too")
  func otherLocks() throws {
    func protection(_ headers: [String: String]) throws -> Protection? {
      try PretendServer().target(headers).protection(of: "segments/x")
    }
    let date = "2031-01-01T00:00:00Z"
    let (mode, end) = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date")
    for held in [
      [mode: "GOVERNANCE", end: date], ["x-amz-object-lock-legal-hold": "ON"],
      [mode: "COMPLIANCE", end: "some day"],
    ] {
      let kept = try #require(try protection(held))
      #expect(kept.lockedUntil == nil && kept.isLocked(at: .max), "\(held)")
    }
    let kept = try #require(try protection([mode: "COMPLIANCE", end: date]))
    #expect(kept.isLocked(at: 1_900_000_000_000) && !kept.isLocked(at: 1_930_000_000_000))
    #expect(try #require(try protection([:])).isLocked(at: 0) == false)
  }

  @Test("A directory keeps nothing, so there is no archive in one")
  func directory() throws {
    let world = try ShippingWorld()
    try world.commit(0, 1)
    let error = #expect(throws: StoreError.self) {
      try world.store.archive(to: ObjectStore(MemoryTarget()), onProgress: { _, _ in })
    }
    #expect(error?.code == .request("invalid_target"))
  }

  @Test(
    "A pruning leaves what is locked, says so, and takes it when the lock is over",
    .requirement("SHP-25"))
  func locked() throws {
    let world = try ShippingWorld()
    let target = MemoryTarget()
    for number in 0..<4 {
      try world.commit(number * 20, 20)
      if number % 2 == 1 { _ = try world.store.compact(isCold: true) }
      _ = try world.store.backUp(to: target)
      target.pass(milliseconds: 2 * Pruning.graceMin)
    }
    let end = try target.now() + 10 * Pruning.graceMin
    let locked = LockedTarget(target: target, lockedUntil: end)
    var policy = RetentionPolicy()
    policy.last = 1
    let pruning = try Pruning(
      ObjectStore(locked), keeping: policy, grace: Pruning.graceMin)
    // A list from before there were locks names what is locked now.
    let first = try Pruning(
      ObjectStore(target), keeping: policy, grace: Pruning.graceMin
    ).run { _ in 0 }
    #expect(first.listed > 3 && first.locked == 0)
    let before = try target.list("")
    target.pass(milliseconds: 2 * Pruning.graceMin)
    let dry = try pruning.run(isDry: true) { _ in 0 }
    #expect(dry.deleted == 0 && dry.locked > 0 && dry.lockedUntil == end)
    let held = try pruning.run { _ in 0 }
    #expect(held.deleted == 0 && held.locked > 0 && held.lockedUntil == end)
    let kept = Set(try target.list("").map(\.key))
    // Nor is it listed again: backups may rely on it.
    #expect(held.listed == 0 && kept.allSatisfy { !TargetKey.isPrune($0) })
    #expect(before.allSatisfy { kept.contains($0.key) || TargetKey.isPrune($0.key) })
    target.pass(milliseconds: 11 * Pruning.graceMin)
    let listed = try pruning.run { _ in 0 }
    #expect(listed.listed > 3 && listed.locked == 0)
    target.pass(milliseconds: 2 * Pruning.graceMin)
    let over = try pruning.run { _ in 0 }
    #expect(over.deleted > 3 && over.locked == 0)
    #expect(try BackupReader(target).verify(readingPercent: 100).problems.isEmpty)
  }
}

/// A target that locks all that it has.
private struct LockedTarget: BackupTarget {
  let target: MemoryTarget
  let lockedUntil: Int64

  var name: String { target.name }

  func put(_ key: String, digest: ContentHash?, _ piece: () throws -> [UInt8]) throws {
    try target.put(key, digest: digest, piece)
  }

  func get(_ key: String, at offset: UInt64, count: Int) throws -> [UInt8] {
    try target.get(key, at: offset, count: count)
  }

  func list(_ prefix: String) throws -> [TargetObject] { try target.list(prefix) }
  func delete(_ key: String) throws { try target.delete(key) }
  func now() throws -> Int64 { try target.now() }

  func protection(of key: String) throws -> Protection? {
    var protection = Protection()
    protection.lockedUntil = lockedUntil
    return protection
  }
}
