// Walks bytes as the field tables of the chapters say and notes what each of them is.

import VarveFormat

/// Collects the notes of a vector from the first byte on.
struct Annotator {
  let bytes: [UInt8]
  var at = 0
  var fields: [Vector.Field] = []

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func take(_ count: Int, _ note: String) {
    guard count > 0 else { return }
    fields.append(Vector.Field(count: count, note: note))
    at += count
  }

  @discardableResult
  mutating func varint(_ note: String) -> Int {
    var value = 0
    var count = 0
    repeat {
      value |= Int(bytes[at + count] & 0x7F) << (7 * min(count, 8))
      count += 1
    } while bytes[at + count - 1] >= 0x80
    take(count, note)
    return value
  }

  mutating func counted(_ note: String) {
    let name = note.split(separator: " ").first ?? ""
    let count = varint("byte count of \(name)")
    take(count, note)
  }

  // MARK: Fixed structures

  mutating func table(_ rows: [(Int, String)]) {
    for (count, note) in rows { take(count, note) }
  }

  mutating func fileHeader() {
    table([
      (4, "magic \"VRVE\"                   ENV-12"), (2, "version 1                      ENV-13"),
      (1, "kind                           ENV-14"), (1, "reserved                       ENV-11"),
      (8, "number                         ENV-11"), (16, "storeID                        ENV-15"),
      (4, "reserved                       ENV-11"), (4, "checksum of bytes 0 to 35       ENV-6"),
    ])
  }

  mutating func blockHeader() {
    table([
      (4, "magic \"VBLK\"                    SEG-2"), (1, "kind                            SEG-4"),
      (1, "compression                     ENV-8"), (2, "reserved                        SEG-2"),
      (4, "storedByteCount                 SEG-3"), (4, "rawByteCount                    SEG-5"),
      (8, "firstSequence                  SEG-16"), (4, "itemCount                       SEG-6"),
      (4, "checksum of the stored payload  SEG-2"), (4, "checksum of bytes 0 to 31       SEG-2"),
    ])
  }

  mutating func commitFrame() {
    table([
      (8, "number                         SEG-26"), (8, "firstSequence                  SEG-25"),
      (4, "recordCount                    SEG-25"), (4, "factCount                      SEG-25"),
      (8, "blockByteCount                 SEG-25"), (8, "time                           SEG-28"),
      (16, "seed                          SEG-42"), (32, "recordsDigest                 SEG-44"),
      (32, "historyDigest                 SEG-28"),
    ])
  }

  mutating func footerEntry() {
    table([
      (8, "offset                         SEG-34"), (8, "firstSequence                  SEG-33"),
      (4, "itemCount                      SEG-33"), (1, "kind                           SEG-33"),
      (3, "reserved                       SEG-33"), (4, "storedByteCount                SEG-33"),
      (4, "rawByteCount                   SEG-33"),
    ])
  }

  mutating func trailer() {
    table([
      (8, "footerOffset                   SEG-32"), (4, "magic \"VEND\"                   SEG-32"),
      (4, "checksum of bytes 0 to 11       ENV-6"),
    ])
  }

  mutating func manifest(segments: Int, indexes: Int, fullTexts: Int = 0) {
    fileHeader()
    table([
      (32, "previous                       MAN-8"), (8, "time                            MAN-1"),
      (8, "indexedSegment                  MAN-1"), (8, "indexedOffset                   MAN-1"),
      (8, "commitNumber                    MAN-1"), (8, "nextSequence                    MAN-6"),
      (32, "historyDigest                 SEG-28"), (8, "nextSegmentID                   DIR-6"),
      (8, "nextIndexID                     DIR-6"), (4, "segmentCount                    MAN-4"),
      (4, "indexCount                      MAN-4"),
    ])
    for i in 0..<(segments + indexes) {
      let isSegment = i < segments
      table([
        (8, isSegment ? "segment: id                     DIR-6" : "index: id"),
        (8, "byteCount                      MAN-12"),
        (8, isSegment ? "firstSequence                   MAN-6" : "firstSequence  MAN-7"),
        (8, "recordCount"), (1, isSegment ? "state                           MAN-5" : "level"),
        (32, "digest"),
      ])
    }
    if fullTexts > 0 { take(4, "fullTextCount                  MAN-20") }
    for _ in 0..<fullTexts {
      table([
        (8, "full text: id                   DIR-6"), (8, "byteCount"),
        (8, "firstSequence                  MAN-21"), (8, "recordCount"),
        (32, "digest                          INV-4"),
        (32, "settings                        INV-5"),
      ])
    }
    take(4, "checksum of everything before   ENV-6")
  }

  mutating func pageHeader() {
    table([
      (4, "checksum of bytes 4 to 4095    BTR-19"), (4, "number                         BTR-14"),
      (1, "kind                           BTR-13"), (1, "keyByteCount                   BTR-19"),
      (2, "count                          BTR-19"), (1, "valueByteCount                 BTR-19"),
      (1, "prefixCount                    BTR-16"), (2, "reserved                       BTR-19"),
    ])
  }

  // MARK: Structures of their own length

  mutating func facts(_ count: Int) {
    for _ in 0..<count {
      let tag = bytes[at]
      take(1, "kind                           SEG-18")
      if tag == 127 {
        take(32, "digest                         SEG-51")
        continue
      }
      if tag >= 128 { take(16, "salt                           SEG-53") }
      counted("key                            SEG-17")
      counted("value                          SEG-17")
    }
  }

  mutating func records(_ count: Int) {
    varint("baseTime                        SEG-9")
    let texts = varint("stringCount                     SEG-9")
    for _ in 0..<texts { counted("text                            SEG-9") }
    for _ in 0..<count {
      let size = varint("record, byte count              SEG-9")
      record(end: at + size)
    }
  }

  private mutating func record(end: Int) {
    let tag = bytes[at]
    take(1, "kind                           SEG-10")
    if tag == 255 {
      take(4, "zero                           SEG-50")
      take(32, "digest                         SEG-50")
      return
    }
    var presence = 0
    for i in 0..<4 { presence |= Int(bytes[at + i]) << (8 * i) }
    take(4, "presence                       SEG-10")
    for field in TextField.allCases where presence >> field.rawValue & 1 == 1 {
      varint("text of \(field)")
    }
    let numbers = [
      "time", "extractedAt", "line", "offset", "length", "part", "incarnation", "run",
    ]
    for (i, name) in numbers.enumerated() where presence >> (13 + i) & 1 == 1 { varint(name) }
    if presence >> 21 & 1 == 1 { counted("metadata                        MET-1") }
    if presence >> 26 & 1 == 1 { take(16, "salt                           SEG-42") }
    if presence >> 24 & 1 == 1 {
      varint("repeats                        SEG-13")
    } else if presence >> 25 & 1 == 1 {
      take(32, "reference: chunk               SEG-13")
      varint("offset")
      varint("length")
      take(1, "encoding")
    } else {
      take(end - at, "content                        SEG-13")
    }
  }

  mutating func block(_ payload: (inout Annotator) -> Void) {
    blockHeader()
    payload(&self)
  }
}
