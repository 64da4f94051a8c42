// Check 4: sizes in the field tables of the chapters against the constants of the code.

import Foundation
import Testing
import VarveFormat
import VarveTestSupport

@Suite("Layout")
struct LayoutTests {
  /// A field table of a chapter: rows of offset, size and name.
  struct Table {
    var rows: [(offset: Int, size: Int, name: String)] = []
    var first: Int { rows.first?.offset ?? 0 }
    var end: Int { rows.last.map { $0.offset + $0.size } ?? 0 }
  }

  /// The tables with the columns Offset and Size, in order.
  static func tables(_ chapter: String) throws -> [Table] {
    let path = Repository.root + "/format-spec/" + chapter
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var tables: [Table] = []
    var inTable = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      if line.hasPrefix("| Offset | Size |") {
        tables.append(Table())
        inTable = true
      } else if inTable, line.hasPrefix("|"), cells.count >= 4, let offset = Int(cells[0]),
        let size = Int(cells[1])
      {
        tables[tables.count - 1].rows.append((offset, size, cells[3]))
      } else if !line.hasPrefix("|") {
        inTable = false
      }
    }
    return tables
  }

  static let expected: [(chapter: String, starts: [Int], ends: [Int])] = [
    ("01-conventions.md", [0], [FileHeader.byteCount]),
    (
      "03-segment.md", [0, 0, 0, 0],
      [
        BlockHeader.byteCount, CommitFrame.byteCount, BlockEntry.byteCount,
        SegmentLayout.trailerByteCount,
      ]
    ),
    (
      "04-manifest.md", [FileHeader.byteCount, 0, 0, 0, FileHeader.byteCount],
      [168, 65, 65, 96, TailFile.byteCount]
    ),
    ("06-inverted-index.md", [0, 0], [FullTextSummary.byteCount, GrepGroup.byteCount]),
    (
      "05-btree.md", [0, 0, 0],
      [SectionEntry.byteCount, IndexLayout.trailerByteCount, BTreePage.headerByteCount]
    ),
  ]

  @Test("Field tables have no gaps and end where the code says", .requirement("ENV-11", "MAN-13"))
  func sizes() throws {
    for (chapter, starts, ends) in Self.expected {
      let tables = try Self.tables(chapter)
      #expect(tables.map(\.first) == starts, "\(chapter)")
      #expect(tables.map(\.end) == ends, "\(chapter)")
      for table in tables {
        for (row, next) in zip(table.rows, table.rows.dropFirst()) {
          #expect(row.offset + row.size == next.offset, "\(chapter): \(row.name)")
        }
      }
    }
    #expect(FileHeader.byteCount == 40)
    #expect(BlockHeader.byteCount == 36)
    #expect(CommitFrame.byteCount == 120)
    #expect(CurrentFile.byteCount == 76)
    #expect(TailFile.byteCount == 84)
    #expect(SectionEntry.byteCount == 40)
    #expect(IndexLayout.trailerByteCount == 24)
    #expect(IndexStatistics.byteCount == 64)
    #expect(BTreePage.byteCount == 4096)
    #expect(OccurrenceIdentity.byteCount == 34)
  }

  @Test("The manifest's entries take what the chapter says", .requirement("MAN-1"))
  func manifestEntries() throws {
    let whole = try Manifest(VectorFiles.manifest.bytes.rawSpan)
    var fewer = whole
    fewer.segments.removeLast()
    #expect(whole.encode().count - fewer.encode().count == 65)
    fewer.indexes.removeLast()
    #expect(whole.encode().count - fewer.encode().count == 130)
    fewer.segments = []
    fewer.indexes = []
    #expect(fewer.encode().count == 168 + 4)
    fewer.fullTexts = [
      FullTextEntry(
        id: 1, firstSequence: 1, recordCount: 1, byteCount: 1, digest: .zero, settings: .zero)
    ]
    #expect(fewer.encode().count == 168 + 4 + 4 + 96)
  }

  @Test("Keys and values of the trees have the sizes of the chapter's table")
  func trees() throws {
    let path = Repository.root + "/format-spec/05-btree.md"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for kind in TreeKind.allCases {
      let row = text.split(separator: "\n").first { $0.hasPrefix("| \(kind.rawValue) | \(kind) |") }
      let key = try #require(row).split(separator: "|")[2]
      // Session is "as project".
      #expect(key.contains("(\(kind.keyByteCount))"), "\(kind)")
    }
  }
}
