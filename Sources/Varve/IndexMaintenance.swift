// Executes the merges that VarveStorage plans.

import VarveFormat
import VarveStorage

/// A merged index that waits to be published.
struct MergedIndex: Sendable {
  var inputs: [UInt64]
  var path: String
  var finished: FinishedIndex
  /// Holds the temporary file against cleaning by other writers.
  var lock: any FileLock
}

enum IndexMaintenance {
  /// Publishes a merge; the writer's lock is held. False if its inputs are not current any more.
  static func publish(
    _ merged: MergedIndex, _ log: LogWriter, _ fileSystem: any FileSystem
  ) throws(StorageError) -> Bool {
    // The temporary file's own lock is kept until here: taking the writer's lock may clean tmp/.
    defer { discard(merged.path, merged.lock, fileSystem) }
    return try log.publishMerge(
      of: merged.inputs, temporary: merged.path, finished: merged.finished)
  }

  /// Removes what is left of a temporary file and its lock.
  private static func discard(
    _ path: String, _ lock: any FileLock, _ fileSystem: any FileSystem
  ) {
    try? fileSystem.unlink(path)
    try? fileSystem.unlink(path + ".lock")
    lock.release()
  }

  /// Whether indexes of one tier wait to become one.
  static func isMergeDue(_ version: Version) -> Bool {
    MergePolicy.plan(version.manifest.indexes.map(\.recordCount)) != nil
  }

  /// Performs the next due merge into a temporary file; nil if none is due.
  static func mergeOnce(
    version: Version, paths: StorePaths, fileSystem: any FileSystem, isLoading: Bool = false,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws(StorageError) -> MergedIndex? {
    let entries = version.manifest.indexes
    let width = isLoading ? MergePolicy.widthWhileLoading : MergePolicy.width
    guard let plan = MergePolicy.plan(entries.map(\.recordCount), width: width) else {
      return nil
    }
    var generator = SystemRandomNumberGenerator()
    let path = paths.temporary("merge-\(generator.next() as UInt64)")
    guard let lock = try fileSystem.tryLock(path + ".lock", holder: "merge") else { return nil }
    do throws(StorageError) {
      let merger = try IndexMerger(Array(version.indexes[plan]), isCancelled: isCancelled)
      var writer = IndexFileWriter(
        header: FileHeader(
          kind: .index, number: entries[plan.lowerBound].id, storeID: version.manifest.storeID),
        file: try fileSystem.create(path))
      try merger.write(to: &writer)
      let finished = try writer.finish()
      return MergedIndex(
        inputs: entries[plan].map(\.id), path: path, finished: finished, lock: lock)
    } catch {
      discard(path, lock, fileSystem)
      throw error
    }
  }
}
