// A vector: one structure as an annotated hexdump, the form that `format-spec/vectors` holds.

import Foundation
import VarveFormat
import VarveTestSupport

/// Bytes of one structure with the notes that stand beside them.
struct Vector: Sendable {
  struct Field: Sendable {
    var count: Int
    var note: String
  }

  var name: String
  var title: String
  var structure: String
  /// What a reader must know beside the bytes: counts from a block header, an expected error.
  var settings: [(name: String, value: String)] = []
  var bytes: [UInt8]
  /// Notes from the first byte on; bytes behind the last note stand 16 a line.
  var fields: [Field] = []

  static let folder = Repository.root + "/format-spec/vectors/"
  var path: String { Self.folder + name + ".hex" }

  func setting(_ name: String) -> String? { settings.first { $0.name == name }?.value }

  func number(_ name: String) -> Int { setting(name).flatMap { Int($0) } ?? 0 }

  /// The text of the file.
  var text: String {
    var lines = ["# \(name): \(title)", "# structure: \(structure)"]
    for setting in settings { lines.append("# \(setting.name): \(setting.value)") }
    let digits = max(3, String(bytes.count).count)
    var at = 0
    var rest = bytes.count - fields.reduce(0) { $0 + $1.count }
    precondition(rest >= 0, "\(name): notes cover more than the bytes")
    for field in fields { append(field, at: &at, digits: digits, to: &lines) }
    while rest > 0 {
      append(Field(count: min(16, rest), note: ""), at: &at, digits: digits, to: &lines)
      rest -= min(16, rest)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func append(_ field: Field, at: inout Int, digits: Int, to lines: inout [String]) {
    var left = field.count
    var note = field.note
    while left > 0 {
      let count = min(16, left)
      let hex = bytes[at..<(at + count)].map { Hex.encode([$0]) }.joined(separator: " ")
      let range = Self.padded(at, digits) + "-" + Self.padded(at + count, digits)
      let blanks = String(repeating: " ", count: 47 - hex.utf8.count + 2)
      lines.append(range + "  " + hex + (note.isEmpty ? "" : blanks + note))
      at += count
      left -= count
      note = ""
    }
  }

  private static func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// Reads a vector file as any reader would: settings and bytes, notes left out.
  init(parsing text: String, name: String) throws {
    self.name = name
    title = ""
    structure = ""
    bytes = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("#") {
        let parts = line.dropFirst().split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { continue }
        let key = parts[0].trimmingCharacters(in: .whitespaces)
        let value = parts[1].trimmingCharacters(in: .whitespaces)
        if key == "structure" { structure = value } else { settings.append((key, value)) }
        continue
      }
      let columns = line.split(separator: " ", maxSplits: 1)
      let range = columns[0].split(separator: "-").compactMap { Int($0) }
      guard columns.count == 2, range.count == 2, range[0] == bytes.count, range[1] > range[0]
      else { throw Malformed(line: String(line)) }
      let hex = columns[1].split(separator: " ").prefix(range[1] - range[0]).joined()
      guard let part = Hex.decode(hex), part.count == range[1] - range[0] else {
        throw Malformed(line: String(line))
      }
      bytes += part
    }
  }

  struct Malformed: Error { var line: String }

  init(
    _ name: String, _ title: String, structure: String,
    settings: [(name: String, value: String)] = [], bytes: [UInt8], fields: [Field] = []
  ) {
    self.name = name
    self.title = title
    self.structure = structure
    self.settings = settings
    self.bytes = bytes
    self.fields = fields
  }

  /// A vector on disk.
  init(reading name: String) throws {
    let text = try String(contentsOfFile: Self.folder + name + ".hex", encoding: .utf8)
    try self.init(parsing: text, name: name)
  }

  /// Names of the vectors on disk, in order; those of a subfolder with its name.
  static func names(in subfolder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder + subfolder)
      .filter { $0.hasSuffix(".hex") }.map { subfolder + $0.dropLast(4) }.sorted()
  }
}
