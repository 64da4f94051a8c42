// What a backup makes a store of: files that are objects of their own, and those that its record
// holds.

import Varve
import VarveFormat
import VarveStorage

extension BackupInfo {
  private static let paths = StorePaths("")

  /// The name of an object's file below the directory of a store.
  func fileName(of object: BackupObject) -> String {
    let path =
      switch object.kind {
      case .segment: Self.paths.segment(object.id)
      case .index:
        manifest.fullTexts.contains { $0.id == object.id }
          ? Self.paths.fullText(object.id) : Self.paths.index(object.id)
      }
    return String(path.dropFirst())
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
    let first = generation + 1 - UInt64(record.manifests.count)
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
