// Recognises the records of a rewritten file that stood in it before. Format-spec CON-40.

import Varve
import VarveFormat

/// Matches records to those of the version before by their bytes and by which of equal ones they
/// are.
package struct Relocation: Sendable {
  /// Where a record stood first.
  package struct Origin: Equatable, Sendable {
    var incarnation: UInt32
    var offset: UInt64
    var line: UInt64
    var part: Int
  }

  /// The first half of a record's SHA-256.
  private struct Key: Hashable {
    var high: UInt64
    var low: UInt64
  }

  private var before: [Key: [Origin]] = [:]
  private var now: [Key: [Origin]] = [:]

  /// Notes a record of the present version; its own place if it is new.
  mutating func locate(
    _ record: RawSpan, _ place: RecordSink.Place, incarnation: UInt32
  ) -> Origin {
    let hash = ContentDigest.hash(record)
    let key = Key(high: hash.a, low: hash.b)
    let ordinal = now[key]?.count ?? 0
    let own = Origin(
      incarnation: incarnation, offset: place.offset, line: place.line, part: place.part)
    let known = before[key].flatMap { ordinal < $0.count ? $0[ordinal] : nil }
    now[key, default: []].append(known ?? own)
    return known ?? own
  }

  /// What was noted becomes the version before.
  mutating func beginVersion() {
    before = now
    now = [:]
  }
}
