// Vectors of dictionaries, trigrams and postings. Chapter 6.

import VarveFormat
import VarveTestSupport

extension VectorFiles {
  private static let words = ["\u{1}foo.bar", "cafe", "connect", "connected", "connection"]

  static var terms: Vector {
    var builder = TermDictionaryBuilder()
    var writer = ByteWriter()
    var notes: [(Int, String)] = [(8, "count                          INV-11")]
    var end = 0
    var all = words.map { Array($0.utf8) }
    for i in 0..<13 { all.append(Array("word\(i + 10)".utf8)) }
    for (i, term) in all.enumerated() {
      builder.append(
        term, docCount: 1 + i, postingsByteCount: 3 + i, positionsByteCount: 150 + i)
      end += 153 + 2 * i
    }
    writer.write(builder.finish())
    let blocks = (all.count + TermLayout.blockCount - 1) / TermLayout.blockCount
    for _ in 0..<blocks { notes.append((8, "offset of a block              INV-11")) }
    notes.append((writer.count - 8 - 8 * blocks, "blocks of 16 terms     INV-12, INV-13"))
    var annotator = Annotator(writer.bytes)
    annotator.table(notes)
    return Vector(
      "06-terms", "a dictionary of 18 terms in two blocks", structure: "terms",
      settings: [("postingsByteCount", "\(end)")], bytes: writer.bytes, fields: annotator.fields)
  }

  static var trigrams: Vector {
    var builder = TrigramIndexBuilder()
    for (ordinal, word) in words.enumerated() where ordinal > 0 {
      builder.append(word.unicodeScalars.map(\.value), ordinal: ordinal)
    }
    let bytes = builder.finish()
    let terms = words.count - 1
    let count = Int(bytes.rawSpan.load(UInt32.self, at: 4))
    var notes = Annotator(bytes)
    notes.table([
      (4, "terms                          INV-32"), (4, "trigrams                       INV-32"),
      (4 * terms, "ordinals                       INV-32"),
      (8 * count, "trigrams                       INV-31"),
      (4 * count, "ends of lists                  INV-32"),
      (bytes.count - 8 - 4 * terms - 12 * count, "lists                          INV-33"),
    ])
    return Vector(
      "06-trigrams", "the trigrams of four terms", structure: "trigrams", bytes: bytes,
      fields: notes.fields)
  }

  static var postings: Vector {
    // A block of bits, then one of differences; a few documents with far more positions, or a first
    // one much further behind, than the others.
    var docs: [UInt32] = []
    var keys: [[UInt32]] = []
    var ends: [UInt32] = []
    var positions = ByteWriter()
    for i in 0..<UInt32(259) {
      let near = i + i / 8 * 5
      docs.append(i < 128 ? near : i * 40 - 4000 + i % 2)
      let count = i % 50 == 7 ? 9 : 1 + i % 2
      let first = i % 60 == 9 ? 3000 + i : i % 30
      keys.append((0..<count).map { first + $0 * 90 + (i == 258 ? 1 << 16 : 0) })
      PositionList.append(keys[Int(i)][...], to: &positions)
      ends.append(UInt32(positions.count))
    }
    var encoder = PostingsEncoder()
    var writer = ByteWriter()
    encoder.append(
      docs: docs, counts: keys.map { UInt32($0.count) }, firstKeys: keys.map { $0[0] },
      positionsEnds: ends, to: &writer)
    let listByteCount = writer.count
    writer.write(positions.bytes)
    var notes = Annotator(writer.bytes)
    for _ in 0..<2 {
      notes.table([
        (4, "last document                  INV-21"), (4, "end of the block               INV-21"),
        (4, "end of its positions           INV-21"),
      ])
    }
    var before = -1
    for block in 0..<2 {
      let end = 24 + Int(writer.bytes.rawSpan.load(UInt32.self, at: 12 * block + 4))
      let head = writer.bytes[notes.at..<(notes.at + 5)].map { Int($0) }
      notes.table([
        (1, "width of the differences       INV-22"), (1, "width of the first keys        INV-23"),
        (1, "exceptions of the first keys   INV-23"), (1, "width of the counts            INV-23"),
        (1, "exceptions of the counts       INV-23"),
      ])
      let last = Int(docs[block * 128 + 127])
      let isBits = head[0] == 64
      notes.take(
        isBits ? (last - before + 7) / 8 : 16 * head[0],
        isBits ? "128 documents as bits          INV-22" : "128 differences                INV-22")
      before = last
      notes.take(end - notes.at, "first keys and counts          INV-23")
    }
    notes.take(listByteCount - notes.at, "three documents more           INV-24")
    notes.take(positions.count, "positions behind the first ones INV-25")
    return Vector(
      "06-postings", "259 documents: a block of bits, one of differences, three varints",
      structure: "postings",
      settings: [("itemCount", "259"), ("listByteCount", "\(listByteCount)")], bytes: writer.bytes,
      fields: notes.fields)
  }

  static var grep: Vector {
    // Two contents: `Go 42` and `no`, which has no three bytes.
    let bits = ["go ", "o 0", " 00"].map { text in
      let trigram = text.utf8.reduce(0) { $0 << 8 | UInt32($1) }
      return GrepFilterLayout.bit(GrepFilterLayout.hash(trigram), filterByteCount: 8)
    }
    var writer = ByteWriter()
    var filter = [UInt8](repeating: 0, count: 8)
    for bit in bits { filter[bit >> 3] |= 1 << UInt8(bit & 7) }
    writer.write(filter)
    writer.write([UInt8](repeating: 0, count: 8))
    writer.write(
      GrepFilterLayout.encode([
        GrepGroup(endRow: 3, endOffset: 8), GrepGroup(endRow: 5, endOffset: 16),
      ]))
    var notes = Annotator(writer.bytes)
    notes.table([
      (8, "filter of `Go 42`              INV-55"), (8, "filter of `no`                 INV-56"),
      (4, "endRow                         INV-54"), (8, "endOffset                      INV-54"),
      (4, "endRow                         INV-54"), (8, "endOffset                      INV-54"),
    ])
    return Vector(
      "06-grep", "the filters of two groups", structure: "grep",
      settings: [("filterByteCount", "16"), ("rowCount", "5")], bytes: writer.bytes,
      fields: notes.fields)
  }
}
