// The keys of a target, wrapped under the key of one source: what `keys/` holds. Chapter 7, SHP-15
// to SHP-17.

import Varve
import VarveFormat

/// One way to unlock a target.
public struct KeySlot: Sendable, Equatable {
  /// What tells it from the others: 16 random bytes.
  let id: [UInt8]
  /// Which keys it holds.
  let ringID: StoreID
  /// What unlocks it.
  public let kind: KeySlotKind
  /// When it was made, milliseconds since 1970 UTC.
  public let created: Int64
  /// What people call it.
  public let label: String
  private let salt: [UInt8]
  /// Doublings of the work of scrypt; 0 for other kinds.
  private let cost: UInt8
  /// What a service gave.
  private let wrappedKey: [UInt8]
  private let wrapped: [UInt8]

  /// Hexadecimal digits of its id.
  public var name: String { Hex.encode(id) }

  static let byteCountMax = 64 << 10
  private static let wrappedKeyByteCountMax = 32 << 10
  private static let idByteCount = 16
  private static let saltByteCount = 32
  private static let labelByteCountMax = 256
  /// 128 MiB of memory and a third of a second.
  static let scryptCost: UInt8 = 17
  /// More is a file that wants to take all memory: 1 GiB.
  private static let scryptCostMax: UInt8 = 20

  /// Wraps keys under the key of a source.
  init(
    _ keys: BackupKeys, for source: KeySource, label: String, time: Int64,
    cost: UInt8 = Self.scryptCost
  ) throws {
    id = Ciphers.random(Self.idByteCount)
    ringID = keys.ringID
    kind = source.kind
    created = time
    self.label = String(decoding: label.utf8.prefix(Self.labelByteCountMax), as: UTF8.self)
    salt = Ciphers.random(Self.saltByteCount)
    self.cost = kind == .passphrase ? cost : 0
    var key: [UInt8]?
    if case .service(let service) = source {
      let made = try service.makeKey(context: Hex.encode(id))
      guard made.wrapped.count <= Self.wrappedKeyByteCountMax else {
        throw StoreError(.limit, path: service.name, detail: "the key service gave too large a key")
      }
      wrappedKey = made.wrapped
      key = Ciphers.derive(made.plain, salt: salt, purpose: "varve slot")
    } else {
      wrappedKey = []
      key = try Self.key(source, salt: salt, cost: self.cost)
    }
    guard let key else { throw StoreError(.denied, detail: "no key to wrap with") }
    let head = Self.head(id, ringID, kind, created, self.label, salt, self.cost, wrappedKey)
    // The key is of this slot alone and encrypts this once.
    wrapped = try Ciphers.seal(keys.bytes[...], key: key, nonce: Self.nonce, with: head)
  }

  private static let nonce = [UInt8](repeating: 0, count: 12)

  /// The key that a source gives for a salt; nil of a service, which is asked itself.
  private static func key(_ source: KeySource, salt: [UInt8], cost: UInt8) throws -> [UInt8]? {
    switch source {
    case .file(let bytes):
      guard bytes.count >= KeySource.fileByteCountMin else {
        throw StoreError(
          .denied,
          detail: "the file of a key has \(KeySource.fileByteCountMin) random bytes at least")
      }
      return Ciphers.derive(bytes, salt: salt, purpose: "varve key file")
    case .passphrase(let bytes):
      guard !bytes.isEmpty else { throw StoreError(.denied, detail: "the passphrase is empty") }
      return try Ciphers.scrypt(bytes, salt: salt, rounds: 1 << Int(cost))
    case .recovery(let key):
      return Ciphers.derive(key.bytes, salt: salt, purpose: "varve recovery key")
    case .service: return nil
    }
  }

  /// The keys, if this source unlocks the slot; nil if it does not.
  ///
  /// - Throws: ``StoreError``: what a service throws.
  func open(_ source: KeySource) throws -> BackupKeys? {
    guard source.kind == kind else { return nil }
    let key: [UInt8]?
    if case .service(let service) = source {
      let plain = try service.unwrap(wrappedKey, context: Hex.encode(id))
      key = Ciphers.derive(plain, salt: salt, purpose: "varve slot")
    } else {
      key = try Self.key(source, salt: salt, cost: cost)
    }
    let head = Self.head(id, ringID, kind, created, label, salt, cost, wrappedKey)
    guard let key, let plain = Ciphers.open(wrapped[...], key: key, nonce: Self.nonce, with: head),
      let keys = BackupKeys(plain), keys.ringID == ringID
    else { return nil }
    return keys
  }

  // MARK: Bytes

  private static func head(
    _ id: [UInt8], _ ringID: StoreID, _ kind: KeySlotKind, _ created: Int64, _ label: String,
    _ salt: [UInt8], _ cost: UInt8, _ wrappedKey: [UInt8]
  ) -> [UInt8] {
    var writer = ByteWriter(reserving: 256)
    FileHeader(kind: .keySlot, number: UInt64(bitPattern: created), storeID: ringID)
      .write(to: &writer)
    writer.write(id)
    writer.write(kind.rawValue)
    writer.write(cost)
    writer.write(UInt16(0))
    writer.write(salt)
    writer.write(UInt32(label.utf8.count))
    writer.write(Array(label.utf8))
    writer.write(UInt32(wrappedKey.count))
    writer.write(wrappedKey)
    return writer.bytes
  }

  /// The whole file.
  func encode() -> [UInt8] {
    Self.head(id, ringID, kind, created, label, salt, cost, wrappedKey) + wrapped
  }

  /// Reads a whole file.
  init(_ bytes: [UInt8]) throws(FormatError) {
    let header = try FileHeader(bytes.rawSpan, expecting: .keySlot)
    var reader = ByteReader(bytes.rawSpan, at: FileHeader.byteCount)
    ringID = header.storeID
    created = Int64(bitPattern: header.number)
    id = try reader.readBytes(Self.idByteCount)
    let kindAt = reader.offset
    guard let kind = KeySlotKind(rawValue: try reader.read()) else {
      throw FormatError(.unknownTag, at: kindAt)
    }
    self.kind = kind
    cost = try reader.read()
    guard cost <= Self.scryptCostMax, (cost > 0) == (kind == .passphrase) else {
      throw FormatError(.outOfBounds, at: kindAt + 1)
    }
    guard try reader.read(UInt16.self) == 0 else {
      throw FormatError(.reservedNotZero, at: kindAt + 2)
    }
    salt = try reader.readBytes(Self.saltByteCount)
    let labelAt = reader.offset
    let labelCount = Int(try reader.read(UInt32.self))
    guard labelCount <= Self.labelByteCountMax + 3 else {
      throw FormatError(.outOfBounds, at: labelAt)
    }
    label = String(decoding: try reader.readBytes(labelCount), as: UTF8.self)
    let keyAt = reader.offset
    let keyCount = Int(try reader.read(UInt32.self))
    guard keyCount <= Self.wrappedKeyByteCountMax, (keyCount > 0) == (kind == .service) else {
      throw FormatError(.outOfBounds, at: keyAt)
    }
    wrappedKey = try reader.readBytes(keyCount)
    wrapped = try reader.readBytes(BackupKeys.byteCount + Ciphers.tagByteCount)
    try reader.expectEnd()
  }
}
