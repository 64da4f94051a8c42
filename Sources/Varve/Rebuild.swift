// Makes all indexes again from the segments: everything in them is derived, and this proves it.

import VarveFormat
package import VarveStorage

extension Store {
  /// Builds all indexes again from the segments, also where the present ones are damaged or
  /// missing, and opens the store. The old ones stay until the new generation is durable.
  ///
  /// - Parameters:
  ///   - path: the store's directory.
  ///   - options: with write access.
  ///   - onProgress: called with the sequence reached.
  /// - Throws: ``StoreError``: `damaged` if a segment or the manifest is, `busy`, `system`.
  public static func rebuild(
    at path: String, options: StoreOptions = StoreOptions(),
    onProgress: (UInt64) -> Void = { _ in }
  ) throws(StoreError) -> Store {
    try rebuild(at: path, options: options, fileSystem: PosixFileSystem(), onProgress: onProgress)
  }

  /// The same on any file system; what the tests use.
  package static func rebuild(
    at path: String, options: StoreOptions, fileSystem: any FileSystem,
    onProgress: (UInt64) -> Void = { _ in }
  ) throws(StoreError) -> Store {
    try engine { () throws(StorageError) in
      try IndexRebuilder(StorePaths(path), fileSystem).run(
        waitMilliseconds: options.lockWaitMilliseconds, tailByteCount: options.tailByteCount,
        onProgress: onProgress)
    }
    let store = try open(at: path, options: options, fileSystem: fileSystem)
    // The tail, too, so that everything is new.
    try store.flush()
    try store.maintain()
    return store
  }
}
