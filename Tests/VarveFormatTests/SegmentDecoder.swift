// A whole segment read by itself, by the rules of chapter 3 alone: what a vector of one decodes to.

import VarveFormat
import VarveTestSupport

/// Walks the commits of a segment up to where they end.
struct SegmentDecoder {
  private let bytes: [UInt8]
  private var at = FileHeader.byteCount
  private var previous: CommitFrame?
  private var commits: [CanonicalJSON] = []
  private var footer = CanonicalJSON.null

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func decode() throws(FormatError) -> CanonicalJSON {
    let header = try FileHeader(bytes.rawSpan, expecting: .segment)
    var scan = self
    var stopped = CanonicalJSON.null
    do throws(FormatError) {
      while scan.at < bytes.count { if try !scan.commit() { break } }
    } catch { stopped = .string("\(error.code)") }
    return .object([
      "header": Vector.json(header), "commits": .array(scan.commits), "footer": scan.footer,
      "stopped": stopped,
    ])
  }

  private func block(at offset: Int) throws(FormatError) -> (BlockHeader, [UInt8]) {
    let header = try BlockHeader(bytes.rawSpan, at: offset)
    let start = offset + BlockHeader.byteCount
    guard start + header.storedByteCount <= bytes.count else {
      throw FormatError(.truncated, at: start)
    }
    let stored = bytes.rawSpan.extracting(start..<(start + header.storedByteCount))
    return (header, try header.payload(stored))
  }

  /// One commit or the footer; false behind the footer.
  private mutating func commit() throws(FormatError) -> Bool {
    var records: [CanonicalJSON] = []
    var facts: [CanonicalJSON] = []
    var next = previous.map { $0.firstSequence + UInt64($0.recordCount) }
    var position = at
    while true {
      let (header, payload) = try block(at: position)
      let start = position
      position += BlockHeader.byteCount + header.storedByteCount
      switch header.kind {
      case .records:
        guard facts.isEmpty, next == nil || next == header.firstSequence else {
          throw FormatError(.outOfOrder, at: start)
        }
        next = header.firstSequence + UInt64(header.itemCount)
        records += try Vector.records(
          payload, firstSequence: header.firstSequence, itemCount: header.itemCount)
      case .facts:
        facts += try FactBlock.decode(payload.rawSpan, itemCount: header.itemCount).map {
          Vector.json($0)
        }
      case .footer:
        try close(payload, itemCount: header.itemCount, footerAt: start, end: position)
        return false
      case .commit:
        let frame = try CommitFrame(payload.rawSpan)
        try check(frame, next: next, records: records.count, facts: facts.count, at: start)
        commits.append(
          .object([
            "number": .int(frame.number), "firstSequence": .int(frame.firstSequence),
            "records": .array(records), "facts": .array(facts),
          ]))
        previous = frame
        at = position
        return true
      }
    }
  }

  private func check(
    _ frame: CommitFrame, next: UInt64?, records: Int, facts: Int, at start: Int
  ) throws(FormatError) {
    if let previous {
      let input = CommitFrame.historyInput(previous: previous.historyDigest, frame)
      guard frame.number == previous.number + 1 else { throw FormatError(.outOfOrder, at: start) }
      guard frame.historyDigest.bytes == PlainSHA256.digest(input) else {
        throw FormatError(.inconsistent, at: start)
      }
    }
    guard next ?? frame.firstSequence == frame.firstSequence + UInt64(frame.recordCount),
      records == Int(frame.recordCount), facts == Int(frame.factCount),
      frame.blockByteCount == UInt64(start - at)
    else { throw FormatError(.inconsistent, at: start) }
  }

  private mutating func close(
    _ payload: [UInt8], itemCount: Int, footerAt: Int, end: Int
  ) throws(FormatError) {
    let bytes = bytes
    let entries = try SegmentLayout.footer(payload.rawSpan, itemCount: itemCount)
    guard bytes.count == end + SegmentLayout.trailerByteCount else {
      throw FormatError(bytes.count < end + 16 ? .truncated : .trailingBytes, at: end)
    }
    let trailer = bytes.rawSpan.extracting(end..<bytes.count)
    guard try SegmentLayout.footerOffset(trailer) == UInt64(footerAt) else {
      throw FormatError(.inconsistent, at: end)
    }
    let listed = entries.map { Vector.json($0) }
    footer = .array(listed)
  }
}
