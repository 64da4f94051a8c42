// What takes space: originals and contents, before and after they were compressed.

import VarveFormat
import VarveStorage

struct DiskReport {
  let columns: ReportColumns
  let query: ReportQuery
  let view: StoreView

  /// Sums of one row.
  private struct Sums {
    var files: Int64 = 0
    var originals: Int64 = 0
    var content: Int64 = 0
    var stored: Int64 = 0
    var repeated: Int64 = 0
  }

  /// What a record takes in its block beside its content, in bytes; near enough.
  private static let recordByteCount: Int64 = 64

  func report(_ selected: [UInt32]) throws(StoreError) -> Report {
    var groups = try groups(selected)
    var sums = [Sums](repeating: Sums(), count: groups.names.count)
    try engine { () throws(StorageError) in
      try addRecords(groups, selected, &sums)
      try addOriginals(&groups, &sums)
    }
    let rows = zip(groups.names, sums).compactMap { name, sums -> [Report.Value]? in
      if sums.files == 0, sums.stored == 0 { return nil }
      let ratio =
        sums.originals > 0 ? Report.Value.ratio(Self.parts(sums.stored, of: sums.originals)) : .null
      return [
        name.map { .text($0) } ?? .null, .number(sums.files), .number(sums.originals),
        .number(sums.content), .number(sums.stored), ratio, .number(sums.repeated),
      ]
    }
    let key = query.isBySource ? "source" : "project"
    var report = Report(
      query, occurrenceCount: selected.count,
      withoutTimeCount: columns.withoutTime(selected),
      columns: [
        (key, .text), ("files", .number), ("originalBytes", .number), ("contentBytes", .number),
        ("storedBytes", .number), ("ratio", .ratio), ("repeatedBytes", .number),
      ], rows: rows)
    report.rule =
      "stored: the compressed blocks of the log, shared out by size; indexes not counted. "
      + "A file is told by its host and its path below its home"
    report.sortRows([
      .init("originalBytes", isDescending: true), .init("contentBytes", isDescending: true),
      .init(key, isDescending: false),
    ])
    return report
  }

  /// A share in ten-thousandths.
  private static func parts(_ part: Int64, of whole: Int64) -> Int64 {
    let (product, isOverflow) = part.multipliedReportingOverflow(by: 10_000)
    return isOverflow ? part / max(1, whole / 10_000) : product / whole
  }

  // MARK: Groups

  /// Which row of the report each occurrence and each file belongs to.
  private struct Groups {
    var names: [String?] = [nil]
    /// The group of each selected row.
    var ofRows: [Int] = []
    /// The group of each file that a selected occurrence is from: its host, 0, its path.
    var ofFiles: [[UInt8]: Int] = [:]
    /// Whether files that no occurrence is from count too, without a project.
    var hasOtherFiles = false
    var isBySource = false

    /// The group of a file; nil if it does not count.
    mutating func group(ofFile host: [UInt8], _ path: [UInt8]) -> Int? {
      if let known = ofFiles[host + [0] + path] { return known }
      guard hasOtherFiles else { return nil }
      return isBySource ? group(named: Self.source(path)) : 0
    }

    private var numbers: [String: Int] = [:]

    mutating func group(named name: String) -> Int {
      if let known = numbers[name] { return known }
      names.append(name)
      numbers[name] = names.count - 1
      return names.count - 1
    }

    /// The first folder of a path below a home; any other path whole.
    static func source(_ path: [UInt8]) -> String {
      let isBelow = path.first != 0x2F
      let end = isBelow ? path.firstIndex(of: 0x2F) ?? path.count : path.count
      return String(decoding: path[..<end], as: UTF8.self)
    }
  }

  private func groups(_ selected: [UInt32]) throws(StoreError) -> Groups {
    let paths = try columns.paths(view)
    let hosts = try columns.hosts(view)
    var groups = Groups()
    groups.isBySource = query.isBySource
    groups.hasOtherFiles = query.filters.isEmpty && query.since == nil && query.until == nil
    // Groups by place: 0 is what has none.
    let places = query.isBySource ? paths : columns.projects
    var known = [Int](repeating: -1, count: places.texts.count + 1)
    known[0] = 0
    groups.ofRows.reserveCapacity(selected.count)
    var files = PairTable()
    var keys: [(host: UInt32, path: UInt32)] = []
    // A file belongs where its first occurrence does that belongs anywhere: transcripts begin with
    // lines that know no project.
    var owners: [Int] = []
    for row in selected {
      let place = Int(places.places[Int(row)])
      if known[place] < 0 {
        let text = places.texts[place - 1]
        known[place] = groups.group(
          named: query.isBySource ? Groups.source(text) : String(decoding: text, as: UTF8.self))
      }
      groups.ofRows.append(known[place])
      let key = (hosts.places[Int(row)], paths.places[Int(row)])
      guard key.1 > 0 else { continue }
      let (file, isNew) = files.number(key.0, key.1)
      if isNew {
        keys.append(key)
        owners.append(0)
      }
      if owners[file] == 0 { owners[file] = known[place] }
    }
    for (key, owner) in zip(keys, owners) {
      let host = key.host == 0 ? [] : hosts.texts[Int(key.host) - 1]
      groups.ofFiles[host + [0] + paths.texts[Int(key.path) - 1]] = owner
    }
    return groups
  }

  // MARK: Sums

  /// Contents, and the share of each record in its block.
  private func addRecords(
    _ groups: Groups, _ selected: [UInt32], _ sums: inout [Sums]
  ) throws(StorageError) {
    // No content is larger, whatever a column says.
    var sizes: [Int64] = []
    for index in try view.indexes() {
      sizes += try index.column(.byteCount).map { Int64(min($0, UInt64(Limits.contentByteCount))) }
    }
    func weight(_ row: Int) -> Int64 {
      let isFirst = Int(columns.messages[row]) == row
      return Self.recordByteCount + (isFirst ? sizes[row] : 0)
    }
    var block: Range<Int> = 0..<0
    var shares = Shares(of: 0, 0)
    for (i, selectedRow) in selected.enumerated() {
      let row = Int(selectedRow)
      if !block.contains(row) {
        guard let location = try view.location(UInt64(row) + 1) else { continue }
        let header = try view.header(of: location)
        let start = Int(location.firstSequence) - 1
        block = start..<(start + Int(location.itemCount))
        shares = Shares(
          of: Int64(header.storedByteCount),
          block.reduce(0) { $0 + (columns.messages.indices.contains($1) ? weight($1) : 0) })
        for other in block.lowerBound..<row { _ = shares.next(weight(other)) }
      } else {
        for other in (i > 0 ? Int(selected[i - 1]) + 1 : row)..<row {
          _ = shares.next(weight(other))
        }
      }
      let group = groups.ofRows[i]
      sums[group].stored += shares.next(weight(row))
      if Int(columns.messages[row]) == row {
        sums[group].content += sizes[row]
      } else {
        sums[group].repeated += sizes[row]
      }
    }
  }

  /// Sizes of files, and the shares of their chunks; a chunk that several files hold counts once.
  private func addOriginals(
    _ groups: inout Groups, _ sums: inout [Sums]
  ) throws(StorageError) {
    func group(_ fact: Fact, _ groups: inout Groups, _ sums: inout [Sums]) -> Int? {
      guard let file = Self.file(fact), let group = groups.group(ofFile: file.host, file.path)
      else { return nil }
      while sums.count < groups.names.count { sums.append(Sums()) }
      return group
    }
    for fact in try view.facts(.fileMap) {
      guard let tree = try? MetadataTree.decode(fact.value.rawSpan), tree["type"] == .text("file"),
        case .int(let size) = tree["size"], let group = group(fact, &groups, &sums)
      else { continue }
      sums[group].files += 1
      sums[group].originals = sums[group].originals.addingClamped(max(0, size))
    }
    var counted: Set<ContentHash> = []
    var headers: [UInt64: BlockHeader] = [:]
    for fact in try view.facts(.chunkList) {
      guard let group = group(fact, &groups, &sums) else { continue }
      // ORG-4: digest and size of each chunk.
      for at in stride(from: 0, to: fact.value.count - 35, by: 36) {
        let hash = ContentHash(fact.value.rawSpan.extracting(at..<(at + 32)))
        let size: UInt32 = fact.value.rawSpan.load(at: at + 32)
        guard counted.insert(hash).inserted,
          let place = try view.place(of: .sourceChunk, key: hash.bytes)
        else { continue }
        let key = UInt64(place.segment) << 40 | place.offset
        if headers[key] == nil {
          headers[key] = try view.header(segment: place.segment, offset: place.offset)
        }
        guard let header = headers[key] else { continue }
        sums[group].stored +=
          Int64(header.storedByteCount) * Int64(size) / Int64(max(1, header.rawByteCount))
      }
    }
  }

  /// Host and path in the key of a file map or chunk list. ORG-3.
  private static func file(_ fact: Fact) -> (host: [UInt8], path: [UInt8])? {
    let parts = fact.key.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
    return parts.count == 4 ? (Array(parts[0]), Array(parts[2])) : nil
  }
}

/// Shares out a number in whole numbers, so that all shares add up to it.
private struct Shares {
  private let total: Int64
  private let weights: Int64
  private var seen: Int64 = 0
  private var given: Int64 = 0

  init(of total: Int64, _ weights: Int64) {
    self.total = total
    self.weights = max(1, weights)
  }

  mutating func next(_ weight: Int64) -> Int64 {
    seen = min(seen + weight, weights)
    let until = weights.dividingFullWidth(total.multipliedFullWidth(by: seen)).quotient
    defer { given = until }
    return until - given
  }
}
