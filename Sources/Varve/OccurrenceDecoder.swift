// Records of the log as public values.

import VarveFormat
import VarveStorage

enum OccurrenceDecoder {
  /// Decodes one occurrence from its block.
  static func occurrence(
    _ sequence: UInt64, in block: RecordBlock, view: StoreView
  ) throws(StorageError) -> Occurrence {
    let record = try view.record(sequence, in: block)
    guard !record.isForgotten else {
      throw StorageError(.missing, path: "", doing: "record \(sequence) was forgotten")
    }
    let fields = record.fields
    var occurrence = Occurrence(kind: fields.kind)
    for field in TextField.allCases {
      guard let range = block.text(fields[field]) else { continue }
      occurrence[field] = String(decoding: block.payload[range], as: UTF8.self)
    }
    occurrence.time = fields.time == OccurrenceFields.noTime ? nil : fields.time
    occurrence.extractedAt =
      fields.extractedAt == OccurrenceFields.noTime ? nil : fields.extractedAt
    occurrence.place.line = fields.line
    occurrence.place.offset = fields.offset
    occurrence.place.length = fields.length
    occurrence.place.part = fields.part
    occurrence.place.incarnation = fields.incarnation
    occurrence.run = fields.run
    occurrence.isError = fields.isError
    occurrence.isEcho = record.isEcho
    if !record.metadata.isEmpty {
      let payload = block.payload
      occurrence.metadata = try inFile("", "decode metadata of record \(sequence)") {
        () throws(FormatError) in
        try MetadataTree.decode(payload.rawSpan.extracting(record.metadata))
      }
    }
    occurrence.sequence = sequence
    if case .repeated(let message) = record.content {
      occurrence.message = message
    } else {
      occurrence.message = sequence
    }
    return occurrence
  }
}
