// Continuous ingest: a new line can be listed within a second, and a stop ends cleanly.

import Foundation
import Synchronization
import Testing
import Varve
import VarveFormat
import VarveSources
import VarveTestSupport

@Suite("Watch", .serialized) struct WatchTests {
  /// Runs a watch on a thread of its own until the test ends it.
  private final class Watching: Sendable {
    private let isStopped = Mutex(false)
    private let failure = Mutex<String?>(nil)
    private let thread: Mutex<Bool> = Mutex(false)

    init(_ world: World, lockWaitMilliseconds: Int = 10_000) {
      Thread.detachNewThread { [self] in
        do {
          var storeOptions = StoreOptions(access: .write)
          storeOptions.createIfMissing = true
          storeOptions.maintenance = .manual
          storeOptions.lockWaitMilliseconds = lockWaitMilliseconds
          let store = try Store.open(at: world.storePath, options: storeOptions)
          var options = ImportOptions()
          options.host = "test"
          try Watch(into: store, homes: [world.home], options: options).run(
            isStopped: { [self] in isStopped.withLock { $0 } }, onPart: { _ in })
        } catch {
          failure.withLock { $0 = "\(error)" }
        }
        thread.withLock { $0 = true }
      }
    }

    /// Ends it and waits; says what went wrong.
    func stop() -> String? {
      isStopped.withLock { $0 = true }
      for _ in 0..<1000 where !thread.withLock({ $0 }) { usleep(10_000) }
      return thread.withLock { $0 } ? failure.withLock { $0 } : "it did not stop"
    }
  }

  /// Seconds until a condition holds, at most ten.
  private func seconds(until isTrue: () throws -> Bool) rethrows -> Double {
    let start = Date()
    while Date().timeIntervalSince(start) < 10 {
      if try isTrue() { break }
      usleep(10_000)
    }
    return Date().timeIntervalSince(start)
  }

  @Test(
    "New lines and new files are there within seconds; the end is clean", .timeLimit(.minutes(1)))
  func followsSources() throws {
    let world = try World()
    try world.history(#"{"display":"one","timestamp":1767323045678}"# + "\n")
    try world.transcript(messageLine("user", "\"first\""))
    let watching = Watching(world)
    func texts() -> Set<String> { Set((try? world.sightings().map(\.text)) ?? []) }
    #expect(seconds { texts() == ["one", "first"] } < 10)
    try world.scratch.append("home/projects/-p/s.jsonl", messageLine("user", "\"second\""))
    // A second is the aim; a machine under load may take longer, but never ten.
    #expect(seconds { texts().contains("second") } < 10)
    try world.transcript(messageLine("user", "\"third\""), name: "new/subagents/agent-a.jsonl")
    #expect(seconds { texts().contains("third") } < 10)
    #expect(watching.stop() == nil)
    // All parts are one run, and nothing is read twice.
    #expect(try world.snapshot().runs().count == 1)
    #expect(try world.ingest().committed.occurrencesNew == 0)
  }

  @Test("A writer that holds the lock for long does not end it", .timeLimit(.minutes(1)))
  func outlastsOthers() throws {
    let world = try World()
    try world.history(#"{"display":"one","timestamp":1767323045678}"# + "\n")
    let watching = Watching(world, lockWaitMilliseconds: 50)
    func texts() -> Set<String> { Set((try? world.sightings().map(\.text)) ?? []) }
    #expect(seconds { texts() == ["one"] } < 10)
    let other = unsafe open(world.storePath + "/LOCK", O_RDWR)
    #expect(seconds { flock(other, LOCK_EX | LOCK_NB) == 0 } < 10)
    try world.scratch.append(
      "home/history.jsonl", #"{"display":"two","timestamp":1767323045679}"# + "\n")
    // Long enough for several tries that fail.
    usleep(3_000_000)
    #expect(texts() == ["one"])
    close(other)
    #expect(seconds { texts() == ["one", "two"] } < 10)
    #expect(watching.stop() == nil)
  }
}
