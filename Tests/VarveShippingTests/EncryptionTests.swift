// Encrypted targets: what comes back is what went in, or an error; nothing else opens it.

import Synchronization
import Testing
import Varve
import VarveFormat
@testable import VarveShipping
import VarveTestSupport

@Suite("Encryption")
struct EncryptionTests {
  private static let chunk = SealedObject.chunkByteCount

  private func pieces(_ bytes: [UInt8], of count: Int) -> () -> [UInt8] {
    var rest = bytes[...]
    return {
      let piece = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      return piece
    }
  }

  private func seal(
    _ text: [UInt8], _ keys: BackupKeys, _ id: ContentHash, piece: Int = 1 << 16,
    saying count: Int? = nil, key: String = "segments/x"
  ) throws -> [UInt8] {
    var sealer = SealedObject.Sealer(
      SealedObject(keys, key: key, id: id, byteCount: UInt64(count ?? text.count)))
    let next = pieces(text, of: piece)
    var sealed: [UInt8] = []
    while true {
      let more = try sealer.next(next)
      if more.isEmpty { return sealed }
      sealed += more
    }
  }

  private func open(
    _ sealed: [UInt8], _ keys: BackupKeys, _ id: ContentHash, piece: Int = 100_000,
    key: String = "segments/x"
  ) throws -> [UInt8] {
    var opener = SealedObject.Opener(keys, key: key, id: id)
    let next = pieces(sealed, of: piece)
    var text: [UInt8] = []
    while true {
      let more = next()
      if more.isEmpty { break }
      text += try opener.open(more)
    }
    try opener.finish()
    return text
  }

  @Test(
    "Texts of every length around the borders of chunks come back, in the length foretold",
    .requirement("SHP-11", "SHP-12", "SHP-13"),
    arguments: [0, 1, 15, 16, chunk - 1, chunk, chunk + 1, 3 * chunk, 3 * chunk + 7])
  func lengths(count: Int) throws {
    let keys = BackupKeys()
    let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let id = keys.id("segment", ContentDigest.hash(text))
    let sealed = try seal(text, keys, id)
    #expect(UInt64(sealed.count) == SealedObject.sealedByteCount(UInt64(count)))
    #expect(try open(sealed, keys, id) == text)
    #expect(try open(sealed, keys, id, piece: 7777) == text)
    // Again gives the same bytes, whatever the pieces were.
    #expect(try seal(text, keys, id, piece: 4321) == sealed)
    // A text of another length than was said is refused before the object is whole.
    for said in [count - 1, count + 1] where said >= 0 {
      #expect(throws: StoreError.self) { try seal(text, keys, id, saying: said) }
    }
  }

  @Test("No byte can be changed, cut off or added", .requirement("SHP-13", "SHP-14"))
  func hostileBytes() throws {
    let keys = BackupKeys()
    let text = Array("what was said on a certain day".utf8)
    let id = keys.id("segment", ContentDigest.hash(text))
    let sealed = try seal(text, keys, id)
    for at in sealed.indices {
      var changed = sealed
      changed[at] ^= 1 << UInt8(at % 8)
      #expect(throws: StoreError.self, "byte \(at)") { try open(changed, keys, id) }
      #expect(throws: StoreError.self, "cut \(at)") { try open(Array(sealed[..<at]), keys, id) }
    }
    #expect(throws: StoreError.self) { try open(sealed + [0], keys, id) }
    #expect(throws: StoreError.self) { try open(sealed + sealed, keys, id) }
    // Another name is another key: no two uploads share one.
    #expect(throws: StoreError.self) { try open(sealed, keys, id, key: "segments/y") }
    #expect(try seal(text, keys, id, key: "segments/y").suffix(9) != sealed.suffix(9))
    // Another key, another object, chunks in another order.
    #expect(throws: StoreError.self) { try open(sealed, BackupKeys(), id) }
    #expect(throws: StoreError.self) {
      try open(sealed, keys, keys.id("backup", ContentDigest.hash(text)))
    }
    let long = [UInt8](repeating: 7, count: 3 * Self.chunk)
    let longID = keys.id("segment", ContentDigest.hash(long))
    let whole = try seal(long, keys, longID)
    let size = Self.chunk + 16
    var swapped = whole
    let start = SealedObject.headerByteCount
    swapped.replaceSubrange(
      start..<(start + size), with: whole[(start + size)..<(start + 2 * size)])
    #expect(throws: StoreError.self) { try open(swapped, keys, longID) }
    #expect(throws: StoreError.self) { try open(Array(whole.dropLast(size)), keys, longID) }
  }

  @Test("A slot opens for its source alone, whatever is changed", .requirement("SHP-15", "SHP-16"))
  func slots() throws {
    let keys = BackupKeys()
    let recovery = RecoveryKey()
    let sources: [KeySource] = [
      .file([UInt8](repeating: 3, count: 32)), .passphrase(Array("correct horse".utf8)),
      .recovery(recovery),
    ]
    let others: [KeySource] = [
      .file([UInt8](repeating: 4, count: 32)), .passphrase(Array("correct horsf".utf8)),
      .recovery(RecoveryKey()),
    ]
    for (number, source) in sources.enumerated() {
      let slot = try KeySlot(keys, for: source, label: "l\u{1B}", time: 5, cost: 4)
      let bytes = slot.encode()
      let read = try KeySlot(bytes)
      #expect(read == slot)
      #expect(try read.open(source)?.bytes == keys.bytes)
      for other in others + sources where other.kind != source.kind || other == others[number] {
        #expect(try read.open(other) == nil)
      }
      for at in bytes.indices where number != 1 || at % 7 == 0 {
        var changed = bytes
        changed[at] ^= 1
        #expect((try? KeySlot(changed).open(source)) ?? nil == nil, "byte \(at)")
        #expect(throws: FormatError.self) { try KeySlot(Array(bytes[..<at])) }
      }
    }
    #expect(throws: StoreError.self) {
      try KeySlot(keys, for: .file([1, 2, 3]), label: "", time: 0)
    }
    #expect(throws: StoreError.self) { try KeySlot(keys, for: .passphrase([]), label: "", time: 0) }
    let text = recovery.text
    #expect(RecoveryKey(text.uppercased().replacing("-", with: " ")) == recovery)
    #expect(
      RecoveryKey(text.replacing(text.prefix(1), with: text.hasPrefix("0") ? "1" : "0")) == nil)
    #expect(RecoveryKey("") == nil && RecoveryKey(String(text.dropLast())) == nil)
    for shown in ["\(keys)", "\(recovery)", "\(sources[1])"] {
      #expect(!shown.contains("horse") && !shown.contains(text.prefix(4)))
    }
  }

  private static let source = KeySource.file([UInt8](repeating: 9, count: 40))

  @Test(
    "An encrypted target says nothing of what is in it and comes back whole",
    .requirement("SHP-10", "SHP-14"))
  func target() throws {
    let world = try ShippingWorld()
    let target = MemoryTarget()
    let made = try KeyRing(target).create(Self.source, label: "first")
    let objects = ObjectStore(target, keys: made.keys)
    for number in 0..<3 {
      try world.commit(number * 40, 40)
      _ = try world.store.backUp(to: objects)
    }
    #expect(try ShippingWorld.restoredDigest(objects) == world.digest())
    let reader = BackupReader(objects)
    let report = try reader.verify(readingPercent: 100)
    #expect(report.problems.isEmpty && report.backups == 3 && report.objectsRead == 3)
    let plain = MemoryTarget()
    _ = try world.store.backUp(to: plain)
    for (key, object) in plain.objects where key.hasPrefix("segments/") {
      #expect(target.objects[key] == nil)
      #expect(object.bytes.count > 100)
    }
    for object in target.objects.values {
      let needle = Array("VRVE".utf8)
      #expect(object.bytes.prefix(4).elementsEqual(needle))
      #expect(!String(decoding: object.bytes, as: UTF8.self).contains("message"))
    }
    // The recovery key alone is enough; no key, or another, is not.
    let found = try KeyRing(target).open(.recovery(made.recovery))
    #expect(try ShippingWorld.restoredDigest(ObjectStore(target, keys: found)) == world.digest())
    let stranger = try BackupReader(ObjectStore(target, keys: BackupKeys())).verify()
    #expect(stranger.backups == 0 && stranger.problems.count == 3)
    #expect(try BackupReader(target).backups().isEmpty)
    let error = #expect(throws: StoreError.self) {
      try KeyRing(target).open(.passphrase(Array("x".utf8)))
    }
    #expect(error?.code == .denied)
  }

  @Test("Objects that are swapped, cut, flipped, taken away or put back are found")
  func hostileTarget() throws {
    let world = try ShippingWorld()
    let target = MemoryTarget()
    let keys = try KeyRing(target).create(Self.source, label: "first").keys
    let objects = ObjectStore(target, keys: keys)
    for number in 0..<2 {
      try world.commit(number * 40, 40)
      _ = try world.store.backUp(to: objects)
    }
    let wanted = try world.digest()
    let all = target.objects
    let segments = all.keys.filter { $0.hasPrefix("segments/") }.sorted()
    let records = all.keys.filter { $0.hasPrefix("backups/") }.sorted()
    var random = SplitMix64(seed: 5)
    for step in 0..<200 {
      let hostile = target.copy()
      let key = segments[step % 2]
      switch step % 5 {
      case 0: hostile.change(key) { $0[Int(random.next() % UInt64($0.count))] ^= 4 }
      case 1: hostile.change(key) { $0.removeLast(1 + Int(random.next() % UInt64($0.count - 1))) }
      case 2: hostile.change(key) { $0 = all[segments[1 - step % 2]]?.bytes ?? [] }
      case 3: try hostile.delete(key)
      default:
        hostile.change(records[1]) { $0 = all[records[0]]?.bytes ?? [] }
      }
      let store = ObjectStore(hostile, keys: keys)
      let report = try BackupReader(store).verify(readingPercent: 100)
      #expect(!report.problems.isEmpty, "step \(step)")
      let restored = try? ShippingWorld.restoredDigest(store)
      // A record that is not what its name says is left out, and the one before it is whole.
      #expect(restored != wanted && (restored == nil || step % 5 == 4), "step \(step)")
    }
  }

  @Test("A damaged slot, or one of somebody else, takes nothing from the others")
  func damagedSlot() throws {
    let target = MemoryTarget()
    let ring = KeyRing(target)
    let made = try ring.create(Self.source, label: "first")
    let slots = try ring.slots()
    let first = try #require(slots.first { $0.kind == .file })
    target.change("keys/\(first.name).vkey") { $0[60] ^= 1 }
    target.add("keys/" + String(repeating: "0", count: 32) + ".vkey", [1, 2, 3])
    var damaged: [String] = []
    #expect(try ring.slots { damaged.append($0) }.count == 2 && damaged.count == 1)
    #expect(throws: StoreError.self) { try ring.open(Self.source) }
    #expect(try ring.open(.recovery(made.recovery)).bytes == made.keys.bytes)
    #expect(try ring.remove(String(repeating: "0", count: 32)) == nil)
    #expect(try ring.slots { _ in Issue.record("still there") }.count == 2)
    // What keeps us from looking is no damage.
    target.onRequest.withLock { hook in
      hook = { _ in throw StoreError(.unreachable, detail: "no network") }
    }
    #expect(#expect(throws: StoreError.self) { try ring.open(Self.source) }?.code == .unreachable)
    target.onRequest.withLock { $0 = nil }
    // A record of another ring is damage of that record alone.
    let world = try ShippingWorld()
    try world.commit(0, 20)
    let objects = ObjectStore(target, keys: made.keys)
    let key = try world.store.backUp(to: objects).key
    let other = ObjectStore(target, keys: BackupKeys())
    let bytes = Array("no record".utf8)
    try other.put("backups/000000000009-00000000000009-0123456789abcdef.vbak", .backup, bytes)
    #expect(try BackupReader(objects).backups().map(\.key) == [key])
  }

  @Test("A store comes from whichever copy is good")
  func copies() throws {
    let world = try ShippingWorld()
    try world.commit(0, 30)
    let target = MemoryTarget()
    _ = try world.store.backUp(to: target)
    let key = try #require(target.objects.keys.first { $0.hasPrefix("segments/") })
    let bytes = try #require(target.objects[key]?.bytes)
    for copy in ["0000000000000000", "ffffffffffffffff"] {
      target.add(key.dropLast(16) + copy, bytes)
    }
    for changed in target.objects.keys.filter({ $0.hasPrefix("segments/") }).sorted().dropLast() {
      target.change(changed) { $0[99] ^= 1 }
      #expect(try ShippingWorld.restoredDigest(ObjectStore(target)) == world.digest())
    }
  }

  @Test("Keys change without anything being shipped again", .requirement("SHP-17"))
  func rotation() throws {
    let world = try ShippingWorld()
    try world.commit(0, 30)
    let target = MemoryTarget()
    let ring = KeyRing(target)
    let made = try ring.create(Self.source, label: "first")
    _ = try world.store.backUp(to: ObjectStore(target, keys: made.keys))
    let before = target.objects.filter { !$0.key.hasPrefix("keys/") }.mapValues(\.bytes)
    let new = KeySource.passphrase(Array("another".utf8))
    let (old, keys) = try ring.slot(Self.source)
    _ = try ring.add(new, to: keys, label: "second")
    _ = try ring.remove(old.name)
    #expect(throws: StoreError.self) { try ring.open(Self.source) }
    let objects = ObjectStore(target, keys: try ring.open(new))
    #expect(try ShippingWorld.restoredDigest(objects) == world.digest())
    #expect(target.objects.filter { !$0.key.hasPrefix("keys/") }.mapValues(\.bytes) == before)
    let recovery = try #require(try ring.slots().first { $0.kind == .recovery })
    _ = try ring.remove(recovery.name)
    let last = try #require(try ring.slots().first)
    #expect(throws: StoreError.self) { try ring.remove(last.name) }
    #expect(throws: StoreError.self) { try ring.remove("") }
    // A target with backups stays what it is.
    #expect(throws: StoreError.self) { try ring.create(Self.source, label: "again") }
  }
}

extension KeySource {
  fileprivate static func == (left: KeySource, right: KeySource) -> Bool {
    switch (left, right) {
    case (.file(let a), .file(let b)), (.passphrase(let a), .passphrase(let b)): a == b
    case (.recovery(let a), .recovery(let b)): a == b
    default: false
    }
  }
}
