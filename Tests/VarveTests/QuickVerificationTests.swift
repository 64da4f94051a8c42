// What a quick verification finds and what it leaves to the full one; the chain of manifests.

import Dispatch
import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite("Quick verification") struct QuickVerificationTests {
  /// A store with a sealed segment and several generations.
  private static func disk() throws -> SimulatedFileSystem {
    let disk = SimulatedFileSystem()
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    options.maintenance = .manual
    options.segmentByteCount = 1024
    let store = try Store.open(at: "/s", options: options, fileSystem: disk, registers: false)
    for number in 0..<4 {
      var batch = WriteBatch()
      for i in 0..<20 {
        try batch.append(
          Occurrence(
            kind: .prompt, place: SourcePlace(path: "f", offset: UInt64(number * 100 + i))),
          content: Array("message \(number) \(i)".utf8))
      }
      try store.commit(batch)
      try store.flush()
    }
    return disk
  }

  private static func report(
    _ disk: SimulatedFileSystem, isQuick: Bool
  ) throws -> VerificationReport {
    try Store.open(
      at: "/s", options: StoreOptions(access: .read), fileSystem: disk, registers: false
    ).verify(isQuick: isQuick)
  }

  /// The disk with one byte of a file changed.
  private static func changed(
    _ disk: SimulatedFileSystem, _ path: String, at offset: Int
  ) throws -> SimulatedFileSystem {
    var copy = disk.disk
    let inode = try #require(copy.names[path])
    let count = copy.seen[inode]?.count ?? 0
    copy.seen[inode]?[offset < 0 ? count + offset : offset % count] ^= 0x10
    return SimulatedFileSystem(disk: copy)
  }

  @Test("Two threads find what one finds, in the same order")
  func shared() throws {
    let disk = try Self.disk()
    var threads = Concurrency(width: 2) { count, body in
      DispatchQueue.concurrentPerform(iterations: count, execute: body)
    }
    threads.documentCountMin = 2
    var random = SplitMix64(seed: 3)
    var problemCount = 0
    for path in disk.disk.names.keys.sorted() where path.contains("/indexes/") {
      for _ in 0..<60 {
        let changed = try Self.changed(disk, path, at: Int(random.next() % 20_000))
        guard
          let store = try? Store.open(
            at: "/s", options: StoreOptions(access: .read), fileSystem: changed, registers: false)
        else { continue }
        let (alone, shared) = (try store.verify(), try store.verify(concurrently: threads))
        #expect(alone.problems == shared.problems && alone.occurrences == shared.occurrences)
        problemCount += alone.problems.count
      }
    }
    #expect(problemCount > 20)
    #expect(try Self.report(disk, isQuick: false).isSound)
  }

  @Test("A sound store is sound by both, and the quick one reads next to nothing")
  func sound() throws {
    let disk = try Self.disk()
    let quick = try Self.report(disk, isQuick: true)
    let full = try Self.report(disk, isQuick: false)
    #expect(quick.isSound && full.isSound)
    #expect(quick.occurrences == 0 && full.occurrences == 80)
    #expect(quick.bytes < full.bytes)
  }

  @Test("An older manifest that is not the one the next names is found", .requirement("MAN-8"))
  func manifests() throws {
    let disk = try Self.disk()
    let kept = disk.disk.names.keys.filter { $0.hasPrefix("/s/manifests/") }.sorted()
    #expect(kept.count > 3)
    let changed = try Self.changed(disk, kept[1], at: 70)
    for isQuick in [true, false] {
      let report = try Self.report(changed, isQuick: isQuick)
      #expect(report.problems.map(\.file) == [kept[1]], "\(report.problems)")
    }
  }

  @Test("The quick one finds a changed footer, and leaves a changed record to the full one")
  func footers() throws {
    let disk = try Self.disk()
    let segments = disk.disk.names.keys.filter { $0.hasPrefix("/s/segments/") }.sorted()
    #expect(segments.count > 1)
    let sealed = try #require(segments.first)
    for offset in [-1, -10, -40] {
      let report = try Self.report(Self.changed(disk, sealed, at: offset), isQuick: true)
      #expect(report.problems.map(\.file) == [sealed], "byte \(offset)")
    }
    let record = try Self.changed(disk, sealed, at: 200)
    #expect(try Self.report(record, isQuick: true).isSound)
    #expect(try !Self.report(record, isQuick: false).isSound)
  }
}
