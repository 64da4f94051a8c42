// The audit trail: what was read when. Format-spec SEG-18.

import VarveFormat
import VarveStorage

/// One ingest.
public struct Run: Equatable, Sendable {
  /// Its number, from 1.
  public var number: UInt64
  /// Its record: phase, host, user, version, note, started, completed, status and sums.
  public var value: MetadataValue
}

/// What one ingest did with one file.
public struct RunFile: Equatable, Sendable {
  /// Number of the ingest.
  public var run: UInt64
  /// The file, as its path in the store.
  public var path: String
  /// Its record: bytes, digests, skipped, times, status.
  public var value: MetadataValue
}

/// A run and a path.
public struct RunPath: Hashable, Sendable {
  /// Number of the ingest.
  public var run: UInt64
  /// The file, as its path in the store.
  public var path: String

  /// Creates a pair.
  public init(run: UInt64, path: String) {
    self.run = run
    self.path = path
  }
}

extension Snapshot {
  /// All ingests, the first one first.
  public func runs() throws(StoreError) -> [Run] {
    var runs: [Run] = []
    for fact in try facts(.ingestRun) where fact.key.count == 8 {
      guard let value = try? MetadataTree.decode(fact.value.rawSpan) else { continue }
      runs.append(Run(number: fact.key.rawSpan.loadBigEndian(at: 0), value: value))
    }
    return runs
  }

  /// All files of all ingests, the first ingest first, its files by path.
  public func runFiles() throws(StoreError) -> [RunFile] {
    var files: [RunFile] = []
    for fact in try facts(.runFile) where fact.key.count > 8 {
      guard let value = try? MetadataTree.decode(fact.value.rawSpan) else { continue }
      files.append(
        RunFile(
          run: fact.key.rawSpan.loadBigEndian(at: 0),
          path: String(decoding: fact.key[8...], as: UTF8.self), value: value))
    }
    return files
  }

  /// How many occurrences each run added from each file. Cost: two columns of each index.
  public func occurrencesByRunAndPath() throws(StoreError) -> [RunPath: Int] {
    try engine { () throws(StorageError) in
      var counts: [RunPath: Int] = [:]
      for index in try view.indexes() {
        let runs = try index.column(.run)
        let paths = try index.column(.path)
        var pairs: [UInt64: [UInt64: Int]] = [:]
        for row in runs.indices { pairs[runs[row], default: [:]][paths[row], default: 0] += 1 }
        for (run, byPath) in pairs {
          for (path, count) in byPath where path > 0 {
            let text = String(decoding: try index.text(Int(path) - 1), as: UTF8.self)
            counts[RunPath(run: run, path: text), default: 0] += count
          }
        }
      }
      return counts
    }
  }
}

extension MetadataValue {
  /// Decodes a tree, as facts and occurrences hold it.
  public init(decoding bytes: [UInt8]) throws(FormatError) {
    self = try MetadataTree.decode(bytes.rawSpan)
  }

  /// The encoded tree.
  public var encoded: [UInt8] { MetadataTree.encode(self) }
}
