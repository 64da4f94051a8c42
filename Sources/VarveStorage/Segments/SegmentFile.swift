// A segment opened for reading, by pread: an I/O error is an error, never a signal.

package import VarveFormat

/// An open segment; shared by all snapshots that need it.
package final class SegmentFile: Sendable {
  package let id: UInt64
  package let file: any ReadableFile
  package var path: String { file.path }

  /// Opens a segment and checks its header.
  package init(_ file: any ReadableFile, id: UInt64, storeID: StoreID) throws(StorageError) {
    self.file = file
    self.id = id
    let bytes = try file.readExactly(at: 0, count: FileHeader.byteCount, "read segment header")
    let header = try inFile(file.path, "read segment header") { () throws(FormatError) in
      try FileHeader(bytes.rawSpan, expecting: .segment)
    }
    guard header.storeID == storeID, header.number == id else {
      throw StorageError(
        .corrupt, path: file.path, offset: 8, doing: "the segment belongs to another store or place"
      )
    }
  }

  /// A block as it stands in the file.
  package struct StoredBlock: Sendable {
    package var header: BlockHeader
    package var offset: UInt64
    /// Decompressed and checked.
    package var payload: [UInt8]

    package var end: UInt64 { offset + UInt64(BlockHeader.byteCount + header.storedByteCount) }
  }

  /// Reads one block with one system call where it is of ordinary size.
  package func block(at offset: UInt64) throws(StorageError) -> StoredBlock {
    let first = try file.read(at: offset, count: 12 << 10)
    let header = try inFile(path, base: offset, "read block header") { () throws(FormatError) in
      try BlockHeader(first.rawSpan)
    }
    let count = BlockHeader.byteCount + header.storedByteCount
    if count <= first.count {
      let payload = try inFile(path, base: offset, "read block") { () throws(FormatError) in
        try header.payload(first.rawSpan.extracting(BlockHeader.byteCount..<count))
      }
      return StoredBlock(header: header, offset: offset, payload: payload)
    }
    let stored = try file.readExactly(
      at: offset + UInt64(BlockHeader.byteCount), count: header.storedByteCount, "read block")
    let payload = try inFile(path, base: offset, "read block") { () throws(FormatError) in
      try header.payload(stored.rawSpan)
    }
    return StoredBlock(header: header, offset: offset, payload: payload)
  }

  /// Reads the header of a block alone.
  package func header(at offset: UInt64) throws(StorageError) -> BlockHeader {
    let bytes = try file.readExactly(at: offset, count: BlockHeader.byteCount, "read block header")
    return try inFile(path, base: offset, "read block header") { () throws(FormatError) in
      try BlockHeader(bytes.rawSpan)
    }
  }

  /// Reads and decodes a block of records.
  package func records(at offset: UInt64) throws(StorageError) -> RecordBlock {
    let block = try block(at: offset)
    guard block.header.kind == .records else {
      throw StorageError(.corrupt, path: path, offset: offset, doing: "expected a block of records")
    }
    return try records(of: block)
  }

  /// Decodes a block of records that was read.
  package func records(of stored: StoredBlock) throws(StorageError) -> RecordBlock {
    try inFile(path, base: stored.offset, "decode block of records") { () throws(FormatError) in
      try RecordBlock(
        payload: stored.payload, firstSequence: stored.header.firstSequence,
        itemCount: stored.header.itemCount)
    }
  }

  /// Decodes a block of facts that was read.
  package func facts(of stored: StoredBlock) throws(StorageError) -> [StoredFact] {
    try inFile(path, base: stored.offset, "decode facts") { () throws(FormatError) in
      try FactBlock.decode(stored.payload.rawSpan, itemCount: stored.header.itemCount)
    }
  }
}
