// The blocks of a segment, found by their headers alone.

package import VarveFormat

/// Lists the blocks of a segment by their headers.
package enum SegmentBlocks {
  /// Whether some block is compressed in a way.
  package static func holds(
    _ compression: CompressionKind, _ segment: SegmentFile, limit: UInt64
  ) throws(StorageError) -> Bool {
    var at = UInt64(FileHeader.byteCount)
    while at < limit {
      let header = try segment.header(at: at)
      if header.kind == .footer { return false }
      if header.compression == compression { return true }
      at += UInt64(BlockHeader.byteCount + header.storedByteCount)
    }
    return false
  }

  package static func list(
    _ segment: SegmentFile, limit: UInt64
  ) throws(StorageError) -> [BlockEntry] {
    var entries: [BlockEntry] = []
    var at = UInt64(FileHeader.byteCount)
    while at < limit {
      let bytes = try segment.file.readExactly(
        at: at, count: BlockHeader.byteCount, "read block header")
      let header = try inFile(segment.path, base: at, "read block header") {
        () throws(FormatError) in try BlockHeader(bytes.rawSpan)
      }
      entries.append(
        BlockEntry(
          offset: at, firstSequence: header.firstSequence, itemCount: UInt32(header.itemCount),
          kind: header.kind, storedByteCount: UInt32(header.storedByteCount),
          rawByteCount: UInt32(header.rawByteCount)))
      at += UInt64(BlockHeader.byteCount + header.storedByteCount)
    }
    return entries
  }
}
