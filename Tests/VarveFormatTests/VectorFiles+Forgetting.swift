// The vectors of chapter 12: what is left of what was forgotten, and what stays beside it.

import VarveFormat
import VarveTestSupport

extension VectorFiles {
  private static let salt: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)

  static var forgottenRecords: Vector {
    var table = StringTable()
    var builder = RecordBlockBuilder()
    builder.addForgotten(sha("forgotten"))
    var fields = OccurrenceFields(kind: .prompt)
    fields[.session] = table.intern(Array("session-1".utf8))
    fields.time = time
    fields.isEcho = true
    let content = Array("In winter, gently.".utf8)
    builder.add(
      fields, table: table, metadata: [UInt8]().rawSpan, content: .inline(0..<content.count),
      bytes: content.rawSpan, salt: salt, isPromoted: true)
    fields.isEcho = false
    builder.add(
      fields, table: table, metadata: [UInt8]().rawSpan, content: .repeated(42),
      bytes: [UInt8]().rawSpan, salt: salt)
    let payload = builder.finish()
    var notes = Annotator(payload)
    notes.records(3)
    return Vector(
      "12-records", "a forgotten record, the one that took up its content, and a later sighting",
      structure: "records", settings: [("firstSequence", "41"), ("itemCount", "3")],
      bytes: payload, fields: notes.fields)
  }

  static var forgottenFacts: Vector {
    var writer = ByteWriter()
    FactBlock.append(.forgotten(sha("forgotten")), to: &writer)
    FactBlock.append(.fact(SegmentBuilder.facts[0], salt: FactSalt(salt)), to: &writer)
    var notes = Annotator(writer.bytes)
    notes.facts(2)
    return Vector(
      "12-facts", "a forgotten fact and one with a salt of its own", structure: "facts",
      settings: [("itemCount", "2")], bytes: writer.bytes, fields: notes.fields)
  }
}
