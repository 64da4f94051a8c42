// What a failed commit, or somebody else's hand in the directory, must not do to later commits.

import Foundation
import Testing
import Varve
import VarveFormat
import VarveStorage
import VarveTestSupport

@Suite("Failed commits") struct FailedCommitTests {
  private func options(_ access: StoreOptions.Access = .write) -> StoreOptions {
    var options = StoreOptions(access: access)
    options.createIfMissing = access == .write
    options.maintenance = .manual
    return options
  }

  private func add(
    _ path: String, offset: UInt64, _ text: String, to batch: inout WriteBatch
  ) throws {
    var sighting = Occurrence(kind: .log, place: SourcePlace(path: path, offset: offset))
    sighting.session = "session of \(path)"
    try batch.append(sighting, content: Array(text.utf8))
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.path + "/varve-failed-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  /// Contents of the newest records, as another process sees them.
  private func texts(_ path: String, from sequence: UInt64) throws -> [String] {
    let snapshot = try Store.open(at: path, options: options(.read)).snapshot()
    return try (sequence..<snapshot.nextSequence).map {
      let occurrence = try snapshot.occurrence($0)
      let content = try snapshot.message(at: occurrence.message).content
      return "\(occurrence.session ?? "-"): " + String(decoding: content, as: UTF8.self)
    }
  }

  @Test("A commit that fails half encoded leaves nothing in the next one")
  func failsHalfEncoded() throws {
    try withFolder { path in
      do {
        let store = try Store.open(at: path, options: options())
        var batch = WriteBatch()
        for i in 0..<3000 { try add("p\(i)", offset: 0, "text \(i)", to: &batch) }
        try store.commit(batch)
        try store.flush()
      }
      let store = try Store.open(at: path, options: options())
      var known = WriteBatch()
      try add("p0", offset: 99, "known", to: &known)
      try store.commit(known)
      try damageUnreadLeaves(path)
      var bad = WriteBatch()
      try add("p0", offset: 100, "half", to: &bad)
      for i in 0..<200 { try add("q\(i)", offset: 0, "unknown \(i)", to: &bad) }
      #expect(throws: StoreError.self) { try store.commit(bad) }
      var good = WriteBatch()
      try add("p0", offset: 101, "good", to: &good)
      let result = try store.commit(good)
      #expect(result.occurrencesNew == 1 && result.lastSequence == 3002)
      #expect(
        try texts(path, from: 3001) == ["session of p0: known", "session of p0: good"])
    }
  }

  /// Changes the last byte, which is padding, of every leaf with identities: pages that were read
  /// already stay as they were, others fail their checksum.
  private func damageUnreadLeaves(_ path: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: path + "/indexes") {
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path + "/indexes/" + name))
      let bytes = try #require(try handle.readToEnd())
      var count = 0
      for page in stride(from: 0, to: bytes.count - 4095, by: 4096)
      where bytes[page + 8] == BTreePage.leaf && Int(bytes[page + 9]) == 34 && bytes[page + 12] == 4
      {
        try handle.seek(toOffset: UInt64(page + 4095))
        try handle.write(contentsOf: Data([bytes[page + 4095] ^ 0xFF]))
        count += 1
      }
      try handle.close()
      #expect(count > 10)
    }
  }

  @Test("A removed TAIL is made again, so that nobody misses a commit")
  func removesTail() throws {
    try withFolder { path in
      func open() throws -> Store {
        try Store.open(
          at: path, options: options(), fileSystem: PosixFileSystem(), registers: false)
      }
      func commit(_ store: Store, _ offset: UInt64) throws {
        var batch = WriteBatch()
        try add("p", offset: offset, "text \(offset)", to: &batch)
        try store.commit(batch)
      }
      let first = try open()
      try commit(first, 1)
      let second = try open()
      try FileManager.default.removeItem(atPath: path + "/TAIL")
      try commit(second, 2)
      try commit(first, 3)
      #expect(try texts(path, from: 1).count == 3)
      try commit(second, 4)
      try commit(try open(), 5)
      #expect(
        try texts(path, from: 1) == (1...5).map { "session of p: text \($0)" })
    }
  }
}
