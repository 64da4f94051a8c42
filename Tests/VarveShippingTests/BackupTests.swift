// Backups to a directory: whole, incremental, restored to the digest of their moment, and never taken
// for whole where they are not.

import Testing
import Varve
import VarveFormat
import VarveShipping
import VarveStorage
import VarveTestSupport

@Suite("Backups")
struct BackupTests {
  /// A store and a target in memory; restores go to a folder of the test.
  private struct World {
    let disk = SimulatedFileSystem()
    let store: Store
    let target: DirectoryTarget

    init() throws {
      var options = StoreOptions(access: .write)
      options.createIfMissing = true
      store = try Store.open(at: "/s", options: options, fileSystem: disk, registers: false)
      target = DirectoryTarget("/backups/nas", fileSystem: disk)
    }

    var reader: BackupReader { BackupReader(target) }

    func commit(_ first: Int, _ count: Int) throws {
      var batch = WriteBatch()
      for number in first..<(first + count) {
        var occurrence = Occurrence(
          kind: .log, place: SourcePlace(host: "h", path: "f", offset: UInt64(number)))
        occurrence.session = "s\(number % 3)"
        try batch.append(occurrence, content: Array("message \(number % 70) of some".utf8))
      }
      try store.commit(batch)
    }

    /// Objects of the target with their bytes.
    func objects() throws -> [String: [UInt8]] {
      var found: [String: [UInt8]] = [:]
      for prefix in ["segments/", "backups/"] {
        for object in try target.list(prefix) {
          found[object.key] = try target.get(object.key, at: 0, count: Int(object.byteCount))
        }
      }
      return found
    }

    /// Changes bytes of an object where it lies.
    func change(_ key: String, _ body: (inout [UInt8]) -> Void) throws {
      let path = "/backups/nas/" + key
      var bytes = try disk.open(path).readAll(limit: 1 << 26)
      body(&bytes)
      try disk.unlink(path)
      let file = try disk.create(path)
      try file.append(bytes)
      try file.sync()
    }
  }

  @Test("A backup ships what is new, once", .requirement("SHP-1", "SHP-2", "SHP-3"))
  func incremental() throws {
    let world = try World()
    try world.commit(0, 100)
    let first = try world.store.backUp(to: world.target)
    #expect(first.segmentsShipped == 1 && first.segmentsKnown == 0)
    try world.commit(100, 10)
    let second = try world.store.backUp(to: world.target)
    #expect(second.segmentsShipped == 1 && second.segmentsKnown == 1)
    #expect(second.bytesShipped < first.bytesShipped)
    // Nothing new: nothing but another record.
    let third = try world.store.backUp(to: world.target)
    #expect(third.segmentsShipped == 0 && third.generation == second.generation)
    for (key, bytes) in try world.objects() where key.hasPrefix("segments/") {
      #expect(key.hasPrefix("segments/\(ContentDigest.hash(bytes))-"))
    }
    #expect(try world.reader.backups().count == 3)
    // What others put into the folders is left alone.
    let stranger = try world.disk.create("/backups/nas/segments/@thumbs")
    try stranger.append([1])
    let report = try world.reader.verify(readingPercent: 100)
    #expect(report.problems.isEmpty && report.objects == 2 && report.objectsRead == 2)
  }

  @Test("A backup a day does not pile up segments, and earlier ones stay whole")
  func folding() throws {
    let world = try World()
    var digests: [ContentHash] = []
    var segmentsMax = 0
    for number in 0..<30 {
      try world.commit(number * 3, 3)
      _ = try world.store.backUp(to: world.target)
      digests.append(try world.store.snapshot().digest())
      let segments = try world.store.snapshot().statistics().segments
      segmentsMax = max(segmentsMax, Int(segments))
    }
    // Eight small ones become one; the active one comes on top.
    #expect(segmentsMax <= 10)
    let backups = try world.reader.backups()
    #expect(backups.map(\.contentDigest) == digests)
    #expect(try world.reader.verify(readingPercent: 100).problems.isEmpty)
    for number in [0, 6, 8, 29] {
      let store = try world.reader.restore(
        backups[number], into: "/folded-\(number)", fileSystem: world.disk)
      #expect(try store.snapshot().digest() == digests[number])
    }
    #expect(try world.store.verify().isSound)
  }

  @Test("Each of ten generations comes back as it was", .requirement("SHP-4"))
  func generations() throws {
    let world = try World()
    var digests: [(digest: ContentHash, history: ContentHash)] = []
    for number in 0..<10 {
      try world.commit(number * 20, 20)
      if number == 5 { _ = try world.store.compact(isCold: true) }
      if number == 7 {
        var request = ForgetRequest()
        request.filters = ["session = s1"]
        _ = try world.store.forget { ForgetOrder(try $0.selectForForgetting(request)) }
      }
      _ = try world.store.backUp(to: world.target)
      let snapshot = try world.store.snapshot()
      digests.append((try snapshot.digest(), snapshot.historyDigest))
    }
    let backups = try world.reader.backups()
    #expect(backups.map(\.contentDigest) == digests.map(\.digest))
    #expect(backups.map(\.historyDigest) == digests.map(\.history))
    for (number, backup) in backups.enumerated() {
      let path = "/restored-\(number)"
      let store = try world.reader.restore(backup, into: path, fileSystem: world.disk)
      let snapshot = try store.snapshot()
      #expect(try snapshot.digest() == digests[number].digest)
      #expect(try snapshot.verify().isSound)
      // It goes on as a store of its own.
      #expect(try store.commit(WriteBatch()).occurrencesNew == 0)
    }
    let newest = try #require(backups.last)
    #expect(throws: StoreError.self) {
      try world.reader.restore(newest, into: "/restored-0", fileSystem: world.disk)
    }
  }

  @Test(
    "Swapped, missing, cut and flipped objects are found before there is a store",
    .requirement("SHP-5"))
  func damage() throws {
    for kind in 0..<6 {
      let world = try World()
      for number in 0..<3 {
        try world.commit(number * 30, 30)
        _ = try world.store.backUp(to: world.target)
      }
      let keys = try world.objects().keys.sorted()
      let segments = keys.filter { $0.hasPrefix("segments/") }
      let other = try #require(try world.objects()[segments[1]])
      let newest = try #require(try world.reader.backups().last)
      switch kind {
      case 0: try world.change(segments[0]) { $0[$0.count / 2] ^= 1 }
      case 1: try world.change(segments[0]) { $0.removeLast(9) }
      case 2: try world.change(segments[0]) { $0 = other }
      case 3: try world.target.delete(segments[0])
      case 4: try world.change(segments[0]) { $0 += [0, 0, 0] }
      default: try world.change(newest.key) { $0[60] ^= 4 }
      }
      let report = try world.reader.verify(readingPercent: 100)
      #expect(!report.problems.isEmpty, "kind \(kind)")
      if kind == 5 {
        // The others are there all the same.
        var problems = 0
        #expect(try world.reader.backups { _ in problems += 1 }.count == 2)
        #expect(problems == 1)
        continue
      }
      #expect(throws: StoreError.self, "kind \(kind)") {
        try world.reader.restore(newest, into: "/restored", fileSystem: world.disk)
      }
      #expect(!world.disk.exists("/restored/CURRENT"), "kind \(kind)")
      // The next backup mends the target from the store, which still has everything.
      if kind == 0 || kind == 2 { try world.target.delete(segments[0]) }
      _ = try world.store.backUp(to: world.target)
      #expect(try world.reader.verify(readingPercent: 100).problems.isEmpty, "kind \(kind)")
    }
  }

  @Test("Every operation of a backup may fail: what is acknowledged before stays whole")
  func failures() throws {
    var failures = 0
    for step in stride(from: 1, through: 400, by: 3) {
      let world = try World()
      try world.commit(0, 30)
      _ = try world.store.backUp(to: world.target)
      try world.commit(30, 30)
      world.disk.fail(at: world.disk.operationCount + step)
      let isDone = (try? world.store.backUp(to: world.target)) != nil
      world.disk.fail(at: nil)
      let report = try world.reader.verify(readingPercent: 100)
      #expect(report.problems.isEmpty, "step \(step)")
      #expect(try world.reader.backups().count == (isDone ? 2 : report.backups))
      if isDone { break }
      failures += 1
    }
    #expect(failures > 5)
  }

  @Test("A record is read as it was written, and nothing else is")
  func record() throws {
    let world = try World()
    try world.commit(0, 10)
    let result = try world.store.backUp(to: world.target)
    let bytes = try #require(try world.objects()[result.key])
    let record = try BackupRecord(bytes.rawSpan)
    #expect(record.encode() == bytes)
    for count in 0..<bytes.count {
      let cut = Array(bytes[..<count])
      #expect(throws: FormatError.self) { try BackupRecord(cut.rawSpan) }
    }
  }
}
