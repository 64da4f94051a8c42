// Reading and publishing generations. Chapter 4: a manifest is durable before CURRENT names it.

package import VarveFormat

/// The manifests of a directory.
package struct ManifestStore: Sendable {
  private let paths: StorePaths
  private let fileSystem: any FileSystem

  package init(_ paths: StorePaths, _ fileSystem: any FileSystem) {
    self.paths = paths
    self.fileSystem = fileSystem
  }

  /// What CURRENT says.
  package func current() throws(StorageError) -> (header: FileHeader, digest: ContentHash) {
    let (current, _) = try openCurrent()
    return current
  }

  /// What CURRENT says, and the file that says so.
  func openCurrent() throws(StorageError) -> (
    current: (header: FileHeader, digest: ContentHash), file: any ReadableFile
  ) {
    let file: any ReadableFile
    do throws(StorageError) {
      file = try fileSystem.open(paths.current)
    } catch {
      // ENOENT or ENOTDIR: nothing here; anything else is a failure to report as it is.
      if error.code == .system(2) || error.code == .system(20) {
        throw StorageError(.notAStore, path: paths.root, doing: "it has no file CURRENT")
      }
      throw error
    }
    let bytes = try file.readAll(limit: 4096)
    let current = try inFile(paths.current, "read CURRENT") { () throws(FormatError) in
      try CurrentFile.decode(bytes.rawSpan)
    }
    return (current, file)
  }

  /// Reads the manifest of a generation and checks it against the digest that names it.
  package func manifest(
    _ generation: UInt64, digest: ContentHash
  ) throws(StorageError) -> Manifest {
    let path = paths.manifest(generation)
    let file: any ReadableFile
    do throws(StorageError) {
      file = try fileSystem.open(path)
    } catch {
      if error.code == .system(2) {
        throw StorageError(.missing, path: path, doing: "CURRENT names it")
      }
      throw error
    }
    let bytes = try file.readAll(limit: Manifest.byteCountMax)
    let manifest = try inFile(path, "read manifest") { () throws(FormatError) in
      try Manifest(bytes.rawSpan)
    }
    guard Digest.hash(bytes) == digest, manifest.generation == generation else {
      throw StorageError(.corrupt, path: path, doing: "the manifest is not the one CURRENT names")
    }
    return manifest
  }

  /// Makes a manifest the newest generation; returns the digest of its file.
  package func publish(_ manifest: Manifest) throws(StorageError) -> ContentHash {
    // MAN-15: what nobody could read must not become the newest.
    guard manifest.nextSegmentID <= Manifest.segmentIDMax + 1 else {
      throw StorageError(
        .limit(Int(clamping: manifest.nextSegmentID)), path: paths.root,
        doing: "no number is left for a segment")
    }
    let bytes = manifest.encode()
    let digest = Digest.hash(bytes)
    let path = paths.manifest(manifest.generation)
    try write(bytes, to: path, name: "manifest-\(manifest.generation)", directory: paths.manifests)
    let current = CurrentFile.encode(
      generation: manifest.generation, storeID: manifest.storeID, digest: digest)
    try write(
      current, to: paths.current, name: "current-\(manifest.generation)", directory: paths.root)
    return digest
  }

  /// Writes, syncs, renames, and syncs the directory.
  package func write(
    _ bytes: [UInt8], to path: String, name: String, directory: String
  ) throws(StorageError) {
    let temporary = paths.temporary(name)
    try fileSystem.unlink(temporary)
    let file = try fileSystem.create(temporary)
    try file.append(bytes)
    try file.sync()
    try fileSystem.rename(temporary, to: path)
    try fileSystem.syncDirectory(directory)
  }

  /// Removes manifests older than the newest `Limits.manifestsKept`.
  package func removeOld(newest: UInt64) throws(StorageError) {
    let keep = UInt64(Limits.manifestsKept)
    guard newest > keep else { return }
    // Generations are consecutive; only the first call after a change of the limit finds more than
    // one.
    for name in try fileSystem.list(paths.manifests) {
      guard let number = StorePaths.number(name, suffix: ".vman"), number <= newest - keep else {
        continue
      }
      try fileSystem.unlink(paths.manifests + "/" + name)
    }
  }
}
