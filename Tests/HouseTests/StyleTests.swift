// What a formatter does not check: where `unsafe` stands, lengths, characters, leftovers.

import Testing
import VarveTestSupport

@Suite("Style")
struct StyleTests {
  /// Files of the engine that may say `unsafe`; a new one is a decision.
  static let unsafeFiles: Set<String> = [
    "Sources/VarveFormat/ByteWriter.swift",
    "Sources/VarveFormat/Checksum.swift",
    "Sources/VarveFormat/Compression.swift",
    "Sources/VarveFormat/JSONString.swift",
    "Sources/VarveFormat/OutputSpan+Write.swift",
    "Sources/VarveFormat/RawSpan+Load.swift",
    "Sources/VarveFormat/StringTable.swift",
    "Sources/VarveStorage/Digest.swift",
    "Sources/VarveStorage/IO/ByteRegion.swift",
    "Sources/VarveStorage/IO/Gate.swift",
    "Sources/VarveStorage/IO/PosixFileSystem.swift",
    "Sources/VarveSearch/Pattern/ByteFinder.swift",
    "Sources/Varve/WriteBatch.swift",
  ]

  /// Files over 400 lines, with what they may have; only to be made smaller.
  static let longFiles: [String: Int] = [:]

  static let columnsMax = 100

  /// Characters that are not ASCII, where output or a comment needs them.
  static let otherCharacters: [String: String] = [
    "Sources/VarveSources/JSON/Timestamp.swift": "±",
    "Sources/varve/Commands/Forget.swift": "…",
    "Sources/varve/Commands/Get.swift": "…",
    "Sources/varve/Commands/Grep.swift": "…",
    "Sources/varve/Commands/Ingest.swift": "…",
    "Sources/varve/Commands/Verify.swift": "…",
    "Sources/varve/Reports/SessionPage.swift": "·",
    "Sources/varve/Reports/ShownSession.swift": "·",
    "Sources/varve/Reports/ReportPage.swift": "…–·×",
    "Sources/varve/Reports/ReportPrinter.swift": "…＝＋－＠█▏▎▍▌▋▊▉",
    "Sources/varve/Reports/ReportText.swift": "×",
    "Sources/varve/Support/FilterArguments.swift": "…",
    "Sources/varve/Support/Output.swift": "…⏎␡",
  ]

  @Test("`unsafe` stands in the listed files of the engine only, each use with its reason")
  func unsafe() throws {
    let engine = ["VarveFormat", "VarveStorage", "VarveSearch", "Varve"]
    var found: Set<String> = []
    for file in try SourceTree.files("Sources") where engine.contains(file.target) {
      guard file.code.contains(where: { $0.contains(/\bunsafe\b/) }) else { continue }
      found.insert(file.path)
      #expect(file.text.contains("SAFETY:"), "\(file.path) says unsafe without SAFETY:")
    }
    #expect(found == Self.unsafeFiles)
  }

  @Test("Files have at most 400 lines, lines 100 columns")
  func lengths() throws {
    for file in try SourceTree.files("Sources") {
      let count = file.lines.count - 1
      #expect(count <= Self.longFiles[file.path, default: 400], "\(file.path): \(count) lines")
      for (i, line) in file.lines.enumerated() {
        #expect(line.count <= Self.columnsMax, "\(file.path):\(i + 1)")
      }
    }
  }

  @Test("Sources are ASCII but for what is listed; each file says what it is")
  func characters() throws {
    for file in try SourceTree.files("Sources", [".swift", ".c", ".cpp", ".h"]) {
      let allowed = Self.otherCharacters[file.path] ?? ""
      let other = file.text.unicodeScalars.filter { !$0.isASCII }
      for scalar in Set(other.map { Character($0) }) {
        #expect(allowed.contains(scalar), "\(file.path): \(scalar)")
      }
      if file.path.hasSuffix(".swift") {
        #expect(file.text.hasPrefix("// "), "\(file.path) does not say what it is")
      }
      #expect(!file.text.contains("\t") && !file.text.contains("\r"), "\(file.path)")
      #expect(file.text.hasSuffix("\n") && !file.text.hasSuffix("\n\n"), "\(file.path)")
    }
  }

  @Test("No leftovers")
  func leftovers() throws {
    let words = ["TODO", "FIXME", "XXX", "HACK", "fatalError", "try!", "print(\"DEBUG"]
    for file in try SourceTree.files("Sources", [".swift", ".c", ".cpp", ".h"]) {
      for word in words { #expect(!file.text.contains(word), "\(file.path): \(word)") }
    }
  }
}
