// A small store in memory to ship from.

import Varve
import VarveFormat
import VarveShipping
import VarveStorage
import VarveTestSupport

/// A store in memory.
struct ShippingWorld {
  let disk = SimulatedFileSystem()
  let store: Store

  init() throws {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    store = try Store.open(at: "/s", options: options, fileSystem: disk)
  }

  /// Commits occurrences whose contents tell them apart.
  func commit(_ first: Int, _ count: Int) throws {
    var batch = WriteBatch()
    for number in first..<(first + count) {
      var occurrence = Occurrence(
        kind: .log, place: SourcePlace(host: "h", path: "f", offset: UInt64(number)))
      occurrence.session = "s\(number % 3)"
      try batch.append(occurrence, content: Array("message \(number) of some".utf8))
    }
    try store.commit(batch)
  }

  /// Commits contents that do not compress, of 256 KiB each.
  func commitLarge(count: Int) throws {
    var generator = SplitMix64(seed: 1)
    var batch = WriteBatch()
    for number in 0..<count {
      let occurrence = Occurrence(
        kind: .file, place: SourcePlace(host: "h", path: "large", offset: UInt64(number)))
      let content = (0..<(256 << 10)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      try batch.append(occurrence, content: Array("large ".utf8) + content)
    }
    try store.commit(batch)
  }

  func digest() throws -> ContentHash { try store.snapshot().digest() }

  /// Restores the newest backup of some objects and gives its digest.
  static func restoredDigest(_ objects: ObjectStore) throws -> ContentHash? {
    let reader = BackupReader(objects)
    guard let newest = try reader.backups().last else { return nil }
    return try restoredDigest(newest, objects)
  }

  static func restoredDigest(_ backup: BackupInfo, _ objects: ObjectStore) throws -> ContentHash {
    let store = try BackupReader(objects).restore(
      backup, into: "/restored", fileSystem: SimulatedFileSystem())
    return try store.snapshot().digest()
  }
}
