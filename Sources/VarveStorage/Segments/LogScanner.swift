// Walks a segment commit by commit. A torn end is where it stops; damage before a later commit is
// not.

package import VarveFormat

/// One commit as it stands in a segment.
package struct ScannedCommit: Sendable {
  package var blocks: [SegmentFile.StoredBlock]
  package var frame: CommitFrame
  package var start: UInt64
  package var end: UInt64
}

/// Reads commits of one segment in order.
package struct LogScanner: Sendable {
  private let segment: SegmentFile
  private let limit: UInt64
  /// Where the next commit starts, which is the end of the last whole one.
  package private(set) var offset: UInt64
  /// Why the scan stopped before `limit`, if it did.
  package private(set) var stopped: StorageError?
  /// Whether the scan ended at the footer of a sealed segment.
  package private(set) var sawFooter = false

  /// - Parameters:
  ///   - start: where a commit starts.
  ///   - limit: where the log ends in this file.
  package init(_ segment: SegmentFile, from start: UInt64, limit: UInt64) {
    self.segment = segment
    self.limit = limit
    offset = start
  }

  /// The next whole commit; nil at the end, at a footer, or where the bytes stop making sense.
  package mutating func next() -> ScannedCommit? {
    guard stopped == nil, !sawFooter, offset < limit else { return nil }
    var at = offset
    var blocks: [SegmentFile.StoredBlock] = []
    do throws(StorageError) {
      while true {
        guard at + UInt64(BlockHeader.byteCount) <= limit else {
          throw StorageError(
            FormatError(.truncated, at: 0), path: segment.path, base: at, doing: "scan the log")
        }
        let block = try segment.block(at: at)
        guard block.end <= limit else {
          throw StorageError(
            FormatError(.truncated, at: 0), path: segment.path, base: at, doing: "scan the log")
        }
        switch block.header.kind {
        case .records, .facts:
          blocks.append(block)
          at = block.end
        case .footer:
          guard blocks.isEmpty else {
            throw StorageError(
              .corrupt, path: segment.path, offset: at, doing: "footer inside a commit")
          }
          sawFooter = true
          return nil
        case .commit:
          let frame = try inFile(segment.path, base: at, "read commit frame") {
            () throws(FormatError) in try CommitFrame(block.payload.rawSpan)
          }
          guard block.header.compression == .none,
            block.header.firstSequence == frame.firstSequence,
            UInt64(block.header.itemCount) < frame.number
          else {
            throw StorageError(
              .corrupt, path: segment.path, offset: at, doing: "header of a commit frame")
          }
          try check(frame, blocks: blocks, at: at)
          let commit = ScannedCommit(blocks: blocks, frame: frame, start: offset, end: block.end)
          offset = block.end
          return commit
        }
      }
    } catch {
      stopped = error
      return nil
    }
  }

  private func check(
    _ frame: CommitFrame, blocks: [SegmentFile.StoredBlock], at: UInt64
  ) throws(StorageError) {
    var next = frame.firstSequence
    var facts = 0
    for block in blocks {
      if block.header.kind == .facts {
        facts += block.header.itemCount
      } else {
        guard block.header.firstSequence == next else {
          throw StorageError(
            .corrupt, path: segment.path, offset: block.offset,
            doing: "sequence \(block.header.firstSequence) where \(next) was expected")
        }
        next += UInt64(block.header.itemCount)
      }
    }
    guard next == frame.firstSequence &+ UInt64(frame.recordCount), facts == Int(frame.factCount),
      at == offset + frame.blockByteCount
    else {
      throw StorageError(
        .corrupt, path: segment.path, offset: at, doing: "commit frame disagrees with its blocks")
    }
  }

  /// REC-6: tells a torn end from a damaged middle. Throws if a commit follows the damage that can
  /// only have been written after the damaged one was durable.
  package func requireTornEnd(lastCommit: UInt64) throws(StorageError) {
    guard let stopped else { return }
    var at = offset
    while at < limit {
      let window = try segment.file.read(at: at, count: Int(min(4 << 20, limit - at)))
      guard window.count >= CommitFrame.storedByteCount else { return }
      var i = 0
      while i + CommitFrame.storedByteCount <= window.count {
        if let found = Self.frame(window.rawSpan, at: i), found.groupStart > lastCommit &+ 1 {
          throw StorageError(
            .corrupt, path: stopped.path, offset: stopped.offset,
            doing: "damaged, but commit \(found.number) follows at byte \(at + UInt64(i))")
        }
        i += 1
      }
      at += UInt64(window.count - CommitFrame.storedByteCount + 1)
    }
  }

  /// Number of the commit whose frame stands at a place, and of the first one with the same sync.
  private static func frame(
    _ window: RawSpan, at i: Int
  ) -> (number: UInt64, groupStart: UInt64)? {
    guard window.load(UInt32.self, at: i) == BlockHeader.magic,
      window.load(UInt8.self, at: i + 4) == BlockKind.commit.rawValue,
      let header = try? BlockHeader(window, at: i),
      header.storedByteCount == CommitFrame.byteCount
    else { return nil }
    let start = i + BlockHeader.byteCount
    guard
      let payload = try? header.payload(
        window.extracting(start..<(start + CommitFrame.byteCount)))
    else { return nil }
    guard let frame = try? CommitFrame(payload.rawSpan), frame.number > UInt64(header.itemCount)
    else { return nil }
    return (frame.number, frame.number - UInt64(header.itemCount))
  }
}
