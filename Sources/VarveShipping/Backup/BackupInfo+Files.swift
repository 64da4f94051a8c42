// What a backup makes a store of: files that are objects of their own, and those that its record
// holds.

import Varve
import VarveFormat
import VarveStorage

extension BackupInfo {
  private static let paths = StorePaths("")

  /// The objects with the names of their files below the directory of a store.
  var objectFiles: [(name: String, object: BackupObject)] {
    let texts = Set(manifest.fullTexts.map(\.id))
    return record.files.map { object in
      let path =
        switch object.kind {
        case .segment: Self.paths.segment(object.id)
        case .index:
          texts.contains(object.id)
            ? Self.paths.fullText(object.id) : Self.paths.index(object.id)
        }
      return (String(path.dropFirst()), object)
    }
  }

  /// The files that are no objects, CURRENT last: the active segment, which is a header alone, and
  /// the manifests.
  var storeFiles: [(name: String, bytes: [UInt8])] {
    var files: [(String, [UInt8])] = []
    if let active = manifest.segments.last {
      var header = ByteWriter(reserving: FileHeader.byteCount)
      FileHeader(kind: .segment, number: active.id, storeID: store).write(to: &header)
      files.append((Self.paths.segment(active.id), header.bytes))
    }
    let first = generation - UInt64(record.manifests.count) + 1
    for (number, file) in record.manifests.enumerated() {
      files.append((Self.paths.manifest(first + UInt64(number)), file))
    }
    let digest = Digest.hash(record.manifests.last ?? [])
    files.append(
      (
        Self.paths.current,
        CurrentFile.encode(generation: generation, storeID: store, digest: digest)
      ))
    return files.map { (String($0.dropFirst()), $1) }
  }
}
