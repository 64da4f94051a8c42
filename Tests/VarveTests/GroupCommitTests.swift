// Committers on threads of their own that share syncs: nobody is forgotten, nobody is acknowledged
// for another one's commit, and an error reaches everybody whose batch it took.

import Foundation
import Synchronization
import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite("Group commit", .timeLimit(.minutes(2))) struct GroupCommitTests {
  private func open(_ disk: SimulatedFileSystem) throws -> Store {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    return try Store.open(at: "/s", options: options, fileSystem: disk, registers: false)
  }

  /// - Parameter byteCount: bytes that cannot be compressed.
  private func batch(_ path: String, _ number: Int, byteCount: Int = 0) throws -> WriteBatch {
    var batch = WriteBatch()
    let place = SourcePlace(host: "h", path: path, offset: UInt64(number))
    var random = SplitMix64(seed: UInt64(number))
    var content = Array("\(path) \(number) ".utf8)
    for _ in 0..<byteCount { content.append(UInt8(truncatingIfNeeded: random.next())) }
    try batch.append(Occurrence(kind: .log, place: place), content: content)
    return batch
  }

  /// Runs a closure on threads of its own, and waits for all.
  private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for index in 0..<count {
      group.enter()
      Thread.detachNewThread {
        body(index)
        group.leave()
      }
    }
    group.wait()
  }

  @Test("Concurrent committers lose nothing, alone, together and with large batches")
  func mixedCommitters() throws {
    let disk = SimulatedFileSystem()
    let store = try open(disk)
    let failures = Mutex(0)
    onThreads(16) { thread in
      for round in 0..<25 {
        do {
          let path = "t\(thread)"
          switch thread % 4 {
          case 0:
            // More than one sync takes, so that some of those that wait are left for the next.
            let size = Limits.tailByteCount / 3
            let result = try store.commit(batch(path, round, byteCount: round == 12 ? size : 9))
            #expect(result.occurrencesNew == 1)
          case 1:
            let both = [try batch(path, round * 2), try batch(path, round * 2 + 1)]
            #expect(try store.commit(together: both).map(\.occurrencesNew) == [1, 1])
          case 2:
            let first = try store.commit(batch(path, round))
            #expect(first.occurrencesNew == 1)
            // What was acknowledged is there for whoever looks next.
            #expect(try store.snapshot().nextSequence > first.lastSequence)
          default:
            #expect(try store.commit(batch(path, round)).occurrencesNew == 1)
            #expect(try store.commit(batch(path, round)).repeated == 1)
          }
        } catch {
          failures.withLock { $0 += 1 }
        }
      }
    }
    #expect(failures.withLock { $0 } == 0)
    let expected = UInt64(16 * 25 + 4 * 25)
    #expect(try store.snapshot().nextSequence == expected + 1)
    // Another process reads the same from the files.
    let reader = try Store.open(
      at: "/s", options: StoreOptions(access: .read), fileSystem: disk, registers: false)
    let snapshot = try reader.snapshot()
    #expect(snapshot.nextSequence == expected + 1)
    #expect(try snapshot.verify().isSound)
  }

  @Test("Batches that one sync does not take are left for the next")
  func moreThanOneSyncTakes() throws {
    let store = try open(SimulatedFileSystem())
    let size = Limits.tailByteCount * 2 / 3
    let batches = try (0..<5).map { try batch("large", $0, byteCount: size) }
    #expect(try store.commit(together: batches).map(\.occurrencesNew) == [1, 1, 1, 1, 1])
    #expect(try store.snapshot().nextSequence == 6)
  }

  @Test("A failed sync is told to everybody who shares it, and nobody hangs")
  func failedSync() throws {
    for failing in 1...12 {
      let disk = SimulatedFileSystem()
      let store = try open(disk)
      try store.commit(batch("first", 0))
      let acknowledged = Mutex<[String]>([])
      let codes = Mutex<[StoreError.Code]>([])
      disk.fail(at: disk.operationCount + failing)
      onThreads(8) { thread in
        for round in 0..<4 {
          do {
            _ = try store.commit(batch("t\(thread)", round))
            acknowledged.withLock { $0.append("t\(thread) \(round) ") }
          } catch {
            if let error = error as? StoreError { codes.withLock { $0.append(error.code) } }
          }
        }
      }
      disk.fail(at: nil)
      let (kept, failed) = (acknowledged.withLock { $0 }, codes.withLock { $0 })
      #expect(kept.count + failed.count == 32)
      #expect(!failed.isEmpty)
      let snapshot = try open(disk).snapshot()
      let contents = try (1..<snapshot.nextSequence).map {
        String(decoding: try snapshot.message(at: $0).content, as: UTF8.self)
      }
      #expect(Set(kept).isSubset(of: contents))
    }
  }

  @Test("A committer goes on when the others never come")
  func loneAfterGroup() throws {
    let disk = SimulatedFileSystem()
    let store = try open(disk)
    onThreads(8) { thread in
      for round in 0..<20 { _ = try? store.commit(batch("t\(thread)", round)) }
    }
    for round in 0..<50 { #expect(try store.commit(batch("lone", round)).occurrencesNew == 1) }
    #expect(try store.snapshot().nextSequence == 8 * 20 + 50 + 1)
  }
}
