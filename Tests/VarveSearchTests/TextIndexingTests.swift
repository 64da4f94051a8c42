// Text that is being indexed, and whoever becomes writer meanwhile.

import Testing
import Varve
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
}
