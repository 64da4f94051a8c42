// Verifies a store as a whole: the snapshot, and what holds its files together.

import VarveFormat
import VarveStorage

extension Store {
  /// Verifies what is committed, and that the manifests that are kept name each other. Format-spec
  /// chapters 3 and 4.
  ///
  /// - Parameters:
  ///   - isQuick: whether only envelopes are read: headers, section tables, footers, manifests, and
  ///     the size of each file; that takes milliseconds at any size. Else as
  ///     ``Snapshot/verify(attestation:concurrently:isCancelled:)``.
  ///   - attestation: a line that was kept elsewhere; a quick verification has no use for it.
  ///   - concurrency: threads that share the rows of a commit.
  ///   - isCancelled: asked after each commit.
  /// - Throws: ``StoreError`` `cancelled`; damage is reported, not thrown, but for what keeps a
  ///   store from being opened.
  public func verify(
    isQuick: Bool = false, attestation: Attestation? = nil,
    concurrently concurrency: Concurrency = .none, isCancelled: () -> Bool = { false }
  ) throws(StoreError) -> VerificationReport {
    let snapshot = try snapshot()
    let version = snapshot.view.version
    var report = VerificationReport()
    if isQuick {
      verifyEnvelopes(version, &report)
    } else {
      report = try snapshot.verify(
        attestation: attestation, concurrently: concurrency, isCancelled: isCancelled)
    }
    verifyManifests(version, &report)
    return report
  }

  /// Opening a version has read the headers and section tables of its files and compared their
  /// sizes; footers are left.
  private func verifyEnvelopes(_ version: Version, _ report: inout VerificationReport) {
    report.files = version.indexes.count + version.fullTexts.count + version.segments.count
    for entry in version.manifest.segments where entry.state == .sealed {
      guard let segment = version.segments[entry.id] else { continue }
      do throws(StorageError) {
        report.bytes += try Self.verifyFooter(segment, end: entry.byteCount)
      } catch {
        report.note(error)
      }
    }
  }

  private static func verifyFooter(
    _ segment: SegmentFile, end: UInt64
  ) throws(StorageError) -> UInt64 {
    let count = UInt64(SegmentLayout.trailerByteCount)
    guard end >= count else {
      throw StorageError(.corrupt, path: segment.path, offset: 0, doing: "no room for a trailer")
    }
    let trailer = try segment.file.readExactly(
      at: end - count, count: Int(count), "read a trailer")
    let at = try inFile(segment.path, base: end - count, "read a trailer") {
      () throws(FormatError) in try SegmentLayout.footerOffset(trailer.rawSpan)
    }
    guard at < end - count else {
      throw StorageError(
        .corrupt, path: segment.path, offset: end - count, doing: "the footer is not before it")
    }
    let block = try segment.block(at: at)
    guard block.header.kind == .footer, block.end == end - count else {
      throw StorageError(
        .corrupt, path: segment.path, offset: at, doing: "no footer where the trailer says")
    }
    _ = try inFile(segment.path, base: at, "read a footer") { () throws(FormatError) in
      try SegmentLayout.footer(block.payload.rawSpan, itemCount: Int(block.header.itemCount))
    }
    return count + UInt64(block.payload.count)
  }

  /// Each manifest names the digest of the one before; those that are not kept any more end the
  /// chain. MAN-8.
  private func verifyManifests(_ version: Version, _ report: inout VerificationReport) {
    var newer = version.manifest
    for _ in 1..<Limits.manifestsKept {
      let path = paths.manifest(newer.generation - 1)
      guard newer.generation > 1, fileSystem.exists(path) else { return }
      do throws(StorageError) {
        let bytes = try fileSystem.open(path).readAll(limit: Manifest.byteCountMax)
        // Whoever writes meanwhile removes the oldest ones.
        guard Digest.hash(bytes) == newer.previous else {
          throw StorageError(
            .corrupt, path: path,
            doing: "the manifest is not the one that generation \(newer.generation) names")
        }
        let manifest = try inFile(path, "read manifest") { () throws(FormatError) in
          try Manifest(bytes.rawSpan)
        }
        guard manifest.generation == newer.generation - 1, manifest.storeID == newer.storeID else {
          throw StorageError(.corrupt, path: path, doing: "the manifest is of another generation")
        }
        report.files += 1
        report.bytes += UInt64(bytes.count)
        newer = manifest
      } catch {
        if error.code != .system(2) { report.note(error) }
        return
      }
    }
  }
}
