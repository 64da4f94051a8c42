// How the objects of a target are named. Chapter 7, SHP-1, SHP-3, SHP-10.

import Varve
import VarveFormat

/// The keys of a target.
enum TargetKey {
  static let segments = "segments/"
  static let indexes = "indexes/"
  static let backups = "backups/"
  static let keys = "keys/"
  static let prunes = "prunes/"
  private static let backupSuffix = ".vbak"
  private static let slotSuffix = ".vkey"
  private static let pruneSuffix = ".vprune"

  /// Where files of a kind are.
  static func folder(_ kind: BackupObject.Kind) -> String {
    switch kind {
    case .segment: segments
    case .index: indexes
    }
  }

  /// The key of a file: its id, and 16 random digits, so that no key is ever written twice.
  static func file(_ file: FileID, copy: String) -> String { "\(file)-" + copy }

  /// The file in a key; nil for other keys.
  static func fileID(_ key: String) -> FileID? {
    for kind in BackupObject.Kind.allCases where key.hasPrefix(folder(kind)) {
      let parts = key.dropFirst(folder(kind).count).split(
        separator: "-", omittingEmptySubsequences: false)
      guard parts.count <= 2, parts.count == 1 || isHex(parts[1], 16), isHex(parts[0], 64)
      else { return nil }
      return ContentHash(hex: String(parts[0])).map { FileID(kind: kind, id: $0) }
    }
    return nil
  }

  static func backup(generation: UInt64, time: Int64, id: ContentHash) -> String {
    backups + padded(String(generation), 12) + "-" + stamp(time, id) + backupSuffix
  }

  static func slot(_ id: [UInt8]) -> String { keys + Hex.encode(id) + slotSuffix }

  static func prune(time: Int64, id: ContentHash) -> String {
    prunes + stamp(time, id) + pruneSuffix
  }

  private static func stamp(_ time: Int64, _ id: ContentHash) -> String {
    padded(String(time), 14) + "-" + "\(id)".prefix(16)
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: "0", count: max(0, width - text.count)) + text
  }

  /// Whether a key has one of the forms that are written here; others are not ours.
  static func isOurs(_ key: String) -> Bool {
    isBackup(key) || isSlot(key) || isPrune(key) || fileID(key) != nil
  }

  static func isBackup(_ key: String) -> Bool {
    guard let parts = parts(key, backups, backupSuffix), parts.count == 3 else { return false }
    return isNumber(parts[0], 12) && isNumber(parts[1], 14) && isHex(parts[2], 16)
  }

  static func isPrune(_ key: String) -> Bool {
    guard let parts = parts(key, prunes, pruneSuffix), parts.count == 2 else { return false }
    return isNumber(parts[0], 14) && isHex(parts[1], 16)
  }

  static func isSlot(_ key: String) -> Bool {
    guard let parts = parts(key, keys, slotSuffix), parts.count == 1 else { return false }
    return isHex(parts[0], 32)
  }

  private static func parts(
    _ key: String, _ folder: String, _ suffix: String
  ) -> [Substring]? {
    guard key.hasPrefix(folder), key.hasSuffix(suffix) else { return nil }
    return key.dropFirst(folder.count).dropLast(suffix.count).split(
      separator: "-", omittingEmptySubsequences: false)
  }

  private static func isNumber(_ text: Substring, _ width: Int) -> Bool {
    (width...20).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func isHex(_ text: Substring, _ width: Int) -> Bool {
    text.utf8.count == width
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}

/// What a file of a store is called in a target, but for the digits of its copy.
struct FileID: Hashable, CustomStringConvertible {
  var kind: BackupObject.Kind
  var id: ContentHash

  var description: String { TargetKey.folder(kind) + "\(id)" }
}
