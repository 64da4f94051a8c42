// Zeros ahead of the log's end: that they are there, that nobody takes them for a commit or for
// damage, and that a sealed segment has none.

import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite("Zeros ahead of the log") struct PreallocationTests {
  private func options(segment: Int = Limits.segmentByteCount) -> StoreOptions {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    options.segmentByteCount = segment
    return options
  }

  private func open(
    _ disk: SimulatedFileSystem, segment: Int = Limits.segmentByteCount
  ) throws
    -> Store
  {
    try Store.open(
      at: "/s", options: options(segment: segment), fileSystem: disk, registers: false)
  }

  private func batch(_ number: Int) throws -> WriteBatch {
    var batch = WriteBatch()
    let place = SourcePlace(host: "h", path: "f", offset: UInt64(number))
    try batch.append(
      Occurrence(kind: .prompt, place: place), content: Array("message \(number)".utf8))
    return batch
  }

  private func segment(_ disk: SimulatedFileSystem, _ id: Int) throws -> [UInt8] {
    try disk.open("/s/segments/0000000\(id).vseg").readAll(limit: 1 << 20)
  }

  @Test("Small commits are written over zeros", .requirement("SEG-37", "REC-8"))
  func smallCommits() throws {
    let disk = SimulatedFileSystem()
    let store = try open(disk)
    try store.commit(try batch(0))
    let alone = try segment(disk, 1)
    #expect(alone.count < 1000, "one commit alone is not worth zeros")
    try store.commit(try batch(1))
    let size = try segment(disk, 1).count
    #expect(size == alone.count + Limits.preallocatedByteCount)
    for number in 2..<20 { try store.commit(try batch(number)) }
    let bytes = try segment(disk, 1)
    #expect(bytes.count == size, "twenty commits fit into the zeros")
    #expect(bytes[alone.count...].contains { $0 != 0 } && bytes.last == 0)
    // Others read what counts, and go on behind it in the same segment.
    let other = try open(disk)
    #expect(try other.snapshot().nextSequence == 21)
    try other.commit(try batch(20))
    #expect(try store.snapshot().nextSequence == 22)
    #expect(!disk.exists("/s/segments/00000002.vseg"))
    #expect(try segment(disk, 1).count == size)
    #expect(try other.snapshot().verify().isSound)
  }

  @Test("After a crash the zeros are no damage", .requirement("REC-4", "SEG-37"))
  func crash() throws {
    let disk = SimulatedFileSystem()
    let store = try open(disk)
    for number in 0..<5 { try store.commit(try batch(number)) }
    let after = SimulatedFileSystem(disk: disk.disk, boot: 2)
    let survivor = try open(after)
    #expect(try survivor.snapshot().nextSequence == 6)
    try survivor.commit(try batch(5))
    #expect(!after.exists("/s/segments/00000002.vseg"), "nothing is doubtful")
    #expect(try survivor.snapshot().verify().isSound)
  }

  @Test("What a dead process left in the zeros is not written over", .requirement("REC-8"))
  func halfWritten() throws {
    let disk = SimulatedFileSystem()
    let store = try open(disk)
    for number in 0..<5 { try store.commit(try batch(number)) }
    // It wrote its commit and died before the sync, so TAIL does not know of it.
    let bytes = try segment(disk, 1)
    let end = try #require(bytes.lastIndex { $0 != 0 }) + 1
    try disk.openForWriting("/s/segments/00000001.vseg").overwrite(
      [0x56, 0x42, 0x4C, 0x4B, 1], at: UInt64(end))
    try store.commit(try batch(5))
    #expect(disk.exists("/s/segments/00000002.vseg"), "the tail went to a new segment")
    #expect(try store.snapshot().nextSequence == 7)
    #expect(try store.snapshot().verify().isSound)
  }

  @Test("A sealed segment has no zeros", .requirement("SEG-37", "SEG-32"))
  func sealed() throws {
    let disk = SimulatedFileSystem()
    let store = try open(disk, segment: 64 << 10)
    var number = 0
    while !disk.exists("/s/segments/00000002.vseg") {
      try store.commit(try batch(number))
      number += 1
      if number % 50 == 0 { try store.flush() }
      try #require(number < 5000)
    }
    let bytes = try segment(disk, 1)
    #expect(Array(bytes[(bytes.count - 8)...].prefix(4)) == Array("VEND".utf8))
    #expect(try store.snapshot().verify().isSound)
    // A writer with a lower limit finds zeros where it would seal, and fills them first.
    let other = try open(disk, segment: 4 << 10)
    for more in 0..<200 { try other.commit(try batch(number + more)) }
    try other.flush()
    #expect(try other.snapshot().verify().isSound)
  }

  @Test("A torn group keeps the commits before the tear", .requirement("SEG-38", "REC-6"))
  func tornGroup() throws {
    let disk = SimulatedFileSystem()
    let store = try open(disk)
    try store.commit(try batch(0))
    let start = try segment(disk, 1).count
    let results = try store.commit(together: try (1...4).map(batch))
    #expect(results.map(\.lastSequence) == [2, 3, 4, 5])
    let whole = try segment(disk, 1)
    let end = try #require(whole.lastIndex { $0 != 0 }) + 1
    let share = (end - start) / 4
    // The second of four is gone, as after a power cut that left the pages behind it.
    let torn = SimulatedFileSystem(disk: disk.disk, boot: 2)
    let zeros = [UInt8](repeating: 0, count: share)
    try torn.openForWriting("/s/segments/00000001.vseg").overwrite(
      zeros, at: UInt64(start + share + 20))
    #expect(try open(torn).snapshot().nextSequence == 3)
    // The first, which was durable long before the others were written, is not torn but damaged.
    let damaged = SimulatedFileSystem(disk: disk.disk, boot: 2)
    try damaged.openForWriting("/s/segments/00000001.vseg").overwrite(
      [UInt8](repeating: 0, count: 20), at: 60)
    let error = #expect(throws: StoreError.self) { try open(damaged).snapshot() }
    #expect(error?.code == .damaged)
  }
}
