// Where backups go. Five verbs, so that a directory and an object store look alike.

public import Varve

/// An object of a target.
public struct TargetObject: Sendable, Equatable {
  /// Its key: folders and a name, of `[a-z0-9./-]`.
  public var key: String
  /// Its size.
  public var byteCount: UInt64
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
  ///   - piece: gives the next bytes; empty at the end.
  /// - Throws: ``StoreError``: `damaged` if the bytes are others, `system`.
  func put(
    _ key: String, digest: ContentHash, _ piece: () throws -> [UInt8]
  ) throws

  /// Up to `count` bytes of an object; fewer only at its end.
  ///
  /// - Throws: ``StoreError``: `notFound` if there is no such object, `system`.
  func get(_ key: String, at offset: UInt64, count: Int) throws -> [UInt8]

  /// All objects whose keys start so, ordered by key.
  func list(_ prefix: String) throws -> [TargetObject]

  /// Takes an object away; not an error if it is gone.
  func delete(_ key: String) throws
}

/// What is read and written at a time.
let pieceByteCount = 1 << 20

extension BackupTarget {
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

  /// The sizes of all segments, by key.
  func segmentSizes() throws -> [String: UInt64] {
    var sizes: [String: UInt64] = [:]
    for object in try list(TargetKey.segments) { sizes[object.key] = object.byteCount }
    return sizes
  }
}

/// The keys of a target.
enum TargetKey {
  static let segments = "segments/"
  static let backups = "backups/"
  private static let suffix = ".vbak"

  static func segment(_ digest: ContentHash) -> String { segments + "\(digest)" }

  static func backup(generation: UInt64, time: Int64, digest: ContentHash) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return backups + padded(String(generation), 12) + "-" + padded(String(time), 14) + "-"
      + "\(digest)".prefix(16) + suffix
  }

  /// Whether a key has one of the forms that are written here.
  static func isOurs(_ key: String) -> Bool {
    isBackup(key)
      || key.hasPrefix(segments) && ContentHash(hex: String(key.dropFirst(segments.count))) != nil
  }

  /// Whether a key is one that `backup` gives: others are not ours.
  static func isBackup(_ key: String) -> Bool {
    let name = key.dropFirst(backups.count)
    guard key.hasPrefix(backups), name.hasSuffix(suffix) else { return false }
    let parts = name.dropLast(suffix.count).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count >= 12, parts[1].count >= 14, parts[2].count == 16 else {
      return false
    }
    return parts[..<2].allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
      && Hex.decode(String(parts[2])) != nil
  }
}
