// Runs files of search cases through the public API of the store. `tools/conformance` calls it.

import Foundation
import Varve
import VarveFormat
import VarveSources

@main
enum Conformance {
  static func main() throws {
    var files: [String] = []
    var options = CaseRunner.Options()
    var asJSON = false
    for argument in CommandLine.arguments.dropFirst() {
      switch argument {
      case "--json": asJSON = true
      case "--indexed": options.isIndexed = true
      case "--code-words": options.codeWords = true
      case "--verbose": options.isVerbose = true
      default: files.append(argument)
      }
    }
    guard !files.isEmpty else {
      finish(2, error: "usage: tools/conformance FILE... [--json] [--indexed] [--code-words]")
    }
    var results: [CaseResult] = []
    for file in files {
      guard let text = Files.read(file) else { finish(6, error: "\(file): cannot be read") }
      guard case .array(let cases) = try JSONTree.parse(text) else {
        finish(2, error: "\(file): not an array of cases")
      }
      for value in cases { results.append(try CaseRunner(options).run(value)) }
    }
    report(results, asJSON: asJSON)
    finish(results.allSatisfy { $0.failures.isEmpty } ? 0 : 1)
  }

  private static func report(_ results: [CaseResult], asJSON: Bool) {
    if asJSON {
      let rows = results.map { result in
        let failures = result.failures.map { Text.json($0) }.joined(separator: ",")
        return "{\"name\":\(Text.json(result.name)),\"passed\":\(result.passed),"
          + "\"failed\":\(result.failures.count),\"failures\":[\(failures)]}"
      }
      print("{\"cases\":[\(rows.joined(separator: ","))]}")
      return
    }
    for result in results {
      let state = result.failures.isEmpty ? "ok  " : "FAIL"
      print("\(state) \(result.name): \(result.passed) passed, \(result.failures.count) failed")
      for failure in result.failures { print("       \(failure)") }
    }
    let passed = results.reduce(0) { $0 + $1.passed }
    let failed = results.reduce(0) { $0 + $1.failures.count }
    print("\(results.count) cases, \(passed) searches passed, \(failed) failed")
  }

  static func finish(_ code: Int32, error: String? = nil) -> Never {
    if let error { FileHandle.standardError.write(Data((error + "\n").utf8)) }
    exit(code)
  }
}

enum Files {
  static func read(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path).map { Array($0) }
  }

  /// A directory that nobody else has.
  static func temporaryDirectory() throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/varve-conformance-\(UUID())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  static func remove(_ directory: String) {
    try? FileManager.default.removeItem(atPath: directory)
  }
}

enum Text {
  static func json(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default:
        if scalar.value < 0x20 {
          let hex = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
