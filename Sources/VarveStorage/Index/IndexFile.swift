// An open index: sections are located when it is opened and checked when they are first used.

package import VarveFormat

/// Immutable derived data over a range of sequences; a mapped file or an image in memory.
package final class IndexFile: Sendable {
  package let path: String
  package let firstSequence: UInt64
  package let recordCount: UInt64
  package let statistics: IndexStatistics
  package let digest: ContentHash
  package let byteCount: Int
  private let region: ByteRegion
  private let sections: [SectionEntry]
  private let trees: [BTree]
  private let checked: PageMarks
  private let hashFilter: Int
  private let identityFilter: Int
  private let dictionary: Int
  private let blockMap: Int
  /// Position of each column's section; -1 if it is missing.
  private let columns: [Int]

  /// Opens an image; `firstSequence` comes from the manifest.
  package init(
    _ region: ByteRegion, path: String, firstSequence: UInt64, storeID: StoreID
  ) throws(StorageError) {
    self.region = region
    self.path = path
    self.firstSequence = firstSequence
    byteCount = region.count
    let opened: Opened
    do throws(FormatError) {
      opened = try Self.open(region, storeID: storeID, path: path)
    } catch {
      throw StorageError(error, path: path, doing: "open index")
    }
    sections = opened.sections
    trees = opened.trees
    digest = opened.digest
    statistics = opened.statistics
    recordCount = opened.statistics.recordCount
    checked = PageMarks(count: opened.sections.count)
    hashFilter = opened.position(.filter, TreeKind.hash.rawValue)
    identityFilter = opened.position(.filter, TreeKind.identity.rawValue)
    dictionary = opened.position(.dictionary, 0)
    blockMap = opened.position(.blockMap, 0)
    var columns = [Int](repeating: -1, count: 64)
    for (position, section) in opened.sections.enumerated()
    where section.kind == .column && section.sub < 64 { columns[Int(section.sub)] = position }
    self.columns = columns
  }

  private struct Opened {
    var sections: [SectionEntry]
    var trees: [BTree]
    var digest: ContentHash
    var statistics: IndexStatistics

    func position(_ kind: SectionKind, _ sub: UInt8) -> Int {
      sections.firstIndex { $0.kind == kind && $0.sub == sub } ?? 0
    }
  }

  private static func open(
    _ region: ByteRegion, storeID: StoreID, path: String
  ) throws(FormatError) -> Opened {
    let bytes = region.bytes
    let header = try FileHeader(bytes, expecting: .index)
    guard header.storeID == storeID else { throw FormatError(.inconsistent, at: 16) }
    let sections = try IndexLayout.sections(bytes)
    var input = ByteWriter(reserving: 64)
    header.write(to: &input)
    input.write(IndexLayout.encodeTable(sections))
    var trees: [BTree] = []
    for kind in TreeKind.allCases {
      guard let section = sections.first(where: { $0.kind == .tree && $0.sub == kind.rawValue })
      else { throw FormatError(.inconsistent, at: bytes.byteCount) }
      trees.append(try BTree(kind, section: section, region: region, path: path))
    }
    for (kind, sub) in [
      (SectionKind.filter, TreeKind.hash.rawValue), (.filter, TreeKind.identity.rawValue),
      (.dictionary, 0), (.blockMap, 0),
    ] where !sections.contains(where: { $0.kind == kind && $0.sub == sub }) {
      throw FormatError(.inconsistent, at: bytes.byteCount)
    }
    guard let sums = sections.first(where: { $0.kind == .statistics }) else {
      throw FormatError(.inconsistent, at: bytes.byteCount)
    }
    let range = Int(sums.offset)..<Int(sums.offset + sums.byteCount)
    guard Checksum.crc32c(bytes.extracting(range)) == sums.checksum else {
      throw FormatError(.checksumMismatch, at: range.lowerBound)
    }
    return Opened(
      sections: sections, trees: trees, digest: Digest.hash(input.bytes),
      statistics: try IndexStatistics(bytes.extracting(range)))
  }

  package var nextSequence: UInt64 { firstSequence + recordCount }

  package func tree(_ kind: TreeKind) -> BTree { trees[Int(kind.rawValue) - 1] }

  /// Runs a closure over a section whose checksum was compared once.
  private func withSection<T>(
    _ position: Int, _ body: (RawSpan) throws(FormatError) -> T
  ) throws(StorageError) -> T {
    let entry = sections[position]
    let region = region
    let range = Int(entry.offset)..<Int(entry.offset + entry.byteCount)
    let bytes = region.bytes.extracting(range)
    do throws(FormatError) {
      if !checked.isSet(position) {
        guard Checksum.crc32c(bytes) == entry.checksum else {
          throw FormatError(.checksumMismatch, at: 0)
        }
        if entry.kind == .filter { try DedupFilter.check(bytes) }
        if entry.kind == .column { _ = try ColumnReader(bytes) }
        if entry.kind == .blockMap { try Self.checkBlockMap(bytes) }
        checked.set(position)
      }
      return try body(bytes)
    } catch {
      throw StorageError(error, path: path, base: entry.offset, doing: "read \(entry.kind) section")
    }
  }

  private static func checkBlockMap(_ bytes: RawSpan) throws(FormatError) {
    guard bytes.byteCount % BlockLocation.byteCount == 0 else {
      throw FormatError(.inconsistent, at: 0)
    }
  }

  /// Sequence of the message with this content, if this index saw it first.
  package func message(_ hash: ContentHash) throws(StorageError) -> UInt64? {
    let filter = DedupFilter.hash(hash)
    guard try withSection(hashFilter, { DedupFilter.mayContain(filter, in: $0) }) else {
      return nil
    }
    return try tree(.hash).find(TreeKey(hash)).map { firstSequence + UInt64($0.first) }
  }

  /// Whether the filters let lookups of a message and of an occurrence through.
  package func mayHold(
    _ hash: ContentHash?, _ identity: OccurrenceIdentity
  ) throws(StorageError) -> Bool {
    if let hash {
      let filter = DedupFilter.hash(hash)
      guard try withSection(hashFilter, { DedupFilter.mayContain(filter, in: $0) }) else {
        return false
      }
    }
    let filter = DedupFilter.hash(identity)
    return try withSection(identityFilter) { DedupFilter.mayContain(filter, in: $0) }
  }

  /// Fills in the sequences of messages that this index saw first; entries that are not 0 are
  /// known.
  package func findMessages(
    _ hashes: [ContentHash], in found: inout [UInt64]
  ) throws(StorageError) {
    var candidates: [Int] = []
    try withSection(hashFilter) { filter in
      for i in hashes.indices where found[i] == 0 {
        if DedupFilter.mayContain(DedupFilter.hash(hashes[i]), in: filter) { candidates.append(i) }
      }
    }
    let tree = tree(.hash)
    for i in candidates {
      if let value = try tree.find(TreeKey(hashes[i])) {
        found[i] = firstSequence + UInt64(value.first)
      }
    }
  }

  /// Sequence of the occurrence with this identity.
  package func occurrence(_ identity: OccurrenceIdentity) throws(StorageError) -> UInt64? {
    let filter = DedupFilter.hash(identity)
    guard try withSection(identityFilter, { DedupFilter.mayContain(filter, in: $0) }) else {
      return nil
    }
    return try tree(.identity).find(TreeKey(identity)).map { firstSequence + UInt64($0.first) }
  }

  /// First and last offset at which this index knows sightings of a scope; nil if it knows none.
  package func offsets(
    ofScope high: UInt64, _ low: UInt64
  ) throws(StorageError) -> ClosedRange<UInt64>? {
    let tree = tree(.identity)
    guard let first = try tree.first(from: TreeKey(high, low)), first.key.a == high,
      first.key.b == low
    else { return nil }
    guard let last = try tree.last(before: TreeKey(high, low, .max, .max, .max)),
      last.key.c >= first.key.c
    else { return nil }
    return first.key.c...last.key.c
  }

  /// Number of texts in the dictionary.
  package func textCount() throws(StorageError) -> Int {
    try withSection(dictionary) { bytes throws(FormatError) in try DictionaryReader(bytes).count }
  }

  /// The text with an ordinal.
  package func text(_ ordinal: Int) throws(StorageError) -> [UInt8] {
    try withSection(dictionary) { bytes throws(FormatError) in
      try DictionaryReader(bytes).text(ordinal)
    }
  }

  /// All texts, in order.
  package func texts() throws(StorageError) -> [[UInt8]] {
    try withSection(dictionary) { bytes throws(FormatError) in
      let reader = try DictionaryReader(bytes)
      var texts: [[UInt8]] = []
      texts.reserveCapacity(reader.count)
      for i in 0..<reader.count { texts.append(try reader.text(i)) }
      return texts
    }
  }

  /// The ordinal of a text.
  package func ordinal(of text: [UInt8]) throws(StorageError) -> UInt32? {
    try withSection(dictionary) { bytes throws(FormatError) in
      let reader = try DictionaryReader(bytes)
      var low = 0
      var high = reader.count
      while low < high {
        let middle = (low + high) / 2
        if try reader.text(middle).lexicographicallyPrecedes(text) {
          low = middle + 1
        } else {
          high = middle
        }
      }
      guard low < reader.count, try reader.text(low) == text else { return nil }
      return UInt32(low)
    }
  }

  /// Calls a closure with the values of a column, up to 1,024 rows at a time; not at all if the
  /// column is missing.
  package func forEachBlock(
    of id: ColumnID, _ body: (Span<UInt64>) throws(FormatError) -> Void
  ) throws(StorageError) {
    guard has(id) else { return }
    try withSection(position(id)) { bytes throws(FormatError) in
      let reader = ColumnReader(checked: bytes)
      guard UInt64(reader.count) == recordCount else { throw FormatError(.inconsistent, at: 0) }
      try reader.forEachBlock(body)
    }
  }

  /// The rows that a column says it has, which must be all of the index.
  package func rowCount(of id: ColumnID) throws(StorageError) -> Int {
    guard has(id) else { return Int(recordCount) }
    return try withSection(position(id)) { bytes throws(FormatError) in
      let count = ColumnReader(checked: bytes).count
      guard UInt64(count) == recordCount else { throw FormatError(.inconsistent, at: 0) }
      return count
    }
  }

  /// All values of a column.
  package func column(_ id: ColumnID) throws(StorageError) -> [UInt64] {
    guard has(id) else { return [UInt64](repeating: 0, count: Int(recordCount)) }
    return try withSection(position(id)) { bytes throws(FormatError) in
      var values: [UInt64] = []
      let reader = ColumnReader(checked: bytes)
      guard UInt64(reader.count) == recordCount else { throw FormatError(.inconsistent, at: 0) }
      reader.appendAll(to: &values)
      return values
    }
  }

  /// The values of some rows of a column.
  package func values(of id: ColumnID, in rows: Range<Int>) throws(StorageError) -> [UInt64] {
    guard has(id) else { return [UInt64](repeating: 0, count: rows.count) }
    return try withSection(position(id)) { bytes throws(FormatError) in
      let reader = ColumnReader(checked: bytes)
      guard rows.upperBound <= reader.count else { throw FormatError(.outOfBounds, at: 0) }
      var values: [UInt64] = []
      values.reserveCapacity(rows.count)
      for row in rows { values.append(reader[row]) }
      return values
    }
  }

  /// One value of a column.
  package func value(_ id: ColumnID, row: Int) throws(StorageError) -> UInt64 {
    guard has(id) else { return 0 }
    return try withSection(position(id)) { bytes throws(FormatError) in
      let reader = ColumnReader(checked: bytes)
      guard row < reader.count else { throw FormatError(.outOfBounds, at: 0) }
      return reader[row]
    }
  }

  /// Whether a column is there; false only of one that may be missing and is 0 in every row.
  package func has(_ id: ColumnID) -> Bool {
    id != .turnDuration || columns[Int(id.rawValue)] >= 0
  }

  private func position(_ id: ColumnID) throws(StorageError) -> Int {
    let position = columns[Int(id.rawValue)]
    guard position >= 0 else {
      throw StorageError(.corrupt, path: path, doing: "the index has no column \(id)")
    }
    return position
  }

  /// The block that holds a record, if this index covers it.
  package func block(containing sequence: UInt64) throws(StorageError) -> BlockLocation? {
    try withSection(blockMap) { bytes throws(FormatError) in
      var low = 0
      var high = bytes.byteCount / BlockLocation.byteCount
      while low < high {
        let middle = (low + high) / 2
        if bytes.load(UInt64.self, at: middle * BlockLocation.byteCount) <= sequence {
          low = middle + 1
        } else {
          high = middle
        }
      }
      guard low > 0 else { return nil }
      let block = Self.location(bytes, low - 1)
      return sequence - block.firstSequence < UInt64(block.itemCount) ? block : nil
    }
  }

  private static func location(_ bytes: RawSpan, _ index: Int) -> BlockLocation {
    let at = index * BlockLocation.byteCount
    return BlockLocation(
      firstSequence: bytes.load(at: at), segment: bytes.load(at: at + 8),
      itemCount: bytes.load(at: at + 12), offset: bytes.load(at: at + 16))
  }

  /// All blocks, in order.
  package func blocks() throws(StorageError) -> [BlockLocation] {
    try withSection(blockMap) { bytes in
      (0..<(bytes.byteCount / BlockLocation.byteCount)).map { Self.location(bytes, $0) }
    }
  }

  /// Reads everything once but the trees: every section, every column.
  package func verifySections() throws(StorageError) {
    for position in sections.indices where sections[position].kind != .tree {
      try withSection(position) { (_: RawSpan) in () }
    }
    try verifyPadding()
    for id in ColumnID.allCases { try forEachBlock(of: id) { (_) throws(FormatError) in } }
  }

  /// Reads everything once: every section, every page of every tree, and their order.
  package func verify() throws(StorageError) {
    try verifySections()
    for kind in TreeKind.allCases { try tree(kind).verify { _, _ in } }
  }
}

extension IndexFile {
  /// BTR-34: the bytes between sections are zero, so that no byte of the file is without a check.
  private func verifyPadding() throws(StorageError) {
    let region = region
    let bytes = region.bytes
    var end = FileHeader.byteCount
    for section in sections.sorted(by: { $0.offset < $1.offset }) {
      for i in end..<max(end, Int(section.offset)) where bytes.load(UInt8.self, at: i) != 0 {
        throw StorageError(
          FormatError(.reservedNotZero, at: i), path: path,
          doing: "check the bytes between sections")
      }
      end = Int(section.offset + section.byteCount)
    }
  }
}

/// Reads a dictionary section.
struct DictionaryReader: ~Escapable {
  private let bytes: RawSpan
  let count: Int

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) throws(FormatError) {
    guard bytes.byteCount >= 4 else { throw FormatError(.truncated, at: 0) }
    self.bytes = bytes
    count = Int(bytes.load(UInt32.self, at: 0))
    guard bytes.byteCount >= 4 + count * 8 else { throw FormatError(.truncated, at: 4) }
  }

  func text(_ ordinal: Int) throws(FormatError) -> [UInt8] {
    guard ordinal >= 0, ordinal < count else { throw FormatError(.outOfBounds, at: 0) }
    let start = ordinal == 0 ? 0 : bytes.load(UInt64.self, at: 4 + (ordinal - 1) * 8)
    let end = bytes.load(UInt64.self, at: 4 + ordinal * 8)
    let base = 4 + count * 8
    guard start <= end, end <= UInt64(bytes.byteCount - base) else {
      throw FormatError(.outOfBounds, at: 4 + ordinal * 8)
    }
    return bytes.array((base + Int(start))..<(base + Int(end)))
  }
}
