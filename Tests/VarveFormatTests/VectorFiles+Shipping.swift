// The vectors of chapter 7.

import VarveFormat
import VarveTestSupport

extension VectorFiles {
  static var backup: Vector {
    backup("07-backup", "a record of two manifests and two segments", indexes: [])
  }

  static var backupWithIndexes: Vector {
    backup(
      "07-backup-indexes", "a record with an index and a full-text file, too",
      indexes: [
        BackupObject(.index, id: 3, byteCount: 8192, digest: sha("three")),
        BackupObject(.index, id: 4, byteCount: 12288, digest: sha("four")),
      ])
  }

  private static func backup(
    _ name: String, _ what: String, indexes: [BackupObject]
  ) -> Vector {
    let record = BackupRecord(
      storeID: storeID, generation: 42, time: time, contentDigest: sha("content"),
      manifests: [Array("older".utf8), Array("newer, longer".utf8)],
      segments: [
        BackupObject(id: 1, byteCount: 4096, digest: sha("one")),
        BackupObject(id: 7, byteCount: 512, digest: sha("seven")),
      ], indexes: indexes, forgettingCount: indexes.isEmpty ? 0 : 2)
    let bytes = record.encode()
    var notes = Annotator(bytes)
    notes.fileHeader()
    notes.take(8, "time")
    notes.take(32, "contentDigest")
    notes.take(4, "manifestCount")
    notes.take(4, "segmentCount")
    for manifest in record.manifests {
      notes.take(4, "byte count")
      notes.take(manifest.count, "a manifest's file")
    }
    for (number, _) in record.files.enumerated() {
      if number == record.segments.count { notes.take(4, "indexCount                     SHP-6") }
      notes.take(8, "id")
      notes.take(8, "byteCount")
      notes.take(32, "SHA-256                        SHP-1")
    }
    if !indexes.isEmpty { notes.take(8, "forgettingCount                SHP-26") }
    notes.take(4, "CRC-32C of all before")
    return Vector(name, what, structure: "backup", bytes: bytes, fields: notes.fields)
  }
}

extension Vector {
  static func json(_ record: BackupRecord) -> CanonicalJSON {
    .object([
      "storeID": .string(record.storeID.description), "generation": .int(record.generation),
      "time": .int(record.time), "contentDigest": .hex(record.contentDigest),
      "manifests": .array(record.manifests.map { .hex($0) }),
      "segments": objects(record.segments), "indexes": objects(record.indexes),
      "forgettingCount": .int(record.forgettingCount),
    ])
  }

  private static func objects(_ objects: [BackupObject]) -> CanonicalJSON {
    .array(
      objects.map {
        .object(["id": .int($0.id), "byteCount": .int($0.byteCount), "digest": .hex($0.digest)])
      })
  }
}
