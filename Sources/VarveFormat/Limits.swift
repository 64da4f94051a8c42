// Every limit of the format in one place, each with the requirement that names it in format-spec.
// A reader checks a length against these before it takes memory.

/// The named limits of the format.
public enum Limits {
  /// Largest content of one message, in bytes (SEG-20).
  public static let contentByteCount = 64 << 20
  /// Largest encoded metadata of one occurrence, in bytes (SEG-21).
  public static let metadataByteCount = 1 << 20
  /// Deepest nesting of a metadata tree (MET-4).
  public static let metadataDepth = 64
  /// Longest string field of an occurrence, in bytes (SEG-22).
  public static let fieldByteCount = 64 << 10
  /// Largest uncompressed payload of a block, in bytes (SEG-5).
  public static let blockByteCount = 80 << 20
  /// Most records in one block (SEG-6).
  public static let blockRecordCount = 1 << 20
  /// Raw size at which a writer closes a block of records, in bytes (SEG-7).
  public static let blockTargetByteCount = 16 << 10
  /// Raw size at which a writer closes a block of chunks of originals, in bytes (SEG-39).
  public static let chunkBlockTargetByteCount = 2 << 20
  /// Size at which the active segment is sealed, in bytes (SEG-30).
  public static let segmentByteCount = 256 << 20
  /// Most zeros behind the last commit of the active segment, in bytes (SEG-37).
  public static let preallocatedByteCount = 256 << 10
  /// Largest batch of one commit, in bytes of content (SEG-31).
  public static let batchByteCount = 64 << 20
  /// Most raw content that may stay outside an index, in bytes (DIR-9).
  public static let tailByteCount = 4 << 20
  /// Most occurrences covered by one index (BTR-2).
  public static let indexRecordCount = Int(UInt32.max) - 1
  /// Most segments or indexes in a manifest (MAN-4).
  public static let manifestEntryCount = 1 << 20
  /// Generations whose manifests are kept (MAN-9).
  public static let manifestsKept = 16
  /// Most parts of one record of a source (SEG-23).
  public static let partCount = (1 << 16) - 1
  /// Largest value of a fact, in bytes; a key is bounded like a field (SEG-24).
  public static let factByteCount = 64 << 20
  /// Longest term of a full-text index, in bytes (INV-40).
  public static let termByteCount = 250
  /// Positions of an attribute that are indexed (INV-41).
  public static let positionCount = 1 << 16
  /// Searchable attributes of a full-text file (INV-42).
  public static let attributeCount = 1 << 16
}
