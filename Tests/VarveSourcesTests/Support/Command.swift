// Runs the built command. Its path is in VARVE_BINARY; without it the tests of the command are skipped.

import Foundation
import Testing
import Varve
import VarveFormat

/// The command on one test's folder and store.
struct Command {
  static let binary = ProcessInfo.processInfo.environment["VARVE_BINARY"]
  static let reason: Comment = "VARVE_BINARY is not set: it names the command that is tested"

  let world: World
  private let binary: String

  init(_ world: World) throws {
    self.world = world
    binary = try #require(Self.binary)
  }

  /// What a run left behind.
  struct Output {
    let code: Int32
    let bytes: [UInt8]
    let errors: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var errorText: String { String(decoding: errors, as: UTF8.self) }
    var lines: [Substring] { text.split(separator: "\n") }

    /// The one JSON object of the output.
    func object() throws -> [String: Any] {
      #expect(bytes.filter { $0 == 0x0A }.count == 1)
      let value = try JSONSerialization.jsonObject(with: Data(bytes))
      return try #require(value as? [String: Any])
    }

    /// The rows under a key of the one object.
    func rows(_ key: String) throws -> [[String: Any]] {
      try #require(try object()[key] as? [[String: Any]])
    }
  }

  /// Runs the command; the store is the world's, by environment.
  func run(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Output {
    try launch(binary, arguments, input: input, environment: environment)
  }

  func run(_ arguments: String...) throws -> Output { try run(arguments) }

  /// Runs a line of sh in which `$VARVE` is the command.
  func shell(_ line: String) throws -> Output {
    try launch("/bin/sh", ["-c", line], input: [], environment: ["VARVE": binary])
  }

  private func launch(
    _ program: String, _ arguments: [String], input: [UInt8], environment: [String: String]
  ) throws -> Output {
    let name = "run-\(UUID().uuidString)"
    for stream in ["in", "out", "err"] {
      try world.scratch.write("\(name).\(stream)", stream == "in" ? input : [])
    }
    func url(_ stream: String) -> URL {
      URL(fileURLWithPath: world.scratch.path + "/\(name).\(stream)")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: world.scratch.path)
    let standard = [
      "PATH": "/usr/bin:/bin", "HOME": world.scratch.path + "/nobody", "TZ": "UTC",
      "VARVE_STORE": world.storePath,
    ]
    process.environment = standard.merging(environment) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: url("in"))
    process.standardOutput = try FileHandle(forWritingTo: url("out"))
    process.standardError = try FileHandle(forWritingTo: url("err"))
    try process.run()
    process.waitUntilExit()
    let code = process.terminationStatus
    return Output(
      code: process.terminationReason == .exit ? code : 128 + code,
      bytes: Array(try Data(contentsOf: url("out"))),
      errors: Array(try Data(contentsOf: url("err"))))
  }
}
