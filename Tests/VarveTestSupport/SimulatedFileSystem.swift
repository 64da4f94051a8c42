// A file system in memory that is stricter than a disk: what was not synced can vanish, in part or whole,
// names apart from bytes. After Pebble's CrashClone and SQLite's TH3.

import Synchronization
import VarveFormat
package import VarveStorage

/// A simulated disk. Every call that changes something is one operation; `onOperation` runs after each.
package final class SimulatedFileSystem: FileSystem {
  /// A write that no sync has covered yet.
  package struct PendingWrite: Sendable {
    package var inode: Int
    package var offset: Int
    package var bytes: [UInt8]
  }

  /// A change of names that no directory sync has covered yet.
  package enum PendingName: Sendable {
    case link(path: String, inode: Int)
    case rename(source: String, target: String, inode: Int)
    case unlink(path: String)
  }

  /// The disk: what is seen, what is durable, and what lies between.
  package struct Disk: Sendable {
    package var seen: [Int: [UInt8]] = [:]
    package var durable: [Int: [UInt8]] = [:]
    package var names: [String: Int] = [:]
    package var durableNames: [String: Int] = [:]
    package var pendingWrites: [PendingWrite] = []
    package var pendingNames: [PendingName] = []
    package var directories: Set<String> = ["/"]
    package var nextInode = 1

    package init() {}
  }

  private struct State {
    var disk = Disk()
    var operations = 0
    var locks: Set<String> = []
    var held: (source: String, target: String)?
    var failAt: Int?
  }

  /// Mistakes that an engine might make, planted below it.
  package enum Fault: Sendable, CaseIterable {
    case noDirectorySync
    case noFileSyncBeforeRename
    case currentBeforeManifest
    case acknowledgeBeforeSync
    case uncheckedFrame
  }

  private let state: Mutex<State>
  package let bootID: (high: UInt64, low: UInt64)
  private let fault: Fault?
  private let clock = Mutex<Int64>(1_763_800_000_000)
  /// When each inode was last written.
  private let times = Mutex<[Int: Int64]>([:])
  /// Called after each operation, outside all locks.
  private let observer = Mutex<(@Sendable (Int) -> Void)?>(nil)

  package init(disk: Disk = Disk(), boot: UInt64 = 1, fault: Fault? = nil) {
    var state = State()
    state.disk = disk
    self.state = Mutex(state)
    bootID = (boot, boot)
    self.fault = fault
  }

  package var disk: Disk { state.withLock { $0.disk } }

  /// Operations so far.
  package var operationCount: Int { state.withLock { $0.operations } }

  /// Makes the operation with this number, and all later ones, fail with EIO.
  package func fail(at operation: Int?) { state.withLock { $0.failAt = operation } }

  package func observe(_ body: (@Sendable (Int) -> Void)?) { observer.withLock { $0 = body } }

  fileprivate func change(
    _ path: String, _ doing: String, _ body: (inout Disk) -> Void
  ) throws(StorageError) {
    let count: Int? = state.withLock { state in
      if let failAt = state.failAt, state.operations + 1 >= failAt {
        state.operations += 1
        return nil
      }
      body(&state.disk)
      state.operations += 1
      return state.operations
    }
    guard let count else { throw StorageError(.system(5), path: path, doing: doing) }
    observer.withLock { $0 }?(count)
  }

  // MARK: FileSystem

  package func open(_ path: String) throws(StorageError) -> any ReadableFile { try file(path) }

  package func openForWriting(_ path: String) throws(StorageError) -> any WritableFile {
    try file(path)
  }

  private func file(_ path: String) throws(StorageError) -> SimulatedFile {
    guard let inode = state.withLock({ $0.disk.names[path] }) else {
      throw StorageError(.system(2), path: path, doing: "open")
    }
    return SimulatedFile(self, path: path, inode: inode)
  }

  package func create(_ path: String) throws(StorageError) -> any WritableFile {
    guard state.withLock({ $0.disk.names[path] == nil }) else {
      throw StorageError(.system(17), path: path, doing: "create")
    }
    try change(path, "create") { disk in
      let inode = disk.nextInode
      disk.nextInode += 1
      disk.seen[inode] = []
      disk.durable[inode] = []
      disk.names[path] = inode
      disk.pendingNames.append(.link(path: path, inode: inode))
    }
    if let inode = state.withLock({ $0.disk.names[path] }) { touch(inode) }
    return try file(path)
  }

  package func rename(_ source: String, to target: String) throws(StorageError) {
    if fault == .currentBeforeManifest {
      // The manifest's rename waits until CURRENT has been replaced.
      if target.hasSuffix(".vman") {
        state.withLock { $0.held = (source, target) }
        return
      }
      if target.hasSuffix("/CURRENT") {
        try renameNow(source, to: target)
        if let held = state.withLock({ $0.held }) { try renameNow(held.source, to: held.target) }
        return
      }
    }
    try renameNow(source, to: target)
  }

  private func renameNow(_ source: String, to target: String) throws(StorageError) {
    guard let inode = state.withLock({ $0.disk.names[source] }) else {
      throw StorageError(.system(2), path: source, doing: "rename")
    }
    try change(target, "rename") { disk in
      disk.names[source] = nil
      disk.names[target] = inode
      disk.pendingNames.append(.rename(source: source, target: target, inode: inode))
    }
  }

  package func unlink(_ path: String) throws(StorageError) {
    guard state.withLock({ $0.disk.names[path] != nil }) else { return }
    try change(path, "remove") { disk in
      disk.names[path] = nil
      disk.pendingNames.append(.unlink(path: path))
    }
  }

  package func makeDirectory(_ path: String) throws(StorageError) {
    // Directories are kept as durable: what matters is the names of files.
    state.withLock { _ = $0.disk.directories.insert(path) }
  }

  package func syncDirectory(_ path: String) throws(StorageError) {
    if fault == .noDirectorySync { return }
    try change(path, "sync directory") { disk in
      var rest: [PendingName] = []
      for pending in disk.pendingNames {
        if Self.directory(pending) == path {
          Self.apply(pending, to: &disk.durableNames)
        } else {
          rest.append(pending)
        }
      }
      disk.pendingNames = rest
    }
  }

  package static func directory(_ pending: PendingName) -> String {
    let path =
      switch pending {
      case .link(let path, _): path
      case .rename(_, let target, _): target
      case .unlink(let path): path
      }
    return path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
  }

  package static func apply(_ pending: PendingName, to names: inout [String: Int]) {
    switch pending {
    case .link(let path, let inode):
      names[path] = inode
    case .rename(let source, let target, let inode):
      if names[source] == inode { names[source] = nil }
      names[target] = inode
    case .unlink(let path):
      names[path] = nil
    }
  }

  package func list(_ path: String) throws(StorageError) -> [String] {
    state.withLock { state in
      let prefix = path + "/"
      let children = Array(state.disk.names.keys) + Array(state.disk.directories)
      return Set(
        children.filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/") }
          .map { String($0.dropFirst(prefix.count)) }
      ).sorted()
    }
  }

  package func exists(_ path: String) -> Bool {
    state.withLock { $0.disk.names[path] != nil || $0.disk.directories.contains(path) }
  }

  package func tryLock(
    _ path: String, holder: String
  ) throws(StorageError) -> (any FileLock)? {
    guard state.withLock({ $0.locks.insert(path).inserted }) else { return nil }
    return SimulatedLock(self, path: path)
  }

  fileprivate func lock(_ path: String) -> Bool {
    state.withLock { $0.locks.insert(path).inserted }
  }

  package func isStill(_ file: any ReadableFile, at path: String) -> Bool {
    guard let file = file as? SimulatedFile else { return false }
    return state.withLock { $0.disk.names[path] == file.inode }
  }

  fileprivate func unlock(_ path: String) { state.withLock { _ = $0.locks.remove(path) } }

  package func lockHolder(_ path: String) -> String { "a simulated process" }

  package func pause(milliseconds: Int) {}

  package func freeByteCount(_ path: String) -> UInt64? { nil }

  package func now() -> Int64 {
    clock.withLock { clock in
      clock += 1
      return clock
    }
  }

  /// Lets time pass.
  package func pass(milliseconds: Int64) { clock.withLock { $0 += milliseconds } }

  private func touch(_ inode: Int) {
    let now = clock.withLock { $0 }
    times.withLock { $0[inode] = now }
  }

  fileprivate func modified(_ inode: Int) -> Int64 { times.withLock { $0[inode] ?? 0 } }

  // MARK: Files

  fileprivate func contents(_ inode: Int, _ path: String, at offset: Int?) -> [UInt8] {
    let bytes = state.withLock { $0.disk.seen[inode] ?? [] }
    guard let offset else { return bytes }
    let rest = Array(bytes.dropFirst(offset))
    return fault == .uncheckedFrame && path.hasSuffix(".vseg") ? Self.blessed(rest) : rest
  }

  /// Plays a reader that does not check frames: whatever stands there gets checksums that match.
  private static func blessed(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= BlockHeader.byteCount,
      bytes.rawSpan.load(UInt32.self, at: 0) == BlockHeader.magic
    else { return bytes }
    var writer = ByteWriter()
    writer.write(bytes)
    let stored = Int(bytes.rawSpan.load(UInt32.self, at: 8))
    let end = BlockHeader.byteCount + stored
    if end <= bytes.count {
      writer.patch(
        Checksum.crc32c(bytes.rawSpan.extracting(BlockHeader.byteCount..<end)), at: 28)
    }
    let header = Checksum.crc32c(writer.bytes.rawSpan.extracting(0..<32))
    writer.patch(header, at: 32)
    return writer.bytes
  }

  fileprivate func write(
    _ inode: Int, _ path: String, _ bytes: [UInt8], at offset: Int?
  ) throws(StorageError) {
    touch(inode)
    try change(path, "write") { disk in
      var content = disk.seen[inode] ?? []
      let start = offset ?? content.count
      Self.place(bytes, at: start, in: &content)
      disk.seen[inode] = content
      // A file that is overwritten in place and never synced (TAIL) would pile up: what its last two
      // writes leave covers what older ones could.
      let same = disk.pendingWrites.indices.filter {
        disk.pendingWrites[$0].inode == inode && disk.pendingWrites[$0].offset == start
          && disk.pendingWrites[$0].bytes.count == bytes.count
      }
      if same.count >= 2 { disk.pendingWrites.remove(at: same[0]) }
      disk.pendingWrites.append(PendingWrite(inode: inode, offset: start, bytes: bytes))
    }
  }

  package static func place(_ bytes: [UInt8], at start: Int, in content: inout [UInt8]) {
    let end = start + bytes.count
    if content.count < end {
      content.append(contentsOf: repeatElement(0, count: end - content.count))
    }
    content.replaceSubrange(start..<end, with: bytes)
  }

  fileprivate func sync(_ inode: Int, _ path: String) throws(StorageError) {
    if fault == .acknowledgeBeforeSync, path.hasSuffix(".vseg") { return }
    if fault == .noFileSyncBeforeRename, path.contains("/tmp/") { return }
    try change(path, "sync") { disk in
      disk.durable[inode] = disk.seen[inode]
      disk.pendingWrites.removeAll { $0.inode == inode }
    }
  }
}

private final class SimulatedFile: WritableFile {
  let path: String
  private let disk: SimulatedFileSystem
  fileprivate let inode: Int

  init(_ disk: SimulatedFileSystem, path: String, inode: Int) {
    self.disk = disk
    self.path = path
    self.inode = inode
  }

  func byteCount() throws(StorageError) -> UInt64 {
    UInt64(disk.contents(inode, path, at: nil).count)
  }

  func modified() throws(StorageError) -> Int64 { disk.modified(inode) }

  func read(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
    Array(disk.contents(inode, path, at: Int(clamping: offset)).prefix(count))
  }

  func map() throws(StorageError) -> ByteRegion {
    ByteRegion(disk.contents(inode, path, at: nil))
  }

  func append(_ bytes: [UInt8]) throws(StorageError) {
    try disk.write(inode, path, bytes, at: nil)
  }

  func overwrite(_ bytes: [UInt8], at offset: UInt64) throws(StorageError) {
    try disk.write(inode, path, bytes, at: Int(offset))
  }

  func sync() throws(StorageError) { try disk.sync(inode, path) }
}

private final class SimulatedLock: FileLock {
  private let disk: SimulatedFileSystem
  private let path: String
  private let isHeld = Mutex(true)

  init(_ disk: SimulatedFileSystem, path: String) {
    self.disk = disk
    self.path = path
  }

  func release() {
    let wasHeld = isHeld.withLock { held in
      defer { held = false }
      return held
    }
    if wasHeld { disk.unlock(path) }
  }

  func takeAgain(holder: String) throws(StorageError) -> Bool? {
    guard disk.lock(path) else { return false }
    isHeld.withLock { $0 = true }
    return true
  }

  deinit { release() }
}
