// The slots of a target: making the first ones, opening one, adding and taking away. The keys
// inside stay the same, so nothing that was shipped is shipped again.

import Varve
import VarveFormat
import VarveStorage

/// The ways to unlock a target.
public struct KeyRing: Sendable {
  private let target: any BackupTarget

  /// The ring of a target.
  public init(_ target: any BackupTarget) { self.target = target }

  /// Slots that are looked at; who finds more did not make them.
  private static let slotCountMax = 64

  /// The slots, oldest first.
  ///
  /// - Parameter onDamage: called with the keys of those that cannot be read: others may open the
  ///   target all the same.
  /// - Throws: ``StoreError``: what the target throws.
  public func slots(onDamage: (String) -> Void = { _ in }) throws -> [KeySlot] {
    var slots: [KeySlot] = []
    for object in try target.list(TargetKey.keys).prefix(Self.slotCountMax) {
      do {
        let bytes = try target.bytes(object.key, limit: KeySlot.byteCountMax)
        guard let slot = try? KeySlot(bytes), TargetKey.slot(slot.id) == object.key else {
          onDamage(object.key)
          continue
        }
        slots.append(slot)
      } catch let error as StoreError where error.code == .limit || error.code == .notFound {
        onDamage(object.key)
      }
    }
    return slots.sorted { ($0.created, $0.name) < ($1.created, $1.name) }
  }

  /// Whether the target has slots, good ones or not: then it is an encrypted one.
  public func hasSlots() throws -> Bool { try !target.list(TargetKey.keys).isEmpty }

  /// The keys of the target.
  ///
  /// - Throws: ``StoreError``: `denied` if the source unlocks no slot.
  public func open(_ source: KeySource) throws -> BackupKeys { try slot(source).keys }

  /// The slot that a source unlocks, and the keys in it.
  ///
  /// - Throws: ``StoreError``: `denied` if the source unlocks no slot.
  public func slot(_ source: KeySource) throws -> (slot: KeySlot, keys: BackupKeys) {
    guard try hasSlots() else {
      throw StoreError(.denied, path: target.name, detail: "the target is not encrypted")
    }
    var damaged: [String] = []
    let slots = try slots { damaged.append($0) }
    var failure: StoreError?
    for slot in slots {
      do {
        if let keys = try slot.open(source) { return (slot, keys) }
      } catch let error as StoreError {
        failure = error
      }
    }
    if let failure { throw failure }
    if slots.isEmpty {
      throw StoreError(.damaged, path: target.name, detail: "none of its key slots can be read")
    }
    let kinds = Set(slots.map(\.kind)).map { "\($0)" }.sorted().joined(separator: ", ")
    throw StoreError(
      .denied, path: target.name,
      detail: "this \(source.kind) does not unlock the target (its slots: \(kinds)"
        + (damaged.isEmpty ? ")" : "; \(damaged.count) damaged)"))
  }

  /// Makes a target an encrypted one: a slot for a source, and one for a new recovery key.
  ///
  /// - Returns: the keys, and the recovery key, which must be shown now or never.
  /// - Throws: ``StoreError``: `request` if the target has backups already, `busy` if somebody else
  ///   does the same at this moment.
  public func create(
    _ source: KeySource, label: String
  ) throws -> (keys: BackupKeys, recovery: RecoveryKey) {
    guard try target.list(TargetKey.backups).isEmpty, try target.list(TargetKey.segments).isEmpty
    else {
      throw StoreError(
        .request("invalid_target"), path: target.name,
        detail: "the target has backups that are not encrypted; give another place")
    }
    let (keys, recovery) = (BackupKeys(), RecoveryKey())
    let time = try target.now()
    let made = [
      try KeySlot(keys, for: source, label: label, time: time),
      try KeySlot(keys, for: .recovery(recovery), label: "recovery key", time: time),
    ]
    do {
      for slot in made { try put(slot) }
      var damagedCount = 0
      let found = try slots { _ in damagedCount += 1 }
      guard damagedCount == 0, found.count == made.count, made.allSatisfy(found.contains) else {
        throw StoreError(
          .busy, path: target.name, detail: "another backup made keys at the same time")
      }
    } catch {
      // A recovery key that nobody was shown is none.
      for slot in made { try? target.delete(TargetKey.slot(slot.id)) }
      throw error
    }
    return (keys, recovery)
  }

  /// Adds a slot.
  public func add(_ source: KeySource, to keys: BackupKeys, label: String) throws -> KeySlot {
    let slot = try KeySlot(keys, for: source, label: label, time: target.now())
    try put(slot)
    return slot
  }

  /// Adds a new recovery key; the old one goes on unlocking until its slot is removed.
  public func addRecoveryKey(to keys: BackupKeys) throws -> (slot: KeySlot, key: RecoveryKey) {
    let key = RecoveryKey()
    return (try add(.recovery(key), to: keys, label: "recovery key"), key)
  }

  /// Takes a slot away.
  ///
  /// - Parameter name: the beginning of its name, as long as no other begins so; the whole name of
  ///   one that cannot be read.
  /// - Returns: the slot; nil if it could not be read.
  /// - Throws: ``StoreError``: `notFound`, `ambiguous`, `request` for the last one.
  public func remove(_ name: String) throws -> KeySlot? {
    var damaged: [String] = []
    let slots = try slots { damaged.append($0) }
    let key = TargetKey.keys + name + ".vkey"
    if damaged.contains(key) {
      try target.delete(key)
      return nil
    }
    let found = slots.filter { $0.name.hasPrefix(name) }
    guard let slot = found.first else {
      throw StoreError(.notFound, path: target.name, detail: "no key slot is called \(name)")
    }
    guard found.count == 1, !name.isEmpty else {
      throw StoreError(
        .ambiguous, path: target.name, detail: "\(found.count) key slots are called \(name)...")
    }
    guard slots.count > 1 else {
      throw StoreError(
        .request("last_key"), path: target.name,
        detail: "this is the last key: without it nothing could be read again")
    }
    try target.delete(TargetKey.slot(slot.id))
    return slot
  }

  /// Refuses a target that has encrypted objects and no slots: whoever took it for a plain one
  /// would ship for all to read beside them.
  public func requirePlain() throws {
    guard let object = try target.list(TargetKey.backups).last else { return }
    let head = try target.get(object.key, at: 0, count: FileHeader.byteCount)
    guard (try? FileHeader(head.rawSpan, expecting: .sealedObject)) != nil else { return }
    throw StoreError(
      .damaged, path: target.name,
      detail: "its backups are encrypted, but what was below keys/ is gone: put it back")
  }

  /// Takes all slots away: of a target that was just made and holds nothing.
  public func removeAll() throws {
    guard try target.list(TargetKey.backups).isEmpty, try target.list(TargetKey.segments).isEmpty
    else { return }
    for object in try target.list(TargetKey.keys) { try target.delete(object.key) }
  }

  private func put(_ slot: KeySlot) throws {
    let bytes = slot.encode()
    var rest = [bytes]
    try target.put(TargetKey.slot(slot.id), digest: Digest.hash(bytes)) { rest.popLast() ?? [] }
  }
}
