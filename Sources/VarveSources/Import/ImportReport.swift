// What an ingest did: figures for the person, the audit trail and JSON.

public import Varve

/// What one run did with one file.
public struct FileReport: Sendable {
  /// Its path in the store.
  public var file: String
  /// Phase of its occurrences.
  public var phase: String
  /// Size when it was opened, in bytes.
  public var bytes: UInt64 = 0
  /// SHA-256 of the bytes read, if the whole file was read.
  public var sha256Before: ContentHash?
  /// SHA-256 after reading; equal unless the file changed meanwhile.
  public var sha256After: ContentHash?
  /// New occurrences.
  public var new = 0
  /// Sightings that were in the store already.
  public var repeated = 0
  /// Lines that gave nothing.
  public var skipped = 0
  /// Parts of lines that were left out.
  public var dropped = 0
  /// Lines read.
  public var lines = 0
  /// When reading started, milliseconds since 1970 UTC.
  public var started: Int64 = 0
  /// When it was done.
  public var completed: Int64 = 0
  /// `done`, `interrupted` or `failed`.
  public var status = "done"
}

/// What an ingest did.
public struct ImportReport: Sendable {
  /// Number of the run.
  public var run: UInt64 = 0
  /// Files looked at.
  public var files = 0
  /// Files that had not changed.
  public var unchangedFiles = 0
  /// Files that changed while they were read and were read again.
  public var rereadFiles = 0
  /// Lines read.
  public var lines = 0
  /// Bytes read.
  public var bytes: UInt64 = 0
  /// Sums of all commits.
  public var committed = CommitResult()
  /// Lines that gave nothing, the first thousand a file.
  public var skipped: [SkippedRecord] = []
  /// How many there are, by reason.
  public var skippedByReason: [String: Int] = [:]
  /// Parts of lines that were left out, by reason.
  public var droppedByReason: [String: Int] = [:]
  /// Records that were kept but are doubtful.
  public var warnings: [SkippedRecord] = []
  /// Files that could not be read.
  public var failures: [SourceError] = []
  /// Lines and bytes at the end of files that may still grow.
  public var pendingFiles = 0
  /// Wall-clock time.
  public var seconds = 0.0

  /// Number of skipped lines.
  public var skippedCount: Int { skippedByReason.values.reduce(0, +) }
}
