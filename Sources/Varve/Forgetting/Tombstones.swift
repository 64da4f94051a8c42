// What keeps the forgotten from coming back: keyed digests of it, in the log as facts. Chapter 12.

import VarveFormat
import VarveStorage

/// Digests of what was forgotten, under a key of the store's own.
struct Tombstones: Sendable {
  /// What a mask is of; the byte goes into it.
  enum Domain: UInt8 {
    /// A content in a session at a time: the same sighting in any file.
    case sighting = 1
    /// A content, wherever it is seen.
    case content = 2
    /// A file, by its host and path.
    case source = 3
  }

  /// The first half of a keyed digest.
  struct Mask: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    var hex: String { Hex.encode(high.bigEndianBytes + low.bigEndianBytes) }
  }

  /// Key of the fact that holds the store's key.
  static let keyOfKey: [UInt8] = [0]
  /// Masks, and ranges of sequences, of one fact.
  static let itemsOfFactMax = 100_000

  let key: [UInt8]
  private var masks: Set<Mask> = []
  /// Forgettings so far.
  private(set) var operationCount: UInt64 = 0

  /// A store's first key.
  init() {
    var generator = SystemRandomNumberGenerator()
    key = (0..<4).flatMap { _ in (generator.next() as UInt64).bigEndianBytes }
  }

  /// What the log of a view says; nil if nothing was ever forgotten.
  init?(_ view: StoreView) throws(StorageError) {
    guard let fact = try view.fact(.tombstone, key: Self.keyOfKey) else { return nil }
    guard case .string(let text)? = try Self.tree(fact)["key"],
      let key = Hex.decode(String(decoding: text, as: UTF8.self)), key.count == 32
    else { throw StorageError(.corrupt, path: "", doing: "read the key of tombstones") }
    self.key = key
    for fact in try view.facts(.tombstone) where fact.key.count == 12 {
      operationCount = max(operationCount, fact.key.rawSpan.loadBigEndian(at: 0))
      guard case .array(let values)? = try Self.tree(fact)["masks"] else { continue }
      for value in values {
        guard case .string(let text) = value,
          let bytes = Hex.decode(String(decoding: text, as: UTF8.self)), bytes.count == 16
        else {
          throw StorageError(.corrupt, path: "", doing: "read the masks of a tombstone")
        }
        masks.insert(
          Mask(high: bytes.rawSpan.loadBigEndian(at: 0), low: bytes.rawSpan.loadBigEndian(at: 8)))
      }
    }
  }

  static func tree(_ fact: Fact) throws(StorageError) -> MetadataValue {
    try inFile("", "decode a tombstone") { () throws(FormatError) in
      try MetadataTree.decode(fact.value.rawSpan)
    }
  }

  // MARK: Masks

  func mask(_ domain: Domain, _ bytes: [UInt8]) -> Mask {
    let digest = Digest.keyed([domain.rawValue] + bytes, key: key)
    return Mask(high: digest.a, low: digest.b)
  }

  /// A content in a session at a time.
  func sighting(_ hash: ContentHash, session: [UInt8], time: Int64) -> Mask {
    var input = ByteWriter(reserving: 48 + session.count)
    input.write(time)
    hash.write(to: &input)
    input.write(session)
    return mask(.sighting, input.bytes)
  }

  func source(host: String, path: String) -> Mask {
    mask(.source, Array(host.utf8) + [0] + Array(path.utf8))
  }

  func contains(_ mask: Mask) -> Bool { masks.contains(mask) }

  /// Whether an occurrence that comes in was forgotten, here or everywhere.
  func covers(_ hash: ContentHash, session: [UInt8], time: Int64) -> Bool {
    masks.contains(mask(.content, hash.bytes))
      || masks.contains(sighting(hash, session: session, time: time))
  }

  // MARK: Facts

  /// The facts of one forgetting.
  func facts(_ operation: ForgetOperation) -> [Fact] {
    var facts: [Fact] = []
    if operationCount == 0 {
      facts.append(
        Fact(
          kind: .tombstone, key: Self.keyOfKey,
          value: MetadataTree.encode(.object([.init("key", .text(Hex.encode(key)))]))))
    }
    let number = operationCount &+ 1
    var part: UInt32 = 0
    var rest = operation.masks[...]
    var restOfRanges = SequenceRange.ranges(of: operation.sequences)[...]
    repeat {
      let masks = rest.prefix(Self.itemsOfFactMax)
      rest = rest.dropFirst(Self.itemsOfFactMax)
      let ranges = restOfRanges.prefix(Self.itemsOfFactMax)
      restOfRanges = restOfRanges.dropFirst(Self.itemsOfFactMax)
      facts.append(
        Fact(
          kind: .tombstone, key: number.bigEndianBytes + part.bigEndianBytes,
          value: MetadataTree.encode(
            .object([
              .init("time", .int(operation.time)), .init("reason", .text(operation.reason)),
              .init("occurrences", .int(Int64(operation.sequences.count))),
              .init("messages", .int(Int64(operation.messages))),
              .init("sequences", .array(ranges.map(\.tree))),
              .init("masks", .array(masks.map { .text($0.hex) })),
            ]))))
      part += 1
    } while !rest.isEmpty || !restOfRanges.isEmpty
    return facts
  }
}

/// One forgetting, as its tombstone keeps it.
struct ForgetOperation {
  var time: Int64
  var reason: String
  /// Of the occurrences that go, ascending.
  var sequences: [UInt64]
  var messages: Int
  var masks: [Tombstones.Mask]
}

extension FixedWidthInteger {
  var bigEndianBytes: [UInt8] {
    (0..<(Self.bitWidth / 8)).map { i in
      UInt8(truncatingIfNeeded: self >> Self(Self.bitWidth - 8 - 8 * i))
    }
  }
}
