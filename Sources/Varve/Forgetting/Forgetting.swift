// What was forgotten when, as the tombstones tell.

import VarveFormat
import VarveStorage

/// One forgetting.
public struct Forgetting: Sendable, Equatable {
  /// Its number in the store, from 1.
  public var number: UInt64
  /// When, milliseconds since 1970 UTC.
  public var time: Int64
  /// Why.
  public var reason: String
  /// Occurrences that went.
  public var occurrences: Int
  /// Messages whose last occurrence went.
  public var messages: Int
  /// The sequences of the occurrences.
  public var sequences: [ClosedRange<UInt64>]
}

/// A run of sequences.
struct SequenceRange {
  var first: UInt64
  var count: UInt64

  var tree: MetadataValue { .array([.int(Int64(first)), .int(Int64(count))]) }

  /// Ascending sequences as runs.
  static func ranges(of sequences: [UInt64]) -> [SequenceRange] {
    var ranges: [SequenceRange] = []
    for sequence in sequences {
      if let last = ranges.last, last.first + last.count == sequence {
        ranges[ranges.count - 1].count += 1
      } else {
        ranges.append(SequenceRange(first: sequence, count: 1))
      }
    }
    return ranges
  }
}

extension Snapshot {
  /// How many forgettings there were.
  public func forgettingCount() throws(StoreError) -> UInt64 {
    try engine { () throws(StorageError) in try Tombstones(view)?.operationCount ?? 0 }
  }

  /// All forgettings, oldest first.
  public func forgettings() throws(StoreError) -> [Forgetting] {
    try engine { () throws(StorageError) in
      var found: [UInt64: Forgetting] = [:]
      let facts = try view.facts(.tombstone).filter { $0.key.count == 12 }
      for fact in facts.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        let tree = try Tombstones.tree(fact)
        let number: UInt64 = fact.key.rawSpan.loadBigEndian(at: 0)
        var forgetting =
          found[number]
          ?? Forgetting(
            number: number, time: tree["time"]?.int ?? 0, reason: tree["reason"]?.text ?? "",
            occurrences: Int(tree["occurrences"]?.int ?? 0),
            messages: Int(tree["messages"]?.int ?? 0), sequences: [])
        forgetting.sequences += try Self.ranges(tree)
        found[number] = forgetting
      }
      return found.values.sorted { $0.number < $1.number }
    }
  }

  private static func ranges(
    _ tree: MetadataValue
  ) throws(StorageError) -> [ClosedRange<UInt64>] {
    guard case .array(let values)? = tree["sequences"] else { return [] }
    var ranges: [ClosedRange<UInt64>] = []
    for value in values {
      guard case .array(let ends) = value, ends.count == 2, let first = ends[0].int,
        let count = ends[1].int, first > 0, count > 0, first <= Int64.max - count
      else { throw StorageError(.corrupt, path: "", doing: "read the sequences of a tombstone") }
      ranges.append(UInt64(first)...UInt64(first + count - 1))
    }
    return ranges
  }
}
