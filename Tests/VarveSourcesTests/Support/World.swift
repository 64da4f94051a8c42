// A fresh folder with made-up sources and a store; it goes away with its owner. Nothing else is written.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveSources

/// A folder for one test.
final class Scratch: Sendable {
  let path: String

  init() throws {
    let temporary =
      FileManager.default.temporaryDirectory.path + "/varve-sources-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: temporary, withIntermediateDirectories: true)
    path = URL(fileURLWithPath: temporary).resolvingSymlinksInPath().path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: path + "/" + name, withIntermediateDirectories: true)
  }

  /// Writes a file in place, with the folders above it.
  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = path + "/" + name
    if let slash = name.lastIndex(of: "/") { try makeFolder(String(name[..<slash])) }
    if !FileManager.default.fileExists(atPath: file) {
      guard FileManager.default.createFile(atPath: file, contents: nil) else {
        throw CocoaError(.fileWriteUnknown)
      }
    }
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func append(_ name: String, _ text: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path + "/" + name))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  func remove(_ name: String) { try? FileManager.default.removeItem(atPath: path + "/" + name) }

  /// Sets the modification time of a file to some seconds ago.
  func age(_ name: String, seconds: Double) throws {
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -seconds)], ofItemAtPath: path + "/" + name)
  }
}

/// One occurrence with the bytes of its message.
struct Sighting: Equatable {
  let occurrence: Occurrence
  let content: [UInt8]

  var text: String { String(decoding: content, as: UTF8.self) }
  var kind: Kind { occurrence.kind }
  var metadata: MetadataValue { occurrence.metadata ?? .object([]) }

  /// Keys of the metadata in their order.
  var metadataKeys: [String] {
    guard case .object(let members) = metadata else { return [] }
    return members.map { String(decoding: $0.key, as: UTF8.self) }
  }
}

/// A home and a store.
struct World {
  let scratch: Scratch
  /// Name of the store's folder; a test may use several.
  var storeName = "store"

  init() throws { scratch = try Scratch() }

  var home: String { scratch.path + "/home" }
  var storePath: String { scratch.path + "/" + storeName }

  func history(_ text: String) throws { try scratch.write("home/history.jsonl", text) }
  func history(_ bytes: [UInt8]) throws { try scratch.write("home/history.jsonl", bytes) }

  func transcript(_ text: String, name: String = "s.jsonl") throws {
    try scratch.write("home/projects/-p/" + name, text)
  }

  func log(_ text: String, name: String = "session-1.txt") throws {
    try scratch.write("home/debug/" + name, text)
  }

  func records(_ text: String) throws { try scratch.write("records.jsonl", text) }
  var recordsPath: String { scratch.path + "/records.jsonl" }

  /// Ingests paths, the home if none is given.
  @discardableResult
  func ingest(
    _ paths: String..., with change: (inout ImportOptions) -> Void = { _ in }
  ) throws -> ImportReport {
    var storeOptions = StoreOptions(access: .write)
    storeOptions.createIfMissing = true
    storeOptions.maintenance = .manual
    let store = try Store.open(at: storePath, options: storeOptions)
    var options = ImportOptions()
    options.host = "test"
    change(&options)
    return try Importer(into: store, options: options).run(paths.isEmpty ? [home] : paths)
  }

  func snapshot() throws -> Snapshot {
    try Store.open(at: storePath, options: StoreOptions(access: .read)).snapshot()
  }

  func digest() throws -> ContentHash { try snapshot().digest() }

  /// All occurrences in the order of their commits.
  func sightings() throws -> [Sighting] {
    let snapshot = try snapshot()
    var sightings: [Sighting] = []
    for sequence in 1..<snapshot.nextSequence {
      let occurrence = try snapshot.occurrence(sequence)
      let content = try snapshot.message(at: occurrence.message).content
      sightings.append(Sighting(occurrence: occurrence, content: content))
    }
    return sightings
  }

  /// The only occurrence of the store.
  func only() throws -> Sighting {
    let sightings = try sightings()
    try #require(sightings.count == 1)
    return sightings[0]
  }
}

/// A line of a transcript whose message has a content.
func messageLine(_ type: String, _ content: String, extra: String = "") -> String {
  #"{"type":"\#(type)","sessionId":"s-1","timestamp":"2026-01-02T03:04:05.678Z"\#(extra),"#
    + #""message":{"role":"\#(type)","content":\#(content)}}"# + "\n"
}

/// The time of `messageLine`.
let messageTime: Int64 = 1_767_323_045_678

extension SkippedRecord {
  /// All of it as one text.
  var words: String { "\(file):\(line) byte \(offset): \(reason)" }
}
