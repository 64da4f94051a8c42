// Any file of a store, structure by structure, without needing the rest of the store.

import VarveFormat
import VarveStorage

/// What a file holds, and where it stops making sense.
public struct Inspection: Equatable, Sendable {
  /// A structure of the file.
  public struct Structure: Equatable, Sendable {
    /// A named value.
    public struct Field: Equatable, Sendable {
      /// Its name in the specification.
      public var name: String
      /// Its value as text.
      public var value: String
    }

    /// Byte offset in the file.
    public var offset: UInt64
    /// What it is.
    public var kind: String
    /// Its values.
    public var fields: [Field]
  }

  /// In order of offset.
  public var structures: [Structure] = []
  /// The first thing that is wrong; nil if nothing is.
  public var problem: String?

  mutating func add(_ offset: UInt64, _ kind: String, _ fields: [(String, String)]) {
    structures.append(
      Structure(offset: offset, kind: kind, fields: fields.map { .init(name: $0.0, value: $0.1) }))
  }
}

/// Reads files of a store one by one.
public enum Forensics {
  /// Takes a file apart.
  ///
  /// - Parameter path: a segment, an index, a manifest, CURRENT or TAIL.
  /// - Throws: ``StoreError`` `system` if the file cannot be read, `damaged` if it has no header.
  public static func inspect(_ path: String) throws(StoreError) -> Inspection {
    try engine { () throws(StorageError) in
      let file = try PosixFileSystem().open(path)
      let start = try file.read(at: 0, count: FileHeader.byteCount)
      let header = try inFile(path, "read file header") { () throws(FormatError) in
        try FileHeader(start.rawSpan)
      }
      var inspection = Inspection()
      inspection.add(
        0, "header",
        [
          ("file", "\(header.kind)"), ("version", "\(header.kind.version)"),
          ("number", "\(header.number)"), ("store", "\(header.storeID)"),
        ])
      do throws(StorageError) {
        switch header.kind {
        case .segment: try segment(file, header, &inspection)
        case .manifest: try manifest(file, &inspection)
        case .current: try current(file, &inspection)
        case .tail: try tail(file, &inspection)
        case .index: try index(file, header, &inspection)
        case .fullText: try fullText(file, header, &inspection)
        case .backup: try backup(file, &inspection)
        case .sealedObject, .keySlot, .pruneList:
          // Of a target, not of a store: what is inside is for those who have its keys.
          let rest = try file.byteCount() - UInt64(FileHeader.byteCount)
          inspection.add(UInt64(FileHeader.byteCount), "\(header.kind)", [("bytes", "\(rest)")])
        }
      } catch {
        inspection.problem = StoreError(error).description
      }
      return inspection
    }
  }

  private static func segment(
    _ file: any ReadableFile, _ header: FileHeader, _ inspection: inout Inspection
  ) throws(StorageError) {
    let segment = try SegmentFile(file, id: header.number, storeID: header.storeID)
    let end = try file.byteCount()
    var at = UInt64(FileHeader.byteCount)
    while at < end {
      if try Preallocation.areZeros(file, from: at, to: end) {
        inspection.add(at, "zeros", [("bytes", "\(end - at)")])
        return
      }
      let block = try segment.block(at: at)
      var fields = [
        ("compression", "\(block.header.compression)"),
        ("stored", "\(block.header.storedByteCount)"), ("raw", "\(block.header.rawByteCount)"),
      ]
      switch block.header.kind {
      case .records:
        let records = try segment.records(at: at)
        fields += [
          ("firstSequence", "\(block.header.firstSequence)"), ("records", "\(records.count)"),
          ("texts", "\(records.stringCount)"),
        ]
        for i in 0..<records.count {
          _ = try inFile(file.path, base: at, "decode record \(i)") { () throws(FormatError) in
            try records.record(i)
          }
        }
      case .facts:
        let facts = try segment.facts(of: block)
        let kinds = facts.map { $0.fact.map { "\($0.kind)" } ?? "forgotten" }
        fields.append(("facts", kinds.joined(separator: " ")))
      case .commit:
        let frame = try inFile(file.path, base: at, "read commit frame") {
          () throws(FormatError) in try CommitFrame(block.payload.rawSpan)
        }
        fields = [
          ("number", "\(frame.number)"), ("firstSequence", "\(frame.firstSequence)"),
          ("records", "\(frame.recordCount)"), ("facts", "\(frame.factCount)"),
          ("time", "\(frame.time)"), ("history", "\(frame.historyDigest)"),
        ]
      case .footer:
        fields.append(("entries", "\(block.header.itemCount)"))
      }
      inspection.add(at, "\(block.header.kind)", fields)
      at = block.end
      if block.header.kind == .footer {
        let trailer = try file.readExactly(
          at: at, count: SegmentLayout.trailerByteCount, "read trailer")
        let footer = try inFile(file.path, base: at, "read trailer") { () throws(FormatError) in
          try SegmentLayout.footerOffset(trailer.rawSpan)
        }
        inspection.add(at, "trailer", [("footerOffset", "\(footer)")])
        at += UInt64(SegmentLayout.trailerByteCount)
      }
    }
  }

  private static func manifest(
    _ file: any ReadableFile, _ inspection: inout Inspection
  ) throws(StorageError) {
    let bytes = try file.readAll(limit: 256 << 20)
    let manifest = try inFile(file.path, "read manifest") { () throws(FormatError) in
      try Manifest(bytes.rawSpan)
    }
    inspection.add(
      40, "manifest",
      [
        ("generation", "\(manifest.generation)"), ("previous", "\(manifest.previous)"),
        ("time", "\(manifest.time)"),
        ("indexedEnd", "\(manifest.indexedEnd.segment):\(manifest.indexedEnd.offset)"),
        ("commitNumber", "\(manifest.commitNumber)"), ("nextSequence", "\(manifest.nextSequence)"),
        ("historyDigest", "\(manifest.historyDigest)"), ("sha256", "\(Digest.hash(bytes))"),
      ])
    var at: UInt64 = 168
    for entry in manifest.segments {
      inspection.add(
        at, "segment",
        [
          ("id", "\(entry.id)"), ("state", "\(entry.state)"), ("bytes", "\(entry.byteCount)"),
          ("firstSequence", "\(entry.firstSequence)"), ("records", "\(entry.recordCount)"),
        ])
      at += 65
    }
    for entry in manifest.indexes {
      inspection.add(
        at, "index",
        [
          ("id", "\(entry.id)"), ("bytes", "\(entry.byteCount)"),
          ("firstSequence", "\(entry.firstSequence)"), ("records", "\(entry.recordCount)"),
          ("level", "\(entry.level)"), ("digest", "\(entry.digest)"),
        ])
      at += 65
    }
  }

  private static func backup(
    _ file: any ReadableFile, _ inspection: inout Inspection
  ) throws(StorageError) {
    let bytes = try file.readAll(limit: 1 << 30)
    let record = try inFile(file.path, "read backup record") { () throws(FormatError) in
      try BackupRecord(bytes.rawSpan)
    }
    inspection.add(
      40, "backup",
      [
        ("time", "\(record.time)"), ("contentDigest", "\(record.contentDigest)"),
        ("manifests", "\(record.manifests.count)"),
      ])
    var at = UInt64(bytes.count - 4 - record.segments.count * BackupObject.byteCount)
    for object in record.segments {
      inspection.add(
        at, "segment",
        [
          ("id", "\(object.id)"), ("bytes", "\(object.byteCount)"),
          ("sha256", "\(object.digest)"),
        ])
      at += UInt64(BackupObject.byteCount)
    }
  }

  private static func current(
    _ file: any ReadableFile, _ inspection: inout Inspection
  ) throws(StorageError) {
    let bytes = try file.readAll(limit: 4096)
    let current = try inFile(file.path, "read CURRENT") { () throws(FormatError) in
      try CurrentFile.decode(bytes.rawSpan)
    }
    inspection.add(40, "manifest", [("sha256", "\(current.digest)")])
  }

  private static func tail(
    _ file: any ReadableFile, _ inspection: inout Inspection
  ) throws(StorageError) {
    let bytes = try file.readAll(limit: 4096)
    let tail = try inFile(file.path, "read TAIL") { () throws(FormatError) in
      try TailFile(bytes.rawSpan)
    }
    inspection.add(
      40, "tail",
      [
        ("segment", "\(tail.end.segment)"), ("durableEnd", "\(tail.end.offset)"),
        ("commitNumber", "\(tail.commitNumber)"),
      ])
  }

  private static func index(
    _ file: any ReadableFile, _ header: FileHeader, _ inspection: inout Inspection
  ) throws(StorageError) {
    let region = try file.map()
    let sections = try inFile(file.path, "read section table") { () throws(FormatError) in
      try IndexLayout.sections(region.bytes)
    }
    list(sections, &inspection)
    let index = try IndexFile(region, path: file.path, firstSequence: 1, storeID: header.storeID)
    try index.verify()
  }

  private static func fullText(
    _ file: any ReadableFile, _ header: FileHeader, _ inspection: inout Inspection
  ) throws(StorageError) {
    let region = try file.map()
    let sections = try inFile(file.path, "read section table") { () throws(FormatError) in
      try IndexLayout.sections(region.bytes)
    }
    list(sections, &inspection)
    try FullTextFile(region, path: file.path, storeID: header.storeID).verify()
  }

  private static func list(_ sections: [SectionEntry], _ inspection: inout Inspection) {
    for section in sections {
      var name = "\(section.kind)"
      if section.kind == .tree || section.kind == .filter {
        name += TreeKind(rawValue: section.sub).map { " \($0)" } ?? " \(section.sub)"
      } else if section.kind == .fieldLengths || section.kind == .fieldValues {
        name += " \(section.extra)"
      } else if section.kind == .column {
        name += ColumnID(rawValue: section.sub).map { " \($0)" } ?? " \(section.sub)"
      }
      inspection.add(
        section.offset, name,
        [
          ("bytes", "\(section.byteCount)"), ("items", "\(section.itemCount)"),
          (
            "checksum",
            Hex.encode(
              (0..<4).map { UInt8(truncatingIfNeeded: section.checksum >> UInt32(24 - 8 * $0)) })
          ),
        ])
    }
  }
}
