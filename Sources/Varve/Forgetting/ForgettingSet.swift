// What a store forgot, for older copies of it that have it still: its tombstones as they are, which
// say what goes and, by their masks, whether a record is the one that was forgotten.

import VarveFormat
import VarveStorage

/// All forgettings of a store, to be carried out in a copy that knows fewer of them.
public struct ForgettingSet: Sendable {
  /// The store.
  public let store: StoreID
  /// Number of its last forgetting.
  public let count: UInt64
  /// The occurrences that it forgot.
  public let sequences: [ClosedRange<UInt64>]
  let facts: [Fact]
  let tombstones: Tombstones

  /// Whether something of a file was forgotten.
  public func contains(_ source: ForgetRequest.Source) -> Bool {
    tombstones.contains(tombstones.source(host: source.host, path: source.path))
  }

  /// The tombstones that a copy does not know yet.
  func facts(beyond count: UInt64) -> [Fact] {
    facts.filter { fact in
      guard fact.key.count == 12 else { return count == 0 }
      return fact.key.rawSpan.loadBigEndian(at: 0) as UInt64 > count
    }
  }
}

extension Snapshot {
  /// Everything that was forgotten; nil if nothing ever was.
  public func forgettingSet() throws(StoreError) -> ForgettingSet? {
    guard let tombstones = try engine({ () throws(StorageError) in try Tombstones(view) }) else {
      return nil
    }
    return ForgettingSet(
      store: storeID, count: tombstones.operationCount,
      sequences: try forgettings().flatMap(\.sequences),
      facts: try engine { () throws(StorageError) in try view.facts(.tombstone) },
      tombstones: tombstones)
  }

  /// The occurrences of a copy that the store forgot.
  ///
  /// - Throws: ``StoreError``: `request` if one of them is not the one that was forgotten: the copy
  ///   is of a log that went another way.
  public func selectForForgetting(
    _ set: ForgettingSet
  ) throws(StoreError) -> ForgetSelection {
    if let own = try engine({ () throws(StorageError) in try Tombstones(view) }),
      own.key != set.tombstones.key
    {
      throw StoreError(
        .request("another_history"),
        detail: "it forgot by itself, under another key: the log went another way")
    }
    var chosen: Set<UInt64> = []
    for range in set.sequences where range.lowerBound < nextSequence {
      chosen.formUnion(range.lowerBound...min(range.upperBound, nextSequence - 1))
    }
    for sequence in chosen.sorted() {
      // A tombstone is not enough: what was interrupted behind it left everything there (FGT-6).
      let mask = try engine { () throws(StorageError) in
        try set.tombstones.sighting(of: sequence, in: view)?.mask
      }
      guard let mask else {
        chosen.remove(sequence)
        continue
      }
      guard set.tombstones.contains(mask) else {
        throw StoreError(
          .request("another_history"),
          detail: "occurrence \(sequence) is not the one that was forgotten: the log went another "
            + "way from there")
      }
    }
    return try selection(of: chosen, isEverywhere: false)
  }
}

extension Tombstones {
  /// The mask of an occurrence's sighting, and the hash of its content; nil if it is forgotten.
  func sighting(
    of sequence: UInt64, in view: StoreView
  ) throws(StorageError) -> (mask: Mask, hash: ContentHash)? {
    let block = try view.block(containing: sequence)
    let record = try view.record(sequence, in: block)
    if record.isForgotten { return nil }
    let session = block.text(record.fields[.session]).map { Array(block.payload[$0]) } ?? []
    let hash = Digest.hash(try view.content(record, in: block))
    return (sighting(hash, session: session, time: record.fields.time), hash)
  }
}
