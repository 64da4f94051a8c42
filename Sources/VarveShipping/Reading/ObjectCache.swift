// What was fetched of a target, on the local disk under the digests of its bytes: whole files, and
// chunks of encrypted ones.

import Varve
import VarveFormat
import VarveStorage

/// A directory of files and chunks of one target.
struct ObjectCache: Sendable {
  let objects: ObjectStore
  private let root: String
  private let list: ObjectStore.FileList
  private let isCancelled: @Sendable () -> Bool
  private let disk = PosixFileSystem()

  /// What an interrupted process leaves is taken away when it is this old.
  private static let leftoverAge: Int64 = 86_400_000
  private static let temporaryPrefix = "new-"
  private static let triesMax = 3

  init(
    _ root: String, of objects: ObjectStore, isCancelled: @escaping @Sendable () -> Bool
  ) throws {
    self.root = root
    self.objects = objects
    self.isCancelled = isCancelled
    list = try objects.files()
    try makeFolders()
  }

  private func makeFolders() throws(StoreError) {
    try engine { () throws(StorageError) in
      for folder in [root, root + "/files", root + "/chunks"] { try Self.makeFolder(folder, disk) }
    }
  }

  private static func makeFolder(_ path: String, _ disk: PosixFileSystem) throws(StorageError) {
    guard !disk.exists(path) else { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeFolder(String(path[..<slash]), disk)
    }
    try disk.makeDirectory(path)
  }

  // MARK: Whole files

  /// Where a file is, or will be.
  func path(_ object: BackupObject) -> String { root + "/files/\(object.digest)" }

  /// Whether a file is here.
  func has(_ object: BackupObject) -> Bool {
    (try? disk.open(path(object)).byteCount()) == object.byteCount
  }

  /// A file, which is fetched if it is not here. Its bytes were compared with its digest then.
  func wholeFile(
    _ object: BackupObject, _ onMove: (UInt64) -> Void = { _ in }
  ) throws -> any ReadableFile {
    let path = path(object)
    // Who reads another backup may take it away just now.
    for _ in 0..<Self.triesMax {
      if has(object), let file = try? disk.open(path) { return file }
      try objects.anyCopy(of: object, in: list) { key in try fetch(object, key, to: path, onMove) }
    }
    return try engine { () throws(StorageError) in try disk.open(path) }
  }

  private func fetch(
    _ object: BackupObject, _ key: String, to path: String, _ onMove: (UInt64) -> Void
  ) throws {
    var digest = Digest()
    var count: UInt64 = 0
    try write(to: path) { file in
      try objects.forEachPiece(key, .init(object.kind), digest: object.digest) { piece in
        if isCancelled() {
          throw StoreError(.cancelled, path: objects.name, detail: "reading was stopped")
        }
        count += UInt64(piece.count)
        guard count <= object.byteCount else {
          throw StoreError(.damaged, path: key, detail: "it is longer than it was said to be")
        }
        digest.update(piece)
        try engine { () throws(StorageError) in try file.append(piece) }
        onMove(UInt64(piece.count))
      }
      guard count == object.byteCount, digest.finish() == object.digest else {
        throw StoreError(.damaged, path: key, detail: "its bytes are not those that its name says")
      }
      // Only its size is looked at later.
      try engine { () throws(StorageError) in try file.sync() }
    }
  }

  // MARK: Chunks

  private func path(_ object: BackupObject, chunk number: Int) -> String {
    root + "/chunks/\(object.digest)-\(number)"
  }

  /// A chunk of an encrypted file that is here; nil if it is not, or was damaged here.
  func chunk(_ number: Int, of object: BackupObject) -> [UInt8]? {
    let path = path(object, chunk: number)
    guard disk.exists(path),
      let bytes = try? disk.open(path).readAll(limit: SealedObject.chunkByteCount + 4),
      bytes.count >= 4
    else { return nil }
    let end = bytes.count - 4
    guard
      Checksum.crc32c(bytes.rawSpan.extracting(0..<end))
        == bytes.rawSpan.load(UInt32.self, at: end)
    else { return nil }
    return Array(bytes[..<end])
  }

  /// Fetches neighbouring chunks of an encrypted file and keeps them.
  func fetchChunks(_ numbers: Range<Int>, of object: BackupObject) throws -> [[UInt8]] {
    if isCancelled() {
      throw StoreError(.cancelled, path: objects.name, detail: "reading was stopped")
    }
    var text: [UInt8] = []
    try objects.anyCopy(of: object, in: list) { key in
      text = try objects.chunks(numbers, of: object, at: key)
    }
    let size = SealedObject.chunkByteCount
    let chunks = stride(from: 0, to: text.count, by: size).map {
      Array(text[$0..<min(text.count, $0 + size)])
    }
    for (number, chunk) in zip(numbers, chunks) {
      var writer = ByteWriter(reserving: chunk.count + 4)
      writer.write(chunk)
      writer.write(Checksum.crc32c(chunk.rawSpan))
      let bytes = writer.bytes
      try write(to: path(object, chunk: number)) { file in
        try engine { () throws(StorageError) in try file.append(bytes) }
      }
    }
    return chunks
  }

  // MARK: Both

  /// Writes a file under a name of its own until it is whole.
  private func write(
    to path: String, _ body: (any WritableFile) throws -> Void
  ) throws {
    var generator = SystemRandomNumberGenerator()
    let temporary = root + "/\(Self.temporaryPrefix)\(generator.next() as UInt64)"
    // A cache may be taken away at any time.
    try makeFolders()
    let file = try engine { () throws(StorageError) in try disk.create(temporary) }
    do {
      try body(file)
      try makeFolders()
      try engine { () throws(StorageError) in try disk.rename(temporary, to: path) }
    } catch {
      try? disk.unlink(temporary)
      throw error
    }
  }

  /// Takes away what is of no file of some, and what interrupted processes left.
  func keepOnly(_ files: [BackupObject]) throws {
    let kept = Set(files.map { "\($0.digest)" })
    try engine { () throws(StorageError) in
      for name in try disk.list(root + "/files") where !kept.contains(name) {
        try disk.unlink(root + "/files/" + name)
      }
      for name in try disk.list(root + "/chunks")
      where !kept.contains(String(name.prefix { $0 != "-" })) {
        try disk.unlink(root + "/chunks/" + name)
      }
      for name in try disk.list(root) where name.hasPrefix(Self.temporaryPrefix) {
        guard let file = try? disk.open(root + "/" + name),
          let time = try? file.modified(), time < disk.now() - Self.leftoverAge
        else { continue }
        try disk.unlink(root + "/" + name)
      }
    }
  }
}
