// The record of one backup: which objects make up a store at one moment. Chapter 7.

/// One file of a store, as an object of a backup target.
package struct BackupObject: Hashable, Sendable {
  package static let byteCount = 48

  /// What a file is. The raw value is part of the id of an encrypted object.
  package enum Kind: String, Sendable, CaseIterable {
    case segment
    /// An index or a full-text file: their numbers are of one row.
    case index
  }

  /// What it is; its place in a record says so.
  package var kind: Kind
  /// Number of the segment or index.
  package var id: UInt64
  package var byteCount: UInt64
  /// SHA-256 of its bytes, which names it.
  package var digest: ContentHash

  package init(_ kind: Kind = .segment, id: UInt64, byteCount: UInt64, digest: ContentHash) {
    self.kind = kind
    self.id = id
    self.byteCount = byteCount
    self.digest = digest
  }
}

/// What a backup record says.
package struct BackupRecord: Equatable, Sendable {
  package var storeID: StoreID
  package var generation: UInt64
  /// When the backup was made, milliseconds since 1970 UTC.
  package var time: Int64
  /// The store's digest, independent of files and order.
  package var contentDigest: ContentHash
  /// The files of the newest manifests, oldest first; the last one is that of the generation.
  package var manifests: [[UInt8]]
  /// The segments but for the active one, in the order of the log.
  package var segments: [BackupObject]
  /// The indexes, then the full-text files, as the last manifest lists them; empty if they were not
  /// shipped.
  package var indexes: [BackupObject]
  /// Forgettings of the store whose objects are gone from the files.
  package var forgettingCount: UInt64

  package init(
    storeID: StoreID, generation: UInt64, time: Int64, contentDigest: ContentHash,
    manifests: [[UInt8]], segments: [BackupObject], indexes: [BackupObject] = [],
    forgettingCount: UInt64 = 0
  ) {
    self.storeID = storeID
    self.generation = generation
    self.time = time
    self.contentDigest = contentDigest
    self.manifests = manifests
    self.segments = segments
    self.indexes = indexes
    self.forgettingCount = forgettingCount
  }

  /// All files that are objects of their own.
  package var files: [BackupObject] { segments + indexes }

  /// The whole file.
  package func encode() -> [UInt8] {
    let manifestByteCount = manifests.reduce(0) { $0 + $1.count + 8 }
    var writer = ByteWriter(
      reserving: 128 + manifestByteCount + files.count * BackupObject.byteCount)
    FileHeader(kind: .backup, number: generation, storeID: storeID).write(to: &writer)
    writer.write(time)
    contentDigest.write(to: &writer)
    writer.write(UInt32(manifests.count))
    writer.write(UInt32(segments.count))
    for manifest in manifests {
      writer.write(UInt32(manifest.count))
      writer.write(manifest)
    }
    Self.write(segments, to: &writer)
    // Absent where there is nothing to say, as in records before there was.
    if !indexes.isEmpty || forgettingCount > 0 {
      writer.write(UInt32(indexes.count))
      Self.write(indexes, to: &writer)
      writer.write(forgettingCount)
    }
    writer.write(Checksum.crc32c(writer.bytes.rawSpan))
    return writer.bytes
  }

  private static func write(_ objects: [BackupObject], to writer: inout ByteWriter) {
    for object in objects {
      writer.write(object.id)
      writer.write(object.byteCount)
      object.digest.write(to: &writer)
    }
  }

  private static func read(
    _ kind: BackupObject.Kind, _ count: Int, from reader: inout ByteReader
  ) throws(FormatError) -> [BackupObject] {
    guard count <= Limits.manifestEntryCount * 2,
      count * BackupObject.byteCount <= reader.remaining
    else { throw FormatError(.outOfBounds, at: reader.offset) }
    var objects: [BackupObject] = []
    objects.reserveCapacity(count)
    for _ in 0..<count {
      objects.append(
        BackupObject(
          kind, id: try reader.read(), byteCount: try reader.read(),
          digest: try reader.readHash()))
    }
    return objects
  }

  /// Reads a whole record.
  package init(_ bytes: RawSpan) throws(FormatError) {
    let header = try FileHeader(bytes, expecting: .backup)
    let end = bytes.byteCount - 4
    guard end >= FileHeader.byteCount else { throw FormatError(.truncated, at: bytes.byteCount) }
    guard Checksum.crc32c(bytes.extracting(0..<end)) == bytes.load(UInt32.self, at: end) else {
      throw FormatError(.checksumMismatch, at: end)
    }
    var reader = ByteReader(bytes.extracting(0..<end), at: FileHeader.byteCount)
    storeID = header.storeID
    generation = header.number
    time = try reader.read()
    contentDigest = try reader.readHash()
    let countsAt = reader.offset
    let manifestCount = Int(try reader.read(UInt32.self))
    let segmentCount = Int(try reader.read(UInt32.self))
    guard manifestCount >= 1, manifestCount <= Limits.manifestsKept,
      segmentCount <= Limits.manifestEntryCount,
      segmentCount * BackupObject.byteCount <= reader.remaining
    else { throw FormatError(.outOfBounds, at: countsAt) }
    manifests = []
    for _ in 0..<manifestCount {
      let count = Int(try reader.read(UInt32.self))
      manifests.append(try reader.readBytes(count))
    }
    segments = try Self.read(.segment, segmentCount, from: &reader)
    (indexes, forgettingCount) = ([], 0)
    if reader.remaining > 0 {
      let at = reader.offset
      let count = Int(try reader.read(UInt32.self))
      indexes = try Self.read(.index, count, from: &reader)
      forgettingCount = try reader.read()
      guard count > 0 || forgettingCount > 0 else { throw FormatError(.inconsistent, at: at) }
    }
    try reader.expectEnd()
  }
}
