// Decodes a vector by the engine into the JSON that the independent reader gives for it.

import VarveFormat
import VarveTestSupport

extension Vector {
  /// The decoded structure as canonical JSON.
  func decoded() throws(FormatError) -> CanonicalJSON {
    let span = bytes.rawSpan
    switch structure {
    case "header": return Self.json(try FileHeader(span))
    case "block": return try Self.block(bytes)
    case "records":
      return .object([
        "records": .array(
          try Self.records(
            bytes, firstSequence: UInt64(number("firstSequence")), itemCount: number("itemCount")))
      ])
    case "facts":
      let facts = try FactBlock.decode(span, itemCount: number("itemCount"))
      return .object(["facts": .array(facts.map { Self.json($0) })])
    case "footer":
      let entries = try SegmentLayout.footer(span, itemCount: number("itemCount"))
      return .object(["entries": .array(entries.map { Self.json($0) })])
    case "filter":
      try DedupFilter.check(span)
      let words = (0..<((bytes.count - 8) / 4)).map { span.load(UInt32.self, at: 8 + $0 * 4) }
      return .object([
        "blockCount": .int(span.load(UInt32.self, at: 0)), "words": .array(words.map { .int($0) }),
      ])
    case "commit": return Self.json(try CommitFrame(span))
    case "segment": return try SegmentDecoder(bytes).decode()
    case "manifest": return Self.json(try Manifest(span))
    case "backup": return Self.json(try BackupRecord(span))
    case "current":
      let (header, digest) = try CurrentFile.decode(span)
      return .object([
        "generation": .int(header.number), "storeID": .string(header.storeID.description),
        "manifestDigest": .hex(digest),
      ])
    case "tail": return Self.json(try TailFile(span))
    case "page": return try page()
    case "column":
      let column = try ColumnReader(span)
      var values: [UInt64] = []
      column.appendAll(to: &values)
      return .object(["values": .array(values.map { .int($0) })])
    case "terms": return try Self.terms(span, postingsByteCount: number("postingsByteCount"))
    case "trigrams": return try Self.trigrams(span)
    case "postings":
      return try Self.postings(
        bytes, count: number("itemCount"), listByteCount: number("listByteCount"))
    case "grep":
      return try Self.grep(
        bytes, rowCount: number("rowCount"), filterByteCount: number("filterByteCount"))
    case "metadata": return .object(["value": CanonicalJSON(try MetadataTree.decode(span))])
    default: preconditionFailure("\(name): structure \(structure)")
    }
  }

  static func json(_ header: FileHeader) -> CanonicalJSON {
    .object([
      "kind": .int(header.kind.rawValue), "number": .int(header.number),
      "storeID": .string(header.storeID.description), "version": .int(header.kind.version),
    ])
  }

  private static func block(_ bytes: [UInt8]) throws(FormatError) -> CanonicalJSON {
    let header = try BlockHeader(bytes.rawSpan)
    let end = BlockHeader.byteCount + header.storedByteCount
    guard bytes.count >= end else { throw FormatError(.truncated, at: BlockHeader.byteCount) }
    guard bytes.count == end else { throw FormatError(.trailingBytes, at: end) }
    let payload = try header.payload(bytes.rawSpan.extracting(BlockHeader.byteCount..<end))
    return .object([
      "kind": .int(header.kind.rawValue), "compression": .int(header.compression.rawValue),
      "storedByteCount": .int(header.storedByteCount), "rawByteCount": .int(header.rawByteCount),
      "firstSequence": .int(header.firstSequence), "itemCount": .int(header.itemCount),
      "payloadHex": .hex(payload),
    ])
  }

  static func records(
    _ payload: [UInt8], firstSequence: UInt64, itemCount: Int
  ) throws(FormatError) -> [CanonicalJSON] {
    let block = try RecordBlock(
      payload: payload, firstSequence: firstSequence, itemCount: itemCount)
    var result: [CanonicalJSON] = []
    for i in 0..<block.count {
      let record = try block.record(i)
      if case .forgotten(let digest) = record.content {
        result.append(.object(["forgotten": .hex(Array(payload[digest]))]))
        continue
      }
      let fields = record.fields
      var members: [String: CanonicalJSON] = ["kind": .string(fields.kind.name)]
      for field in TextField.allCases {
        guard let range = block.text(fields[field]) else { continue }
        members["\(field)"] = .text(Array(payload[range]))
      }
      if fields.time != OccurrenceFields.noTime { members["time"] = .int(fields.time) }
      if fields.extractedAt != OccurrenceFields.noTime {
        members["extractedAt"] = .int(fields.extractedAt)
      }
      let numbers: [(String, UInt64)] = [
        ("line", fields.line), ("offset", fields.offset), ("length", fields.length),
        ("part", UInt64(fields.part)), ("incarnation", UInt64(fields.incarnation)),
        ("run", fields.run),
      ]
      for (name, value) in numbers where value != 0 { members[name] = .int(value) }
      if fields.isError { members["error"] = .bool(true) }
      if fields.isEcho { members["echo"] = .bool(true) }
      if !record.metadata.isEmpty {
        members["metadata"] = CanonicalJSON(
          try MetadataTree.decode(payload.rawSpan.extracting(record.metadata)))
      }
      if record.isPromoted { members["promoted"] = .bool(true) }
      if let salt = record.salt { members["salt"] = .hex(Array(payload[salt])) }
      members["content"] = json(record.content, payload)
      result.append(.object(members))
    }
    return result
  }

  private static func json(_ content: RecordContent, _ payload: [UInt8]) -> CanonicalJSON {
    switch content {
    case .inline(let range): .object(["inline": .hex(Array(payload[range]))])
    case .repeated(let sequence): .object(["repeated": .int(sequence)])
    case .forgotten(let digest): .object(["forgotten": .hex(Array(payload[digest]))])
    case .reference(let reference):
      .object([
        "reference": .object([
          "chunk": .hex(reference.chunk), "offset": .int(reference.offset),
          "length": .int(reference.length), "encoding": .int(reference.encoding.rawValue),
        ])
      ])
    }
  }

  static func json(_ stored: StoredFact) -> CanonicalJSON {
    switch stored {
    case .forgotten(let digest): return .object(["forgotten": .hex(digest.bytes)])
    case .fact(let fact, let salt):
      var members: [String: CanonicalJSON] = [
        "kind": .string("\(fact.kind)"), "key": .hex(fact.key), "value": .hex(fact.value),
      ]
      if let salt {
        var writer = ByteWriter()
        writer.write(salt.first)
        writer.write(salt.second)
        members["salt"] = .hex(writer.bytes)
      }
      return .object(members)
    }
  }

  static func json(_ entry: BlockEntry) -> CanonicalJSON {
    .object([
      "offset": .int(entry.offset), "firstSequence": .int(entry.firstSequence),
      "itemCount": .int(entry.itemCount), "kind": .int(entry.kind.rawValue),
      "storedByteCount": .int(entry.storedByteCount), "rawByteCount": .int(entry.rawByteCount),
    ])
  }

  static func json(_ frame: CommitFrame) -> CanonicalJSON {
    .object([
      "number": .int(frame.number), "firstSequence": .int(frame.firstSequence),
      "recordCount": .int(frame.recordCount), "factCount": .int(frame.factCount),
      "blockByteCount": .int(frame.blockByteCount), "time": .int(frame.time),
      "seed": .string(StoreID(high: frame.seedHigh, low: frame.seedLow).description),
      "recordsDigest": .hex(frame.recordsDigest), "historyDigest": .hex(frame.historyDigest),
    ])
  }

  private static func json(_ manifest: Manifest) -> CanonicalJSON {
    var value: [String: CanonicalJSON] = [
      "generation": .int(manifest.generation), "storeID": .string(manifest.storeID.description),
      "previous": .hex(manifest.previous), "time": .int(manifest.time),
      "indexedSegment": .int(manifest.indexedEnd.segment),
      "indexedOffset": .int(manifest.indexedEnd.offset),
      "commitNumber": .int(manifest.commitNumber), "nextSequence": .int(manifest.nextSequence),
      "historyDigest": .hex(manifest.historyDigest),
      "nextSegmentID": .int(manifest.nextSegmentID), "nextIndexID": .int(manifest.nextIndexID),
      "segmentCount": .int(manifest.segments.count), "indexCount": .int(manifest.indexes.count),
      "segments": .array(
        manifest.segments.map {
          .object([
            "id": .int($0.id), "byteCount": .int($0.byteCount),
            "firstSequence": .int($0.firstSequence), "recordCount": .int($0.recordCount),
            "state": .int($0.state.rawValue), "digest": .hex($0.digest),
          ])
        }),
      "indexes": .array(
        manifest.indexes.map {
          .object([
            "id": .int($0.id), "byteCount": .int($0.byteCount),
            "firstSequence": .int($0.firstSequence), "recordCount": .int($0.recordCount),
            "level": .int($0.level), "digest": .hex($0.digest),
          ])
        }),
    ]
    if !manifest.fullTexts.isEmpty {
      value["fullTexts"] = .array(
        manifest.fullTexts.map {
          .object([
            "id": .int($0.id), "byteCount": .int($0.byteCount),
            "firstSequence": .int($0.firstSequence), "recordCount": .int($0.recordCount),
            "digest": .hex($0.digest), "settings": .hex($0.settings),
          ])
        })
    }
    return .object(value)
  }

  private static func json(_ tail: TailFile) -> CanonicalJSON {
    .object([
      "generation": .int(tail.generation), "storeID": .string(tail.storeID.description),
      "bootID": .string(StoreID(high: tail.bootHigh, low: tail.bootLow).description),
      "segment": .int(tail.end.segment), "offset": .int(tail.end.offset),
      "commitNumber": .int(tail.commitNumber),
    ])
  }

  private func page() throws(FormatError) -> CanonicalJSON {
    let span = bytes.rawSpan
    try BTreePage.check(
      span, number: UInt32(number("number")), keyByteCount: number("keyByteCount"),
      leafValueByteCount: number("valueByteCount"))
    let view = BTreePageView(span)
    var entries: [CanonicalJSON] = []
    for i in 0..<view.count {
      let key = view.key(i)
      var value = ByteWriter()
      if view.valueByteCount >= 4 { value.write(view.value(i).first) }
      if view.valueByteCount == 20 {
        value.write(view.value(i).offset)
        value.write(view.value(i).item)
        value.write(view.value(i).extra)
      }
      entries.append(
        .object([
          "key": .hex((0..<view.keyByteCount).map { key.byte(at: $0) }),
          "value": .hex(value.bytes),
        ]))
    }
    return .object([
      "number": .int(span.load(UInt32.self, at: 4)), "kind": .int(view.kind),
      "keyByteCount": .int(view.keyByteCount), "valueByteCount": .int(view.valueByteCount),
      "prefixCount": .int(view.prefixCount), "entries": .array(entries),
    ])
  }
}
