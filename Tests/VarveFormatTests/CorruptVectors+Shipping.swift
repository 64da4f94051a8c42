// Records of backups that every reader must reject.

import VarveFormat

extension CorruptVectors {
  static var shipments: [Vector] {
    let base = VectorFiles.backupWithIndexes
    let count = VectorFiles.backup.bytes.count - 4
    return [
      corrupt(base, "07-backup-no-index", "nothing, said aloud", .inconsistent, at: count) {
        $0.removeSubrange((count + 4)..<($0.count - 12))
        patch(&$0, 0, at: count)
        patch(&$0, 0, at: count + 4)
        sealEnd(&$0)
      },
      corrupt(
        base, "07-backup-indexes", "more indexes than there are bytes", .outOfBounds, at: count + 4
      ) {
        patch(&$0, 3, at: count)
        sealEnd(&$0)
      },
      corrupt(base, "07-backup-end", "bytes behind the indexes", .trailingBytes) {
        patch(&$0, 1, at: count)
        sealEnd(&$0)
      },
    ]
  }
}
