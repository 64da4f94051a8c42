// Chunks of originals: many to a block, apart from other facts, each read back from its block.

import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite struct ChunkBlockTests {
  private static let chunkByteCount = 200_000

  private func chunk(_ number: Int) -> Fact {
    var random = SplitMix64(seed: UInt64(number))
    let value = (0..<Self.chunkByteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) & 15 }
    return Fact(kind: .sourceChunk, key: ContentDigest.hash(value).bytes, value: value)
  }

  private func list(_ number: Int) -> Fact {
    Fact(kind: .chunkList, key: [7, UInt8(number)], value: [UInt8(number)])
  }

  /// The blocks of facts of the first segment: raw bytes, and the kinds inside.
  private func blocks(_ disk: SimulatedFileSystem) throws -> [(byteCount: Int, kinds: [FactKind])] {
    let segment = try #require(try disk.list("/s/segments").first)
    let file = try disk.open("/s/segments/" + segment)
    let bytes = try file.readAll(limit: 64 << 20)
    var blocks: [(byteCount: Int, kinds: [FactKind])] = []
    var offset = FileHeader.byteCount
    while offset < bytes.count, let header = try? BlockHeader(bytes.rawSpan, at: offset) {
      let start = offset + BlockHeader.byteCount
      offset = start + header.storedByteCount
      guard header.kind == .facts else { continue }
      let payload = try header.payload(bytes.rawSpan.extracting(start..<offset))
      let facts = try FactBlock.decode(payload.rawSpan, itemCount: header.itemCount)
      blocks.append((payload.count, facts.compactMap(\.fact?.kind)))
    }
    return blocks
  }

  @Test(.requirement("SEG-39")) func chunksShareBlocksApartFromOtherFacts() throws {
    let disk = SimulatedFileSystem()
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    let store = try Store.open(at: "/s", options: options, fileSystem: disk)
    var batch = WriteBatch()
    let chunks = (0..<60).map(chunk)
    let lists = (0..<60).map(list)
    for (chunk, list) in zip(chunks, lists) {
      try batch.append(chunk)
      try batch.append(list)
    }
    try store.commit(batch)

    let blocks = try blocks(disk)
    let ofChunks = blocks.filter { $0.kinds.contains(.sourceChunk) }
    #expect(ofChunks.map(\.kinds.count) == [11, 11, 11, 11, 11, 5])
    for block in ofChunks { #expect(Set(block.kinds) == [.sourceChunk]) }
    for block in ofChunks.dropLast() {
      #expect(block.byteCount >= Limits.chunkBlockTargetByteCount)
      #expect(block.byteCount < Limits.chunkBlockTargetByteCount + Self.chunkByteCount + 64)
    }
    #expect(blocks.flatMap(\.kinds).filter { $0 == .chunkList }.count == 60)

    // In turns from many blocks: more of them than a view keeps.
    let snapshot = try store.snapshot()
    for number in [0, 59, 17, 33, 0, 1, 48, 16, 32, 2, 59, 3] {
      #expect(try snapshot.fact(.sourceChunk, key: chunks[number].key) == chunks[number])
      #expect(try snapshot.fact(.chunkList, key: lists[number].key) == lists[number])
    }
  }
}
