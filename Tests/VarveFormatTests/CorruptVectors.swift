// Vectors that every reader must reject, each made from a whole one by one change. Where a checksum
// would find the change first, it is made to match.

import VarveFormat
import VarveTestSupport

/// The vectors of `format-spec/vectors/corrupt`.
enum CorruptVectors {
  static let all: [Vector] =
    headers + files + blocks + records + others + indexes + fullTexts + shipments

  /// A changed vector with the error it must give; the offset where all readers agree on it.
  static func corrupt(
    _ base: Vector, _ name: String, _ title: String, _ code: FormatError.Code,
    at offset: Int? = nil, _ change: (inout [UInt8]) -> Void
  ) -> Vector {
    var vector = base
    vector.name = "corrupt/" + name
    vector.title = title
    vector.fields = []
    vector.settings.removeAll { $0.name == "void" }
    vector.settings.append(("error", "\(code)"))
    if let offset { vector.settings.append(("offset", "\(offset)")) }
    change(&vector.bytes)
    return vector
  }

  static func patch(_ bytes: inout [UInt8], _ value: UInt32, at offset: Int) {
    for i in 0..<4 { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(i))) }
  }

  /// Makes a checksum over a range match again.
  private static func seal(_ bytes: inout [UInt8], _ range: Range<Int>, at offset: Int) {
    patch(&bytes, Checksum.reference(bytes.rawSpan.extracting(range)), at: offset)
  }

  private static func sealHeader(_ bytes: inout [UInt8]) { seal(&bytes, 0..<36, at: 36) }

  static func sealEnd(_ bytes: inout [UInt8]) {
    seal(&bytes, 0..<(bytes.count - 4), at: bytes.count - 4)
  }

  // MARK: Chapter 1

  private static var headers: [Vector] {
    let base = VectorFiles.header
    return [
      corrupt(base, "01-magic", "the magic is not VRVE", .badMagic, at: 0) { $0[3] = 0x46 },
      corrupt(base, "01-version", "version 3", .unsupportedVersion, at: 4) { $0[4] = 3 },
      corrupt(base, "01-outdated", "full text of version 1", .outdatedVersion, at: 4) {
        $0[6] = FileKind.fullText.rawValue
        sealHeader(&$0)
      },
      corrupt(base, "01-kind-version", "a segment of version 2", .unsupportedVersion, at: 4) {
        $0[4] = 2
        sealHeader(&$0)
      },
      corrupt(base, "01-checksum", "the checksum does not match", .checksumMismatch, at: 36) {
        $0[9] ^= 1
      },
      corrupt(base, "01-kind", "kind 99", .unknownTag, at: 6) {
        $0[6] = 99
        sealHeader(&$0)
      },
      corrupt(base, "01-reserved-7", "byte 7 is not zero", .reservedNotZero, at: 7) {
        $0[7] = 1
        sealHeader(&$0)
      },
      corrupt(base, "01-reserved-32", "bytes 32 to 35 are not zero", .reservedNotZero, at: 32) {
        $0[33] = 1
        sealHeader(&$0)
      },
      corrupt(base, "01-short", "the header ends early", .truncated) { $0.removeLast(5) },
    ]
  }

  // MARK: Chapter 4

  private static var files: [Vector] {
    let current = VectorFiles.current
    let tail = VectorFiles.tail
    let manifest = VectorFiles.manifest
    return [
      corrupt(current, "04-current-kind", "CURRENT with the kind of TAIL", .wrongKind, at: 6) {
        $0[6] = FileKind.tail.rawValue
        sealHeader(&$0)
        sealEnd(&$0)
      },
      corrupt(current, "04-current-checksum", "a digest was changed", .checksumMismatch, at: 72) {
        $0[50] ^= 0x10
      },
      corrupt(current, "04-current-long", "a byte follows", .trailingBytes) { $0.append(0) },
      corrupt(tail, "04-tail-checksum", "the offset was changed", .checksumMismatch, at: 80) {
        $0[64] ^= 1
      },
      corrupt(tail, "04-tail-short", "the checksum is missing", .truncated) { $0.removeLast(4) },
      corrupt(manifest, "04-manifest-checksum", "a count was changed", .checksumMismatch) {
        $0[192] ^= 1
      },
      corrupt(manifest, "04-manifest-state", "the state of segment 1 is 4", .unknownTag, at: 200) {
        $0[200] = 4
        sealEnd(&$0)
      },
      corrupt(manifest, "04-manifest-gap", "segment 2 starts a sequence late", .outOfOrder) {
        $0[168 + 65 + 16] += 1
        sealEnd(&$0)
      },
      corrupt(manifest, "04-manifest-end", "nextSequence is behind the segments", .inconsistent) {
        $0[104] += 1
        sealEnd(&$0)
      },
      corrupt(manifest, "04-manifest-number", "a number of 33 bits", .outOfBounds, at: 168) {
        $0[172] = 1
        sealEnd(&$0)
      },
      corrupt(manifest, "04-manifest-count", "more segments than MAN-4", .outOfBounds, at: 160) {
        patch(&$0, 1 << 20 + 1, at: 160)
        sealEnd(&$0)
      },
    ]
  }

  // MARK: Blocks

  private static var blocks: [Vector] {
    let base = VectorFiles.block
    let zlib = VectorFiles.zlibBlock
    func made(
      _ name: String, _ title: String, _ code: FormatError.Code, at offset: Int? = nil,
      kind: UInt8 = 2, compression: UInt8 = 0, reserved: UInt16 = 0,
      stored: [UInt8] = [1, 2, 3, 4], rawByteCount: Int = 4, itemCount: Int = 1
    ) -> Vector {
      corrupt(base, name, title, code, at: offset) {
        $0 = VectorFiles.rawBlock(
          kind: kind, compression: compression, reserved: reserved, stored: stored,
          rawByteCount: rawByteCount, itemCount: itemCount)
      }
    }
    return [
      corrupt(base, "03-block-magic", "the magic is not VBLK", .badMagic, at: 0) { $0[0] = 0 },
      corrupt(base, "03-block-header", "a count was changed", .checksumMismatch, at: 32) {
        $0[24] ^= 1
      },
      corrupt(base, "03-block-payload", "the payload was changed", .checksumMismatch, at: 28) {
        $0[40] ^= 1
      },
      corrupt(base, "03-block-short", "the header ends early", .truncated) {
        $0.removeLast($0.count - 35)
      },
      made("03-block-kind", "kind 5", .unknownTag, at: 4, kind: 5),
      made("03-block-compression", "compression 3", .unknownTag, at: 5, compression: 3),
      made("03-block-reserved", "byte 7 is not zero", .reservedNotZero, at: 6, reserved: 256),
      made("03-block-grown", "more stored than raw bytes", .outOfBounds, at: 8, rawByteCount: 3),
      made("03-block-huge", "81 MiB", .outOfBounds, compression: 1, rawByteCount: 81 << 20),
      made("03-block-items", "more items than SEG-6", .outOfBounds, at: 24, itemCount: 1 << 21),
      made("03-block-sizes", "not compressed, but of two sizes", .inconsistent, rawByteCount: 5),
      made("03-block-lz4", "no LZ4 block", .decompressionFailed, compression: 1, rawByteCount: 90),
      corrupt(zlib, "03-block-bomb", "zlib of more bytes than stated", .decompressionFailed) {
        let stored = Array($0[BlockHeader.byteCount...])
        $0 = VectorFiles.rawBlock(compression: 2, stored: stored, rawByteCount: 99)
      },
      corrupt(zlib, "03-block-less", "zlib of fewer bytes than stated", .decompressionFailed) {
        let stored = Array($0[BlockHeader.byteCount...])
        $0 = VectorFiles.rawBlock(compression: 2, stored: stored, rawByteCount: 101)
      },
    ]
  }

  // MARK: Records

  /// Base time 0, one text "a", one record with the given body.
  private static func record(
    _ name: String, _ title: String, _ code: FormatError.Code, at offset: Int? = nil,
    _ body: [UInt8]
  ) -> Vector {
    Vector(
      "corrupt/" + name, title, structure: "records",
      settings: [("firstSequence", "1"), ("itemCount", "1"), ("error", "\(code)")]
        + (offset.map { [("offset", "\($0)")] } ?? []),
      bytes: [0, 1, 1, 0x61, UInt8(body.count)] + body)
  }

  private static var records: [Vector] {
    let base = VectorFiles.records
    let chunk = [UInt8](repeating: 7, count: 32)
    return [
      record("03-record-kind", "kind 16", .unknownTag, at: 5, [16, 0, 0, 0, 0]),
      record("03-record-kind-0", "kind 0", .unknownTag, at: 5, [0, 0, 0, 0, 0]),
      record("03-record-presence", "bit 31 is set", .reservedNotZero, at: 6, [1, 0, 0, 0, 0x80]),
      record(
        "03-record-both", "repeated and by reference", .inconsistent, at: 6, [1, 0, 0, 0, 3, 1]),
      record("03-record-text", "text 1 of one text", .outOfBounds, at: 10, [1, 1, 0, 0, 0, 1]),
      record(
        "03-record-varint", "line 1 in two bytes", .nonCanonicalVarint, at: 10,
        [1, 0, 0x80, 0, 0, 0x81, 0]),
      record(
        "03-record-varint-65", "a line of 65 bits", .nonCanonicalVarint, at: 10,
        [1, 0, 0x80, 0, 0] + [UInt8](repeating: 0xFF, count: 9) + [2]),
      record(
        "03-record-varint-long", "a line of eleven bytes", .nonCanonicalVarint, at: 10,
        [1, 0, 0x80, 0, 0] + [UInt8](repeating: 0x80, count: 10) + [1]),
      record("03-record-part", "part 65536", .outOfBounds, at: 10, [1, 0, 0, 4, 0, 0x80, 0x80, 4]),
      record(
        "03-record-incarnation", "incarnation 2^32", .outOfBounds, at: 10,
        [1, 0, 0, 8, 0, 0x80, 0x80, 0x80, 0x80, 0x10]),
      record(
        "03-record-encoding", "encoding 2", .unknownTag, at: 44,
        [1, 0, 0, 0, 2] + chunk + [0, 1, 2]),
      record(
        "03-record-after-reference", "a byte behind the reference", .trailingBytes, at: 45,
        [1, 0, 0, 0, 2] + chunk + [0, 1, 0, 9]),
      record("03-record-salt", "half a salt", .truncated, at: 10, [1, 0, 0, 0, 4, 1, 2, 3, 4]),
      record(
        "12-record-promoted", "a promoted record that repeats another", .inconsistent, at: 6,
        [1, 0, 0, 0, 0x09, 1]),
      record(
        "12-record-presence", "a forgotten record with a field", .reservedNotZero, at: 6,
        [255, 1, 0, 0, 0] + chunk),
      record("12-record-short", "half a digest", .truncated, at: 10, [255, 0, 0, 0, 0, 1, 2]),
      record(
        "12-record-long", "a byte behind the digest", .trailingBytes, at: 42,
        [255, 0, 0, 0, 0] + chunk + [0]),
      record("03-record-short", "a body of three bytes", .truncated, at: 6, [1, 0, 0]),
      corrupt(base, "03-records-long", "a byte behind records", .trailingBytes) { $0.append(0) },
      corrupt(base, "03-records-short", "the last record is cut", .truncated) { $0.removeLast() },
    ]
  }

  // MARK: Other structures of chapter 3

  private static func tree(
    _ name: String, _ title: String, _ code: FormatError.Code, at offset: Int? = nil,
    _ bytes: [UInt8]
  ) -> Vector {
    corrupt(VectorFiles.metadata, name, title, code, at: offset) { $0 = bytes }
  }

  private static var others: [Vector] {
    let footer = VectorFiles.footer
    let deep = [UInt8]((0..<70).flatMap { _ -> [UInt8] in [6, 1] }) + [0]
    return [
      corrupt(VectorFiles.facts, "03-fact-kind", "kind 12", .unknownTag, at: 0) { $0[0] = 12 },
      corrupt(VectorFiles.forgottenFacts, "12-facts-short", "the last value is cut", .truncated) {
        $0.removeLast()
      },
      corrupt(
        VectorFiles.forgottenFacts, "12-fact-kind", "kind 12 with a salt", .unknownTag, at: 33
      ) { $0[33] = 0x8C },
      corrupt(VectorFiles.facts, "03-facts-long", "a byte behind the facts", .trailingBytes) {
        $0.append(1)
      },
      corrupt(VectorFiles.facts, "03-facts-short", "the last value is cut", .truncated) {
        $0.removeLast()
      },
      corrupt(VectorFiles.commit, "03-commit-short", "119 bytes", .truncated) { $0.removeLast() },
      corrupt(VectorFiles.commit, "03-commit-long", "121 bytes", .trailingBytes) { $0.append(0) },
      corrupt(footer, "03-footer-order", "an offset does not ascend", .outOfOrder, at: 32) {
        $0[32] = 40
        $0[33] = 0
      },
      corrupt(footer, "03-footer-kind", "kind 9", .unknownTag, at: 20) { $0[20] = 9 },
      corrupt(footer, "03-footer-reserved", "byte 22 is not zero", .reservedNotZero, at: 21) {
        $0[22] = 1
      },
      tree("03-tree-tag", "tag 9", .unknownTag, at: 0, [9]),
      tree("03-tree-deep", "seventy arrays, one in the other", .outOfBounds, deep),
      tree("03-tree-count", "more members than bytes", .outOfBounds, at: 1, [6, 5, 0, 0]),
      tree("03-tree-short", "half a double", .truncated, at: 1, [4, 0, 0, 0]),
      tree("03-tree-long", "a byte behind the tree", .trailingBytes, at: 1, [0, 0]),
      tree("03-tree-varint", "zero in two bytes", .nonCanonicalVarint, at: 1, [3, 0x80, 0]),
    ]
  }

  // MARK: Chapter 5

  private static var indexes: [Vector] {
    let page = VectorFiles.page
    func sealed(
      _ name: String, _ title: String, _ code: FormatError.Code, at offset: Int,
      _ change: (inout [UInt8]) -> Void
    ) -> Vector {
      corrupt(page, name, title, code, at: offset) {
        change(&$0)
        seal(&$0, 4..<BTreePage.byteCount, at: 0)
      }
    }
    let column = VectorFiles.column
    return [
      corrupt(page, "05-page-checksum", "a key was changed", .checksumMismatch, at: 0) {
        $0[30] ^= 1
      },
      sealed("05-page-kind", "kind 3", .unknownTag, at: 8) { $0[8] = 3 },
      sealed("05-page-count", "more entries than fit", .outOfBounds, at: 10) { $0[11] = 9 },
      sealed("05-page-empty", "no entries", .outOfBounds, at: 10) { $0[10] = 0 },
      sealed("05-page-reserved", "byte 15 is not zero", .reservedNotZero, at: 14) { $0[15] = 1 },
      corrupt(column, "05-column-blocks", "one block for 1,032 rows", .inconsistent, at: 4) {
        $0[4] = 1
      },
      corrupt(column, "05-column-width", "width 57", .outOfBounds, at: 24) { $0[24] = 57 },
      corrupt(column, "05-column-gap", "a gap before block 1", .outOfOrder, at: 12) {
        $0[12] += 1
      },
      corrupt(column, "05-column-short", "the last row is missing", .truncated) {
        $0.removeLast(10)
      },
      corrupt(column, "05-column-long", "a byte follows", .trailingBytes) { $0.append(0) },
      corrupt(VectorFiles.filter, "05-filter-zero", "byte 5 is not zero", .reservedNotZero, at: 4) {
        $0[5] = 1
      },
    ]
  }
}
