// Segments that move several at a time: the same backup and the same store come of it, and a
// failure of one stops the rest.

import Dispatch
import Synchronization
import Testing
import Varve
import VarveFormat
@testable import VarveShipping
import VarveTestSupport

@Suite("Transfers")
struct TransferTests {
  private static let threads = Concurrency(width: 4) { count, body in
    DispatchQueue.concurrentPerform(iterations: count, execute: body)
  }

  /// A store of many small segments.
  private static func store() throws -> Store {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    options.maintenance = .manual
    options.segmentByteCount = 1024
    let store = try Store.open(
      at: "/s", options: options, fileSystem: SimulatedFileSystem(), registers: false)
    for number in 0..<40 {
      var batch = WriteBatch()
      for i in 0..<20 {
        let place = SourcePlace(path: "f", offset: UInt64(number * 100 + i))
        try batch.append(
          Occurrence(kind: .prompt, place: place), content: Array("message \(number) \(i)".utf8))
      }
      try store.commit(batch)
      try store.flush()
    }
    return store
  }

  @Test("Several at a time make the backup and the store that one at a time makes")
  func equal() throws {
    let store = try Self.store()
    let target = MemoryTarget()
    let told = Mutex<[UInt64]>([])
    let result = try store.backUp(to: target, transfers: Self.threads) { done, total in
      told.withLock { $0 += [done, total] }
    }
    #expect(result.segmentsShipped > 5)
    // What is done ascends up to all there is.
    let (done, totals) = told.withLock { told in
      (
        stride(from: 0, to: told.count, by: 2).map { told[$0] },
        stride(from: 1, to: told.count, by: 2).map { told[$0] }
      )
    }
    #expect(done == done.sorted() && done.last == totals.last && Set(totals).count == 1)
    #expect(try store.backUp(to: target, transfers: Self.threads).segmentsShipped == 0)
    let reader = BackupReader(target)
    #expect(try reader.verify(readingPercent: 100).problems.isEmpty)
    let backup = try #require(try reader.backups().first)
    let restored = try reader.restore(
      backup, into: "/restored", fileSystem: SimulatedFileSystem(), transfers: Self.threads)
    #expect(try restored.snapshot().digest() == store.snapshot().digest())
    #expect(try restored.verify().isSound)
  }

  @Test("A failure of any request leaves no backup that is not whole", arguments: 1...10)
  func failure(number: Int) throws {
    let store = try Self.store()
    let target = MemoryTarget()
    target.onRequest.withLock { onRequest in
      onRequest = { request in
        if request == number * 2 { throw StoreError(.unreachable, detail: "gone") }
      }
    }
    let error = #expect(throws: StoreError.self) {
      try store.backUp(to: target, transfers: Self.threads)
    }
    #expect(error?.code == .unreachable)
    target.onRequest.withLock { $0 = nil }
    #expect(try BackupReader(target).verify(readingPercent: 100).problems.isEmpty)
    _ = try store.backUp(to: target, transfers: Self.threads)
    let report = try BackupReader(target).verify(readingPercent: 100)
    #expect(report.problems.isEmpty && report.backups >= 1)
  }
}
