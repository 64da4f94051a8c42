// Ordered walks over the occurrences of a snapshot: a merge of the same tree of every index.

import VarveFormat
import VarveStorage

/// Which occurrences a walk visits.
public enum OccurrenceScope: Sendable, Equatable {
  /// All.
  case all
  /// Those of one project, by its path.
  case project(String)
  /// Those of one session, by its identifier.
  case session(String)
}

/// The direction of a walk. Occurrences without time come last in both.
public enum OccurrenceOrder: Sendable {
  /// Latest time first, of equal times the highest sequence first.
  case newestFirst
  /// Earliest time first, of equal times the lowest sequence first.
  case oldestFirst
}

/// A walk over occurrences; a value that can be copied and continued.
public struct OccurrenceCursor: Sendable {
  private struct Head: Sendable {
    var index: IndexFile
    var walk: BTreeCursor
    var ordinal: UInt32?
    var key: UInt64
    var sequence: UInt64
  }

  private let view: StoreView
  private let scope: OccurrenceScope
  private let order: OccurrenceOrder
  private let since: Int64?
  private let until: Int64?
  private var heads: [Head] = []
  private var isInUntimed = false

  init(
    _ view: StoreView, scope: OccurrenceScope, order: OccurrenceOrder, since: Int64?,
    until: Int64?
  ) throws(StorageError) {
    self.view = view
    self.scope = scope
    self.order = order
    self.since = since
    self.until = until
    try start()
  }

  /// Bounds of the times in keys: the first that is in, the first that is out.
  private var bounds: (low: UInt64, high: UInt64) {
    if isInUntimed { return (.max, .max) }
    let low = since.map { TreeKeys.time($0) } ?? 0
    let high = until.map { TreeKeys.time($0) } ?? .max
    return (low, max(low, high))
  }

  private mutating func start() throws(StorageError) {
    heads = []
    let (low, high) = bounds
    for index in try view.indexes() {
      var ordinal: UInt32?
      let kind: TreeKind
      switch scope {
      case .all:
        kind = .time
      case .project(let path):
        ordinal = try index.ordinal(of: Array(path.utf8))
        kind = .project
        if ordinal == nil { continue }
      case .session(let id):
        ordinal = try index.ordinal(of: Array(id.utf8))
        kind = .session
        if ordinal == nil { continue }
      }
      // Walking back starts behind the last key that is in; untimed keys are the last of all.
      let from = order == .oldestFirst || isInUntimed ? (low, UInt32(0)) : (high, UInt32(0))
      let key = Self.key(ordinal, time: from.0, relative: from.1)
      var head = Head(
        index: index, walk: try index.tree(kind).cursor(from: key), ordinal: ordinal, key: 0,
        sequence: 0)
      if try advance(&head) { heads.append(head) }
    }
  }

  private static func key(_ ordinal: UInt32?, time: UInt64, relative: UInt32) -> TreeKey {
    guard let ordinal else { return TreeKey(time, UInt64(relative) << 32) }
    return TreeKey(UInt64(ordinal) << 32 | time >> 32, time << 32 | UInt64(relative))
  }

  /// Moves a head to its next entry; false at the end of what is in.
  private func advance(_ head: inout Head) throws(StorageError) -> Bool {
    let (low, high) = bounds
    let isForward = order == .oldestFirst || isInUntimed
    guard let entry = isForward ? try head.walk.next() : try head.walk.previous() else {
      return false
    }
    let time: UInt64
    let relative: UInt64
    if let ordinal = head.ordinal {
      guard UInt32(truncatingIfNeeded: entry.key.a >> 32) == ordinal else { return false }
      time = entry.key.a << 32 | entry.key.b >> 32
      relative = entry.key.b & 0xFFFF_FFFF
    } else {
      time = entry.key.a
      relative = entry.key.b >> 32
    }
    if isInUntimed {
      guard time == .max else { return false }
    } else {
      guard time >= low, time < high else { return false }
    }
    head.key = time
    head.sequence = head.index.firstSequence + relative
    return true
  }

  /// The sequence of the next occurrence; nil at the end. Cost: a comparison an index.
  public mutating func nextSequence() throws(StoreError) -> UInt64? {
    try engine { () throws(StorageError) in try step() }
  }

  private mutating func step() throws(StorageError) -> UInt64? {
    while true {
      if let best = bestHead() {
        let sequence = heads[best].sequence
        if !(try advance(&heads[best])) { heads.remove(at: best) }
        return sequence
      }
      // Untimed ones come last, and only where no time was asked for.
      guard !isInUntimed, since == nil, until == nil else { return nil }
      isInUntimed = true
      try start()
    }
  }

  private func bestHead() -> Int? {
    var best: Int?
    for i in heads.indices {
      guard let current = best else {
        best = i
        continue
      }
      let a = (heads[i].key, heads[i].sequence)
      let b = (heads[current].key, heads[current].sequence)
      if order == .oldestFirst || isInUntimed ? a < b : a > b { best = i }
    }
    return best
  }

  /// The next occurrence; nil at the end.
  public mutating func next() throws(StoreError) -> Occurrence? {
    guard let sequence = try nextSequence() else { return nil }
    return try Snapshot(view).occurrence(sequence)
  }
}

extension Snapshot {
  /// Walks occurrences in the order of their time.
  ///
  /// - Parameters:
  ///   - scope: all, or those of a project or session.
  ///   - since: first time that is in, milliseconds since 1970 UTC.
  ///   - until: first time that is out.
  ///   - order: direction.
  public func occurrences(
    in scope: OccurrenceScope = .all, since: Int64? = nil, until: Int64? = nil,
    order: OccurrenceOrder = .newestFirst
  ) throws(StoreError) -> OccurrenceCursor {
    try engine { () throws(StorageError) in
      try OccurrenceCursor(view, scope: scope, order: order, since: since, until: until)
    }
  }
}
