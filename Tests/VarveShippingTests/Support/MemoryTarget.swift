// A target in memory whose clock tests set and whose every request they can count, fail or use as
// the moment for something else.

import Synchronization
import VarveFormat
import VarveShipping
import VarveStorage
import Varve

/// A backup target in memory.
final class MemoryTarget: BackupTarget {
  struct Object {
    var bytes: [UInt8]
    var modified: Int64
  }

  private struct State {
    var objects: [String: Object] = [:]
    var time: Int64 = 1_700_000_000_000
    var requestCount = 0
  }

  private let state = Mutex(State())
  /// Called before each request that changes or reads something, with its number from 1 on.
  let onRequest = Mutex<(@Sendable (Int) throws -> Void)?>(nil)

  let name = "memory"

  var objects: [String: Object] { state.withLock { $0.objects } }
  var requestCount: Int { state.withLock { $0.requestCount } }

  func pass(milliseconds: Int64) { state.withLock { $0.time += milliseconds } }

  /// Puts an object there as nobody's request.
  func add(_ key: String, _ bytes: [UInt8]) {
    state.withLock { $0.objects[key] = Object(bytes: bytes, modified: $0.time) }
  }

  func change(_ key: String, _ body: (inout [UInt8]) -> Void) {
    state.withLock { state in
      guard var object = state.objects[key] else { return }
      body(&object.bytes)
      state.objects[key] = object
    }
  }

  /// A copy with the same objects and time.
  func copy() -> MemoryTarget {
    let copy = MemoryTarget()
    let (objects, time) = state.withLock { ($0.objects, $0.time) }
    copy.state.withLock {
      $0.objects = objects
      $0.time = time
    }
    return copy
  }

  private func request() throws {
    let number = state.withLock { state in
      state.requestCount += 1
      return state.requestCount
    }
    try onRequest.withLock { $0 }?(number)
  }

  func put(_ key: String, digest: ContentHash?, _ piece: () throws -> [UInt8]) throws {
    var bytes: [UInt8] = []
    while true {
      let more = try piece()
      if more.isEmpty { break }
      bytes += more
    }
    guard digest == nil || Digest.hash(bytes) == digest else {
      throw StoreError(.damaged, path: key, detail: "other bytes")
    }
    try request()
    let whole = bytes
    state.withLock { $0.objects[key] = Object(bytes: whole, modified: $0.time) }
  }

  func get(_ key: String, at offset: UInt64, count: Int) throws -> [UInt8] {
    try request()
    guard let object = state.withLock({ $0.objects[key] }) else {
      throw StoreError(.notFound, path: key, detail: "no such object")
    }
    return Array(object.bytes.dropFirst(Int(clamping: offset)).prefix(count))
  }

  func list(_ prefix: String) throws -> [TargetObject] {
    try request()
    return objects.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.map {
      TargetObject(
        key: $0.key, byteCount: UInt64($0.value.bytes.count), modified: $0.value.modified)
    }
  }

  func delete(_ key: String) throws {
    try request()
    state.withLock { $0.objects[key] = nil }
  }

  func now() throws -> Int64 {
    try request()
    return state.withLock { $0.time }
  }
}
