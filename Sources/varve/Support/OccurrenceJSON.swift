// Occurrences as JSON objects: the field names of filters, sorts and facets.

import Varve

enum OccurrenceJSON {
  /// The fields of an occurrence, without content and metadata.
  static func fields(_ occurrence: Occurrence) -> [(String, JSON)] {
    [
      ("project", .text(occurrence.project)), ("session", .text(occurrence.session)),
      ("source", .text(source(occurrence))),
      ("line", occurrence.place.line > 0 ? .int(occurrence.place.line) : .null),
      ("timestamp", .time(occurrence.time)), ("extractedAt", .time(occurrence.extractedAt)),
      ("level", .text(occurrence.level)), ("component", .text(occurrence.component)),
      ("phase", .text(occurrence.phase)), ("kind", .string(occurrence.kind.name)),
      ("role", .text(occurrence.role)), ("tool", .text(occurrence.tool)),
      ("model", .text(occurrence.model)), ("branch", .text(occurrence.branch)),
      ("agent", .text(occurrence.agent)), ("host", .text(occurrence[.host])),
      ("error", .bool(occurrence.isError)),
    ]
  }

  static func source(_ occurrence: Occurrence) -> String? {
    occurrence.statedSource ?? occurrence[.path]
  }

  /// Where a sighting stands.
  static func place(_ occurrence: Occurrence) -> [(String, JSON)] {
    [
      ("sequence", .int(occurrence.sequence)), ("file", .text(occurrence[.path])),
      ("offset", .int(occurrence.place.offset)), ("length", .int(occurrence.place.length)),
      ("part", .int(Int(occurrence.place.part))),
      ("incarnation", .int(Int(occurrence.place.incarnation))), ("run", .int(occurrence.run)),
      ("echo", .bool(occurrence.isEcho)),
    ]
  }

  static func metadata(_ occurrence: Occurrence) -> (String, JSON) {
    ("metadata", occurrence.metadata.map { JSON($0) } ?? .object([]))
  }

  /// An occurrence with the hash of its message and its content.
  static func full(
    _ occurrence: Occurrence, _ message: Message, _ redact: RedactArguments
  ) -> JSON {
    let occurrence = redact.occurrence(occurrence)
    return .object(
      [("id", .string(message.id)), ("hash", .string("\(message.hash)"))]
        + [JSON.content(redact.bytes(message.content))] + fields(occurrence) + place(occurrence)
        + [metadata(occurrence)])
  }
}
