// Where backups go. A few verbs, so that a directory and an object store look alike.

public import Varve

/// An object of a target.
public struct TargetObject: Sendable, Equatable {
  /// Its key: folders and a name, of `[a-z0-9./-]`.
  public var key: String
  /// Its size.
  public var byteCount: UInt64
  /// When it was written, by the clock of the target, milliseconds since 1970 UTC.
  public var modified: Int64

  /// What a listing says of an object.
  public init(key: String, byteCount: UInt64, modified: Int64) {
    self.key = key
    self.byteCount = byteCount
    self.modified = modified
  }
}

/// A place for backups. Objects never change: a key is written once, or taken away.
public protocol BackupTarget: Sendable {
  /// What people call it.
  var name: String { get }

  /// Writes an object, all of it or nothing, durable when it returns. An object that is there is
  /// replaced.
  ///
  /// - Parameters:
  ///   - digest: SHA-256 that the bytes must have; other bytes are refused and nothing is written.
  ///     Nil if whoever gives the pieces checks them.
  ///   - piece: gives the next bytes; empty at the end.
  /// - Throws: ``StoreError``: `damaged` if the bytes are others, `system`.
  func put(
    _ key: String, digest: ContentHash?, _ piece: () throws -> [UInt8]
  ) throws

  /// Up to `count` bytes of an object; fewer only at its end.
  ///
  /// - Throws: ``StoreError``: `notFound` if there is no such object, `system`.
  func get(_ key: String, at offset: UInt64, count: Int) throws -> [UInt8]

  /// All objects whose keys start so, ordered by key.
  func list(_ prefix: String) throws -> [TargetObject]

  /// Takes an object away; not an error if it is gone.
  func delete(_ key: String) throws

  /// The time by the clock that ``TargetObject/modified`` is of, milliseconds since 1970 UTC.
  func now() throws -> Int64

  /// Takes away what puts that were interrupted before a time, by the clock of ``now()``, left.
  func removeLeftovers(olderThan time: Int64) throws

  /// How the target keeps an object; nil if there is none, or nothing keeps it from being deleted.
  func protection(of key: String) throws -> Protection?

  /// What is worth reading at a time, in bytes.
  var pieceByteCount: Int { get }
}

extension BackupTarget {
  /// Nothing, if nothing else is said.
  public func removeLeftovers(olderThan time: Int64) throws {}

  /// Nothing keeps it, if nothing else is said.
  public func protection(of key: String) throws -> Protection? { nil }

  /// 1 MiB, if nothing else is said.
  public var pieceByteCount: Int { 1 << 20 }

  /// Gives an object piece by piece.
  func forEachPiece(_ key: String, _ body: ([UInt8]) throws -> Void) throws {
    var at: UInt64 = 0
    while true {
      let piece = try get(key, at: at, count: pieceByteCount)
      if piece.isEmpty { return }
      try body(piece)
      at += UInt64(piece.count)
    }
  }

  /// A whole object of at most `limit` bytes.
  func bytes(_ key: String, limit: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try forEachPiece(key) { piece in
      bytes += piece
      guard bytes.count <= limit else {
        throw StoreError(.limit, path: name + "/" + key, detail: "larger than \(limit) bytes")
      }
    }
    return bytes
  }
}
