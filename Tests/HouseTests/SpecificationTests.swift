// The chapters, the tests that stand for them, and the vectors.

import Foundation
import Testing
import VarveTestSupport

@Suite("Specification")
struct SpecificationTests {
  /// Requirements that no test names yet; only to be made fewer.
  static let gapsMax = 69

  @Test("No requirement has two texts")
  func unique() throws {
    let all = try SourceTree.requirements()
    #expect(all.count > 100)
    let twice = Dictionary(grouping: all) { $0 }.filter { $1.count > 1 }.keys
    #expect(twice.isEmpty, "\(twice.sorted())")
  }

  @Test("Every requirement that a test names is one of a chapter")
  func named() throws {
    let all = Set(try SourceTree.requirements())
    for (name, files) in try SourceTree.evidence() {
      #expect(all.contains(name), "\(name) in \(files.sorted())")
    }
  }

  @Test("Requirements without a test do not become more")
  func evidence() throws {
    let named = try SourceTree.evidence()
    let gaps = try SourceTree.requirements().filter { named[$0] == nil }
    print("Requirements that no test names: \(gaps.count): \(gaps.joined(separator: " "))")
    #expect(gaps.count <= Self.gapsMax)
  }

  @Test("Links in README and the chapters lead to files")
  func links() throws {
    let root = Repository.root + "/"
    var files = try SourceTree.files("format-spec", [".md"])
    for path in ["README.md"] where FileManager.default.fileExists(atPath: root + path) {
      let text = try String(contentsOfFile: root + path, encoding: .utf8)
      files.append(SourceFile(path: path, text: text))
    }
    for file in files {
      let folder = file.path.split(separator: "/").dropLast().joined(separator: "/")
      for match in file.text.matches(of: /\]\(([^)\s]+)\)/) {
        let target = match.output.1.prefix { $0 != "#" }
        guard !target.isEmpty, !target.contains("://") else { continue }
        let path = root + (folder.isEmpty ? "" : folder + "/") + target
        #expect(FileManager.default.fileExists(atPath: path), "\(file.path): \(target)")
      }
    }
  }

  @Test("Vectors that chapters name exist, and every chapter's vectors are named in order")
  func vectorNames() throws {
    for file in try SourceTree.files("format-spec", [".md"]) {
      for match in file.text.matches(of: /vectors\/([0-9a-z-]+\.hex)/) {
        let path = Repository.root + "/format-spec/vectors/" + match.output.1
        #expect(FileManager.default.fileExists(atPath: path), "\(file.path): \(match.output.1)")
      }
    }
  }

  @Test("The digest of the vectors is the one that stands beside them")
  func digest() throws {
    let files = try SourceTree.files("format-spec/vectors", [".hex", ".json"])
    func hex(_ text: String) -> String {
      PlainSHA256.digest(Array(text.utf8)).map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined()
    }
    let lines = files.map { file in
      hex(file.text) + "  " + file.path.dropFirst("format-spec/vectors/".count) + "\n"
    }
    let digest = hex(lines.sorted().joined()) + "\n"
    let path = Repository.root + "/format-spec/vectors/DIGEST"
    if ProcessInfo.processInfo.environment["VARVE_WRITE_VECTORS"] == "1" {
      try digest.write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == digest)
  }
}
