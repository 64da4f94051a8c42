// Results of searches that were asked before. The key holds all that an answer depends on, so that
// a stale one is impossible; a time limit and a number of entries bound it. ARCHITECTURE: repeated
// queries come from a bounded in-process cache.

import Synchronization
import VarveFormat

/// How often searches of a store were answered from memory.
public struct SearchCacheStatistics: Equatable, Sendable {
  /// Searches answered from memory.
  public var hits = 0
  /// Searches that were run.
  public var misses = 0

  package init(hits: Int = 0, misses: Int = 0) {
    self.hits = hits
    self.misses = misses
  }

  /// Share of searches that were answered from memory, from 0 to 1.
  public var hitRate: Double { hits + misses == 0 ? 0 : Double(hits) / Double(hits + misses) }
}

final class ResultCache: Sendable {
  struct Key: Hashable {
    /// Generation and tail: everything that was committed.
    var manifest: ContentHash
    var commit: UInt64
    var nextSequence: UInt64
    var query: SearchQuery
  }

  private struct Entry {
    var results: SearchResults
    var made: ContinuousClock.Instant
    var used: UInt64
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var tick: UInt64 = 0
    var statistics = SearchCacheStatistics()
  }

  private let countMax: Int
  private let lifetime: Duration
  private let state = Mutex(State())

  init(countMax: Int, lifetimeSeconds: Int) {
    self.countMax = countMax
    lifetime = .seconds(lifetimeSeconds)
  }

  var statistics: SearchCacheStatistics { state.withLock { $0.statistics } }

  func find(_ key: Key) -> SearchResults? {
    guard countMax > 0 else { return nil }
    let now = ContinuousClock.now
    let lifetime = lifetime
    return state.withLock { state in
      guard var entry = state.entries[key], now - entry.made < lifetime else {
        state.entries[key] = nil
        state.statistics.misses += 1
        return nil
      }
      state.tick += 1
      entry.used = state.tick
      state.entries[key] = entry
      state.statistics.hits += 1
      return entry.results
    }
  }

  func insert(_ key: Key, _ results: SearchResults) {
    guard countMax > 0, results.isComplete else { return }
    state.withLock { state in
      state.tick += 1
      // The one that was not asked for the longest time makes room.
      if state.entries.count >= countMax,
        let oldest = state.entries.min(by: { $0.value.used < $1.value.used })
      {
        state.entries[oldest.key] = nil
      }
      state.entries[key] = Entry(results: results, made: .now, used: state.tick)
    }
  }
}
