// What a store promises its callers: errors by name, views that stay, writers that take turns.

import Synchronization
import Testing
import Varve
import VarveStorage
import VarveTestSupport

@Suite struct StoreTests {
  private func writing() -> StoreOptions {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    return options
  }

  private func batch(_ texts: String..., offset: UInt64 = 0) throws -> WriteBatch {
    var batch = WriteBatch()
    for (i, text) in texts.enumerated() {
      let place = SourcePlace(host: "h", path: "f", offset: offset + UInt64(i))
      try batch.append(Occurrence(kind: .prompt, place: place), content: Array(text.utf8))
    }
    return batch
  }

  @Test func aMissingStoreIsNamed() throws {
    let error = #expect(throws: StoreError.self) {
      try Store.open(
        at: "/none", options: StoreOptions(access: .read), fileSystem: SimulatedFileSystem())
    }
    #expect(error?.code == .notAStore)
  }

  @Test func readersCannotWrite() throws {
    let disk = SimulatedFileSystem()
    _ = try Store.open(at: "/s", options: writing(), fileSystem: disk)
    let reader = try Store.open(
      at: "/s", options: StoreOptions(access: .read), fileSystem: disk)
    let error = #expect(throws: StoreError.self) { try reader.commit(try batch("a")) }
    #expect(error?.code == .readOnly)
  }

  @Test func aSecondWriterInTheProcessIsRefused() throws {
    let disk = SimulatedFileSystem()
    let first = try Store.open(at: "/s", options: writing(), fileSystem: disk)
    let error = #expect(throws: StoreError.self) {
      try Store.open(at: "/s", options: writing(), fileSystem: disk)
    }
    #expect(error?.code == .alreadyOpen)
    try first.commit(try batch("still works"))
  }

  @Test func aBusyStoreNamesItsHolder() throws {
    let disk = SimulatedFileSystem()
    var options = writing()
    options.lockWaitMilliseconds = 0
    let store = try Store.open(at: "/s", options: options, fileSystem: disk)
    let lock = try disk.tryLock("/s/LOCK", holder: "x")
    let error = #expect(throws: StoreError.self) { try store.commit(try batch("a")) }
    #expect(error?.code == .busy)
    lock?.release()
    #expect(try store.commit(try batch("a")).occurrencesNew == 1)
  }

  @Test("A failed write poisons the writer until the store is opened again", .requirement("REC-9"))
  func poisoning() throws {
    let disk = SimulatedFileSystem()
    var store: Store? = try Store.open(at: "/s", options: writing(), fileSystem: disk)
    try store?.commit(try batch("kept"))
    disk.fail(at: disk.operationCount + 1)
    #expect(throws: StoreError.self) { try store?.commit(try batch("lost", offset: 5)) }
    disk.fail(at: nil)
    let error = #expect(throws: StoreError.self) {
      try store?.commit(try batch("later", offset: 9))
    }
    #expect(error?.code == .poisoned)
    store = nil
    store = try Store.open(at: "/s", options: writing(), fileSystem: disk)
    #expect(try store?.commit(try batch("later", offset: 9)).lastSequence == 2)
  }

  @Test func aSnapshotStaysWhileTheStoreGoesOn() throws {
    let disk = SimulatedFileSystem()
    var options = writing()
    options.tailByteCount = 200
    let store = try Store.open(at: "/s", options: options, fileSystem: disk)
    try store.commit(try batch("one", "two"))
    let old = try store.snapshot()
    for i in 0..<40 { try store.commit(try batch("more \(i)", offset: UInt64(100 + i))) }
    #expect(old.nextSequence == 3)
    #expect(try old.message(at: 2).content == Array("two".utf8))
    #expect(try store.snapshot().nextSequence == 43)
    var cursor = try old.occurrences()
    var count = 0
    while try cursor.next() != nil { count += 1 }
    #expect(count == 2)
  }

  @Test("The digest does not depend on batches, order or indexes")
  func digestIsIndependent() throws {
    var digests: Set<ContentHash> = []
    for way in 0..<3 {
      let store = try Store.open(
        at: "/s", options: writing(), fileSystem: SimulatedFileSystem(), registers: false)
      let numbers = way == 1 ? Array((0..<50).reversed()) : Array(0..<50)
      if way == 2 {
        var all = WriteBatch()
        for i in numbers {
          let place = SourcePlace(host: "h", path: "f", offset: UInt64(i))
          try all.append(
            Occurrence(kind: .log, place: place), content: Array("text \(i % 20)".utf8))
        }
        try store.commit(all)
      } else {
        for i in numbers {
          try store.commit(try batch("text \(i % 20)", offset: UInt64(i)))
          if i % 9 == 0 { try store.flush() }
        }
      }
      digests.insert(try store.snapshot().digest())
    }
    #expect(digests.count == 1)
  }

  @Test func limitsAreNamed() throws {
    var batch = WriteBatch()
    let error = #expect(throws: StoreError.self) {
      try batch.append(
        Occurrence(kind: .log), content: [UInt8](repeating: 0, count: Limits.contentByteCount + 1))
    }
    #expect(error?.code == .limit)
    #expect(error?.detail.contains("\(Limits.contentByteCount)") == true)
  }
}
