// A sealed segment on its way to disk: blocks one after another with bounded memory, then footer,
// trailer and sync.

package import VarveFormat

/// A sealed segment that waits to be published.
package struct MadeSegment: Sendable {
  package let id: UInt64
  /// Where it is until then.
  package let temporary: String
  package let byteCount: UInt64
  package let digest: ContentHash
}

/// Writes a sealed segment.
struct SegmentOutput {
  private static let bufferByteCount = 1 << 20

  let id: UInt64
  private let file: any WritableFile
  private var buffer = ByteWriter(reserving: bufferByteCount)
  private var flushed: UInt64 = 0
  private var entries: [BlockEntry] = []
  private var digest = Digest()

  init(id: UInt64, storeID: StoreID, file: any WritableFile) {
    self.id = id
    self.file = file
    FileHeader(kind: .segment, number: id, storeID: storeID).write(to: &buffer)
  }

  /// Where the next block goes.
  var end: LogPosition { LogPosition(segment: id, offset: flushed + UInt64(buffer.count)) }

  /// Appends a block.
  mutating func append(
    _ kind: BlockKind, _ payload: RawSpan, firstSequence: UInt64, itemCount: Int,
    compression: CompressionKind
  ) throws(StorageError) {
    let start = buffer.count
    let offset = end.offset
    BlockHeader.append(
      kind: kind, payload: payload, firstSequence: firstSequence, itemCount: itemCount,
      compression: compression, to: &buffer)
    note(
      kind, offset: offset, firstSequence: firstSequence, itemCount: itemCount,
      stored: buffer.count - start - BlockHeader.byteCount, raw: payload.byteCount)
    try flushIfLarge()
  }

  /// Appends a block as it stands in another segment.
  mutating func copy(
    _ header: BlockHeader, _ bytes: [UInt8]
  ) throws(StorageError) {
    note(
      header.kind, offset: end.offset, firstSequence: header.firstSequence,
      itemCount: header.itemCount, stored: header.storedByteCount, raw: header.rawByteCount)
    buffer.write(bytes)
    try flushIfLarge()
  }

  /// Appends the frame that ends a commit.
  mutating func append(_ frame: CommitFrame) throws(StorageError) {
    let offset = end.offset
    // It was synced with the whole file, so none before it can be torn (SEG-38).
    frame.append(to: &buffer, groupPosition: 0)
    note(
      .commit, offset: offset, firstSequence: frame.firstSequence, itemCount: 0,
      stored: CommitFrame.byteCount, raw: CommitFrame.byteCount)
    try flushIfLarge()
  }

  private mutating func note(
    _ kind: BlockKind, offset: UInt64, firstSequence: UInt64, itemCount: Int, stored: Int, raw: Int
  ) {
    entries.append(
      BlockEntry(
        offset: offset, firstSequence: firstSequence, itemCount: UInt32(itemCount), kind: kind,
        storedByteCount: UInt32(stored), rawByteCount: UInt32(raw)))
  }

  private mutating func flushIfLarge() throws(StorageError) {
    if buffer.count >= Self.bufferByteCount { try flush() }
  }

  private mutating func flush() throws(StorageError) {
    digest.update(buffer.bytes)
    try file.append(buffer.bytes)
    flushed += UInt64(buffer.count)
    buffer.bytes.removeAll(keepingCapacity: true)
  }

  /// Seals the segment and makes its bytes durable.
  mutating func finish() throws(StorageError) -> MadeSegment {
    let at = end.offset
    SegmentLayout.appendFooter(entries, at: at, to: &buffer)
    try flush()
    try file.sync()
    return MadeSegment(
      id: id, temporary: file.path, byteCount: flushed, digest: digest.finish())
  }
}
