// Which sightings the tail has, by the file they come from: a file's records are read in order, so
// the place of its last one tells of nearly every new record that it is new. A table of all
// identities is only made once a record comes out of order.

import VarveFormat

/// The identities of the tail's rows.
struct TailIdentities: Sendable {
  /// The last place known of one file.
  private struct Scope {
    let high: UInt64
    let low: UInt64
    var offset: UInt64
    var part: UInt16

    func isBehind(_ identity: OccurrenceIdentity) -> Bool {
      identity.offset != offset ? identity.offset > offset : identity.part > part
    }
  }

  private var scopes: [Scope] = []
  private var byScope = SlotTable()
  /// The scope of the last row.
  private var current = -1
  private var table = SlotTable()
  /// Rows that are in `table`.
  private var tabledCount = 0

  private func find(_ high: UInt64, _ low: UInt64) -> Int? {
    if current >= 0, scopes[current].high == high, scopes[current].low == low { return current }
    return byScope.find(high) { scopes[$0].high == high && scopes[$0].low == low }
  }

  /// Notes the identity of a row that is appended.
  mutating func note(_ identity: OccurrenceIdentity) {
    if let known = find(identity.scopeHigh, identity.scopeLow) {
      current = known
      if scopes[known].isBehind(identity) {
        scopes[known].offset = identity.offset
        scopes[known].part = identity.part
      }
      return
    }
    current = scopes.count
    byScope.insert(identity.scopeHigh, current)
    scopes.append(
      Scope(
        high: identity.scopeHigh, low: identity.scopeLow, offset: identity.offset,
        part: identity.part))
  }

  /// Whether one of the rows has the identity.
  mutating func contains(_ identity: OccurrenceIdentity, in rows: [TailRow]) -> Bool {
    guard let scope = find(identity.scopeHigh, identity.scopeLow),
      !scopes[scope].isBehind(identity)
    else { return false }
    while tabledCount < rows.count {
      table.insert(DedupFilter.hash(rows[tabledCount].identity), tabledCount)
      tabledCount += 1
    }
    return table.find(DedupFilter.hash(identity)) { rows[$0].identity == identity } != nil
  }
}
