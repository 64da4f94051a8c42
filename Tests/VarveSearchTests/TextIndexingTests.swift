// Text that is being indexed, and whoever becomes writer meanwhile.

import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite("Indexing text beside writers")
struct TextIndexingTests {
  @Test(
    "A writer that cleans up what a crash left takes no text away that waits to be published",
    .requirement("DIR-8"))
  func cleaning() throws {
    let disk = SimulatedFileSystem()
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    let first = try Store.open(at: "/s", options: options, fileSystem: disk, registers: false)
    try StoreSearchTests.add(["some words", "and others"], to: first)
    try first.flush()
    // It becomes writer, and cleans up, for the first time when it publishes what it made.
    let second = try Store.open(at: "/s", options: options, fileSystem: disk, registers: false)
    try second.indexText()
    #expect(try first.snapshot().unindexedTextByteCount() == 0)
    #expect(try StoreSearchTests.found("others", first) == ["and others"])
  }

  @Test("Text of an older version of the format is named, and made again", .requirement("ENV-13"))
  func outdated() throws {
    let disk = SimulatedFileSystem()
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    do {
      let store = try Store.open(at: "/s", options: options, fileSystem: disk, registers: false)
      try StoreSearchTests.add(["some words", "and others"], to: store)
      try store.flush()
      try store.indexText()
    }
    var older = disk.disk
    let path = try #require(older.names.keys.first { $0.hasSuffix(".vft") })
    let inode = try #require(older.names[path])
    var bytes = try #require(older.seen[inode])
    bytes[4] = 1
    let sum = Checksum.crc32c(bytes.rawSpan.extracting(0..<36))
    for i in 0..<4 { bytes[36 + i] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * i)) }
    older.seen[inode] = bytes
    let system = SimulatedFileSystem(disk: older)
    let error = #expect(throws: StoreError.self) {
      try Store.open(at: "/s", options: options, fileSystem: system, registers: false)
    }
    #expect(error?.code == .outdated)
    let store = try Store.rebuild(at: "/s", options: options, fileSystem: system)
    #expect(try StoreSearchTests.found("others", store) == ["and others"])
  }
}
