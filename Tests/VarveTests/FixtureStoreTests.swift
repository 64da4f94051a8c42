// A store of every format version that was ever landed stays here; this code must read it.

import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite struct FixtureStoreTests {
  /// Copies a folder into a simulated disk, so that the fixture itself is never written.
  private static func load(_ name: String) throws -> SimulatedFileSystem {
    let root = Repository.root + "/Tests/Fixtures/" + name
    let system = PosixFileSystem()
    var disk = SimulatedFileSystem.Disk()
    disk.directories = ["/", "/s"]
    func add(_ folder: String) throws {
      for name in try system.list(root + folder) {
        let path = folder + "/" + name
        if let file = try? system.open(root + path) {
          let bytes = try file.readAll(limit: 64 << 20)
          disk.seen[disk.nextInode] = bytes
          disk.durable[disk.nextInode] = bytes
          disk.names["/s" + path] = disk.nextInode
          disk.durableNames["/s" + path] = disk.nextInode
          disk.nextInode += 1
        } else {
          disk.directories.insert("/s" + path)
          try add(path)
        }
      }
    }
    try add("")
    return SimulatedFileSystem(disk: disk)
  }

  @Test("Version 1 opens, is sound, and can be written to", .requirement("ENV-12", "DIR-1"))
  func version1() throws {
    let disk = try Self.load("store-v1")
    let store = try Store.open(
      at: "/s", options: StoreOptions(access: .write), fileSystem: disk, registers: false)
    let snapshot = try store.snapshot()
    #expect(snapshot.nextSequence == 105)
    #expect(
      try snapshot.digest().description
        == "676f141a5994a28048de149dfe38b2c6262acd101ad04c6773e5f552ed33167c")
    #expect(
      snapshot.historyDigest.description
        == "f8039a9c4da7add6b3bcef7bd4a7c2adf1dfd25266502bce85c9797465f5cfd4")
    #expect(try snapshot.verify().isSound)
    var batch = WriteBatch()
    try batch.append(Occurrence(kind: .log), content: Array("written by newer code".utf8))
    #expect(try store.commit(batch).lastSequence == 105)
    #expect(try store.snapshot().verify().isSound)
  }

  @Test("A newer version is refused by name", .requirement("ENV-13"))
  func newerVersion() throws {
    let disk = try Self.load("store-v1").disk
    var newer = disk
    if let inode = newer.names["/s/CURRENT"] { newer.seen[inode]?[4] = 3 }
    let error = #expect(throws: StoreError.self) {
      try Store.open(
        at: "/s", options: StoreOptions(access: .read),
        fileSystem: SimulatedFileSystem(disk: newer))
    }
    #expect(error?.code == .newerFormat)
  }
}
