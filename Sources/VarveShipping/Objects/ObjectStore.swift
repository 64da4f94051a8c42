// The objects of a target by what they are: named and written as they are, or encrypted. All of
// shipping goes through it, so that nothing else knows the difference.

import Varve
import VarveFormat
import VarveStorage

/// A target, and the keys of its objects if they are encrypted.
public struct ObjectStore: Sendable {
  /// Where the objects are.
  public let target: any BackupTarget
  private let keys: BackupKeys?

  /// - Parameter keys: nil for a target whose objects are as the store has them.
  public init(_ target: any BackupTarget, keys: BackupKeys? = nil) {
    self.target = target
    self.keys = keys
  }

  /// What people call the target.
  public var name: String { target.name }

  /// Whether its objects are encrypted.
  public var isEncrypted: Bool { keys != nil }

  // MARK: Names

  /// What an object is; part of the id of an encrypted one, so that none can stand for another.
  enum Kind: String {
    case segment, index, backup, prune

    init(_ kind: BackupObject.Kind) {
      switch kind {
      case .segment: self = .segment
      case .index: self = .index
      }
    }
  }

  /// What an object with these bytes is named by.
  func id(_ kind: Kind, _ digest: ContentHash) -> ContentHash {
    keys?.id(kind.rawValue, digest) ?? digest
  }

  /// What a file of a store is named by.
  func id(_ object: BackupObject) -> FileID {
    FileID(kind: object.kind, id: id(Kind(object.kind), object.digest))
  }

  /// What the target says of the files of stores, by their ids.
  struct FileList {
    fileprivate var objects: [FileID: [TargetObject]] = [:]

    /// All of them.
    var all: [TargetObject] { objects.values.flatMap { $0 } }

    func copies(of id: FileID) -> [TargetObject] { objects[id] ?? [] }
  }

  /// The segments and indexes of the target.
  func files() throws -> FileList {
    var list = FileList()
    for kind in BackupObject.Kind.allCases {
      for object in try target.list(TargetKey.folder(kind)) {
        guard let id = TargetKey.fileID(object.key) else { continue }
        list.objects[id, default: []].append(object)
      }
    }
    return list
  }

  /// The copies of a file that the target has, as far as their sizes say.
  func copies(of object: BackupObject, in list: FileList) -> [TargetObject] {
    list.copies(of: id(object)).filter {
      // A name without digits of its own is of a plain target that is older than they are.
      $0.byteCount == storedByteCount(object.byteCount) && (!isEncrypted || $0.key.contains("-"))
    }
  }

  /// Tries the copies of a file until one is good.
  ///
  /// - Parameter body: gets the key of a copy.
  /// - Throws: ``StoreError``: `damaged` if there is none; what else the closure throws.
  func anyCopy(
    of object: BackupObject, in list: FileList, _ body: (String) throws -> Void
  ) throws {
    var failure = StoreError(
      .damaged, path: name,
      detail: "the target has no whole copy of \(object.kind) \(object.id): the next backup of the "
        + "store ships it again")
    for copy in copies(of: object, in: list) {
      do {
        return try body(copy.key)
      } catch let error as StoreError where error.code == .damaged || error.code == .notFound {
        failure = StoreError(.damaged, path: copy.key, detail: error.detail)
      }
    }
    throw failure
  }

  /// Bytes that an object of some bytes takes in the target.
  func storedByteCount(_ byteCount: UInt64) -> UInt64 {
    isEncrypted ? SealedObject.sealedByteCount(byteCount) : byteCount
  }

  // MARK: Bytes

  /// Writes an object whose digest is known; other bytes are refused.
  func put(
    _ key: String, _ kind: Kind, digest: ContentHash, byteCount: UInt64,
    _ piece: () throws -> [UInt8]
  ) throws {
    guard let keys else { return try target.put(key, digest: digest, piece) }
    let object = SealedObject(
      keys, key: key, id: keys.id(kind.rawValue, digest), byteCount: byteCount)
    var sealer = SealedObject.Sealer(object)
    var sum = Digest()
    try target.put(key, digest: nil) {
      let sealed = try sealer.next {
        let bytes = try piece()
        if !bytes.isEmpty {
          sum.update(bytes)
          return bytes
        }
        guard sum.finish() == digest else {
          throw StoreError(
            .damaged, path: key, detail: "the bytes are not those that the name says; not shipped")
        }
        return []
      }
      return sealed
    }
  }

  /// Writes a small object.
  func put(_ key: String, _ kind: Kind, _ bytes: [UInt8]) throws {
    var rest = bytes.isEmpty ? [] : [bytes]
    try put(key, kind, digest: Digest.hash(bytes), byteCount: UInt64(bytes.count)) {
      rest.popLast() ?? []
    }
  }

  /// Gives an object piece by piece. Of an encrypted one each piece is authentic; of another the
  /// caller compares the digest.
  func forEachPiece(
    _ key: String, _ kind: Kind, digest: ContentHash?, _ body: ([UInt8]) throws -> Void
  ) throws {
    guard let keys else { return try target.forEachPiece(key, body) }
    var opener = SealedObject.Opener(
      keys, key: key, id: digest.map { keys.id(kind.rawValue, $0) },
      idPrefix: digest == nil ? Self.idDigits(key) : nil)
    do {
      try target.forEachPiece(key) { sealed in
        let text = try opener.open(sealed)
        if !text.isEmpty { try body(text) }
      }
      try opener.finish()
    } catch let error as StoreError where error.path.isEmpty {
      throw StoreError(error.code, path: key, detail: error.detail)
    }
  }

  /// Chunks of an encrypted object, authentic, without reading the rest of it.
  func chunks(_ numbers: Range<Int>, of object: BackupObject, at key: String) throws -> [UInt8] {
    guard let keys else { preconditionFailure("an object that is not encrypted has no chunks") }
    let sealed = SealedObject(
      keys, key: key, id: keys.id(Kind(object.kind).rawValue, object.digest),
      byteCount: object.byteCount)
    let start = SealedObject.offset(ofChunk: numbers.lowerBound, object.byteCount)
    let end = SealedObject.offset(ofChunk: numbers.upperBound, object.byteCount)
    let bytes = try target.get(key, at: start, count: Int(end - start))
    guard UInt64(bytes.count) == end - start,
      let text = sealed.open(bytes, fromChunk: numbers.lowerBound)
    else {
      throw StoreError(
        .damaged, path: key,
        detail: "an encrypted object is damaged: chunks \(numbers) do not open")
    }
    return text
  }

  /// A whole object of at most `limit` bytes.
  func bytes(_ key: String, _ kind: Kind, limit: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try forEachPiece(key, kind, digest: nil) { piece in
      bytes += piece
      guard bytes.count <= limit else {
        throw StoreError(.limit, path: name + "/" + key, detail: "larger than \(limit) bytes")
      }
    }
    return bytes
  }

  /// The digits of an id that a key ends with, before its suffix.
  private static func idDigits(_ key: String) -> String? {
    guard let dash = key.lastIndex(of: "-") else { return nil }
    return String(key[dash...].dropFirst().prefix { $0 != "." })
  }
}
