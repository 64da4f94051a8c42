// Made-up occurrences in a store of their own, for tests of what is told about them.

import Varve
import VarveFormat
import VarveTestSupport

/// One occurrence: what a test says of it, and harmless values for the rest.
struct SampleRow {
  var content = "text"
  var kind = Kind.log
  var project: String? = "/p"
  var session: String? = "s"
  var component: String?
  var time: Int64?
  var isError = false
  var isEcho = false
  var agent: String?
  var model: String?
  var path = "f"
  /// The id of the tool call that it is, or is the result of.
  var call: String?
  var metadata: MetadataValue?

  /// Commits rows in parts, each with an index of its own.
  static func snapshot(_ rows: [SampleRow], parts: Int = 1) throws -> Snapshot {
    var options = StoreOptions(access: .write)
    options.createIfMissing = true
    let store = try Store.open(
      at: "/s", options: options, fileSystem: SimulatedFileSystem(), registers: false)
    for part in 0..<parts {
      var batch = WriteBatch()
      for (number, row) in rows.enumerated() where number * parts / max(1, rows.count) == part {
        try batch.append(row.occurrence(number), content: Array(row.content.utf8))
      }
      try store.commit(batch)
      try store.flush()
    }
    return try store.snapshot()
  }

  private func occurrence(_ number: Int) -> Occurrence {
    var occurrence = Occurrence(
      kind: kind, place: SourcePlace(host: "h", path: path, offset: UInt64(number)))
    occurrence.project = project
    occurrence.session = session
    occurrence.component = component
    occurrence.time = time
    occurrence.isError = isError
    occurrence.isEcho = isEcho
    occurrence.agent = agent
    occurrence.model = model
    occurrence.metadata =
      call.map { .object([.init("toolUseID", .text($0))]) } ?? metadata
    return occurrence
  }
}
