// Full-text files with flipped bits: an error or the right answer, never another one, a trap or a
// hang.

import Testing
import VarveFormat
import VarveSearch
import VarveStorage
import VarveTestSupport

@Suite("Hostile full-text files")
struct HostileTextTests {
  static let contents = [
    "connection refused while reading the socket", "sun flower", "sunflower tall",
    "the quick brown fox jumps over the lazy dog", "error in parser_state.node at 0x1f",
    "flower sunflower sun", "authentication of connectionPool failed twice",
  ]

  /// An image of a small index.
  static func image() throws -> [UInt8] {
    let settings = IndexSettings()
    var writer = InvertedIndexWriter(settings, digest: .zero)
    for i in 0..<400 {
      writer.beginDocument(sequence: UInt64(i + 1))
      let text = contents[i % contents.count] + " number \(i) of \(i % 13)"
      writer.addContent(Array(text.utf8).rawSpan)
    }
    var output = FullTextFileWriter(
      header: FileHeader(kind: .fullText, number: 1, storeID: StoreID(high: 1, low: 2)), file: nil)
    try writer.write(firstSequence: 1, recordCount: 400, to: &output)
    return try output.finish().image
  }

  /// What some queries find.
  static func answers(_ image: [UInt8]) throws -> [[UInt32]] {
    let file = try FullTextFile(
      ByteRegion(image), path: "image", storeID: StoreID(high: 1, low: 2))
    let index = try InvertedIndex(file)
    let corpus = SearchCorpus(
      [index], values: [],
      rows: RowTable(
        documents: Array(0..<UInt32(index.documentCount)), documentCount: index.documentCount),
      fields: NoFields())
    let searcher = Searcher(corpus, .meilisearch)
    return try ["conection refused", "sunflower", "\"quick brown\" fo", "number 12 -error"].map {
      var request = SearchRequest(query: $0)
      request.page = .slice(offset: 0, limit: 500)
      let result = try searcher.search(request)
      return [UInt32(result.total)] + result.hits.map { UInt32($0.document) }
    }
  }

  @Test("Random flips of bits", .requirement("INV-3", "INV-4", "INV-27"))
  func flips() throws {
    let image = try Self.image()
    let wanted = try Self.answers(image)
    #expect(wanted.allSatisfy { $0.count > 20 })
    var random = SplitMix64(seed: 41)
    var refused = 0
    for _ in 0..<(LongChecks.areOn ? 1_000_000 : 3000) {
      var changed = image
      changed[random.below(image.count)] ^= 1 << UInt8(random.below(8))
      do {
        let found = try Self.answers(changed)
        #expect(found == wanted)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 100)
  }

  @Test("The header's number is the first sequence", .requirement("INV-7"))
  func number() throws {
    let image = try Self.image()
    var writer = ByteWriter()
    FileHeader(kind: .fullText, number: 2, storeID: StoreID(high: 1, low: 2)).write(to: &writer)
    let changed = writer.bytes + image[FileHeader.byteCount...]
    #expect(throws: StorageError.self) { try Self.answers(changed) }
  }

  @Test("Files that were cut", .requirement("INV-2"))
  func truncated() throws {
    let image = try Self.image()
    for count in stride(from: 0, to: image.count, by: 97) {
      #expect(throws: (any Error).self) { try Self.answers(Array(image.prefix(count))) }
    }
  }
}

struct NoFields: FieldSource {
  func column(_ name: String) throws -> FieldColumn? { nil }
  func ages(_ rows: RowTable) throws -> [Int] {
    [Int](repeating: 0, count: rows.documentCount)
  }
  func conversationClasses(_ rows: RowTable) throws -> [UInt8] {
    [UInt8](repeating: 0, count: rows.documentCount)
  }
  func names(covering pattern: String) throws -> [String] { [] }
  func documents(_ field: String, _ test: MessageTest) throws -> DocSet? { nil }
}
