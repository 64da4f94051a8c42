// What takes space: originals and contents, before and after they were compressed.

import VarveFormat
import VarveStorage

struct DiskReport {
  let scan: ReportScan
  let query: ReportQuery
  let view: StoreView

  /// What one row of the report counts.
  private struct Tally: Sendable {
    var files: Int64 = 0
    var originals: Int64 = 0
    var content: Int64 = 0
    var stored: Int64 = 0
    var repeated: Int64 = 0

    /// Adds what records came to.
    mutating func addRecords(_ other: Tally) {
      stored += other.stored
      content += other.content
      repeated += other.repeated
    }
  }

  func report() throws(StoreError) -> Report {
    let columns = scan.columns
    let sums = scan.sum(
      Sums(
        columns, sizes: try columns.diskSizes(view), paths: try columns.paths(view),
        hosts: try columns.hosts(view), isBySource: query.isBySource))
    var groups = Groups(sums, hasOtherFiles: query.filters.isEmpty && !scan.hasTimes)
    try engine { () throws(StorageError) in try addOriginals(&groups) }
    let rows = zip(groups.names, groups.tallies).compactMap { name, tally -> [Report.Value]? in
      if tally.files == 0, tally.stored == 0 { return nil }
      let ratio =
        tally.originals > 0
        ? Report.Value.ratio(Self.parts(tally.stored, of: tally.originals)) : .null
      return [
        name.map { .text($0) } ?? .null, .number(tally.files), .number(tally.originals),
        .number(tally.content), .number(tally.stored), ratio, .number(tally.repeated),
      ]
    }
    let key = query.isBySource ? "source" : "project"
    var report = Report(
      query, occurrenceCount: sums.occurrenceCount, withoutTimeCount: sums.withoutTimeCount,
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

  // MARK: Records

  /// Sums by project, or by the path that becomes a source: the group of a row is that place.
  private struct Sums: ReportSums {
    let columns: ReportColumns
    let sizes: DiskSizes
    let paths: TextColumn
    let hosts: TextColumn
    let isBySource: Bool
    private(set) var occurrenceCount = 0
    private(set) var withoutTimeCount = 0
    private(set) var tallies: [Tally] = []
    /// Hosts and paths.
    private(set) var files = PairTable()
    /// The group of each file. It belongs where its first occurrence does that belongs anywhere:
    /// transcripts begin with lines that know no project.
    private(set) var owners: [UInt32] = []

    init(
      _ columns: ReportColumns, sizes: DiskSizes, paths: TextColumn, hosts: TextColumn,
      isBySource: Bool
    ) {
      self.columns = columns
      self.sizes = sizes
      self.paths = paths
      self.hosts = hosts
      self.isBySource = isBySource
      tallies = [Tally](repeating: Tally(), count: places.texts.count + 1)
    }

    var places: TextColumn { isBySource ? paths : columns.projects }

    mutating func add(_ rows: Span<UInt32>) {
      occurrenceCount += rows.count
      let (places, paths, hosts) = (places.places, paths.places, hosts.places)
      let (messages, times) = (columns.messages, columns.times)
      for i in rows.indices {
        let row = Int(rows[i])
        if times[row] == OccurrenceFields.noTime { withoutTimeCount += 1 }
        let group = places[row]
        tallies[Int(group)].stored += Int64(sizes.stored[row])
        if messages[row] == rows[i] {
          tallies[Int(group)].content += Int64(sizes.content[row])
        } else {
          tallies[Int(group)].repeated += Int64(sizes.content[row])
        }
        if paths[row] > 0 { note(hosts[row], paths[row], owner: group) }
      }
    }

    @inline(__always)
    private mutating func note(_ host: UInt32, _ path: UInt32, owner: UInt32) {
      let (file, isNew) = files.number(host, path)
      if isNew { owners.append(0) }
      if owners[Int(file)] == 0 { owners[Int(file)] = owner }
    }

    mutating func add(_ later: Sums) {
      occurrenceCount += later.occurrenceCount
      withoutTimeCount += later.withoutTimeCount
      for (group, tally) in later.tallies.enumerated() { tallies[group].addRecords(tally) }
      for (key, owner) in zip(later.files.keys, later.owners) {
        let (host, path) = PairTable.parts(key)
        note(host, path, owner: owner)
      }
    }
  }

  // MARK: Groups

  /// The rows of the report, and the one that each file belongs to.
  private struct Groups {
    private(set) var names: [String?] = [nil]
    var tallies = [Tally()]
    /// The group of each file that a selected occurrence is from: its host, 0, its path.
    private var ofFiles: [[UInt8]: Int] = [:]
    /// Whether files that no occurrence is from count too, without a project.
    private let hasOtherFiles: Bool
    private let isBySource: Bool
    private var numbers: [String: Int] = [:]

    init(_ sums: Sums, hasOtherFiles: Bool) {
      self.hasOtherFiles = hasOtherFiles
      isBySource = sums.isBySource
      // The group of each place; 0 is what has none.
      var groups = [0]
      tallies[0].addRecords(sums.tallies[0])
      for (text, tally) in zip(sums.places.texts, sums.tallies.dropFirst()) {
        let group = group(
          named: isBySource ? Self.source(text) : String(decoding: text, as: UTF8.self))
        groups.append(group)
        tallies[group].addRecords(tally)
      }
      for (key, owner) in zip(sums.files.keys, sums.owners) {
        let (host, path) = PairTable.parts(key)
        let text = host == 0 ? [] : sums.hosts.texts[Int(host) - 1]
        ofFiles[text + [0] + sums.paths.texts[Int(path) - 1]] = groups[Int(owner)]
      }
    }

    /// The group of a file; nil if it does not count.
    mutating func group(ofFile host: [UInt8], _ path: [UInt8]) -> Int? {
      if let known = ofFiles[host + [0] + path] { return known }
      guard hasOtherFiles else { return nil }
      return isBySource ? group(named: Self.source(path)) : 0
    }

    private mutating func group(named name: String) -> Int {
      if let known = numbers[name] { return known }
      names.append(name)
      tallies.append(Tally())
      numbers[name] = names.count - 1
      return names.count - 1
    }

    /// The first folder of a path below a home; any other path whole.
    private static func source(_ path: [UInt8]) -> String {
      let isBelow = path.first != 0x2F
      let end = isBelow ? path.firstIndex(of: 0x2F) ?? path.count : path.count
      return String(decoding: path[..<end], as: UTF8.self)
    }
  }

  // MARK: Originals

  /// Sizes of files, and the shares of their chunks; a chunk that several files hold counts once.
  private func addOriginals(_ groups: inout Groups) throws(StorageError) {
    func group(_ fact: Fact, _ groups: inout Groups) -> Int? {
      Self.file(fact).flatMap { groups.group(ofFile: $0.host, $0.path) }
    }
    for fact in try view.facts(.fileMap) {
      guard let tree = try? MetadataTree.decode(fact.value.rawSpan), tree["type"] == .text("file"),
        case .int(let size) = tree["size"], let group = group(fact, &groups)
      else { continue }
      groups.tallies[group].files += 1
      groups.tallies[group].originals =
        groups.tallies[group].originals.addingClamped(max(0, size))
    }
    var counted: Set<ContentHash> = []
    var headers: [UInt64: BlockHeader] = [:]
    for fact in try view.facts(.chunkList) {
      guard let group = group(fact, &groups) else { continue }
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
        groups.tallies[group].stored +=
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
