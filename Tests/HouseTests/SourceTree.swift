// The files of the checkout, as the rules of the house look at them.

import Foundation
import VarveTestSupport

/// A text file with its path below the repository's root.
struct SourceFile: Sendable {
  var path: String
  var text: String

  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  /// The folder below `Sources` or `Tests`.
  var target: String { String(path.split(separator: "/")[1]) }
  /// Lines that are not wholly comments.
  var code: [Substring] {
    lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }
  }
}

enum SourceTree {
  /// The files below a folder whose names end so, in order of path.
  static func files(_ folder: String, _ endings: [String] = [".swift"]) throws -> [SourceFile] {
    let root = Repository.root + "/"
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root + folder).sorted()
    return try paths.filter { path in endings.contains { path.hasSuffix($0) } }.map { path in
      let path = folder + "/" + path
      return SourceFile(
        path: path, text: try String(contentsOfFile: root + path, encoding: .utf8))
    }
  }

  static let chapters = [
    "01-conventions", "02-directory", "03-segment", "04-manifest", "05-btree",
    "06-inverted-index", "07-shipment", "08-recovery",
    "10-content", "11-originals", "12-forgetting",
  ]

  /// Numbers of the requirements that the chapters state, in order.
  static func requirements() throws -> [String] {
    let prefixes = [
      "ENV", "DIR", "SEG", "MET", "MAN", "BTR", "INV", "COL", "FLT", "REC", "CON", "ORG", "FGT",
      "SHP",
    ]
    var found: [String] = []
    for file in try files("format-spec", [".md"]) {
      guard chapters.contains(where: { file.path.hasSuffix($0 + ".md") }) else { continue }
      for line in file.lines {
        // A row of a table of rules: `| CON-27 | ...`.
        if let row = line.firstMatch(of: /^\| ([A-Z]{3}-[0-9]+) \|/) { found.append(String(row.1)) }
        // A rule starts a line or follows another one: `SEG-20. A content ...`.
        var rest = line
        var atStart = true
        while let range = rest.range(of: #"[A-Z]{3}-[0-9]+\. \S"#, options: .regularExpression) {
          let before = rest[..<range.lowerBound]
          let name = rest[range].prefix { $0 != "." }
          let follows = before.isEmpty ? atStart : before.hasSuffix(". ")
          if follows, prefixes.contains(String(name.prefix(3))) { found.append(String(name)) }
          rest = rest[range.upperBound...]
          atStart = false
        }
      }
    }
    return found
  }

  /// Numbers of requirements that tests name, each with the files that do.
  static func evidence() throws -> [String: Set<String>] {
    var named: [String: Set<String>] = [:]
    for file in try files("Tests") {
      for call in file.text.components(separatedBy: ".requirement(").dropFirst() {
        let arguments = call.prefix { $0 != ")" }
        for (i, part) in arguments.split(separator: "\"").enumerated() where i % 2 == 0 {
          let isName = part.wholeMatch(of: /[A-Z]{3}-[0-9]+/) != nil
          if isName { named[String(part), default: []].insert(file.path) }
        }
      }
    }
    return named
  }
}
