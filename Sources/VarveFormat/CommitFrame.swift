// The block that ends a commit and carries the running digest. Chapter 3, SEG-25 to SEG-29.

/// What makes the blocks before it one commit.
package struct CommitFrame: Equatable, Sendable {
  @inlinable package static var byteCount: Int { 120 }
  /// Bytes of a whole frame in the file, with its block header.
  @inlinable package static var storedByteCount: Int { BlockHeader.byteCount + byteCount }

  /// Number of the commit in the history, from 1.
  package var number: UInt64
  package var firstSequence: UInt64
  package var recordCount: UInt32
  package var factCount: UInt32
  /// Bytes of the commit's blocks before this frame.
  package var blockByteCount: UInt64
  /// When it was committed, milliseconds since 1970 UTC.
  package var time: Int64
  /// Seed of the salts of the commit's record digests; zero after one of them was forgotten.
  package var seedHigh: UInt64
  package var seedLow: UInt64
  /// SHA-256 over the digests of its records and facts.
  package var recordsDigest: ContentHash
  /// The history digest after this commit.
  package var historyDigest: ContentHash

  package init(
    number: UInt64, firstSequence: UInt64, recordCount: UInt32, factCount: UInt32,
    blockByteCount: UInt64, time: Int64, seedHigh: UInt64, seedLow: UInt64,
    recordsDigest: ContentHash, historyDigest: ContentHash
  ) {
    self.number = number
    self.firstSequence = firstSequence
    self.recordCount = recordCount
    self.factCount = factCount
    self.blockByteCount = blockByteCount
    self.time = time
    self.seedHigh = seedHigh
    self.seedLow = seedLow
    self.recordsDigest = recordsDigest
    self.historyDigest = historyDigest
  }

  package init(_ bytes: RawSpan) throws(FormatError) {
    guard bytes.byteCount == Self.byteCount else {
      throw FormatError(bytes.byteCount < Self.byteCount ? .truncated : .trailingBytes, at: 0)
    }
    number = bytes.load(at: 0)
    firstSequence = bytes.load(at: 8)
    recordCount = bytes.load(at: 16)
    factCount = bytes.load(at: 20)
    blockByteCount = bytes.load(at: 24)
    time = bytes.load(at: 32)
    seedHigh = bytes.loadBigEndian(at: 40)
    seedLow = bytes.loadBigEndian(at: 48)
    recordsDigest = ContentHash(bytes, at: 56)
    historyDigest = ContentHash(bytes, at: 88)
  }

  /// - Parameter groupPosition: how many commits before this one share its sync (SEG-38).
  package func append(to writer: inout ByteWriter, groupPosition: Int = 0) {
    var payload = ByteWriter(reserving: Self.byteCount)
    payload.write(number)
    payload.write(firstSequence)
    payload.write(recordCount)
    payload.write(factCount)
    payload.write(blockByteCount)
    payload.write(time)
    payload.writeBigEndian(seedHigh)
    payload.writeBigEndian(seedLow)
    recordsDigest.write(to: &payload)
    historyDigest.write(to: &payload)
    BlockHeader.append(
      kind: .commit, payload: payload.bytes.rawSpan, firstSequence: firstSequence,
      itemCount: groupPosition, compression: .none, to: &writer)
  }

  /// The bytes whose SHA-256 is the history digest (SEG-28).
  package static func historyInput(previous: ContentHash, _ frame: CommitFrame) -> [UInt8] {
    var input = ByteWriter(reserving: 96)
    previous.write(to: &input)
    input.write(frame.number)
    input.write(frame.firstSequence)
    input.write(frame.recordCount)
    input.write(frame.factCount)
    input.write(frame.time)
    frame.recordsDigest.write(to: &input)
    return input.bytes
  }
}
