// Indexes that lie with sound checksums: what only a comparison with the log can find. Every
// checksum and digest from the page up to CURRENT is made anew, as whoever forges an index would.

import Dispatch
import Testing
import VarveFormat
import VarveStorage
import VarveTestSupport

@testable import Varve

@Suite("Indexes that lie") struct ForgedIndexTests {
  /// One index of several leaves a tree, with repeats, sessions and projects.
  private static func disk() throws -> SimulatedFileSystem {
    let disk = SimulatedFileSystem()
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    options.maintenance = .manual
    let store = try Store.open(at: "/s", options: options, fileSystem: disk, registers: false)
    var batch = WriteBatch()
    for i in 0..<600 {
      var occurrence = Occurrence(
        kind: .prompt, place: SourcePlace(path: "f\(i % 3)", offset: UInt64(i * 10)))
      occurrence.session = "s\(i / 40)"
      occurrence.project = i % 5 == 0 ? nil : "/p\(i % 4)"
      occurrence.time = Int64(1_000_000 + i * 1000)
      try batch.append(occurrence, content: Array("message \(i % 500)".utf8))
    }
    try store.commit(batch)
    try store.flush()
    return disk
  }

  /// A file of a disk as bytes.
  private struct Image {
    var bytes: [UInt8]
    var sections: [SectionEntry]

    init(_ bytes: [UInt8]) throws {
      self.bytes = bytes
      sections = try IndexLayout.sections(bytes.rawSpan)
    }

    func place(_ kind: SectionKind, _ sub: UInt8) throws -> Int {
      try #require(sections.firstIndex { $0.kind == kind && $0.sub == sub })
    }

    /// What the header of a page says.
    func shape(_ page: Int) -> (kind: UInt8, count: Int, prefixCount: Int, stride: Int) {
      let view = BTreePageView(bytes.rawSpan.extracting(page..<(page + BTreePage.byteCount)))
      return (view.kind, view.count, view.prefixCount, view.stride)
    }

    mutating func write(_ number: UInt32, at: Int) {
      for i in 0..<4 { bytes[at + i] = UInt8(truncatingIfNeeded: number >> UInt32(8 * i)) }
    }

    /// Makes the checksums of a section right again.
    mutating func seal(_ place: Int) {
      let section = sections[place]
      let (start, end) = (Int(section.offset), Int(section.offset + section.byteCount))
      guard section.kind == .tree else {
        sections[place].checksum = Checksum.crc32c(bytes.rawSpan.extracting(start..<end))
        return
      }
      var sums = ByteWriter()
      for page in stride(from: start, to: end, by: BTreePage.byteCount) {
        let sum = Checksum.crc32c(
          bytes.rawSpan.extracting((page + 4)..<(page + BTreePage.byteCount)))
        write(sum, at: page)
        sums.write(sum)
      }
      sections[place].checksum = Checksum.crc32c(sums.bytes.rawSpan)
    }

    /// The whole file with a table of its own, and the digest that a manifest has of it.
    func finished() throws -> (bytes: [UInt8], digest: ContentHash) {
      let end = bytes.count - IndexLayout.trailerByteCount
      let table: UInt64 = bytes.rawSpan.load(at: end)
      var writer = ByteWriter()
      writer.write(Array(bytes[..<Int(table)]))
      IndexLayout.appendTable(sections, at: table, to: &writer)
      let header = Array(bytes[..<FileHeader.byteCount])
      return (writer.bytes, Digest.hash(header + IndexLayout.encodeTable(sections)))
    }
  }

  private static func bytes(_ path: String, _ disk: SimulatedFileSystem.Disk) throws -> [UInt8] {
    let inode = try #require(disk.names[path])
    return try #require(disk.seen[inode])
  }

  /// A disk with another index, which manifest and CURRENT vouch for.
  private static func forged(
    _ disk: SimulatedFileSystem, _ change: (inout Image) throws -> Void
  ) throws -> SimulatedFileSystem {
    var copy = disk.disk
    let paths = copy.names.keys.filter { $0.hasPrefix("/s/manifests/") }.sorted()
    let path = try #require(paths.last)
    let written = try bytes("/s/CURRENT", copy)
    let current = try CurrentFile.decode(written.rawSpan)
    let listed = try bytes(path, copy)
    var manifest = try Manifest(listed.rawSpan)
    #expect(manifest.generation == current.header.number && manifest.indexes.count == 1)
    let index = try #require(copy.names.keys.first { $0.hasPrefix("/s/indexes/") })
    var image = try Image(bytes(index, copy))
    try change(&image)
    let finished = try image.finished()
    manifest.indexes[0].digest = finished.digest
    let files = [
      index: finished.bytes, path: manifest.encode(),
      "/s/CURRENT": CurrentFile.encode(
        generation: manifest.generation, storeID: manifest.storeID,
        digest: Digest.hash(manifest.encode())),
    ]
    for (path, bytes) in files { copy.seen[try #require(copy.names[path])] = bytes }
    return SimulatedFileSystem(disk: copy)
  }

  /// What a verification says of a disk that can be opened, alone and with threads.
  private static func problems(_ disk: SimulatedFileSystem) throws -> [VerificationProblem] {
    let store = try Store.open(
      at: "/s", options: StoreOptions(access: .read), fileSystem: disk, registers: false)
    let found = try store.verify().problems
    var threads = Concurrency(width: 2) { count, body in
      DispatchQueue.concurrentPerform(iterations: count, execute: body)
    }
    threads.documentCountMin = 1
    #expect(try store.verify(concurrently: threads).problems == found)
    return found
  }

  @Test("An index that was only sealed anew is sound")
  func sealed() throws {
    let disk = try Self.forged(Self.disk()) { image in
      for place in image.sections.indices { image.seal(place) }
    }
    #expect(try Self.problems(disk) == [])
  }

  @Test("An entry with another value", arguments: [TreeKind.hash, .identity])
  func value(kind: TreeKind) throws {
    let disk = try Self.forged(Self.disk()) { image in
      let place = try image.place(.tree, kind.rawValue)
      let page = Int(image.sections[place].offset)
      let view = image.shape(page)
      let at =
        page + BTreePage.headerByteCount + view.prefixCount + view.stride * 3 + view.stride - 4
      image.bytes[at] ^= 1
      image.seal(place)
    }
    let problems = try Self.problems(disk)
    #expect(!problems.isEmpty)
    #expect(problems.allSatisfy { $0.kind.contains("is not in the \(kind) tree") }, "\(problems)")
  }

  @Test("An entry with another key", arguments: [TreeKind.time, .project, .session, .repeats])
  func key(kind: TreeKind) throws {
    let disk = try Self.forged(Self.disk()) { image in
      let place = try image.place(.tree, kind.rawValue)
      // The last key of the last leaf: one more keeps the order.
      var page = Int(image.sections[place].offset)
      while page + 4096 < Int(image.sections[place].offset + image.sections[place].byteCount),
        image.bytes[page + 4096 + 8] == BTreePage.leaf
      {
        page += 4096
      }
      let view = image.shape(page)
      let end = page + BTreePage.headerByteCount + view.prefixCount + view.stride * view.count
      image.bytes[end - 1] += 1
      image.seal(place)
    }
    let problems = try Self.problems(disk)
    #expect(problems.count == 1)
    #expect(problems.first?.kind.contains("is not in the \(kind) tree") == true, "\(problems)")
  }

  @Test("An entry too few", arguments: IndexSums.kinds)
  func missing(kind: TreeKind) throws {
    let disk = try Self.forged(Self.disk()) { image in
      let place = try image.place(.tree, kind.rawValue)
      let page = Int(image.sections[place].offset)
      let view = image.shape(page)
      let (count, stride) = (view.count, view.stride)
      let end = page + BTreePage.headerByteCount + view.prefixCount + stride * count
      for i in (end - stride)..<end { image.bytes[i] = 0 }
      image.bytes[page + 10] = UInt8(truncatingIfNeeded: count - 1)
      image.bytes[page + 11] = UInt8(truncatingIfNeeded: (count - 1) >> 8)
      image.sections[place].itemCount -= 1
      image.seal(place)
    }
    let problems = try Self.problems(disk)
    #expect(!problems.isEmpty)
    #expect(problems.first?.kind.contains("record ") == true, "\(problems)")
  }

  @Test("A lie beside another one does not hide it")
  func several() throws {
    let disk = try Self.forged(Self.disk()) { image in
      let column = try image.place(.column, ColumnID.time.rawValue)
      image.bytes[Int(image.sections[column].offset) + 8 + 4] ^= 1
      image.seal(column)
      let place = try image.place(.tree, TreeKind.identity.rawValue)
      let page = Int(image.sections[place].offset)
      let view = image.shape(page)
      let at =
        page + BTreePage.headerByteCount + view.prefixCount + view.stride * 4 - 4
      image.bytes[at] ^= 1
      image.seal(place)
    }
    let kinds = try Self.problems(disk).map(\.kind)
    #expect(kinds.contains { $0.contains("column time is wrong") })
    #expect(kinds.contains { $0.contains("is not in the identity tree") })
  }

  @Test("A branch that leads past a leaf", .requirement("BTR-14"))
  func branch() throws {
    let disk = try Self.forged(Self.disk()) { image in
      let place = try image.place(.tree, TreeKind.hash.rawValue)
      let section = image.sections[place]
      let page = Int(section.offset) + Int(UInt32(truncatingIfNeeded: section.extra)) * 4096
      let view = image.shape(page)
      #expect(view.kind == BTreePage.branch && view.count > 3)
      let stride = view.stride
      let start = page + BTreePage.headerByteCount + view.prefixCount
      // The second child stands twice, with its key: the third is not reached.
      for i in 0..<stride {
        image.bytes[start + 2 * stride + i] = image.bytes[start + stride + i]
      }
      image.seal(place)
    }
    let problems = try Self.problems(disk)
    // Lookups of what the leaf has fail as well.
    #expect(problems.first?.kind.contains("has page 1 for a child, not 2") == true, "\(problems)")
  }

  @Test("A filter that denies what is there", arguments: [TreeKind.hash, .identity])
  func filter(kind: TreeKind) throws {
    let disk = try Self.forged(Self.disk()) { image in
      let place = try image.place(.filter, kind.rawValue)
      let section = image.sections[place]
      for i in (Int(section.offset) + 64)..<Int(section.offset + section.byteCount) {
        image.bytes[i] = 0
      }
      image.seal(place)
    }
    let problems = try Self.problems(disk)
    #expect(!problems.isEmpty)
    // Who repeats a message does not find it then.
    #expect(
      problems.allSatisfy {
        $0.kind.contains("the filter denies record") || $0.kind.contains("another message")
      }, "\(problems)")
    #expect(problems.contains { $0.kind.contains("the filter denies record") })
  }

  @Test("A column that says something else", arguments: [ColumnID.time, .message, .session])
  func column(id: ColumnID) throws {
    let disk = try Self.forged(Self.disk()) { image in
      let place = try image.place(.column, id.rawValue)
      // Every value of a block has another base.
      image.bytes[Int(image.sections[place].offset) + 8 + 4] ^= 1
      image.seal(place)
    }
    let problems = try Self.problems(disk)
    #expect(problems.count == 600)
    #expect(problems.first?.kind == "column \(id) is wrong for record 1")
  }
}
